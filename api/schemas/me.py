"""Who asks."""

from __future__ import annotations

from pydantic import BaseModel, Field

__all__ = ["MeOut"]


class MeOut(BaseModel):
    """What the service knows of the caller."""

    tenant_id: str
    key_id: str = Field(description="Or `local`: this machine's user, while there are no keys.")
    name: str
    roles: list[str]
    scopes: list[str]
    sees_all: bool = Field(description="All of the tenant's data, or own uploads alone.")
