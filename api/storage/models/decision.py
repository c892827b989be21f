"""Decisions and appeals: rows are added, never changed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column
from zhenzan.api.storage.models.base import Base, Counted, Tenanted

__all__ = ["Decision"]


class Decision(Tenanted, Base):
    """What a person decided about one section, account, comment or campaign of a scan, and why.

    `kind` is `decision`, `appeal` or `ruling`. An appeal names its decision in `appeal_of`, a
    ruling (`upheld`, `overturned`) the appeal. `seq` orders the log.
    """

    __tablename__ = "decision"
    __table_args__ = (
        Index(None, "tenant_id", "scan_id", "subject_kind", "subject_id"),
        Index(None, "tenant_id", "seq"),
        {"sqlite_autoincrement": True},
    )

    seq: Mapped[Counted]
    id: Mapped[str] = mapped_column(unique=True)
    scan_id: Mapped[str]
    subject_kind: Mapped[str]
    subject_id: Mapped[str]
    kind: Mapped[str]
    verdict: Mapped[str | None]
    reason: Mapped[str]
    appeal_of: Mapped[str | None] = mapped_column(ForeignKey("decision.id"))
    shadow: Mapped[bool]
    body: Mapped[dict[str, Any]]
    made_by: Mapped[str]
    created_ms: Mapped[int]
