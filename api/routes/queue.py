"""The review queue."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request
from sqlalchemy.orm import Session
from zhenzan.api import cursors
from zhenzan.api.context import Service, service
from zhenzan.api.decisions.queue import (
    BANDS_TO_REVIEW,
    QueueAsked,
    assign,
    find_assignment,
    queue_page,
)
from zhenzan.api.once import Once
from zhenzan.api.problems import Problem, responses
from zhenzan.api.results.rows import ResultPages
from zhenzan.api.results.stored import open_scan
from zhenzan.api.schemas.lookup import SubjectKind
from zhenzan.api.schemas.page import Cursor, Limit
from zhenzan.api.schemas.queue import AssignIn, AssignmentOut, QueuePage
from zhenzan.api.schemas.results import Band
from zhenzan.api.schemas.text import RowId
from zhenzan.api.security.access import require
from zhenzan.api.security.audit import record
from zhenzan.api.security.principal import Principal

__all__ = ["router"]

router: Final = APIRouter(prefix="/v1", tags=["queue"])

_Held = Annotated[Service, Depends(service)]
_Once = Annotated[Once, Depends(Once)]
_Reviewer = Annotated[Principal, require("decisions:write")]


@router.get("/queue", operation_id="list_queue", responses=responses(404))
def list_queue(
    who: _Reviewer,
    held: _Held,
    scan_id: Annotated[str, Query(pattern=r"^scan_[0-9a-f]{24}$", description="Of this scan.")],
    subject_kind: Annotated[SubjectKind, Query(description="Of what.")] = "section",
    band: Annotated[
        list[Band] | None,
        Query(max_length=5, description="Default: `likely_purchased` and `unusual`."),
    ] = None,
    assignee: Annotated[
        str | None,
        Query(pattern=r"^(me|none|local|key_[0-9a-f]{24})$", description="`me`, `none` or a key."),
    ] = None,
    decided: Annotated[bool | None, Query(description="Whether people had a last word.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> QueuePage:
    """What waits for a person, highest score first."""
    asked = QueueAsked(
        subject_kind,
        tuple(sorted(set(band))) if band else BANDS_TO_REVIEW,
        who.key_id if assignee == "me" else assignee,
        decided,
    )
    query = ("queue", scan_id, asked.kind, asked.bands, asked.assignee, asked.decided)
    offset = 0
    if cursor is not None:
        (place,) = cursors.decode(cursor, (int,), *query)
        offset = max(place, 0)
    scan = (scan_id, open_scan(held, who, scan_id).path)
    with held.database.reading() as session:
        items, following = queue_page(
            session, who, held.part(ResultPages), scan, asked, offset, limit
        )
    after = None if following is None else cursors.encode((following,), *query)
    return QueuePage(items=items, next_cursor=after)


@router.post(
    "/assignments", operation_id="create_assignment", status_code=201, responses=responses(404, 409)
)
def create_assignment(
    body: AssignIn, who: _Reviewer, held: _Held, once: _Once, request: Request
) -> AssignmentOut:
    """Takes something in hand, so that no colleague looks at it at the same time."""
    if open_scan(held, who, body.scan_id).record(body.subject_kind, body.subject_id) is None:
        raise Problem(404, "not-found", f"the scan has no {body.subject_kind} of that id")
    now_ms = held.clock()
    subject = (body.subject_kind, body.subject_id)

    def work(session: Session) -> AssignmentOut:
        row = assign(session, who, body.scan_id, subject, take_over=body.take_over, now_ms=now_ms)
        request_id = getattr(request.state, "request_id", None)
        record(
            session, who, "assignment.create", row.id, {"subject_kind": body.subject_kind},
            now_ms=now_ms, request_id=request_id,
        )  # fmt: skip
        return AssignmentOut.of(row)

    return once.run(who, body, AssignmentOut, work)


@router.delete(
    "/assignments/{assignment_id}",
    operation_id="delete_assignment",
    status_code=204,
    responses=responses(403, 404),
)
def delete_assignment(assignment_id: RowId, who: _Reviewer, held: _Held, request: Request) -> None:
    """Puts something back into the queue."""
    now_ms = held.clock()
    with held.database.session() as session:
        row = find_assignment(session, who, assignment_id)
        if row.assignee != who.key_id and "admin" not in who.roles:
            raise Problem(403, "not-yours", "a colleague has it in hand; take it over instead")
        request_id = getattr(request.state, "request_id", None)
        record(session, who, "assignment.delete", row.id, now_ms=now_ms, request_id=request_id)
        session.delete(row)
