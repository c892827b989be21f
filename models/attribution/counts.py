"""Polled counts as acts per interval: what was received between two looks at a counter.

Only new highs of a counter are acts. What falls and comes back (drop-off and refill, likes taken
back) is no second act; what falls on many targets at once was removed by the platform, and is added
back. A displayed count that is rounded ("1.2万") says when it crossed a step and nothing between.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numba import njit
from numpy.typing import NDArray
from zhenzan.features.capability import COUNTERS
from zhenzan.features.engine.base import Engine, Relation
from zhenzan.features.family import Tables

__all__ = ["Counts", "read_counts"]

Ints = NDArray[np.int64]
Reals = NDArray[np.float64]

_STEP: Final = "attribution"
_WEEK_MS: Final = 604_800_000
_VALUES: Final = {f"metric_{i}": metric for i, metric in enumerate(COUNTERS)}
_UNBORN: Final = np.iinfo(np.int64).max
# Three moments at least (tables.md): two intervals, so that one has another to differ from.
_LEAST: Final = 2
# A fall of three acts and one in a hundred is more than people taking their likes back between two
# polls; on a fifth of the polled targets, and five at least, within a day it is the platform's
# (hard negative H20).
_FALL: Final = 3.0
_FALL_SHARE: Final = 0.01
_PURGE_SHARE: Final = 0.2
_PURGE_LEAST: Final = 5
_DAY_MS: Final = 86_400_000


@dataclass(frozen=True, slots=True)
class Counts:
    """Streams of polled counts, their intervals in time order.

    Attributes:
        offsets: Where each stream's intervals begin (n_streams + 1).
        start_s, end_s: Age of the target at both ends of each interval, seconds.
        acts: New highs in each interval.
        origin_ms: Of each stream: creation of the target, else its first poll, a second earlier.
        origin_week_s: The same from the start of the week.
        group: Code of platform, kind, target, and whether the creation is known.
        ids: `section_id, comment_id, kind` of each stream.
        fallen, returned: Acts that each stream lost without getting them back, and got back.
        info: What was read and left out, for `run.json`.
    """

    offsets: Ints
    start_s: Reals
    end_s: Reals
    acts: Reals
    origin_ms: Ints
    origin_week_s: Reals
    group: Ints
    n_groups: int
    ids: pa.Table
    fallen: Reals
    returned: Reals
    info: dict[str, object]

    @property
    def n_streams(self) -> int:
        """Streams with two intervals at least."""
        return len(self.offsets) - 1


_ROWS: Final = """
SELECT c.section_id, c.comment_id, c.metric AS kind, c.observed_ms, c.window_s, c.unit,
       c.value_lo, c.value_hi,
       CASE WHEN c.comment_id IS NULL THEN p.published_ms ELSE k.created_ms END AS born_ms,
       coalesce(p.platform, '') || ' ' || c.metric
           || CASE WHEN c.comment_id IS NULL THEN '' ELSE ' comment' || coalesce(v.sample, '') END
           AS group_name
FROM {count_snapshot} c
LEFT JOIN ({told}) t ON t.section_id = c.section_id AND t.kind = c.metric
     AND (t.target IS NULL OR t.target = COALESCE(c.comment_id, ''))
LEFT JOIN {section} p ON p.section_id = c.section_id
LEFT JOIN {comment} k ON k.comment_id = c.comment_id
LEFT JOIN ({chosen}) v ON v.section_id = c.section_id
WHERE c.scene = 'all' AND t.section_id IS {told_of}NULL
      AND c.metric IN ({metrics})
"""
# Where the acts on a target are known, they count and its counter does not: those on one comment
# say nothing of the post's likes, nor of another comment's. Comments are told of by section.
_TOLD: Final = {
    "engagement": "SELECT DISTINCT section_id, kind, COALESCE(comment_id, '') AS target "
    "FROM {engagement}",
    "comment": "SELECT DISTINCT section_id, 'reply' AS kind, CAST(NULL AS VARCHAR) AS target "
    "FROM {comment}",
}
_NOTHING_TOLD: Final = "SELECT '' AS section_id, '' AS kind, '' AS target WHERE 1 = 0"
# The best comments grow as the best do: they are compared with others of such a selection.
_CHOSEN: Final = """
SELECT section_id, MAX(' ' || selection) AS sample FROM {coverage} samples
WHERE object = 'comment' AND comment_id IS NULL AND selection IN ('top', 'selected_by_creator')
GROUP BY section_id
"""
_NONE_CHOSEN: Final = "SELECT '' AS section_id, '' AS sample WHERE 1 = 0"
_OPTIONAL: Final = {
    "comment_id": "VARCHAR", "window_s": "BIGINT", "unit": "VARCHAR", "value_hi": "BIGINT",
}  # fmt: skip
_PLACES: Final = {"comment_id": "VARCHAR"}
_EMPTY: Final = {
    "section": "(SELECT '' AS section_id, '' AS platform, 0 AS published_ms WHERE 1 = 0)",
    "comment": "(SELECT '' AS comment_id, 0 AS created_ms WHERE 1 = 0)",
}


def read_counts(engine: Engine, tables: Tables) -> Counts | None:
    """Intervals of all counters whose acts are not known; None where there are none.

    Raises:
        EngineError: With the statement that failed.
    """
    if "count_snapshot" not in tables:
        return None
    rows = _statement(tables, told_of="")
    relation = engine.sql(rows, into="attribution_count", params=_VALUES, step=_STEP)
    order = ("section_id", "comment_id", "kind", "observed_ms", "unit", "window_s", "value_lo")
    found = engine.fetch(relation, order_by=order)
    engine.drop(relation)
    counts = _counts(found) if found.num_rows else None
    if counts is not None and not _TOLD.keys().isdisjoint(tables):
        counts.info["streams_told_by_acts"] = _told(engine, tables)
    return counts


def _statement(tables: Tables, told_of: str) -> str:
    """Selects the looks at the targets whose acts are not known, or (`NOT `) those whose are."""
    names = {name: tables[name].name for name in tables}
    if "engagement" in tables:
        names["engagement"] = _complete(tables["engagement"], _PLACES)
    told = [sql.format(**names) for name, sql in _TOLD.items() if name in tables]
    return _ROWS.format(
        told_of=told_of,
        count_snapshot=_complete(tables["count_snapshot"], _OPTIONAL),
        told=" UNION ALL ".join(told) or _NOTHING_TOLD,
        chosen=_CHOSEN.format(coverage=_complete(tables["coverage"], _PLACES))
        if "coverage" in tables
        else _NONE_CHOSEN,
        metrics=", ".join(f"$metric_{i}" for i in range(len(COUNTERS))),
        **{name: names.get(name, empty) for name, empty in _EMPTY.items()},
    )


def _told(engine: Engine, tables: Tables) -> int:
    """How many counters were not looked at because the acts on their target are known."""
    rows = _statement(tables, told_of="NOT ")
    streams = f"SELECT DISTINCT section_id, comment_id, kind FROM ({rows}) AS looks"
    statement = f"SELECT count(*) AS n FROM ({streams}) AS streams"
    relation = engine.sql(statement, into="attribution_told", params=_VALUES, step=_STEP)
    n: int = engine.fetch(relation).column("n")[0].as_py()
    engine.drop(relation)
    return n


def _complete(table: Relation, optional: Mapping[str, str]) -> str:
    """The table with its optional columns, NULL where it comes without them."""
    absent = [f"CAST(NULL AS {kind}) AS {name}" for name, kind in optional.items()
              if name not in table.columns]  # fmt: skip
    return f"(SELECT *, {', '.join(absent)} FROM {table.name})" if absent else table.name


def _column(rows: pa.Table, name: str, missing: int) -> Ints:
    values: Ints = rows[name].cast(pa.int64()).fill_null(missing).to_numpy().astype(np.int64)
    return values


def _counts(rows: pa.Table) -> Counts | None:
    stream = _streams(rows)
    at, window = _column(rows, "observed_ms", 0), _column(rows, "window_s", -1)
    running = np.bincount(stream, window < 0) > 0
    kept = (window < 0) == running[stream]  # a stream's running totals, else its windows
    again = np.append(False, (np.diff(stream) == 0) & (np.diff(at) == 0))
    kept &= ~(again & np.append(False, kept[:-1]))
    rows, stream, at, window = rows.filter(pa.array(kept)), stream[kept], at[kept], window[kept]
    low = _column(rows, "value_lo", 0).astype(np.float64)
    high = _column(rows, "value_hi", -1).astype(np.float64)
    first = np.searchsorted(stream, np.arange(stream[-1] + 2))
    born = _column(rows, "born_ms", _UNBORN)[first[:-1]]
    removed, purged = _removals(stream, at, low, high, window)
    made = _intervals(first, at, low, high, window, born, removed)
    owner, start, end, acts, fallen, returned = made
    n = np.bincount(owner, minlength=len(first) - 1)
    enough = n >= _LEAST
    info: dict[str, object] = {
        "streams": int(enough.sum()),
        "streams_polled_too_rarely": int((~enough).sum()),
        "acts": float(acts[enough[owner]].sum()),
        "fallen": float(fallen.sum()),
        "returned": float(returned.sum()),
        "days_of_platform_removals": purged,
    }
    if not enough.any():
        return None
    inside = enough[owner]
    owner, start, end, acts = owner[inside], start[inside], end[inside], acts[inside]
    chosen = np.flatnonzero(enough)
    offsets = np.searchsorted(owner, np.append(chosen, len(enough))).astype(np.int64)
    origin = start[offsets[:-1]] - 1000
    known = np.where(born[chosen] <= start[offsets[:-1]], " ", " unborn").astype(object)
    heads = rows.take(pa.array(first[:-1][chosen]))
    names = heads["group_name"].to_numpy(zero_copy_only=False).astype(object) + known
    group_names, group = np.unique(names.astype(str), return_inverse=True)
    each = np.repeat(origin, np.diff(offsets))
    return Counts(
        offsets=offsets,
        start_s=(start - each) / 1e3,
        end_s=(end - each) / 1e3,
        acts=acts,
        origin_ms=origin,
        origin_week_s=(origin % _WEEK_MS) / 1e3,
        group=group.astype(np.int64),
        n_groups=len(group_names),
        ids=heads.select(["section_id", "comment_id", "kind"]),
        fallen=fallen[enough],
        returned=returned[enough],
        info=info,
    )


def _streams(rows: pa.Table) -> Ints:
    """Code of (section, comment, kind) of each row; rows are sorted by them."""
    changed = np.zeros(max(rows.num_rows - 1, 0), bool)
    for name in ("section_id", "comment_id", "kind"):
        values: Any = rows[name].fill_null("").to_numpy(zero_copy_only=False)
        changed |= values[1:] != values[:-1]
    return np.append(0, np.cumsum(changed)).astype(np.int64)


def _removals(
    stream: Ints, at: Ints, low: Reals, high: Reals, window: Ints
) -> tuple[NDArray[np.bool_], int]:
    """Which polls saw a removal by the platform, and on how many days there was one."""
    exact = (window < 0) & (low == high)
    same = (np.diff(stream) == 0) & exact[1:] & exact[:-1]
    fall = np.append(0.0, np.where(same, low[:-1] - low[1:], 0.0))
    before = np.append(0.0, low[:-1])
    falls = (fall >= _FALL) & (fall >= _FALL_SHARE * before)
    removed, days = np.zeros(len(at), bool), 0
    for shift in (0, _DAY_MS // 2):
        day = (at + shift) // _DAY_MS
        codes, place = np.unique(day, return_inverse=True)
        polled = _distinct(place, stream, len(codes))
        struck = _distinct(place[falls], stream[falls], len(codes))
        purge = (struck >= _PURGE_LEAST) & (struck >= _PURGE_SHARE * polled)
        removed |= falls & purge[place]
        days = max(days, int(purge.sum()))
    return removed, days


def _distinct(place: Ints, stream: Ints, size: int) -> Ints:
    pairs = np.unique(np.stack([place, stream], axis=1), axis=0)
    return np.asarray(np.bincount(pairs[:, 0], minlength=size), np.int64)


@njit(cache=True)
def _intervals(
    first: Ints, at: Ints, low: Reals, high: Reals, window: Ints, born: Ints,
    removed: NDArray[np.bool_],
) -> tuple[Ints, Ints, Ints, Reals, Reals, Reals]:  # fmt: skip
    """Owner, start, end (ms) and new highs of each interval; losses and returns by stream."""
    n = len(at)
    owner, start, end = np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n, np.int64)
    acts, made = np.empty(n), 0
    fallen, returned = np.zeros(len(first) - 1), np.zeros(len(first) - 1)
    for s in range(len(first) - 1):
        last, top, before, back = born[s], 0.0, 0.0, 0.0
        for i in range(first[s], first[s + 1]):
            value = low[i] + back
            if window[i] >= 0:
                begin = at[i] - window[i] * 1000
                if i > first[s]:
                    begin = max(begin, last)
                last, gained = begin, low[i]
            elif i == first[s]:
                before, gained = value, value
                top = value
                if last >= at[i]:  # creation unknown: what came before the first look is not dated
                    last = at[i]
                    continue
            else:
                if removed[i]:
                    back += before - value
                    value = before
                gained = max(value - top, 0.0)
                returned[s] += max(min(value, top) - before, 0.0)
                before = value
                top = max(top, value)
                if gained == 0.0 and (high[i] != low[i] or high[i - 1] != low[i - 1]):
                    continue  # rounded: it may have grown, by less than a step
            if at[i] <= last:
                continue
            owner[made], start[made], end[made], acts[made] = s, last, at[i], gained
            made += 1
            last = at[i]
        fallen[s] = max(top - before, 0.0)
    return owner[:made], start[:made], end[:made], acts[:made], fallen, returned
