"""Rows of a scan: made from the columns of a scan directory, so that the two cannot differ."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, Literal, TypeAlias

import pyarrow as pa
from pydantic import BaseModel, Field, create_model
from zhenzan.api.schemas.page import Page
from zhenzan.detector.results import BANDS, OUTPUTS, STATUSES

__all__ = ["ROWS", "Band", "RowPage", "ScanOut", "ScanPage", "page_of"]


Band: TypeAlias = Literal[
    "insufficient_data", "organic", "unusual_explained", "unusual", "likely_purchased"
]
"""As in `detector.results.BANDS`, which a test compares."""

_TOLD: Final[Mapping[str, str]] = MappingProxyType(
    {
        "score": "0 to 1, higher is more suspicious; it ranks and is no probability.",
        "probability": "Calibrated probability of the stated event; null where the data lies "
        "outside of what the model was calibrated on, or no model was used.",
        "band": "What to think of it; the top band needs two independent families.",
        "coordinated": "Whether they acted together: a finding of its own.",
        "automated": "Whether acts were automated: a finding of its own.",
        "status": "Whether it could be judged.",
        "n_engagements": "Acts that were received (account: done).",
        "n_purchased": "Likely purchased acts: expected number.",
        "n_purchased_lo": "Lower end of its 90 % interval.",
        "n_purchased_hi": "Upper end of its 90 % interval.",
        "share_purchased": "The same as a share of the acts.",
        "share_purchased_lo": "Lower end of its 90 % interval.",
        "share_purchased_hi": "Upper end of its 90 % interval.",
        "n_template_comments": "Comments of surprising templates.",
        "families_used": "Families of features that had a say.",
        "families_missing": "Families that could not compute: not checked, not clean.",
        "reasons": "Versioned codes of what spoke.",
        "contexts": "Benign explanations that were found or declared.",
        "campaign_ids": "Campaigns that it belongs to.",
        "n_attributed": "Expected number of its acts that were likely delivered.",
        "audience_coherence": "How far those it acts with are a community.",
        "p_purchased": "Posterior that this act was delivered by an order.",
        "reply_priority": "Order in which to answer comments, whatever the band.",
        "ts_lo_ms": "Milliseconds since 1970 UTC; null where the time is not known.",
    }
)
_TYPES: Final = (
    (pa.types.is_list, list[str] | None),
    (pa.types.is_boolean, bool | None),
    (pa.types.is_integer, int | None),
    (pa.types.is_floating, float | None),
)
_REQUIRED: Final = ("section_id", "account_id", "comment_id", "engagement_id", "campaign_id")


def _row(table: str, schema: pa.Schema) -> type[BaseModel]:
    """The model of a row; its own id is never null."""
    fields: dict[str, Any] = {}
    for place, column in enumerate(schema):
        kind: Any = str | None
        for fits, made in _TYPES:
            if fits(column.type):
                kind = made
        if column.name == "band":
            kind = Literal[BANDS]
        elif column.name == "status":
            kind = Literal[STATUSES]
        elif place == 0:
            kind = str
        fields[column.name] = (kind, Field(description=_TOLD.get(column.name)))
    name = "".join(part.title() for part in table.removesuffix("s").split("_"))
    made_model: type[BaseModel] = create_model(f"{name}Row", __doc__=_ABOUT[table], **fields)
    return made_model


_ABOUT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "sections": "A comment section.",
        "accounts": "An account; facts about its acts, not its character.",
        "comments": "A comment.",
        "engagements": "One act.",
        "campaigns": "Accounts and sections that one operation would explain.",
        "campaign_members": "What belongs to a campaign.",
    }
)

ROWS: Final[Mapping[str, type[BaseModel]]] = MappingProxyType(
    {table: _row(table, schema) for table, schema in OUTPUTS.items()}
)
"""The model of a row of each table."""


class RowPage(BaseModel):
    """A page of rows."""

    total: int = Field(description="Rows that the question chooses, on all pages.")
    next_cursor: str | None = Field(None, description="For the next page; null at the end.")


def page_of(table: str) -> type[RowPage]:
    """The model of a page of a table."""
    row = ROWS[table]
    made: type[RowPage] = create_model(
        row.__name__.replace("Row", "Page"),
        __base__=RowPage,
        __doc__=f"A page of {table}.",
        items=(list[row], ...),  # type: ignore[valid-type]
    )
    return made


class ScanOut(BaseModel):
    """A finished scan."""

    id: str = Field(examples=["scan_0123456789abcdef01234567"])
    title: str
    job_id: str | None = Field(description="The job that made it.")
    owner: str = Field(description="Id of the key that asked for it.")
    n_sections: int
    n_engagements: int
    size_bytes: int
    summary: dict[str, Any] = Field(description="Counts of rows, and the model.")
    created_ms: int


class ScanPage(Page[ScanOut]):
    """A page of scans."""
