"""The compiled window pass: how much of each window an order explains, and which acts (step 2).

A window with k acts of which e are expected: a share rho of its acts was delivered. The evidence
for rho is the probability of the organic rest (1 - rho) k under the null tables, the prior of an
order of rho k acts (flat in its logarithm), and the accounts' likelihood ratios. Scales go from
fine to coarse; what a finer window explains is taken out of the coarser ones.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray
from zhenzan.models.attribution.curve import AGE_STEP, N_AGES
from zhenzan.models.attribution.null import COUNT_STEPS, RATE_OFFSET, RATE_STEPS

__all__ = [
    "WINDOW_FIELDS",
    "age_share",
    "expected_count",
    "expected_share",
    "look_up",
    "organic_total",
    "scan_windows",
]

# Delivered shares on which the posterior of a window is evaluated, and their cell widths.
_SHARES: Final = np.array([0.01, 0.03, 0.07, 0.15, 0.3, 0.5, 0.7, 0.85, 0.95, 0.99])
_CELLS: Final = np.array([0.02, 0.03, 0.055, 0.115, 0.175, 0.2, 0.175, 0.125, 0.07, 0.035])
# Orders run from 1 to 10,000 acts (seller price lists: 20 to 10,000), flat in the logarithm.
_LOG_ORDERS: Final = math.log(1e4)
_FLANKS: Final = 8  # widths of surroundings on each side; the next width is left free
# Ages at which the bins of a curve begin, seconds; from a table, since exp() would cost most.
_AGES: Final = np.exp(np.arange(N_AGES + 1) * AGE_STEP)
_HOURS: Final = 168
_WEEK_S: Final = 604_800.0
_MAX_EMPTY: Final = 16  # empty windows counted between two filled ones; the rest says the same
_MIN_RATE: Final = 1e-5
_TOTAL_WEIGHT: Final = 3.0
_MIN_POOLED: Final = 5.0  # expected acts around a window from which their ratio is informative
_FEW: Final = 1.5  # below this many acts a window needs an account that stands out
_NEGLIGIBLE: Final = -9.0  # log odds of an order at which a window is left alone
# Columns of a recorded window: stream, start and end age, acts, expected, delivered, log odds.
WINDOW_FIELDS: Final = 7
_RECORD_MIN: Final = 5


@njit(cache=True)
def age_share(age: float, curve: NDArray[Any]) -> float:
    """Share of a stream's acts up to an age (seconds), linear inside a bin."""
    if age <= 0.0:
        return 0.0
    if age < 1.0:
        return float(curve[1] * age)
    place = int(math.log(age) / AGE_STEP)
    if place >= len(curve) - 2:
        return float(curve[-1])
    low, high = _AGES[place], _AGES[place + 1]
    inside = min(max((age - low) / (high - low), 0.0), 1.0)
    return float(curve[place + 1] + (curve[place + 2] - curve[place + 1]) * inside)


@njit(cache=True)
def week_hours(second: float, week: NDArray[Any]) -> float:
    """Hours since the start of the week, each counted with its factor."""
    weeks = math.floor(second / _WEEK_S)
    hour = (second - weeks * _WEEK_S) / 3600.0
    place = min(int(hour), _HOURS - 1)
    return float(
        weeks * week[_HOURS] + week[place] + (week[place + 1] - week[place]) * (hour - place)
    )


@njit(cache=True)
def expected_share(
    start: float, end: float, origin: float, curve: NDArray[Any], week: NDArray[Any]
) -> float:
    """Share of a stream's organic acts expected at ages [start, end), by curve and hours."""
    if end <= start:
        return 0.0
    share = age_share(end, curve) - age_share(start, curve)
    if end - start < _WEEK_S:
        hours = week_hours(origin + end, week) - week_hours(origin + start, week)
        share *= hours * 3600.0 / (end - start)
    return max(share, 1e-12)


@njit(cache=True)
def look_up(table: NDArray[Any], count: float, rate: float) -> float:
    """Bilinear interpolation in a null table; beyond its edges the last cell holds."""
    y = max((math.log(rate) + RATE_OFFSET) * RATE_STEPS, 0.0)
    return _look_up_at(table, count, y)


@njit(cache=True)
def _look_up_at(table: NDArray[Any], count: float, y: float) -> float:
    """The same for a rate that is given as its place in the table."""
    x = math.log1p(count) * COUNT_STEPS
    i, j = min(int(x), table.shape[0] - 2), min(int(y), table.shape[1] - 2)
    a, b = min(x - i, 1.0), min(y - j, 1.0)
    left = table[i, j] * (1 - a) + table[i + 1, j] * a
    right = table[i, j + 1] * (1 - a) + table[i + 1, j + 1] * a
    return float(left * (1 - b) + right * b)


@njit(cache=True)
def organic_total(acts: float, outside: float, outside_share: float) -> float:
    """Organic acts of a stream as its life outside a window tells, that window left out.

    Shrunk toward all its acts with the weight of three: how many acts a stream has is no evidence,
    so a window that is the stream's whole life has no excess by its own account.
    """
    return acts * (_TOTAL_WEIGHT + max(outside, 0.0)) / (_TOTAL_WEIGHT + acts * outside_share)


@njit(cache=True)
def expected_count(window: float, around: float, pooled_around: float, agreement: float) -> float:
    """Pooled expectation of a window, scaled by how its surroundings did against theirs.

    `agreement` is the shape of a gamma prior (mean 1) on that scale factor: large where streams
    follow the pooled curve, small where each has a life of its own, which then counts instead.
    """
    return max(window * (agreement + around) / (agreement + pooled_around), _MIN_RATE)


@njit(cache=True)
def _share_evidence(
    kept: float, rate: float, table: NDArray[Any], prior: float, out: NDArray[Any]
) -> float:
    """Fills log evidence of each delivered share from the count alone; returns the largest."""
    place = max((math.log(rate) + RATE_OFFSET) * RATE_STEPS, 0.0)
    base = _look_up_at(table, kept, place)
    top = -math.inf
    for g in range(len(_SHARES)):
        share = _SHARES[g]
        order = math.log(kept * _CELLS[g] / ((kept * share + 1.0) * _LOG_ORDERS) + 1e-12)
        out[g] = _look_up_at(table, (1.0 - share) * kept, place) - base + order + prior
        top = max(top, out[g])
    return top


@njit(cache=True)
def _add_marks(
    i: int,
    j: int,
    kept: float,
    mark: NDArray[Any],
    q: NDArray[Any],
    correlation: float,
    out: NDArray[Any],
) -> float:
    """Adds the accounts' evidence to each share; returns the log of the summed odds."""
    top = -math.inf
    weight = 1.0 / (1.0 + max(kept - 1.0, 0.0) * correlation)
    for g in range(len(_SHARES)):
        share = _SHARES[g]
        product, log_sum = 1.0, 0.0
        for u in range(i, j):
            left = 1.0 - q[u]
            if left > 0.98:
                product *= 1.0 - share + share * mark[u]
            elif left > 0.02:
                log_sum += left * math.log(1.0 - share + share * mark[u])
            if product > 1e200 or product < 1e-200:
                log_sum += math.log(product)
                product = 1.0
        out[g] += (log_sum + math.log(product)) * weight
        top = max(top, out[g])
    total = 0.0
    for g in range(len(_SHARES)):
        out[g] = math.exp(out[g] - top)
        total += out[g]
    for g in range(len(_SHARES)):
        out[g] /= total
    return top + math.log(total)


@njit(cache=True)
def _log_sum(values: NDArray[Any], top: float) -> float:
    total = 0.0
    for g in range(len(values)):
        total += math.exp(values[g] - top)
    return top + math.log(total)


@njit(cache=True)
def _explain(
    i: int, j: int, probability: float, shares: NDArray[Any], mark: NDArray[Any], q: NDArray[Any]
) -> float:
    """Moves the posterior of each act of a window; returns the delivered number."""
    delivered = 0.0
    for u in range(i, j):
        responsible = 0.0
        for g in range(len(_SHARES)):
            share = _SHARES[g]
            responsible += shares[g] * share * mark[u] / (1.0 - share + share * mark[u])
        gain = (1.0 - q[u]) * responsible * probability
        q[u] += gain
        delivered += gain
    return delivered


@njit(cache=True)
def _seek(age: NDArray[Any], place: int, end: int, at: float) -> int:
    """First act at or after an age, walking on from `place`: windows come in order."""
    while place < end and age[place] < at:
        place += 1
    return place


@njit(cache=True)
def _surroundings(
    age: NDArray[Any], cumulated: NDArray[Any], cursor: NDArray[Any], end: int, start: float,
    stop: float, width: float, last: float, origin: float, curve: NDArray[Any],
    week: NDArray[Any],
) -> tuple[float, float]:  # fmt: skip
    """Organic acts on the flanks of a window, and the share the pooled curve puts there.

    The width next to the window is left free, so that a delivery does not raise its own
    expectation. `cursor` holds where the four edges were found for the window before.
    """
    b0, b1 = max(start - _FLANKS * width, 0.0), max(start - width, 0.0)
    a1 = min(stop + _FLANKS * width, last)
    a0 = min(stop + width, a1)
    cursor[0] = _seek(age, cursor[0], end, b0)
    cursor[1] = _seek(age, cursor[1], end, b1)
    cursor[2] = _seek(age, cursor[2], end, a0)
    cursor[3] = _seek(age, cursor[3], end, a1)
    around = cumulated[cursor[1]] - cumulated[cursor[0]]
    around += max(cumulated[cursor[3]] - cumulated[cursor[2]], 0.0)
    pooled = expected_share(b0, b1, origin, curve, week)
    return around, pooled + expected_share(a0, a1, origin, curve, week)


@njit(cache=True)
def _judge(
    i: int, j: int, kept: float, top_mark: float, rate: float, table: NDArray[Any],
    mark: NDArray[Any], prior: float, correlation: float, q: NDArray[Any], timing: NDArray[Any],
    evidence: NDArray[Any],
) -> tuple[float, float]:  # fmt: skip
    """Weighs one window and explains its acts; log odds of an order and the number delivered.

    Odds of minus infinity: too few acts, or so unlikely that the marks were not looked at.
    """
    if kept < _FEW and top_mark <= _FEW:
        return -math.inf, 0.0
    by_count = _log_sum(evidence, _share_evidence(kept, rate, table, 0.0, evidence))
    for u in range(i, j):
        timing[u] = max(timing[u], by_count)
    reach = math.log(max(top_mark, 1.0)) * min(kept, 1.0 / correlation)
    if by_count + reach + prior <= _NEGLIGIBLE:
        return -math.inf, 0.0
    odds = _add_marks(i, j, kept, mark, q, correlation, evidence) + prior
    probability = 1.0 / (1.0 + math.exp(-min(odds, 40.0)))
    return odds, _explain(i, j, probability, evidence, mark, q)


@njit(cache=True)
def _note(
    i: int, j: int, rate: float, empty: float, own_share: float, weight: float,
    q: NDArray[Any], histogram: NDArray[Any],
) -> None:  # fmt: skip
    """Counts the organic rest of a window, and the empty ones behind it, for the next null."""
    rest = 0.0
    for u in range(i, j):
        rest += 1.0 - q[u]
    x = min(int(math.log1p(rest) * COUNT_STEPS), histogram.shape[0] - 1)
    y = int((math.log(rate) + RATE_OFFSET) * RATE_STEPS)
    y = min(max(y, 0), histogram.shape[1] - 1)
    histogram[x, y] += weight * rest / (j - i)
    histogram[0, y] += weight * own_share * min(max(empty, 0.0), _MAX_EMPTY)


@njit(cache=True, nogil=True)
def scan_windows(
    age: NDArray[Any], offsets: NDArray[Any], origin: NDArray[Any], horizon: NDArray[Any],
    group: NDArray[Any], finest: NDArray[Any], organic: NDArray[Any], weight: NDArray[Any],
    cumulated: NDArray[Any], curve: NDArray[Any], week: NDArray[Any], agreement: NDArray[Any],
    table: NDArray[Any], tail: NDArray[Any], mark: NDArray[Any], width: float, shift: float,
    prior: float, correlation: float, q: NDArray[Any], timing: NDArray[Any], best: NDArray[Any],
    n_windows: NDArray[Any], histogram: NDArray[Any], moments: NDArray[Any],
    record: NDArray[Any], n_record: int,
) -> int:  # fmt: skip
    """One scale, laid at one shift, over all streams; updates the arrays from `q` on in place.

    Args:
        age: Seconds, sorted inside each stream.
        offsets: Where each stream begins.
        origin: Second of the week at age 0 of each stream.
        horizon: Age at which observation ended.
        group: Row of the pooled tables of each stream.
        finest: Resolution of each stream's clock, seconds; finer windows are left out.
        organic: Organic acts of each stream.
        weight: Of each stream in the next null.
        cumulated: Running sum of organic acts over all acts, 0 first.
        curve: Pooled age curves by group.
        week: Hours of the week by group.
        agreement: Of streams with the pooled curve, by group.
        table: Null tables of log probabilities by group.
        tail: Null tables of log tail probabilities by group.
        mark: Likelihood ratio of each act's account.
        width: Of the windows, seconds of age.
        shift: Of the windows, seconds of age.
        prior: Log prior odds of an order in a window.
        correlation: Of marks inside a window.
        q: Posterior of each act so far.
        timing: Largest log odds of a window around each act by its count alone, prior excluded.
        best: Smallest log tail probability of each stream's windows.
        n_windows: Filled windows of each stream.
        histogram: (group, count, rate) windows for the next null.
        moments: (group, 2) sum and number of squared log ratios of surroundings to the pool.
        record: Rows of `WINDOW_FIELDS`.
        n_record: How many of them are filled.

    Returns:
        How many windows are recorded now.
    """
    evidence, cursor = np.empty(len(_SHARES)), np.empty(4, np.int64)
    for s in range(len(offsets) - 1):
        if width < finest[s]:
            continue
        i, end = offsets[s], offsets[s + 1]
        g, last = group[s], max(horizon[s], 1.0)
        whole = max(age_share(last, curve[g]), 1e-12)
        acts = float(end - i)
        own_share = organic[s] / acts
        cursor[:] = i
        spread, spreads = 0.0, 0
        while i < end:
            cell = math.floor((age[i] + shift) / width)
            start, stop = max(cell * width - shift, 0.0), (cell + 1) * width - shift
            j, kept, top_mark = i, 0.0, 0.0
            while j < end and age[j] < stop:
                kept += 1.0 - q[j]
                top_mark = max(top_mark, mark[j])
                j += 1
            around, pooled = _surroundings(
                age, cumulated, cursor, end, start, stop, width, last, origin[s], curve[g], week[g]
            )
            window = expected_share(start, min(stop, last), origin[s], curve[g], week[g]) / whole
            outside = organic[s] - (cumulated[j] - cumulated[i])
            total = organic_total(acts, outside, 1.0 - min(window, 1.0))
            pooled = total * pooled / whole
            rate = expected_count(total * window, around, pooled, agreement[g])
            if pooled > _MIN_POOLED:
                ratio = math.log((around + 0.5) / (pooled + 0.5))
                spread += ratio * ratio - 1.0 / pooled
                spreads += 1
            odds, delivered = _judge(
                i, j, kept, top_mark, rate, table[g], mark, prior, correlation, q, timing, evidence
            )
            if odds > 0.0 and j - i >= _RECORD_MIN and n_record < len(record):
                row = record[n_record]
                row[0], row[1], row[2], row[3] = s, start, stop, j - i
                row[4], row[5], row[6] = rate, delivered, odds
                n_record += 1
            following = age[j] if j < end else last
            empty = math.floor((following + shift) / width) - cell - 1.0
            _note(i, j, rate, empty, own_share, weight[s], q, histogram[g])
            best[s] = min(best[s], look_up(tail[g], float(j - i), rate))
            n_windows[s] += 1
            i = j
        if spreads and weight[s] > 0.0:
            moments[g, 0] += own_share * spread / spreads
            moments[g, 1] += own_share
    return n_record
