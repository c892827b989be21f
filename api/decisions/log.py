"""The log of decisions, appeals and rulings: lines are added, never changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from sqlalchemy import Select, select
from sqlalchemy.orm import Session
from zhenzan.api.ids import new_id
from zhenzan.api.problems import Problem
from zhenzan.api.results.stored import find_scan, seen_by
from zhenzan.api.security.principal import Principal
from zhenzan.api.storage.models import Decision, StoredScan

__all__ = ["Adder", "add", "appeal", "find", "history", "rule", "seen_decisions"]


Adder: TypeAlias = Callable[[Session, int], Decision]
"""Adds a line in a session, at a time."""


def seen_decisions(who: Principal) -> Select[Decision]:
    """Lines that this principal sees: of the tenant, or of the own scans."""
    lines = select(Decision).where(Decision.tenant_id == who.tenant_id)
    if who.sees_all:
        return lines
    own = seen_by(who).with_only_columns(StoredScan.id)
    return lines.where(Decision.scan_id.in_(own))


def find(session: Session, who: Principal, decision_id: str) -> Decision:
    """One line.

    Raises:
        Problem: 404 where there is none that the principal sees.
    """
    row = session.scalar(seen_decisions(who).where(Decision.id == decision_id))
    if row is None:
        raise Problem(404, "not-found", "there is no such decision")
    return row


def history(
    session: Session, who: Principal, scan_id: str, kind: str, entity_id: str
) -> Sequence[Decision]:
    """All lines about one thing, the oldest first."""
    lines = seen_decisions(who).where(
        Decision.scan_id == scan_id,
        Decision.subject_kind == kind,
        Decision.subject_id == entity_id,
    )
    return session.scalars(lines.order_by(Decision.seq)).all()


def add(
    session: Session,
    who: Principal,
    *,
    scan_id: str,
    subject: tuple[str, str],
    verdict: str,
    reason: str,
    body: dict[str, Any],
    shadow: bool,
    now_ms: int,
) -> Decision:
    """A decision.

    Raises:
        Problem: 404, there is no such scan.
    """
    find_scan(session, who, scan_id)
    return _line(
        session, who, scan_id=scan_id, subject=subject, kind="decision", verdict=verdict,
        reason=reason, appeal_of=None, body=body, shadow=shadow, now_ms=now_ms,
    )  # fmt: skip


def appeal(
    session: Session, who: Principal, decision_id: str, reason: str, *, now_ms: int
) -> Decision:
    """An appeal against a decision.

    Raises:
        Problem: 404; 409 where it is no decision, or an appeal against it is still open, or was
            ruled on.
    """
    decided = find(session, who, decision_id)
    if decided.kind != "decision":
        raise Problem(409, "no-decision", "only a decision can be appealed")
    if _answer(session, who, decision_id) is not None:
        raise Problem(409, "appealed-already", "an appeal against this decision was filed")
    return _line(
        session, who, scan_id=decided.scan_id,
        subject=(decided.subject_kind, decided.subject_id), kind="appeal", verdict=None,
        reason=reason, appeal_of=decided.id, body={}, shadow=decided.shadow, now_ms=now_ms,
    )  # fmt: skip


def rule(
    session: Session, who: Principal, appeal_id: str, verdict: str, reason: str, *, now_ms: int
) -> Decision:
    """A ruling on an appeal; by somebody else than who decided, where keys tell people apart.

    Raises:
        Problem: 404; 409 where it is no appeal or was ruled on; 403 for whoever decided.
    """
    filed = find(session, who, appeal_id)
    if filed.kind != "appeal" or filed.appeal_of is None:
        raise Problem(409, "no-appeal", "only an appeal can be ruled on")
    if _answer(session, who, appeal_id) is not None:
        raise Problem(409, "ruled-already", "the appeal was ruled on")
    decided = find(session, who, filed.appeal_of)
    if decided.made_by == who.key_id and who.key_id != "local":
        raise Problem(403, "own-decision", "somebody else has to rule on the appeal")
    return _line(
        session, who, scan_id=filed.scan_id, subject=(filed.subject_kind, filed.subject_id),
        kind="ruling", verdict=verdict, reason=reason, appeal_of=filed.id,
        body=_same(decided.body), shadow=filed.shadow, now_ms=now_ms,
    )  # fmt: skip


def _same(body: dict[str, Any]) -> dict[str, Any]:
    """What the scan said when it was decided."""
    return {name: body.get(name) for name in ("band", "score", "model_id")}


def _answer(session: Session, who: Principal, decision_id: str) -> Decision | None:
    """The line that answers another; whoever asks at the same moment waits."""
    session.execute(select(Decision.seq).where(Decision.id == decision_id).with_for_update())
    lines = select(Decision).where(
        Decision.tenant_id == who.tenant_id, Decision.appeal_of == decision_id
    )
    return session.scalars(lines).first()


def _line(
    session: Session,
    who: Principal,
    *,
    scan_id: str,
    subject: tuple[str, str],
    kind: str,
    verdict: str | None,
    reason: str,
    appeal_of: str | None,
    body: dict[str, Any],
    shadow: bool,
    now_ms: int,
) -> Decision:
    row = Decision(
        id=new_id("decision"),
        tenant_id=who.tenant_id,
        scan_id=scan_id,
        subject_kind=subject[0],
        subject_id=subject[1],
        kind=kind,
        verdict=verdict,
        reason=reason,
        appeal_of=appeal_of,
        shadow=shadow,
        body=body,
        made_by=who.key_id,
        created_ms=now_ms,
    )
    session.add(row)
    session.flush()
    return row
