"""Decisions, appeals and rulings, and the labels that they make."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session
from zhenzan.api import cursors
from zhenzan.api.context import Service, service
from zhenzan.api.decisions import log
from zhenzan.api.decisions.labels import labels_as
from zhenzan.api.decisions.shadow import precision
from zhenzan.api.once import Once
from zhenzan.api.problems import Problem, responses
from zhenzan.api.results.stored import open_scan
from zhenzan.api.schemas.decisions import (
    AppealIn,
    DecisionIn,
    DecisionKind,
    DecisionOut,
    DecisionPage,
    RulingIn,
)
from zhenzan.api.schemas.lookup import SubjectKind
from zhenzan.api.schemas.page import Cursor, Limit
from zhenzan.api.schemas.shadow import PrecisionOut
from zhenzan.api.schemas.text import Identifier, RowId
from zhenzan.api.security.access import require
from zhenzan.api.security.audit import record
from zhenzan.api.security.principal import Principal
from zhenzan.api.storage.models import Decision

__all__ = ["router"]

router: Final = APIRouter(prefix="/v1", tags=["decisions"])

_Held = Annotated[Service, Depends(service)]
_Once = Annotated[Once, Depends(Once)]
_Reader = Annotated[Principal, require("results:read")]
_Decider = Annotated[Principal, require("decisions:write")]
_Appellant = Annotated[Principal, require("appeals:write")]


@router.post(
    "/decisions", operation_id="create_decision", status_code=201, responses=responses(404, 409)
)
def create_decision(
    body: DecisionIn, who: _Decider, held: _Held, once: _Once, request: Request
) -> DecisionOut:
    """Files what a person decided, with the reason, and what the scan said then."""
    scan = open_scan(held, who, body.scan_id)
    row = scan.record(body.subject_kind, body.subject_id)
    if row is None:
        raise Problem(404, "not-found", f"the scan has no {body.subject_kind} of that id")
    told = {
        "policy": body.policy,
        "note": body.note,
        "band": row.get("band"),
        "score": row.get("score"),
        "model_id": scan.run["model"]["id"],
    }
    subject = (body.subject_kind, body.subject_id)

    def work(session: Session, now_ms: int) -> Decision:
        return log.add(
            session, who, scan_id=body.scan_id, subject=subject, verdict=body.outcome,
            reason=body.reason, body=told, shadow=held.settings.shadow, now_ms=now_ms,
        )  # fmt: skip

    return _filed(held, who, once, request, body.model_dump_json(), work)


@router.post(
    "/decisions/{decision_id}/appeal",
    operation_id="create_appeal",
    status_code=201,
    responses=responses(404, 409),
)
def create_appeal(
    decision_id: RowId,
    body: AppealIn,
    who: _Appellant,
    held: _Held,
    once: _Once,
    request: Request,
) -> DecisionOut:
    """Contests a decision; the decision stands until the appeal is ruled on."""
    return _filed(
        held, who, once, request, body.model_dump_json(),
        lambda session, now_ms: log.appeal(session, who, decision_id, body.reason, now_ms=now_ms),
    )  # fmt: skip


@router.post(
    "/decisions/{decision_id}/ruling",
    operation_id="create_ruling",
    status_code=201,
    responses=responses(404, 409),
)
def create_ruling(
    decision_id: RowId, body: RulingIn, who: _Decider, held: _Held, once: _Once, request: Request
) -> DecisionOut:
    """Upholds or overturns what this appeal contests; `decision_id` is that of the appeal."""
    return _filed(
        held, who, once, request, body.model_dump_json(),
        lambda session, now_ms: log.rule(
            session, who, decision_id, body.verdict, body.reason, now_ms=now_ms
        ),
    )  # fmt: skip


def _filed(
    held: Service, who: Principal, once: Once, request: Request, asked: str, add: log.Adder
) -> DecisionOut:
    now_ms = held.clock()

    def work(session: Session) -> DecisionOut:
        row = add(session, now_ms)
        # The id may be one of an account, and this log is never changed; the decision has it.
        facts = {"verdict": row.verdict, "subject_kind": row.subject_kind}
        request_id = getattr(request.state, "request_id", None)
        record(
            session, who, f"{row.kind}.create", row.id, facts, now_ms=now_ms, request_id=request_id
        )
        return DecisionOut.of(row, who)

    return once.run(who, asked, DecisionOut, work)


@router.get("/decisions", operation_id="list_decisions")
def list_decisions(
    who: _Reader,
    held: _Held,
    scan_id: Annotated[str | None, Query(pattern=r"^scan_[0-9a-f]{24}$")] = None,
    subject_kind: Annotated[SubjectKind | None, Query()] = None,
    subject_id: Annotated[Identifier | None, Query()] = None,
    kind: Annotated[DecisionKind | None, Query(description="Only lines of this kind.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> DecisionPage:
    """The log, the newest line first; a creator sees that of the own scans."""
    query = ("decisions", who.tenant_id, scan_id, subject_kind, subject_id, kind)
    chosen = log.seen_decisions(who)
    asked = {
        Decision.scan_id: scan_id, Decision.subject_kind: subject_kind,
        Decision.subject_id: subject_id, Decision.kind: kind,
    }  # fmt: skip
    for column, value in asked.items():
        if value is not None:
            chosen = chosen.where(column == value)
    if cursor is not None:
        (last,) = cursors.decode(cursor, (int,), *query)
        chosen = chosen.where(Decision.seq < last)
    with held.database.reading() as session:
        rows = session.scalars(chosen.order_by(Decision.seq.desc()).limit(limit + 1)).all()
    following = cursors.encode((rows[limit - 1].seq,), *query) if len(rows) > limit else None
    return DecisionPage(items=[DecisionOut.of(r, who) for r in rows[:limit]], next_cursor=following)


@router.get("/decisions/{decision_id}", operation_id="get_decision", responses=responses(404))
def get_decision(decision_id: RowId, who: _Reader, held: _Held) -> DecisionOut:
    """One line of the log."""
    with held.database.reading() as session:
        return DecisionOut.of(log.find(session, who, decision_id), who)


@router.get(
    "/labels",
    operation_id="export_labels",
    response_class=Response,
    responses={
        200: {
            "content": {
                kind: {"schema": {"type": "string", "format": "binary"}}
                for kind in ("text/csv", "application/vnd.apache.parquet")
            }
        }
    },
)
def export_labels(
    who: Annotated[Principal, require("labels:read")],
    held: _Held,
    format: Annotated[Literal["csv", "parquet"], Query(description="Of the file.")] = "csv",
) -> Response:
    """Decisions and rulings in the columns of the table `decision`, for `zhenzan train`."""
    with held.database.reading() as session:
        rows = session.scalars(log.seen_decisions(who).order_by(Decision.seq)).all()
    content, media_type = labels_as(rows, format)
    name = f'attachment; filename="labels.{format}"'
    return Response(content, headers={"Content-Disposition": name}, media_type=media_type)


@router.get("/shadow/precision", operation_id="get_shadow_precision")
def get_shadow_precision(
    who: _Decider,
    held: _Held,
    subject_kind: Annotated[SubjectKind, Query(description="Of what.")] = "section",
    shadow_only: Annotated[
        bool, Query(description="Only decisions that were made in shadow mode.")
    ] = True,
) -> PrecisionOut:
    """How often people agreed with each band, from the last word on each subject."""
    lines = log.seen_decisions(who).where(Decision.subject_kind == subject_kind)
    if shadow_only:
        lines = lines.where(Decision.shadow)
    with held.database.reading() as session:
        return precision(session.scalars(lines.order_by(Decision.seq)).all())
