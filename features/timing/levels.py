"""Counts that fall and are filled up again: likes taken back, or totals read again and again.

Delivered engagement is often removed within weeks, and sellers refill it (peers.md, section 4). A
stream's level is followed through its acts and their retractions, and through running totals of
`count_snapshot`; abbreviated totals ("1.2万") fall only as far as their bounds prove.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pyarrow as pa
from numba import njit
from numpy.typing import NDArray
from zhenzan.features.engine.base import Engine, Relation
from zhenzan.features.family import FeatureConfig, Tables

__all__ = ["fall", "falls"]

_STEP: Final = "timing"
_KEY: Final = ("section_id", "stream", "metric", "running")
_SCHEMA: Final = pa.schema(
    [("section_id", pa.string()), ("drop_share", pa.float64()), ("refill_share", pa.float64())]
)
# Above every count: an unbounded total proves no fall.
_UNBOUNDED: Final = 1 << 62

# Whether a loss of fewer acts is made up says nothing: the next visitors do it.
_MIN_LOSS: Final = 10

# Streams of data sets that record retractions at all, which is a property of the source.
_RECORDED: Final = """
WITH seen AS (
  SELECT dataset_id FROM {engagement} WHERE retracted_lo_ms IS NOT NULL GROUP BY dataset_id
)
SELECT e.section_id, COALESCE(e.comment_id, '') AS stream, e.kind, COUNT(*) AS n_acts,
       COUNT(e.retracted_lo_ms) AS n_back
FROM {engagement} e JOIN seen d ON d.dataset_id = e.dataset_id
WHERE e.ts_lo_ms IS NOT NULL
GROUP BY e.section_id, COALESCE(e.comment_id, ''), e.kind
"""
# An act adds one to its stream's level, a retraction takes it off.
_LEVELS: Final = """
WITH acts AS (
  SELECT e.section_id, r.stream, e.kind, e.ts_lo_ms, e.retracted_lo_ms
  FROM {engagement} e
  JOIN timing_recorded r
    ON r.section_id = e.section_id AND r.stream = COALESCE(e.comment_id, '') AND r.kind = e.kind
  WHERE r.n_back > 0 AND r.n_acts >= $min_likes AND e.ts_lo_ms IS NOT NULL
)
SELECT section_id, stream, kind AS metric, 0 AS running, ts_lo_ms AS at_ms, 1 AS lo, 1 AS hi
FROM acts
UNION ALL
SELECT section_id, stream, kind AS metric, 0 AS running, retracted_lo_ms AS at_ms,
       -1 AS lo, -1 AS hi
FROM acts WHERE retracted_lo_ms IS NOT NULL
UNION ALL
SELECT section_id, COALESCE(comment_id, '') AS stream, metric, 1 AS running,
       observed_ms AS at_ms, value_lo AS lo, COALESCE(value_hi, $unbounded) AS hi
FROM {count_snapshot}
WHERE window_s IS NULL AND scene = 'all' AND metric IN ('like', 'favorite', 'share')
"""
_BY_SECTION: Final = """
WITH streams AS (
  SELECT section_id, drop_share, refill_share FROM timing_falls_streams
  UNION ALL
  SELECT section_id, 0e0 AS drop_share, CAST(NULL AS DOUBLE) AS refill_share
  FROM timing_recorded WHERE n_back = 0 AND n_acts >= $min_likes
)
SELECT section_id, MAX(drop_share) AS drop_share, MAX(refill_share) AS refill_share
FROM streams GROUP BY section_id
"""


@njit(cache=True)
def fall(lo: NDArray[np.int64], hi: NDArray[np.int64], least: int) -> Any:
    """The largest proven fall of a level, as a share of the level before, and what came back of it.

    Args:
        lo: Lower bounds of the level, in the order of time.
        hi: Upper bounds.
        least: Levels below it are not judged.

    Returns:
        Share lost, NaN where the level was read once or stayed below `least`; share of the loss
        that was made up later, NaN where fewer than ten were lost.
    """
    top, before, lowest, drop, refill = 0, 0, 0, 0.0, np.nan
    for i in range(len(lo)):
        if top >= least and hi[i] < top and (top - hi[i]) / top > drop:
            drop, before, lowest, refill = (top - hi[i]) / top, top, hi[i], 0.0
        elif drop > 0 and before > lowest:
            back = (min(lo[i], before) - lowest) / (before - lowest)
            refill = max(refill, back)
        top = max(top, lo[i])
    if before - lowest < _MIN_LOSS:
        refill = np.nan
    return (drop if len(lo) > 1 and top >= least else np.nan), refill


def falls(engine: Engine, tables: Tables, config: FeatureConfig) -> Relation:
    """The deepest fall of a section's streams and the best refill.

    Args:
        engine: Where the tables live.
        tables: Engagements and snapshots; both must be there, if only empty.
        config: `min_likes` is the least level that is judged.

    Returns:
        Relation `timing_falls`: section_id, drop_share, refill_share; no row where neither
        retractions nor totals are known.
    """
    names = {name: tables[name].name for name in ("engagement", "count_snapshot")}
    params = {"unbounded": _UNBOUNDED, "min_likes": config.min_likes}

    def kernel(table: pa.Table, offsets: pa.Int64Array) -> pa.Table:
        return _stream_falls(table, offsets, config.min_likes)

    recorded = engine.sql(_RECORDED.format(**names), into="timing_recorded", step=_STEP)
    levels = engine.sql(_LEVELS.format(**names), into="timing_levels", step=_STEP, params=params)
    streams = engine.map_groups(
        levels, _KEY, kernel, _SCHEMA, into="timing_falls_streams", step=_STEP,
        order_by=["at_ms", "lo", "hi"],
    )  # fmt: skip
    out = engine.sql(_BY_SECTION, into="timing_falls", step=_STEP, params=params)
    for relation in (recorded, levels, streams):
        engine.drop(relation)
    return out


def _stream_falls(table: pa.Table, offsets: pa.Int64Array, least: int) -> pa.Table:
    starts = offsets.to_numpy()
    lo, hi = (table[name].to_numpy().astype(np.int64) for name in ("lo", "hi"))
    running = table["running"].to_numpy().astype(np.int64)
    made = _all_falls(lo, hi, running, starts, least)
    first = pa.array(starts[:-1])
    columns: dict[str, Any] = {"section_id": table["section_id"].take(first)}
    for position, name in enumerate(("drop_share", "refill_share")):
        values = np.ascontiguousarray(made[:, position])
        columns[name] = pa.array(values, mask=np.isnan(values))
    return pa.table(columns, schema=_SCHEMA)


@njit(cache=True)
def _all_falls(
    lo: NDArray[np.int64], hi: NDArray[np.int64], running: NDArray[np.int64],
    starts: NDArray[np.int64], least: int,
) -> NDArray[np.float64]:  # fmt: skip
    """Fall and refill of each stream; changes become levels first."""
    out = np.full((len(starts) - 1, 2), np.nan)
    for s in range(len(starts) - 1):
        a, b = starts[s], starts[s + 1]
        low, high = lo[a:b].copy(), hi[a:b].copy()
        if running[a] == 0:
            for i in range(1, b - a):
                low[i] += low[i - 1]
            high = low
        out[s, 0], out[s, 1] = fall(low, high, least)
    return out
