"""The audit log."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field
from zhenzan.api.schemas.page import Page

__all__ = ["AuditEventOut", "AuditPage"]


class AuditEventOut(BaseModel):
    """Who did what to what."""

    id: int
    at_ms: int = Field(description="Milliseconds since 1970 UTC.")
    actor: str = Field(description="A key's id, `local`, or `operator` for the command line.")
    action: str = Field(examples=["job.create"])
    target: str
    detail: dict[str, Any]
    request_id: str | None


class AuditPage(Page[AuditEventOut]):
    """Events, the newest first."""
