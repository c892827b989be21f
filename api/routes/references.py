"""Named references: finished scans against which sections are scored."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from sqlalchemy import select
from sqlalchemy.orm import Session
from zhenzan.api.context import Service, service
from zhenzan.api.ids import new_id
from zhenzan.api.once import Once
from zhenzan.api.problems import Problem, responses
from zhenzan.api.results.stored import open_scan
from zhenzan.api.schemas.references import ReferenceIn, ReferenceName, ReferenceOut, ReferencePage
from zhenzan.api.security.access import require
from zhenzan.api.security.audit import record
from zhenzan.api.security.principal import Principal
from zhenzan.api.storage.models import NamedReference, Stream

__all__ = ["router"]

_MOST_NAMED: Final = 20
"""Streams that a refusal names."""

router: Final = APIRouter(prefix="/v1/references", tags=["references"])

_Held = Annotated[Service, Depends(service)]
_Admin = Annotated[Principal, require("admin")]


@router.get("", operation_id="list_references")
def list_references(who: Annotated[Principal, require("score")], held: _Held) -> ReferencePage:
    """All references of the tenant, by name."""
    rows = select(NamedReference).where(NamedReference.tenant_id == who.tenant_id)
    with held.database.reading() as session:
        found = session.scalars(rows.order_by(NamedReference.name)).all()
    items = [ReferenceOut.model_validate(row, from_attributes=True) for row in found]
    return ReferencePage(items=items, next_cursor=None)


@router.post("", operation_id="create_reference", status_code=201, responses=responses(404, 409))
def create_reference(
    body: ReferenceIn,
    who: _Admin,
    held: _Held,
    once: Annotated[Once, Depends(Once)],
    request: Request,
) -> ReferenceOut:
    """Names a scan; a name stays with its scan until it is deleted, so that figures stay alike."""
    _ = open_scan(held, who, body.scan_id).learnt  # 422 where it learnt nothing
    now_ms = held.clock()

    def work(session: Session) -> ReferenceOut:
        if _named(session, who, body.name) is not None:
            raise Problem(409, "name-taken", "there is a reference of that name; delete it first")
        row = NamedReference(
            id=new_id("reference"),
            tenant_id=who.tenant_id,
            name=body.name,
            scan_id=body.scan_id,
            created_ms=now_ms,
            created_by=who.key_id,
        )
        session.add(row)
        session.flush()
        _record(session, who, "reference.create", row, request, now_ms)
        return ReferenceOut.model_validate(row, from_attributes=True)

    return once.run(who, body, ReferenceOut, work)


@router.delete(
    "/{name}", operation_id="delete_reference", status_code=204, responses=responses(404, 409)
)
def delete_reference(name: ReferenceName, who: _Admin, held: _Held, request: Request) -> None:
    """Forgets a name; the scan stays. 409 while streams are judged by it."""
    with held.database.session() as session:
        row = _named(session, who, name)
        if row is None:
            raise Problem(404, "not-found", "there is no reference of that name")
        _check_unused(session, who, name)
        _record(session, who, "reference.delete", row, request, held.clock())
        session.delete(row)


def _check_unused(session: Session, who: Principal, name: str) -> None:
    """A stream whose reference is gone would stop where it is, and nobody would hear of it."""
    users = select(Stream.name).where(Stream.tenant_id == who.tenant_id, Stream.reference == name)
    found = session.scalars(users.order_by(Stream.name).limit(_MOST_NAMED)).all()
    if found:
        detail = f"streams are judged by it: {', '.join(found)}; give them another one first"
        raise Problem(409, "reference-in-use", detail, streams=list(found))


def _named(session: Session, who: Principal, name: str) -> NamedReference | None:
    rows = select(NamedReference).where(
        NamedReference.tenant_id == who.tenant_id, NamedReference.name == name
    )
    return session.scalar(rows)


def _record(
    session: Session,
    who: Principal,
    action: str,
    row: NamedReference,
    request: Request,
    now_ms: int,
) -> None:
    facts = {"name": row.name, "scan_id": row.scan_id}
    request_id = getattr(request.state, "request_id", None)
    record(session, who, action, row.id, facts, now_ms=now_ms, request_id=request_id)
