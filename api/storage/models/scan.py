"""Finished scans."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column
from zhenzan.api.storage.models.base import Base, Key, Tenanted

__all__ = ["StoredScan"]


class StoredScan(Tenanted, Base):
    """A complete scan directory in the store, at `<tenant>/<id>`; the row comes last."""

    __tablename__ = "scan"
    __table_args__ = (Index(None, "tenant_id", "created_ms", "id"),)

    id: Mapped[Key]
    job_id: Mapped[str | None] = mapped_column(unique=True)
    owner: Mapped[str]
    title: Mapped[str]
    n_sections: Mapped[int]
    n_engagements: Mapped[int]
    size_bytes: Mapped[int]
    summary: Mapped[dict[str, Any]]
    created_ms: Mapped[int]
    deleted_ms: Mapped[int | None]
