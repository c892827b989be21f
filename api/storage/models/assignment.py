"""Who looks at what."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column
from zhenzan.api.storage.models.base import Base, Key, Tenanted

__all__ = ["Assignment"]


class Assignment(Tenanted, Base):
    """An item of the review queue in one reviewer's hands."""

    __tablename__ = "assignment"
    __table_args__ = (
        UniqueConstraint("tenant_id", "scan_id", "subject_kind", "subject_id"),
        Index(None, "tenant_id", "assignee"),
    )

    id: Mapped[Key]
    scan_id: Mapped[str] = mapped_column(ForeignKey("scan.id", ondelete="CASCADE"))
    subject_kind: Mapped[str]
    subject_id: Mapped[str]
    assignee: Mapped[str]
    created_ms: Mapped[int]
