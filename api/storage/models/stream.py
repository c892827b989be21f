"""Streams of engagements and the batches that were taken."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column
from zhenzan.api.storage.models.base import Base, Key, Tenanted

__all__ = ["Stream", "StreamBatch"]


class Stream(Tenanted, Base):
    """A named log that is judged again as it grows, against one reference."""

    __tablename__ = "stream"
    __table_args__ = (UniqueConstraint("tenant_id", "name"),)

    id: Mapped[Key]
    name: Mapped[str]
    reference: Mapped[str | None]
    state: Mapped[dict[str, Any]]
    created_ms: Mapped[int]
    scored_ms: Mapped[int | None]


class StreamBatch(Tenanted, Base):
    """One batch, taken exactly once by the id that its sender gave."""

    __tablename__ = "stream_batch"
    __table_args__ = (
        UniqueConstraint("stream_id", "batch_id"),
        Index(None, "stream_id", "received_ms"),
    )

    id: Mapped[Key]
    stream_id: Mapped[str] = mapped_column(ForeignKey("stream.id", ondelete="CASCADE"))
    batch_id: Mapped[str]
    digest: Mapped[str]
    n_rows: Mapped[int]
    n_rejected: Mapped[int]
    segment: Mapped[str | None]
    received_ms: Mapped[int]
    scored_ms: Mapped[int | None]
