"""When a section's acts fall, against the hours that its creator's audience keeps elsewhere.

No time zone is assumed and no clock of a country: the expectation is the hour profile of the
creator's other sections, shrunk toward that of the whole set. Hours are those of UTC.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from zhenzan.features.engine.base import Engine, Relation
from zhenzan.features.family import FeatureConfig, Tables

__all__ = ["against_history", "hour_figures"]

_STEP: Final = "timing"
_HOURS: Final = 24
_QUIET_HOURS: Final = 6  # the plateau from 00 to 06 of practitioners' curves (hard negative H6)
# As many acts of the creator's own weigh as much as the profile of the set: with 24 cells it is
# about two acts a cell, below which a profile is mostly noise.
_PRIOR_ACTS: Final = 50
_HALF: Final = 0.5  # of an act an hour: no hour is impossible (Krichevsky and Trofimov 1981)
_HOUR_MS: Final = 3_600_000
_PARTS: Final = 1_000_000  # a section's profile in the set's, so that sums are whole numbers
_NAMES: Final = tuple(f"h{k}" for k in range(_HOURS))
_SCHEMA: Final = pa.schema(
    [
        ("section_id", pa.string()),
        ("night_excess", pa.float64()),
        ("hours_divergence", pa.float64()),
    ]
)

_COUNTS: Final = (
    """
WITH acts AS (
  SELECT section_id, (ts_lo_ms % $day_ms + $day_ms) % $day_ms AS of_day
  FROM {engagement}
  WHERE ts_lo_ms IS NOT NULL AND ts_hi_ms - ts_lo_ms <= $exact_ms
), counted AS (
  SELECT section_id, COUNT(*) AS acts, """
    + ", ".join(
        f"COUNT(*) FILTER (WHERE of_day >= {k * _HOUR_MS} AND of_day < {(k + 1) * _HOUR_MS})"
        f" AS h{k}"
        for k in range(_HOURS)
    )
    + """
  FROM acts GROUP BY section_id
)
SELECT s.creator_id, c.* FROM counted c JOIN {section} s ON s.section_id = c.section_id
WHERE s.creator_id IS NOT NULL
"""
)
# A section counts as one whatever its size: a single hit does not set everybody's hours.
_POOLED: Final = (
    "SELECT "
    + ", ".join(f"SUM(CAST(FLOOR({_PARTS}e0 * h{k} / acts) AS BIGINT)) AS h{k}" for k in range(24))
    + " FROM timing_hours WHERE acts >= $min_likes"
)


def against_history(
    engine: Engine, tables: Tables, config: FeatureConfig, exact_ms: int
) -> Relation:
    """Night excess and divergence of hours, by section.

    Args:
        engine: Where the tables live.
        tables: Engagements and sections; both must be there.
        config: `min_likes` acts are the least a section is judged by.
        exact_ms: Times known to this precision count.

    Returns:
        Relation `timing_by_hour`: section_id, night_excess, hours_divergence; no row where the
        creator is unknown or has fewer than 50 acts in other sections.
    """
    names = {name: tables[name].name for name in ("engagement", "section")}
    counts = engine.sql(
        _COUNTS.format(**names),
        into="timing_hours",
        step=_STEP,
        params={"day_ms": _HOURS * _HOUR_MS, "exact_ms": exact_ms},
    )
    pooled = engine.sql(
        _POOLED, into="timing_hours_pooled", step=_STEP, params={"min_likes": config.min_likes}
    )
    row = engine.fetch(pooled).to_pylist()[0]
    everybody = np.array([float(row[name] or 0) for name in _NAMES])

    def kernel(table: pa.Table, offsets: pa.Int64Array) -> pa.Table:
        counts = np.stack([table[name].to_numpy().astype(np.int64) for name in _NAMES], axis=1)
        night, bits = hour_figures(counts, offsets.to_numpy(), everybody, config.min_likes)
        columns: dict[str, Any] = {
            "night_excess": pa.array(night, mask=np.isnan(night)),
            "hours_divergence": pa.array(bits, mask=np.isnan(bits)),
        }
        return pa.table({"section_id": table["section_id"], **columns}, schema=_SCHEMA)

    made = engine.map_groups(
        counts, ["creator_id"], kernel, _SCHEMA, into="timing_by_hour", step=_STEP
    )
    for relation in (counts, pooled):
        engine.drop(relation)
    return made


def hour_figures(
    counts: NDArray[np.int64],
    starts: NDArray[np.int64],
    everybody: NDArray[np.float64],
    least: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The two figures of each section.

    Args:
        counts: Acts by section (rows) and hour of the day (24 columns), by creator.
        starts: Where each creator's rows begin, and the end.
        everybody: Summed profiles of the set's sections, in millionths.
        least: Acts a section needs.

    Returns:
        Share of the acts in the audience's quietest six hours beyond the share expected there, in
        [-1, 1]; relative entropy of the hours against the expectation in bits, less its bias for
        24 cells. NaN where there is no history.
    """
    acts = counts.sum(axis=1)
    of = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    others = np.add.reduceat(counts, starts[:-1], axis=0)[of] - counts
    own = np.floor(_PARTS * counts / np.maximum(acts, 1)[:, None])
    rest = np.where((acts >= least)[:, None], everybody - own, everybody)
    total = rest.sum(axis=1, keepdims=True)
    prior = np.where(total > 0, rest / np.maximum(total, 1.0), 1.0 / _HOURS)
    weight = others.sum(axis=1, keepdims=True) + _PRIOR_ACTS + _HALF * _HOURS
    expected = (others + _PRIOR_ACTS * prior + _HALF) / weight
    windows = (np.arange(_HOURS)[:, None] + np.arange(_QUIET_HOURS)) % _HOURS
    quiet = expected[:, windows].sum(axis=2)
    at = quiet.argmin(axis=1)
    rows = np.arange(len(counts))
    here = counts[:, windows].sum(axis=2)[rows, at]
    with np.errstate(divide="ignore", invalid="ignore"):
        share = counts / acts[:, None]
        nats = np.where(counts > 0, share * np.log(share / expected), 0.0).sum(axis=1)
        bits = np.maximum(0.0, nats - (_HOURS - 1) / (2.0 * acts)) / np.log(2)
        night = here / acts - quiet[rows, at]
    judged = (acts >= least) & (others.sum(axis=1) >= _PRIOR_ACTS)
    return np.where(judged, np.round(night, 12), np.nan), np.where(
        judged, np.round(bits, 12), np.nan
    )
