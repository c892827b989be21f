"""The review queue; its filters stand in the address, so that a view can be kept and shared."""

from __future__ import annotations

from typing import Annotated, Final, Literal, TypeAlias, get_args

from fastapi import APIRouter, Form, Query
from fastapi.responses import Response
from zhenzan.api.decisions.queue import QueueAsked, queue_page
from zhenzan.api.pages.review import names_of, waiting_appeals
from zhenzan.api.pages.visitor import PageRoute, Visitor, allowed, posted, see
from zhenzan.api.problems import Problem
from zhenzan.api.results.rows import ResultPages
from zhenzan.api.results.stored import open_scan
from zhenzan.api.routes.queue import create_assignment, delete_assignment
from zhenzan.api.routes.scans import list_scans
from zhenzan.api.schemas.lookup import SubjectKind
from zhenzan.api.schemas.queue import AssignIn, QueueItem
from zhenzan.api.schemas.results import Band
from zhenzan.detector.results import BANDS

__all__ = ["router"]

router: Final = APIRouter(include_in_schema=False, route_class=PageRoute)

State: TypeAlias = Literal["open", "mine", "appealed", "decided"]
_SHOWN: Final = 50
_SCANS: Final = 200
_ScanId = Annotated[str | None, Query(alias="scan", pattern=r"^(scan_[0-9a-f]{24})?$")]
_Found: TypeAlias = tuple[list[QueueItem], int | None]


@router.get("/queue")
def review_queue(
    visitor: Annotated[Visitor, allowed("decisions:write")],
    scan_id: _ScanId = None,
    kind: Annotated[SubjectKind, Query()] = "section",
    band: Annotated[Band, Query()] = "likely_purchased",
    state: Annotated[State, Query()] = "open",
    start: Annotated[int, Query(ge=0, le=1_000_000_000)] = 0,
) -> Response:
    """Of the newest scan, or the chosen one; appeals of all scans unless one is chosen."""
    scans = list_scans(visitor.who, visitor.held, _SCANS, None).items
    chosen = scan_id or None
    if state == "appealed":
        items, following = _appeals(visitor, chosen, start)
    else:
        chosen = chosen or (scans[0].id if scans else None)
        items, following = _of_scan(visitor, chosen, kind, band, state, start)
    holders = {item.assignment.assignee for item in items if item.assignment}
    with visitor.held.database.reading() as session:
        names = names_of(session, visitor.who, holders)
    return visitor.page(
        "queue.j2", items=items, following=following, scans=scans, scan_id=chosen, kind=kind,
        band=band, state=state, states=get_args(State), bands=BANDS[::-1], names=names,
    )  # fmt: skip


def _of_scan(
    visitor: Visitor, scan_id: str | None, kind: str, band: str, state: str, start: int
) -> _Found:
    if scan_id is None:
        return [], None
    mine = state == "mine"
    asked = QueueAsked(
        kind,
        BANDS if mine else (band,),
        visitor.who.key_id if mine else None,
        None if mine else state == "decided",
    )
    scan = (scan_id, open_scan(visitor.held, visitor.who, scan_id).path)
    pages = visitor.held.part(ResultPages)
    with visitor.held.database.reading() as session:
        return queue_page(session, visitor.who, pages, scan, asked, start, _SHOWN)


def _appeals(visitor: Visitor, scan_id: str | None, start: int) -> _Found:
    with visitor.held.database.reading() as session:
        lines = waiting_appeals(session, visitor.who, scan_id, start, _SHOWN + 1)
    items = [
        QueueItem(
            scan_id=line.scan_id,
            subject_kind=line.subject_kind,
            subject_id=line.subject_id,
            record=_record(visitor, line.scan_id, line.subject_kind, line.subject_id),
            assignment=None,
            last_word="open",
        )
        for line in lines[:_SHOWN]
    ]
    return items, start + _SHOWN if len(lines) > _SHOWN else None


def _record(visitor: Visitor, scan_id: str, kind: str, subject_id: str) -> dict[str, object]:
    """The row; nothing where the scan is no longer kept, since the appeal still waits."""
    try:
        scan = open_scan(visitor.held, visitor.who, scan_id)
    except Problem:
        return {}
    return scan.record(kind, subject_id) or {}


@router.post("/assign")
def assign(
    visitor: Annotated[Visitor, posted("decisions:write")],
    scan_id: Annotated[str, Form(max_length=64)],
    kind: Annotated[str, Form(max_length=64)],
    id: Annotated[str, Form(max_length=512)],
    release: Annotated[str, Form(max_length=64)] = "",
    take_over: Annotated[bool, Form()] = False,
    back: Annotated[str, Form(max_length=2048)] = "/queue",
) -> Response:
    """Takes something in hand, takes it over, or (`release` names the assignment) gives it back."""
    who, held, request = visitor.who, visitor.held, visitor.request
    if release:
        delete_assignment(release, who, held, request)
    else:
        told = {
            "scan_id": scan_id, "subject_kind": kind, "subject_id": id, "take_over": take_over,
        }  # fmt: skip
        body = AssignIn.model_validate(told)
        create_assignment(body, who, held, visitor.once(""), request)
    ours = back.startswith("/") and not back.startswith("//") and "\\" not in back
    return see(back if ours else "/queue")
