"""What was decided, what was done, and how often people agreed with the bands."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Query
from fastapi.responses import Response
from zhenzan.api.pages.review import names_of
from zhenzan.api.pages.visitor import PageRoute, Visitor, allowed
from zhenzan.api.routes.audit import list_audit
from zhenzan.api.routes.decisions import get_shadow_precision, list_decisions
from zhenzan.api.schemas.decisions import DecisionKind
from zhenzan.api.schemas.lookup import SubjectKind

__all__ = ["router"]

router: Final = APIRouter(include_in_schema=False, route_class=PageRoute)

_SHOWN: Final = 100
_Cursor = Annotated[str | None, Query(max_length=2048)]


@router.get("/decisions")
def decisions_page(
    visitor: Annotated[Visitor, allowed("results:read")],
    kind: Annotated[DecisionKind | None, Query()] = None,
    cursor: _Cursor = None,
) -> Response:
    """The log, the newest line first."""
    found = list_decisions(
        visitor.who, visitor.held, None, None, None, kind, _SHOWN, cursor or None
    )
    with visitor.held.database.reading() as session:
        names = names_of(session, visitor.who, {line.made_by for line in found.items})
    return visitor.page(
        "decisions.j2", lines=found.items, following=found.next_cursor, names=names, kind=kind
    )


@router.get("/precision")
def precision_page(
    visitor: Annotated[Visitor, allowed("decisions:write")],
    kind: Annotated[SubjectKind, Query()] = "section",
    every: Annotated[bool, Query()] = False,
) -> Response:
    """Precision of each band, from decisions (in shadow mode, or of all)."""
    shadow = visitor.held.settings.shadow
    shadow_only = shadow and not every
    found = get_shadow_precision(visitor.who, visitor.held, kind, shadow_only)
    return visitor.page(
        "precision.j2", lines=found.items, kind=kind, shadow=shadow, shadow_only=shadow_only
    )


@router.get("/audit")
def audit_page(
    visitor: Annotated[Visitor, allowed("admin")],
    target: Annotated[str | None, Query(max_length=512)] = None,
    cursor: _Cursor = None,
) -> Response:
    """Who did what."""
    found = list_audit(visitor.held, visitor.who, None, target or None, _SHOWN, cursor or None)
    with visitor.held.database.reading() as session:
        names = names_of(session, visitor.who, {line.actor for line in found.items})
    return visitor.page(
        "audit.j2", lines=found.items, following=found.next_cursor, names=names, target=target
    )
