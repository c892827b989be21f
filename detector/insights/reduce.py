"""Acts counted by section and by quarter of an hour: what SQL reduces before Python looks.

Sums of `p_purchased` are taken over millionths as integers: floating sums in another order would
differ in their last digits, and the results must not.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa
from zhenzan.detector.insights.known import Codes
from zhenzan.features.engine.base import Engine, Relation

__all__ = ["QUARTER_MS", "by_hour", "by_label", "by_section", "real"]

QUARTER_MS: Final = 900_000
"""All time zones are a multiple of 15 minutes from UTC, so these bins serve every zone."""

_HOUR_MS: Final = 3_600_000  # acts known less exactly than this say nothing of an hour

# Likes, stars and shares on a section or on one of its comments; `comment` rows are not acts here.
_BY_SECTION: Final = """
SELECT section_id, kind, COUNT(*) AS n, {purchased} AS millionths
FROM {engagements}
WHERE kind <> 'comment' AND comment_id IS NULL
GROUP BY section_id, kind
"""
_BY_HOUR: Final = """
SELECT e.section_id, e.kind, CASE WHEN e.comment_id IS NULL THEN 0 ELSE 1 END AS on_comment,
       CAST(FLOOR(e.ts_lo_ms / 9e5) AS BIGINT) AS quarter, COUNT(*) AS n,
       {purchased} AS millionths
FROM {engagements} e JOIN {described} d ON d.section_id = e.section_id
WHERE e.kind <> 'comment' AND e.ts_lo_ms IS NOT NULL
  AND e.ts_hi_ms - e.ts_lo_ms <= $widest_ms
GROUP BY e.section_id, e.kind, CASE WHEN e.comment_id IS NULL THEN 0 ELSE 1 END,
         CAST(FLOOR(e.ts_lo_ms / 9e5) AS BIGINT)
"""
_BY_LABEL: Final = """
SELECT g.section_id, g.{column} AS label, COUNT(*) AS n, {purchased} AS millionths,
       COUNT(DISTINCT g.account_id) + COUNT(*) - COUNT(g.account_id) AS people
FROM {acts} g JOIN {described} d ON d.section_id = g.section_id
LEFT JOIN {engagements} e ON e.engagement_id = g.engagement_id
WHERE g.{column} IS NOT NULL
GROUP BY g.section_id, g.{column}
"""
_PURCHASED: Final = "CAST(SUM(CAST(FLOOR(COALESCE({p}, 0e0) * 1e6) AS BIGINT)) AS BIGINT)"
_STEP: Final = "insights"


def by_section(engine: Engine, engagements: Relation) -> pa.Table:
    """Acts on each section itself by kind: `section_id, kind, n, millionths` (of purchased)."""
    statement = _BY_SECTION.format(
        engagements=engagements.name, purchased=_PURCHASED.format(p="p_purchased")
    )
    return _fetched(engine, statement, ("section_id", "kind"))


def by_hour(engine: Engine, engagements: Relation, described: pa.Table) -> pa.Table:
    """Acts of the described sections by kind and quarter of an hour, where that is known."""
    chosen = engine.load("insight_sections", described, step=_STEP)
    statement = _BY_HOUR.format(
        engagements=engagements.name,
        described=chosen.name,
        purchased=_PURCHASED.format(p="e.p_purchased"),
    )
    return _fetched(
        engine,
        statement,
        ("section_id", "kind", "on_comment", "quarter"),
        {"widest_ms": _HOUR_MS},
    )


def by_label(
    engine: Engine, acts: Relation, engagements: Relation, described: pa.Table, column: str
) -> pa.Table:
    """Acts of the described sections by a column of the canonical table (`region`, `referrer`).

    `people` are the accounts behind them; an act that names none is by somebody else each time.
    """
    chosen = engine.load("insight_sections", described, step=_STEP)
    statement = _BY_LABEL.format(
        acts=acts.name,
        engagements=engagements.name,
        described=chosen.name,
        column=column,
        purchased=_PURCHASED.format(p="e.p_purchased"),
    )
    return _fetched(engine, statement, ("section_id", "label"))


def real(column: pa.ChunkedArray) -> Codes:
    """Integers of a column, in NumPy."""
    return np.asarray(column.to_numpy(), dtype=np.int64)


def _fetched(
    engine: Engine,
    statement: str,
    order_by: tuple[str, ...],
    params: dict[str, int | float | str | bool | None] | None = None,
) -> pa.Table:
    made = engine.sql(statement, into="insight_part", step=_STEP, params=params)
    rows = engine.fetch(made, order_by=order_by)
    engine.drop(made)
    return rows
