"""What the pages of reviewers need besides the queue: names of keys, appeals that wait."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, aliased
from zhenzan.api.decisions.log import seen_decisions
from zhenzan.api.security.principal import Principal
from zhenzan.api.storage.models import ApiKey, Assignment, Decision

__all__ = ["appealed_before", "assignment_of", "names_of", "waiting_appeals"]


def names_of(session: Session, who: Principal, keys: Iterable[str]) -> dict[str, str]:
    """What people call these keys; one that is not in the database (`local`) names itself."""
    wanted = sorted(set(keys))
    rows = select(ApiKey.id, ApiKey.name).where(
        ApiKey.tenant_id == who.tenant_id, ApiKey.id.in_(wanted)
    )
    named = {row.id: row.name for row in session.execute(rows)}
    return {key: named.get(key, key) for key in wanted}


def assignment_of(
    session: Session, who: Principal, scan_id: str, kind: str, subject_id: str
) -> Assignment | None:
    """Who has it in hand."""
    rows = select(Assignment).where(
        Assignment.tenant_id == who.tenant_id,
        Assignment.scan_id == scan_id,
        Assignment.subject_kind == kind,
        Assignment.subject_id == subject_id,
    )
    return session.scalar(rows)


def waiting_appeals(
    session: Session, who: Principal, scan_id: str | None, start: int, most: int
) -> Sequence[Decision]:
    """Appeals that nobody ruled on, the oldest first: who waits longest comes first."""
    ruling = aliased(Decision)
    answered = exists().where(ruling.tenant_id == who.tenant_id, ruling.appeal_of == Decision.id)
    lines = seen_decisions(who).where(Decision.kind == "appeal", ~answered)
    if scan_id is not None:
        lines = lines.where(Decision.scan_id == scan_id)
    return session.scalars(lines.order_by(Decision.seq).offset(start).limit(most)).all()


def appealed_before(lines: Iterable[Decision]) -> frozenset[str]:
    """Decisions against which an appeal was filed: there is one appeal each."""
    return frozenset(line.appeal_of for line in lines if line.kind == "appeal" and line.appeal_of)
