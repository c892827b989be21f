"""Streams of engagements, the batches that were taken, and what was found of each section."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column
from zhenzan.api.storage.models.base import Base, Key, Tenanted

__all__ = ["Stream", "StreamBatch", "StreamSection"]


class Stream(Tenanted, Base):
    """A named log that is judged again as it grows, against one reference.

    `appended` is the number of its last batch, `judged` of the last one that was judged.
    """

    __tablename__ = "stream"
    __table_args__ = (UniqueConstraint("tenant_id", "name"),)

    id: Mapped[Key]
    name: Mapped[str]
    reference: Mapped[str | None]
    state: Mapped[dict[str, Any]]
    appended: Mapped[int] = mapped_column(server_default=text("0"))
    judged: Mapped[int] = mapped_column(server_default=text("0"))
    n_rows: Mapped[int] = mapped_column(server_default=text("0"))
    created_ms: Mapped[int]
    scored_ms: Mapped[int | None]


class StreamBatch(Tenanted, Base):
    """One batch, taken exactly once by the id that its sender gave; `seq` orders the log."""

    __tablename__ = "stream_batch"
    __table_args__ = (
        UniqueConstraint("stream_id", "batch_id"),
        Index(None, "stream_id", "received_ms"),
        Index(None, "stream_id", "seq"),
    )

    id: Mapped[Key]
    stream_id: Mapped[str] = mapped_column(ForeignKey("stream.id", ondelete="CASCADE"))
    batch_id: Mapped[str]
    seq: Mapped[int] = mapped_column(server_default=text("0"))
    digest: Mapped[str]
    n_rows: Mapped[int]
    n_rejected: Mapped[int]
    rejections: Mapped[dict[str, Any] | None]
    segment: Mapped[str | None]
    received_ms: Mapped[int]
    scored_ms: Mapped[int | None]


class StreamSection(Tenanted, Base):
    """The latest of a section; `told` holds the columns of a scan's `sections`."""

    __tablename__ = "stream_section"
    __table_args__ = (Index(None, "stream_id", "score"),)

    stream_id: Mapped[str] = mapped_column(
        ForeignKey("stream.id", ondelete="CASCADE"), primary_key=True
    )
    section_id: Mapped[str] = mapped_column(primary_key=True)
    score: Mapped[float | None]
    band: Mapped[str]
    told: Mapped[dict[str, Any]]
    judged_ms: Mapped[int]
