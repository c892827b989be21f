"""Answers that were given, so that a request sent twice is done once."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column
from zhenzan.api.storage.models.base import Base, Tenanted

__all__ = ["Idempotency"]


class Idempotency(Tenanted, Base):
    """A caller's key, what it was used for, and the answer; written with the work itself."""

    __tablename__ = "idempotency"
    __table_args__ = (Index(None, "created_ms"),)

    owner: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    request: Mapped[str]
    answer: Mapped[dict[str, Any] | None]
    created_ms: Mapped[int]
