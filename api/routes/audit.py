"""The audit log, for admins."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query
from sqlalchemy import select
from zhenzan.api.context import Service, service
from zhenzan.api.cursors import decode, encode
from zhenzan.api.schemas.audit import AuditEventOut, AuditPage
from zhenzan.api.schemas.page import Cursor, Limit
from zhenzan.api.schemas.text import Identifier
from zhenzan.api.security.access import require
from zhenzan.api.security.principal import Principal
from zhenzan.api.storage.models import AuditEvent

__all__ = ["router"]

router: Final = APIRouter(prefix="/v1", tags=["audit"])


@router.get("/audit", operation_id="list_audit")
def list_audit(
    held: Annotated[Service, Depends(service)],
    who: Annotated[Principal, require("admin")],
    actor: Annotated[Identifier | None, Query(description="Only this key's acts.")] = None,
    target: Annotated[Identifier | None, Query(description="Only acts on this.")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> AuditPage:
    """What was done in the tenant, the newest first."""
    query = ("audit", actor, target)
    rows = select(AuditEvent).where(AuditEvent.tenant_id == who.tenant_id)
    if actor is not None:
        rows = rows.where(AuditEvent.actor == actor)
    if target is not None:
        rows = rows.where(AuditEvent.target == target)
    if cursor is not None:
        (last,) = decode(cursor, (int,), *query)
        rows = rows.where(AuditEvent.id < last)
    with held.database.reading() as session:
        found = session.scalars(rows.order_by(AuditEvent.id.desc()).limit(limit + 1)).all()
    items = [AuditEventOut.model_validate(row, from_attributes=True) for row in found[:limit]]
    more = len(found) > limit
    return AuditPage(items=items, next_cursor=encode((items[-1].id,), *query) if more else None)
