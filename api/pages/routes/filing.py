"""Forms of a subject's page: decide, appeal, rule, declare a context."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Form
from fastapi.responses import Response
from zhenzan.api.pages.visitor import PageRoute, Visitor, posted, see
from zhenzan.api.problems import Problem
from zhenzan.api.routes import contexts, decisions
from zhenzan.api.schemas.contexts import ContextIn
from zhenzan.api.schemas.decisions import AppealIn, DecisionIn, RulingIn

__all__ = ["router"]

router: Final = APIRouter(include_in_schema=False, route_class=PageRoute)

_Text = Annotated[str, Form(max_length=8192)]
_Id = Annotated[str, Form(max_length=512)]
_SendKey = Annotated[str, Form(max_length=64, pattern="^[0-9a-f]*$")]


@router.post("/decide")
def decide(
    visitor: Annotated[Visitor, posted("decisions:write")],
    scan_id: _Id,
    kind: _Id,
    id: _Id,
    outcome: _Id,
    reason: _Text,
    note: _Text = "",
    send_key: _SendKey = "",
) -> Response:
    """Files a decision; the reason is required."""
    told: dict[str, Any] = {
        "scan_id": scan_id, "subject_kind": kind, "subject_id": id, "outcome": outcome,
        "reason": reason, "note": note.strip() or None,
    }  # fmt: skip
    body = DecisionIn.model_validate(told)
    decisions.create_decision(
        body, visitor.who, visitor.held, visitor.once(send_key), visitor.request
    )
    return _back(scan_id, kind, id)


@router.post("/appeal")
def appeal(
    visitor: Annotated[Visitor, posted("appeals:write")],
    decision_id: _Id,
    reason: _Text,
    send_key: _SendKey = "",
) -> Response:
    """Contests a decision."""
    filed = decisions.create_appeal(
        decision_id, AppealIn(reason=reason), visitor.who, visitor.held,
        visitor.once(send_key), visitor.request,
    )  # fmt: skip
    return _back(filed.scan_id, filed.subject_kind, filed.subject_id)


@router.post("/rule")
def rule(
    visitor: Annotated[Visitor, posted("decisions:write")],
    appeal_id: _Id,
    verdict: _Id,
    reason: _Text,
    send_key: _SendKey = "",
) -> Response:
    """Upholds or overturns."""
    body = RulingIn.model_validate({"verdict": verdict, "reason": reason})
    filed = decisions.create_ruling(
        appeal_id, body, visitor.who, visitor.held, visitor.once(send_key), visitor.request
    )
    return _back(filed.scan_id, filed.subject_kind, filed.subject_id)


@router.post("/declare")
def declare(
    visitor: Annotated[Visitor, posted("contexts:write")],
    scan_id: _Id,
    id: _Id,
    kind: _Id,
    first: _Id = "",
    last: _Id = "",
    note: _Text = "",
    send_key: _SendKey = "",
) -> Response:
    """Declares what else explains a section, for its next scan; the last day is included."""
    body = ContextIn.model_validate({
        "section_id": id, "kind": kind, "note": note.strip() or None,
        "start_ms": _day(first, 0), "end_ms": _day(last, 1),
    })  # fmt: skip
    contexts.declare_context(
        body, visitor.who, visitor.held, visitor.once(send_key), visitor.request
    )
    return _back(scan_id, "section", id)


def _day(text: str, after: int) -> int | None:
    """Start of that day, UTC, or of the one after it; None where nothing is said."""
    if not text.strip():
        return None
    try:
        day = datetime.strptime(text.strip(), "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError as error:
        raise Problem(422, "invalid-request", "a day is written 2024-05-01") from error
    return int(day.timestamp() * 1000) + after * 86_400_000


def _back(scan_id: str, kind: str, id: str) -> Response:
    return see(f"/scans/{scan_id}/{kind}", id=id)
