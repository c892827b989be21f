"""The review queue, and who has what in hand."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from zhenzan.api.schemas.page import Page
from zhenzan.api.schemas.text import Identifier
from zhenzan.api.storage.models import Assignment

__all__ = ["AssignIn", "AssignmentOut", "QueueItem", "QueuePage"]


class AssignIn(BaseModel):
    """What the caller takes in hand."""

    model_config = ConfigDict(extra="forbid")

    scan_id: str = Field(pattern=r"^scan_[0-9a-f]{24}$")
    subject_kind: Literal["section", "account", "comment", "campaign"]
    subject_id: Identifier
    take_over: bool = Field(False, description="Also where a colleague has it in hand.")


class AssignmentOut(BaseModel):
    """Who has what in hand."""

    id: str
    scan_id: str
    subject_kind: str
    subject_id: str
    assignee: str = Field(description="Id of the key.")
    created_ms: int

    @classmethod
    def of(cls, row: Assignment) -> AssignmentOut:
        """From the row."""
        return cls.model_validate(row, from_attributes=True)


class QueueItem(BaseModel):
    """Something that a person should look at."""

    scan_id: str
    subject_kind: str
    subject_id: str
    record: dict[str, Any] = Field(description="Its row in the table of its kind.")
    assignment: AssignmentOut | None
    last_word: str | None = Field(
        description="Outcome that stands, `overturned`, or `open` while an appeal waits."
    )


class QueuePage(Page[QueueItem]):
    """A page of the queue."""
