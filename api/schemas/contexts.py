"""Contexts that people declare."""

from __future__ import annotations

from typing import Annotated, Literal, Self, TypeAlias, cast

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from zhenzan.api.schemas.page import Page
from zhenzan.api.schemas.text import Identifier, Sentence
from zhenzan.api.storage.models import DeclaredContext
from zhenzan.features.tables import TABLES

__all__ = ["ContextIn", "ContextOut", "ContextPage"]

_Kind: TypeAlias = Annotated[
    str, Field(json_schema_extra={"enum": list(TABLES["context"].by_name["kind"].choices)})
]
_LATEST_MS = 4_102_444_800_000  # 2100-01-01


class ContextIn(BaseModel):
    """A benign explanation of what a section received, for a window of time."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "section_id": "weibo:4991",
                    "kind": "giveaway",
                    "start_ms": 1_714_521_600_000,
                    "end_ms": 1_714_780_800_000,
                    "note": "Prize draw among those who like; announced in the post.",
                }
            ]
        },
    )

    section_id: Identifier
    kind: _Kind
    start_ms: int | None = Field(None, ge=0, le=_LATEST_MS, description="Open where absent.")
    end_ms: int | None = Field(None, ge=0, le=_LATEST_MS, description="Exclusive.")
    note: Sentence | None = Field(None, description="What happened, in words.")

    @field_validator("kind")
    @classmethod
    def _known(cls, kind: str) -> str:
        if kind not in TABLES["context"].by_name["kind"].choices:
            raise ValueError("unknown kind of context")
        return kind

    @model_validator(mode="after")
    def _window(self) -> Self:
        if self.start_ms is None and self.end_ms is None:
            raise ValueError("a context needs start_ms, end_ms or both")
        if self.start_ms is not None and self.end_ms is not None and self.end_ms <= self.start_ms:
            raise ValueError("end_ms has to come after start_ms")
        return self


class ContextOut(BaseModel):
    """A declared context; it is applied in the next scan that holds the section."""

    id: str
    section_id: str
    kind: str
    start_ms: int | None
    end_ms: int | None
    note: str | None
    declared_as: Literal["creator", "reviewer"]
    declared_by: str = Field(description="Id of the key.")
    created_ms: int
    withdrawn_ms: int | None

    @classmethod
    def of(cls, row: DeclaredContext) -> ContextOut:
        """From the row."""
        return cls(
            id=row.id,
            section_id=row.section_id,
            kind=row.kind,
            start_ms=row.start_ms,
            end_ms=row.end_ms,
            note=row.note,
            declared_as=cast("Literal['creator', 'reviewer']", row.body["declared_as"]),
            declared_by=row.declared_by,
            created_ms=row.created_ms,
            withdrawn_ms=row.withdrawn_ms,
        )


class ContextPage(Page[ContextOut]):
    """A page of contexts."""
