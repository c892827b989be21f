"""What was found of the sections of a stream, by page."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session
from zhenzan.api import cursors
from zhenzan.api.problems import Problem
from zhenzan.api.storage.models import Stream, StreamSection

__all__ = ["one_section", "sections_page"]


def sections_page(
    session: Session, stream: Stream, band: str | None, limit: int, cursor: str | None
) -> tuple[Sequence[StreamSection], str | None]:
    """A page of sections, highest score first, and the cursor of the next one.

    Raises:
        Problem: 400 where the cursor is of another list.
    """
    told = ("stream sections", stream.id, band)
    score, ident = StreamSection.score, StreamSection.section_id
    query = select(StreamSection).where(StreamSection.stream_id == stream.id)
    if band is not None:
        query = query.where(StreamSection.band == band)
    if cursor is not None:
        last, after = cursors.decode(cursor, [float | None, str], *told)
        same = and_(score.is_(None) if last is None else score == last, ident > after)
        below = [] if last is None else [score < last, score.is_(None)]
        query = query.where(or_(same, *below))
    query = query.order_by(score.desc().nulls_last(), ident).limit(limit + 1)
    rows = list(session.scalars(query))
    if len(rows) <= limit:
        return rows, None
    last_row = rows[limit - 1]
    return rows[:limit], cursors.encode([last_row.score, last_row.section_id], *told)


def one_section(session: Session, stream: Stream, section_id: str) -> StreamSection:
    """The latest of one section.

    Raises:
        Problem: 404.
    """
    found = session.get(StreamSection, (stream.id, section_id))
    if found is None:
        raise Problem(404, "no-section", "nothing is known of that section yet")
    return found
