"""Benign explanations that people declare."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request
from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session
from zhenzan.api import cursors
from zhenzan.api.context import Service, service
from zhenzan.api.ids import new_id
from zhenzan.api.once import Once
from zhenzan.api.problems import Problem, responses
from zhenzan.api.results.declared import MOST_DECLARED, seen_contexts
from zhenzan.api.schemas.contexts import ContextIn, ContextOut, ContextPage
from zhenzan.api.schemas.page import Cursor, Limit
from zhenzan.api.schemas.text import Identifier, RowId
from zhenzan.api.security.access import require
from zhenzan.api.security.audit import record
from zhenzan.api.security.principal import Principal
from zhenzan.api.storage.models import DeclaredContext

__all__ = ["router"]

router: Final = APIRouter(prefix="/v1/contexts", tags=["contexts"])

_Held = Annotated[Service, Depends(service)]
_Once = Annotated[Once, Depends(Once)]
_Writer = Annotated[Principal, require("contexts:write")]


@router.post("", operation_id="declare_context", status_code=201, responses=responses(409))
def declare_context(
    body: ContextIn, who: _Writer, held: _Held, once: _Once, request: Request
) -> ContextOut:
    """Says what else explains a section's activity; the next scan that holds it takes it up.

    A creator's context holds for the creator's own scans, a reviewer's for all of the tenant.
    """
    now_ms = held.clock()

    def work(session: Session) -> ContextOut:
        _check_room(session, who)
        row = DeclaredContext(
            id=new_id("context"),
            tenant_id=who.tenant_id,
            section_id=body.section_id,
            kind=body.kind,
            start_ms=body.start_ms,
            end_ms=body.end_ms,
            note=body.note,
            body={"declared_as": "reviewer" if who.sees_all else "creator"},
            declared_by=who.key_id,
            created_ms=now_ms,
            withdrawn_ms=None,
        )
        session.add(row)
        session.flush()
        _record(session, who, "context.declare", row, request, now_ms)
        return ContextOut.of(row)

    return once.run(who, body, ContextOut, work)


@router.get("", operation_id="list_contexts")
def list_contexts(
    who: _Writer,
    held: _Held,
    section_id: Annotated[Identifier | None, Query(description="Only of this section.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> ContextPage:
    """Declared contexts, the newest first; a creator sees own ones."""
    query = ("contexts", who.tenant_id, section_id)
    chosen = seen_contexts(who)
    if section_id is not None:
        chosen = chosen.where(DeclaredContext.section_id == section_id)
    if cursor is not None:
        place = cursors.decode(cursor, (int, str), *query)
        at = tuple_(DeclaredContext.created_ms, DeclaredContext.id)
        chosen = chosen.where(at < tuple_(*place))
    chosen = chosen.order_by(DeclaredContext.created_ms.desc(), DeclaredContext.id.desc())
    with held.database.reading() as session:
        rows = session.scalars(chosen.limit(limit + 1)).all()
        items = [ContextOut.of(row) for row in rows[:limit]]
    last = items[-1] if len(rows) > limit else None
    following = cursors.encode((last.created_ms, last.id), *query) if last else None
    return ContextPage(items=items, next_cursor=following)


@router.post("/{context_id}/withdraw", operation_id="withdraw_context", responses=responses(404))
def withdraw_context(
    context_id: RowId, who: _Writer, held: _Held, once: _Once, request: Request
) -> ContextOut:
    """Takes a context back for scans to come; doing so twice is no error."""
    now_ms = held.clock()

    def work(session: Session) -> ContextOut:
        row = session.scalar(seen_contexts(who).where(DeclaredContext.id == context_id))
        if row is None:
            raise Problem(404, "not-found", "there is no such context")
        if row.withdrawn_ms is None:
            row.withdrawn_ms = now_ms
            _record(session, who, "context.withdraw", row, request, now_ms)
        return ContextOut.of(row)

    return once.run(who, context_id, ContextOut, work)


def _check_room(session: Session, who: Principal) -> None:
    count = select(func.count()).select_from(
        seen_contexts(who)
        .where(DeclaredContext.declared_by == who.key_id, DeclaredContext.withdrawn_ms.is_(None))
        .subquery()
    )
    if (session.scalar(count) or 0) >= MOST_DECLARED:
        detail = f"the key has {MOST_DECLARED} contexts in force; withdraw some first"
        raise Problem(409, "too-many-contexts", detail)


def _record(
    session: Session,
    who: Principal,
    action: str,
    row: DeclaredContext,
    request: Request,
    now_ms: int,
) -> None:
    facts = {"kind": row.kind, "section_id": row.section_id}
    request_id = getattr(request.state, "request_id", None)
    record(session, who, action, row.id, facts, now_ms=now_ms, request_id=request_id)
