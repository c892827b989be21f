"""Contexts that people declared."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped
from zhenzan.api.storage.models.base import Base, Key, Tenanted

__all__ = ["DeclaredContext"]


class DeclaredContext(Tenanted, Base):
    """A benign explanation of a section in a window of time, applied in its next scan."""

    __tablename__ = "context"
    __table_args__ = (Index(None, "tenant_id", "section_id"),)

    id: Mapped[Key]
    section_id: Mapped[str]
    kind: Mapped[str]
    start_ms: Mapped[int | None]
    end_ms: Mapped[int | None]
    note: Mapped[str | None]
    body: Mapped[dict[str, Any]]
    declared_by: Mapped[str]
    created_ms: Mapped[int]
    withdrawn_ms: Mapped[int | None]
