"""Named references."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from zhenzan.api.schemas.page import Page

__all__ = ["ReferenceIn", "ReferenceName", "ReferenceOut", "ReferencePage"]

ReferenceName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,79}$")]


class ReferenceIn(BaseModel):
    """A finished scan that learnt a reference, and what it is to be called."""

    model_config = ConfigDict(extra="forbid")

    name: ReferenceName = Field(examples=["default", "2026-q1"])
    scan_id: str = Field(pattern=r"^scan_[0-9a-f]{24}$")


class ReferenceOut(BaseModel):
    """What sections can be judged against."""

    id: str
    name: str
    scan_id: str
    created_ms: int
    created_by: str


class ReferencePage(Page[ReferenceOut]):
    """All references of the tenant."""
