"""What a report draws: observed acts, organic expectation with its band, and windows of excess."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pyarrow as pa
from numba import njit
from numpy.typing import NDArray
from zhenzan.models.attribution.codes import compact
from zhenzan.models.attribution.config import SCALES_S, AttributionConfig
from zhenzan.models.attribution.events import Events
from zhenzan.models.attribution.fit import Fit
from zhenzan.models.attribution.kernels import age_share, expected_count, expected_share
from zhenzan.models.attribution.null import (
    COUNT_STEPS,
    GRID,
    RATE_OFFSET,
    RATE_STEPS,
    log_tail_table,
)
from zhenzan.models.attribution.result import CURVES, WINDOWS

__all__ = ["band", "disjoint", "draw_curves", "joined", "list_windows"]

Reals = NDArray[np.float64]
Ints = NDArray[np.int64]

# Bin widths that a reader can name.
_WIDTHS_S: Final = np.array(
    [1, 10, 60, 300, 600, 1800, 3600, 10800, 21600, 43200, 86400, 259200, 604800, 2592000,
     7776000, 31104000],
    dtype=np.float64,
)  # fmt: skip
_FLANKS: Final = 8.0
_WINDOWS_PER_STREAM: Final = 20
_LN10: Final = np.log(10.0)


def draw_curves(events: Events, fit: Fit, purchased: Reals, config: AttributionConfig) -> pa.Table:
    """Equal bins over each stream that is long enough; see `Attribution.curves`."""
    sizes = np.diff(events.offsets)
    chosen = np.flatnonzero(sizes >= config.curve_min_acts)
    if not len(chosen):
        return CURVES.empty_table()
    first, last = events.offsets[chosen], events.offsets[chosen + 1]
    span = events.age_s[last - 1] - events.age_s[first] + 1e-3
    place = np.searchsorted(_WIDTHS_S, span / config.curve_bins)
    width = _WIDTHS_S[np.minimum(place, len(_WIDTHS_S) - 1)]
    start = np.floor(events.age_s[first] / width) * width
    n_bins = np.floor((events.age_s[last - 1] - start) / width).astype(np.int64) + 1
    owner = np.repeat(chosen, n_bins)
    inside = np.arange(n_bins.sum()) - np.repeat(np.cumsum(n_bins) - n_bins, n_bins)
    wide = np.repeat(width, n_bins)
    begin = np.repeat(start, n_bins) + inside * wide
    organic = np.append(0.0, np.cumsum(1.0 - fit.q))
    scale = np.searchsorted(np.array(SCALES_S), wide).clip(0, len(SCALES_S) - 1)
    agreement = fit.agreement[scale, events.group[owner]]
    rate = _expected(
        owner, begin, begin + wide, agreement, events.age_s, events.offsets, events.horizon_s,
        events.origin_week_s, events.group, organic, fit.curves.age, fit.curves.week,
    )  # fmt: skip
    low, high = band(rate, scale, events.group[owner], fit.multipliers)
    observed, attributed = _count_bins(
        owner, begin, begin + wide, events.age_s, events.offsets, np.append(0, np.cumsum(purchased))
    )
    start_ms = events.origin_ms[owner] + np.rint(begin * 1e3).astype(np.int64)
    ids = events.acts.select(["section_id", "comment_id", "kind"])
    ids = ids.take(pa.array(events.offsets[owner]))
    return pa.table(
        {
            **{name: ids[name] for name in ids.column_names},
            "start_ms": start_ms,
            "end_ms": start_ms + np.rint(wide * 1e3).astype(np.int64),
            "observed": observed,
            "expected": rate,
            "expected_lo": low,
            "expected_hi": high,
            "attributed": attributed,
        }
    ).cast(CURVES)


@njit(cache=True)
def _first_at(age: Reals, low: int, high: int, value: float) -> int:
    """First place in [low, high) whose age is at least `value`, else `high`."""
    while low < high:
        middle = (low + high) // 2
        if age[middle] < value:
            low = middle + 1
        else:
            high = middle
    return low


@njit(cache=True)
def _expected(
    owner: Ints, begin: Reals, end: Reals, agreement: Reals, age: Reals, offsets: Ints,
    horizon: Reals, origin: Reals, group: Ints, organic: Reals, curve: Reals, week: Reals,
) -> Reals:  # fmt: skip
    """Organic expectation of each bin, by the same formula as the windows."""
    out = np.empty(len(owner))
    for b in range(len(owner)):
        s = owner[b]
        g, last, width = group[s], max(horizon[s], 1.0), end[b] - begin[b]
        lo, hi = offsets[s], offsets[s + 1]
        whole = max(age_share(last, curve[g]), 1e-12)
        scale = (organic[hi] - organic[lo]) / whole
        around, pooled = 0.0, 0.0
        for side in range(2):
            x0 = max(begin[b] - _FLANKS * width, 0.0) if side == 0 else min(end[b] + width, last)
            x1 = max(begin[b] - width, 0.0) if side == 0 else min(end[b] + _FLANKS * width, last)
            if x1 > x0:
                i, j = _first_at(age, lo, hi, x0), _first_at(age, lo, hi, x1)
                around += organic[j] - organic[i]
                pooled += scale * expected_share(x0, x1, origin[s], curve[g], week[g])
        window = scale * expected_share(begin[b], min(end[b], last), origin[s], curve[g], week[g])
        out[b] = expected_count(window, around, pooled, agreement[b])
    return out


def band(rate: Reals, scale: Ints, group: Ints, multipliers: Reals) -> tuple[Reals, Reals]:
    """Counts between which nine in ten organic windows of this expectation lie."""
    column = np.clip((np.log(rate) + RATE_OFFSET) * RATE_STEPS, 0, None)
    near = np.minimum(np.rint(column).astype(np.int64), GRID - 1)
    n_groups = multipliers.shape[1]
    cells, cell = compact((scale * n_groups + group) * GRID + near)
    ends = np.empty((2, len(cells)))
    tails: dict[int, Reals] = {}
    for n, (pair, j) in enumerate(zip(*np.divmod(cells, GRID), strict=True)):
        if pair not in tails:
            tails[pair] = log_tail_table(multipliers[divmod(pair, n_groups)])
        tail = tails[pair]
        falling = np.minimum.accumulate(tail[:, j])
        for m, target in enumerate((0.95, 0.05)):
            place = np.interp(-np.log(target), -falling, np.arange(tail.shape[0]))
            ends[m, n] = np.expm1(place / COUNT_STEPS)
    low, high = ends[0, cell], ends[1, cell]
    return np.minimum(low, rate), np.maximum(high, rate)


def _count_bins(
    owner: Ints, begin: Reals, end: Reals, age: Reals, offsets: Ints, cumulated: Reals
) -> tuple[Ints, Reals]:
    left, right = _places(owner, begin, age, offsets), _places(owner, end, age, offsets)
    return right - left, cumulated[right] - cumulated[left]


@njit(cache=True)
def _places(owner: Ints, at: Reals, age: Reals, offsets: Ints) -> Ints:
    out = np.empty(len(owner), np.int64)
    for b in range(len(owner)):
        out[b] = _first_at(age, offsets[owner[b]], offsets[owner[b] + 1], at[b])
    return out


def list_windows(events: Events, fit: Fit, purchased: Reals, prior: float) -> pa.Table:
    """Windows of excess of each stream, strongest first; neighbours are joined into one.

    Of overlapping windows the strongest is kept; two that lie no further apart than the longer of
    them is wide are one delivery, with the acts and expectations of both and of the gap.
    """
    rows = fit.windows
    if not len(rows):
        return WINDOWS.empty_table()
    stream = rows[:, 0].astype(np.int64)
    order = np.lexsort((rows[:, 2] - rows[:, 1], rows[:, 1], -rows[:, 6], stream))
    rows, stream = rows[order], stream[order]
    kept = disjoint(stream, rows[:, 1], rows[:, 2], _WINDOWS_PER_STREAM)
    rows = joined(rows[kept])
    stream = rows[:, 0].astype(np.int64)
    cumulated = np.append(0.0, np.cumsum(purchased))
    observed, attributed = _count_bins(
        stream, rows[:, 1], rows[:, 2], events.age_s, events.offsets, cumulated
    )
    origin = events.origin_ms[stream]
    ids: Any = events.acts.select(["section_id", "comment_id", "kind"])
    ids = ids.take(pa.array(events.offsets[stream]))
    return pa.table(
        {
            **{name: ids[name] for name in ids.column_names},
            "start_ms": origin + np.floor(rows[:, 1] * 1e3).astype(np.int64),
            "end_ms": origin + np.ceil(rows[:, 2] * 1e3).astype(np.int64),
            "observed": observed,
            "expected": rows[:, 4],
            "attributed": attributed,
            "strength": (rows[:, 6] - prior) / _LN10,
        }
    ).cast(WINDOWS)


@njit(cache=True)
def disjoint(stream: Ints, start: Reals, end: Reals, most: int) -> NDArray[np.bool_]:
    """Greedy choice inside each stream: a window is kept unless it overlaps a stronger one.

    Each is compared with those kept only, at most `most` a stream.
    """
    kept = np.zeros(len(stream), np.bool_)
    stronger, chosen = np.empty(most, np.int64), 0  # places of those kept of a stream
    for i in range(len(stream)):
        if i and stream[i] != stream[i - 1]:
            chosen = 0
        free = chosen < most
        for j in stronger[:chosen]:
            if free and start[i] < end[j] and start[j] < end[i]:
                free = False
        if free:
            kept[i] = True
            stronger[chosen] = i
            chosen += 1
    return kept


def joined(rows: Reals) -> Reals:
    """Joins neighbouring windows; expectations of the gap at the mean rate of the two."""
    out: list[Reals] = []
    for row in rows[np.lexsort((rows[:, 1], rows[:, 0]))]:
        last = out[-1] if out else None
        if last is not None and last[0] == row[0]:
            wide, other = last[2] - last[1], row[2] - row[1]
            gap = row[1] - last[2]
            if gap <= max(wide, other):
                rate = (last[4] + row[4]) / (wide + other)
                last[4] += row[4] + rate * gap
                last[2], last[6] = row[2], max(last[6], row[6])
                continue
        out.append(row.copy())
    joined = np.array(out)
    return np.asarray(joined[np.lexsort((joined[:, 1], -joined[:, 6], joined[:, 0]))])
