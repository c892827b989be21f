"""Named references: finished scans against which single sections are judged."""

from __future__ import annotations

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column
from zhenzan.api.storage.models.base import Base, Key, Tenanted

__all__ = ["NamedReference"]


class NamedReference(Tenanted, Base):
    """A name that callers use in place of a scan's id."""

    __tablename__ = "reference"
    __table_args__ = (UniqueConstraint("tenant_id", "name"),)

    id: Mapped[Key]
    name: Mapped[str]
    scan_id: Mapped[str] = mapped_column(ForeignKey("scan.id"))
    created_ms: Mapped[int]
    created_by: Mapped[str]
