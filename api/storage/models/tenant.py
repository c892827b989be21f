"""Tenants: whose data never meet."""

from __future__ import annotations

from typing import Final

from sqlalchemy.orm import Mapped
from zhenzan.api.storage.models.base import Base, Key

__all__ = ["DEFAULT_TENANT", "Tenant"]

DEFAULT_TENANT: Final = "default"
"""Where everything lives that nobody assigned elsewhere; made by the first migration."""


class Tenant(Base):
    """A platform, a team, or the one user of a laptop; `id` is chosen by the operator."""

    __tablename__ = "tenant"

    id: Mapped[Key]
    title: Mapped[str]
    created_ms: Mapped[int]
