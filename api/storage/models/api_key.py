"""API keys: only a digest is kept, so that the database gives no key away."""

from __future__ import annotations

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column
from zhenzan.api.storage.models.base import Base, Key, Tenanted

__all__ = ["ApiKey"]


class ApiKey(Tenanted, Base):
    """Who may do what until when. Never deleted: what it did stays told."""

    __tablename__ = "api_key"
    __table_args__ = (Index(None, "tenant_id", "created_ms"),)

    id: Mapped[Key]
    name: Mapped[str]
    digest: Mapped[str] = mapped_column(unique=True)
    roles: Mapped[list[str]]
    scopes: Mapped[list[str]]
    created_ms: Mapped[int]
    expires_ms: Mapped[int | None]
    revoked_ms: Mapped[int | None]
    used_ms: Mapped[int | None]
