"""Streams: what callers send and are told."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field
from zhenzan.api.schemas.page import Page
from zhenzan.api.schemas.text import Label

__all__ = [
    "BatchOut",
    "RejectionOut",
    "StreamIn",
    "StreamOut",
    "StreamPage",
    "StreamSectionOut",
    "StreamSectionPage",
]


class StreamIn(BaseModel):
    """How a stream is judged."""

    reference: Label | None = Field(
        None,
        description="Name of a reference; without one, rows are kept and nothing is judged.",
        examples=["spring"],
    )


class BacklogOut(BaseModel):
    """What came and is not judged yet."""

    n_rows: int = Field(ge=0)
    n_batches: int = Field(ge=0)
    oldest_ms: int | None = Field(None, description="When the first of them came.")
    limit_rows: int = Field(description="Past it, batches are answered with 503.")


class StreamOut(BaseModel):
    """A stream and how far it is judged."""

    name: str
    reference: str | None
    n_rows: int = Field(ge=0, description="Rows that were appended, duplicates included.")
    appended: int = Field(ge=0, description="Number of the last batch.")
    judged: int = Field(ge=0, description="Number of the last batch that is judged.")
    backlog: BacklogOut
    last_pass: dict[str, Any] | None = Field(
        None, description="Rows, sections, seconds and lateness of the last pass."
    )
    created_ms: int
    judged_ms: int | None


class StreamPage(Page[StreamOut]):
    """A page of streams."""


class RejectionOut(BaseModel):
    """Rows that were lost for one reason."""

    table: str
    reason: str
    count: int
    examples: list[str] = Field(description="Up to five, as `body:line`.")


class BatchOut(BaseModel):
    """A batch that was taken."""

    stream: str
    batch_id: str
    seq: int = Field(description="Its number; `judged` of the stream tells when it is judged.")
    n_rows: int = Field(description="Rows that were kept.")
    n_rejected: int = Field(description="Rows that were lost.")
    rejections: list[RejectionOut]
    replayed: bool = Field(description="It had been taken before; nothing was appended.")
    received_ms: int


class StreamSectionOut(BaseModel):
    """The latest of a section, in the words of a scan's `sections`."""

    section_id: str
    score: float | None = Field(None, description="Ranks; no probability.")
    band: str
    status: str
    coordinated: bool | None = None
    automated: bool | None = None
    n_engagements: int
    n_purchased: float | None = Field(None, description="Likely purchased, estimated.")
    n_purchased_lo: float | None = None
    n_purchased_hi: float | None = None
    share_purchased: float | None = None
    share_purchased_lo: float | None = None
    share_purchased_hi: float | None = None
    n_comments: int
    families_used: list[str]
    reasons: list[str]
    judged_ms: int


class StreamSectionPage(Page[StreamSectionOut]):
    """A page of sections."""

    not_looked_at: list[str] = Field(
        description="What only a scan looks at: texts, accounts, audiences, declared contexts."
    )
