"""One section, account, comment or group: what the scan says, and what people made of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Final, get_args

from fastapi import APIRouter, Query
from fastapi.responses import Response
from zhenzan.api.pages.review import appealed_before, assignment_of, names_of
from zhenzan.api.pages.timeline import timeline
from zhenzan.api.pages.visitor import PageRoute, Visitor, allowed
from zhenzan.api.results.declared import seen_contexts
from zhenzan.api.results.stored import open_scan
from zhenzan.api.routes.lookup import look_up_subject
from zhenzan.api.schemas.decisions import Outcome
from zhenzan.api.schemas.lookup import SubjectKind
from zhenzan.api.schemas.text import Identifier, RowId
from zhenzan.api.security.headers import PAGES
from zhenzan.api.storage.models import DeclaredContext
from zhenzan.detector.contexts.kinds import KINDS

__all__ = ["router"]

router: Final = APIRouter(include_in_schema=False, route_class=PageRoute)

_MEMBERS: Final = 200
_FACTS: Final = (
    "band", "score", "probability", "n_engagements", "n_purchased", "share_purchased",
    "n_comments", "n_template_comments", "n_attributed", "n_likes", "n_likes_purchased",
    "n_likes_genuine", "n_accounts", "n_sections", "order_size", "delivery", "first_ms", "last_ms",
    "estimated_cost", "coordinated", "automated", "coordination", "confidence",
)  # fmt: skip


@router.get("/scans/{scan_id}/{kind}")
def subject_page(
    scan_id: RowId,
    kind: SubjectKind,
    id: Annotated[Identifier, Query()],
    visitor: Annotated[Visitor, allowed("results:read")],
) -> Response:
    """Facts, evidence with what else could explain it, decisions so far, and the forms."""
    held, who = visitor.held, visitor.who
    told = look_up_subject(scan_id, kind, id, who, held)
    scan = open_scan(held, who, scan_id)
    record = told["record"]
    with held.database.reading() as session:
        hand = assignment_of(session, who, scan_id, kind, id)
        makers = {line.made_by for line in told["decisions"]}
        names = names_of(session, who, makers | ({hand.assignee} if hand else set()))
        declared = seen_contexts(who).where(
            DeclaredContext.section_id == (id if kind == "section" else ""),
            DeclaredContext.withdrawn_ms.is_(None),
        )
        contexts = session.scalars(declared.order_by(DeclaredContext.created_ms)).all()
    answer = visitor.page(
        "subject.j2", scan_id=scan_id, kind=kind, id=id, told=told, record=record,
        facts=[name for name in _FACTS if _is_told(record, name)], hand=hand, names=names,
        outcomes=get_args(Outcome), members=told["members"][:_MEMBERS],
        n_members=len(told["members"]), kinds=sorted(KINDS), contexts=contexts,
        picture=timeline(scan, id) if kind == "campaign" else None,
        open_appeal=_open_appeal(told["decisions"]), shadow=held.settings.shadow,
        appealed=appealed_before(told["decisions"]),
        missing_names=_names(visitor, record.get("families_missing") or ()),
    )  # fmt: skip
    answer.headers["Content-Security-Policy"] = f"{PAGES}; frame-src 'self'"
    return answer


def _names(visitor: Visitor, families: Iterable[str]) -> str:
    names = (visitor.texts.optional(f"family.{name}", name) for name in families)
    return ("、" if visitor.texts.language == "zh" else ", ").join(names)


def _is_told(record: dict[str, Any], name: str) -> bool:
    return record.get(name if name != "estimated_cost" else "estimated_cost_lo") is not None


def _open_appeal(lines: list[Any]) -> str | None:
    """The appeal that waits for a ruling."""
    answered = {line.appeal_of for line in lines if line.kind == "ruling"}
    waiting = [line.id for line in lines if line.kind == "appeal" and line.id not in answered]
    return waiting[-1] if waiting else None
