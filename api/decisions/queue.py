"""What waits for a person: rows of a scan in bands that ask for one, beside who has them in hand.

Nothing is stored for the queue: it is the scan, the assignments and the last word of each subject.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session
from zhenzan.api.decisions.log import seen_decisions
from zhenzan.api.decisions.shadow import last_words
from zhenzan.api.ids import new_id
from zhenzan.api.problems import Problem
from zhenzan.api.results.rows import Asked, ResultPages
from zhenzan.api.results.stored import find_scan
from zhenzan.api.schemas.queue import AssignmentOut, QueueItem
from zhenzan.api.security.principal import Principal
from zhenzan.api.storage.models import Assignment, Decision

__all__ = ["BANDS_TO_REVIEW", "QueueAsked", "assign", "find_assignment", "queue_page"]

BANDS_TO_REVIEW: Final = ("likely_purchased", "unusual")
"""Bands that a person should look at; others are shown when asked for."""

_CHUNK: Final = 500  # rows that are read at once while a filter drops most of them


@dataclass(frozen=True, slots=True)
class QueueAsked:
    """Which items.

    Attributes:
        kind: Of the subjects.
        bands: Of the subjects; campaigns have none.
        assignee: A key's id, `none` for what nobody has in hand; None: whoever.
        decided: Only what has (or has not) a last word that stands; None: both.
    """

    kind: str
    bands: tuple[str, ...]
    assignee: str | None = None
    decided: bool | None = None


class _State:
    """What people did about the subjects of one kind in a scan."""

    def __init__(self, session: Session, who: Principal, scan_id: str, kind: str) -> None:
        rows = select(Assignment).where(
            Assignment.tenant_id == who.tenant_id,
            Assignment.scan_id == scan_id,
            Assignment.subject_kind == kind,
        )
        self.hands = {row.subject_id: row for row in session.scalars(rows)}
        lines = seen_decisions(who).where(
            Decision.scan_id == scan_id, Decision.subject_kind == kind
        )
        words = last_words(session.scalars(lines.order_by(Decision.seq)))
        self.words = {entity: outcome for (_, _, entity), (_, outcome) in words.items()}

    def fits(self, asked: QueueAsked, entity: str) -> bool:
        hand = self.hands.get(entity)
        if asked.assignee == "none" and hand is not None:
            return False
        if asked.assignee not in (None, "none") and (
            hand is None or hand.assignee != asked.assignee
        ):
            return False
        word = self.words.get(entity)
        return asked.decided is None or asked.decided == (word not in (None, "open"))


def queue_page(
    session: Session,
    who: Principal,
    pages: ResultPages,
    scan: tuple[str, Path],
    asked: QueueAsked,
    offset: int,
    limit: int,
) -> tuple[list[QueueItem], int | None]:
    """Items from `offset` on, and where the next page begins; None at the end.

    Args:
        session: A transaction that reads.
        who: Who asks.
        pages: Of scans.
        scan: Its id and directory.
        asked: Which items.
        offset: Place in the rows of the scan.
        limit: Most items.
    """
    scan_id, folder = scan
    state = _State(session, who, scan_id, asked.kind)
    campaigns = asked.kind == "campaign"
    wanted = Asked(
        f"{asked.kind}s",
        sort="n_engagements" if campaigns else "score",
        among=() if campaigns else (("band", asked.bands),),
    )
    items: list[QueueItem] = []
    while True:
        rows, total = pages.page(scan_id, folder, wanted, offset, max(limit, _CHUNK))
        for row in rows:
            entity = str(row[f"{asked.kind}_id"])
            if state.fits(asked, entity):
                if len(items) == limit:
                    return items, offset
                items.append(_item(scan_id, asked.kind, entity, row, state))
            offset += 1
        if not rows or offset >= total:
            return items, None


def _item(scan_id: str, kind: str, entity: str, row: dict[str, Any], state: _State) -> QueueItem:
    hand = state.hands.get(entity)
    return QueueItem(
        scan_id=scan_id,
        subject_kind=kind,
        subject_id=entity,
        record=row,
        assignment=None if hand is None else AssignmentOut.of(hand),
        last_word=state.words.get(entity),
    )


def assign(
    session: Session,
    who: Principal,
    scan_id: str,
    subject: tuple[str, str],
    *,
    take_over: bool,
    now_ms: int,
) -> Assignment:
    """Puts a subject into the caller's hands; asking twice changes nothing.

    Raises:
        Problem: 404; 409, a colleague has it in hand.
    """
    find_scan(session, who, scan_id)
    rows = select(Assignment).where(
        Assignment.tenant_id == who.tenant_id,
        Assignment.scan_id == scan_id,
        Assignment.subject_kind == subject[0],
        Assignment.subject_id == subject[1],
    )
    row = session.scalar(rows.with_for_update())
    if row is None:
        row = Assignment(
            id=new_id("assignment"),
            tenant_id=who.tenant_id,
            scan_id=scan_id,
            subject_kind=subject[0],
            subject_id=subject[1],
            assignee=who.key_id,
            created_ms=now_ms,
        )
        session.add(row)
        session.flush()
    elif row.assignee != who.key_id:
        if not take_over:
            raise Problem(409, "assigned-already", "a colleague has it in hand")
        row.assignee, row.created_ms = who.key_id, now_ms
    return row


def find_assignment(session: Session, who: Principal, assignment_id: str) -> Assignment:
    """The assignment.

    Raises:
        Problem: 404.
    """
    rows = select(Assignment).where(
        Assignment.tenant_id == who.tenant_id, Assignment.id == assignment_id
    )
    row = session.scalar(rows)
    if row is None:
        raise Problem(404, "not-found", "there is no such assignment")
    return row
