"""The audit log: rows are added, never changed; the database itself refuses."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped
from zhenzan.api.storage.models.base import Base, Counted, Tenanted

__all__ = ["AuditEvent"]


class AuditEvent(Tenanted, Base):
    """Who did what to what; no comment text, no secret."""

    __tablename__ = "audit_event"
    __table_args__ = (Index(None, "tenant_id", "id"), {"sqlite_autoincrement": True})

    id: Mapped[Counted]
    at_ms: Mapped[int]
    actor: Mapped[str]
    action: Mapped[str]
    target: Mapped[str]
    detail: Mapped[dict[str, Any]]
    request_id: Mapped[str | None]
