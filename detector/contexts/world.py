"""What detectors know of the whole set: regions, newcomers, removals and topics of the others.

All figures leave out acts that were likely delivered, so that a pool cannot make its own weather.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from zhenzan.detector.contexts.case import HOUR_MS
from zhenzan.features.engine.base import Engine

__all__ = ["World", "read_world"]

_DAY_MS: Final = 24 * HOUR_MS
YOUNG_MS: Final = 7 * _DAY_MS
"""An account is a newcomer in its first week."""
# A wave has three times the usual share of newcomers, a tenth at least, with three creators at
# least; a purge takes back twenty acts within an hour from sections of ten creators, and ten times
# what is usual [H].
_WAVE: Final = (3.0, 0.1, 3)
_PURGE: Final = (20, 10, 10.0)


@dataclass(frozen=True)
class World:
    """Figures of the whole set.

    Attributes:
        regions: Creator to region to everyday acts.
        own_regions: Section to region to everyday acts.
        waves: Days (number since 1970 UTC) on which newcomers came to everybody.
        purges: Hours (number since 1970 UTC) in which acts of many creators' sections were undone.
        arrived: Section to the sign of the news it shares with others: when, and the word.
        hour_gap: Creator to the usual hours from publication to the first act, of its sections.
    """

    regions: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    own_regions: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    waves: frozenset[int] = frozenset()
    purges: frozenset[int] = frozenset()
    arrived: Mapping[str, tuple[float, str]] = field(default_factory=dict)
    hour_gap: Mapping[str, float] = field(default_factory=dict)


def read_world(engine: Engine, names: Mapping[str, str]) -> World:
    """Reads the figures that are sums over tables; `arrived` is left to `topics`.

    Args:
        engine: Where the tables live.
        names: Canonical table name to relation name, absent tables being empty ones; `acts` are
            those of attribution, `focus` the sections that are looked at.
    """
    regions, own = _regions(engine, names)
    return World(
        regions,
        own,
        _waves(engine, names),
        _purges(engine, names),
        {},
        _first_gaps(engine, names),
    )


def _rows(
    engine: Engine, statement: str, names: Mapping[str, str], **params: int
) -> list[dict[str, object]]:
    made = engine.sql(
        statement.format(**names), into="context_world", step="contexts", params=params
    )
    rows: list[dict[str, object]] = engine.fetch(made, order_by=made.columns).to_pylist()
    engine.drop(made)
    return rows


_REGIONS: Final = """
SELECT s.creator_id, s.section_id, e.region, COUNT(*) AS n
FROM {section} s
JOIN (SELECT DISTINCT o.creator_id FROM {section} o JOIN {focus} f
      ON f.section_id = o.section_id WHERE o.creator_id IS NOT NULL) w
  ON w.creator_id = s.creator_id
JOIN {acts} q ON q.section_id = s.section_id
JOIN {engagement} e ON e.engagement_id = q.engagement_id
WHERE e.region IS NOT NULL AND COALESCE(q.p_purchased, 0) < 5e-1
GROUP BY s.creator_id, s.section_id, e.region
"""


def _regions(
    engine: Engine, names: Mapping[str, str]
) -> tuple[dict[str, dict[str, int]], dict[str, dict[str, int]]]:
    of_creator: dict[str, dict[str, int]] = {}
    of_section: dict[str, dict[str, int]] = {}
    for row in _rows(engine, _REGIONS, names):
        creator, section, region = (str(row[k]) for k in ("creator_id", "section_id", "region"))
        n = int(str(row["n"]))
        total = of_creator.setdefault(creator, {})
        total[region] = total.get(region, 0) + n
        of_section.setdefault(section, {})[region] = n
    return of_creator, of_section


_WAVES: Final = """
SELECT CAST(FLOOR(q.ts_lo_ms / 864e5) AS BIGINT) AS day, COUNT(*) AS n,
       COUNT(*) FILTER (WHERE q.ts_lo_ms - a.created_ms < $young) AS young,
       COUNT(DISTINCT CASE WHEN q.ts_lo_ms - a.created_ms < $young THEN s.creator_id END)
         AS creators
FROM {acts} q
JOIN {account} a ON a.account_id = q.account_id
LEFT JOIN {section} s ON s.section_id = q.section_id
WHERE q.ts_lo_ms IS NOT NULL AND a.created_ms IS NOT NULL AND COALESCE(q.p_purchased, 0) < 5e-1
GROUP BY 1
"""


def _waves(engine: Engine, names: Mapping[str, str]) -> frozenset[int]:
    rows = _rows(engine, _WAVES, names, young=YOUNG_MS)
    if len(rows) < 3:
        return frozenset()
    day, n, young, creators = (
        np.array([int(str(row[k])) for row in rows]) for k in ("day", "n", "young", "creators")
    )
    share = young / np.maximum(n, 1)
    times, least, wide = _WAVE
    wave = (share >= times * np.median(share)) & (share >= least) & (creators >= wide)
    return frozenset(day[wave].tolist())


_PURGES: Final = """
SELECT CAST(FLOOR(e.retracted_lo_ms / 36e5) AS BIGINT) AS hour, COUNT(*) AS n,
       COUNT(DISTINCT COALESCE(s.creator_id, e.section_id)) AS creators
FROM {engagement} e
JOIN {acts} q ON q.engagement_id = e.engagement_id
LEFT JOIN {section} s ON s.section_id = e.section_id
WHERE e.retracted_lo_ms IS NOT NULL AND COALESCE(q.p_purchased, 0) < 5e-1
GROUP BY 1
"""


def _purges(engine: Engine, names: Mapping[str, str]) -> frozenset[int]:
    rows = _rows(engine, _PURGES, names)
    if not rows:
        return frozenset()
    hour, n, creators = (
        np.array([int(str(row[k])) for row in rows]) for k in ("hour", "n", "creators")
    )
    acts, wide, times = _PURGE
    usual = float(np.median(n)) if len(n) > 1 else 0.0
    sudden = (n >= acts) & (creators >= wide) & (n >= times * usual)
    return frozenset(hour[sudden].tolist())


_FIRST: Final = """
WITH first_act AS (
  SELECT s.creator_id, s.section_id, MIN(q.ts_lo_ms) - MIN(s.published_ms) AS gap_ms
  FROM {acts} q JOIN {section} s ON s.section_id = q.section_id
  WHERE s.published_ms IS NOT NULL AND q.ts_lo_ms IS NOT NULL AND s.creator_id IS NOT NULL
  GROUP BY s.creator_id, s.section_id
)
SELECT creator_id, median(gap_ms) AS gap_ms FROM first_act
GROUP BY creator_id HAVING COUNT(*) >= 3
"""


def _first_gaps(engine: Engine, names: Mapping[str, str]) -> dict[str, float]:
    rows = _rows(engine, _FIRST, names)
    return {str(row["creator_id"]): float(str(row["gap_ms"])) / HOUR_MS for row in rows}
