"""The compiled window pass: how much of each window an order explains, and which acts (step 2).

A window with k acts of which e are expected: a share rho of its acts was delivered. The evidence
for rho is the probability of the organic rest (1 - rho) k under the null tables, the prior of an
order of rho k acts (flat in its logarithm), and the accounts' likelihood ratios. Scales go from
fine to coarse; what a finer window explains is taken out of the coarser ones.

Nearly all windows are narrow, hold one act or two and are told from tables alone: the first two
(`by_count`, `by_share`) hold the whole evidence of the count, and where the pooled curve is a
straight line around a window, its surroundings cost two products.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray
from zhenzan.models.attribution.kernels import (
    age_share,
    expected_count,
    expected_share,
    look_up_at,
    organic_total,
    steady,
)
from zhenzan.models.attribution.null import COUNT_STEPS, RATE_OFFSET, RATE_STEPS, SHARES

__all__ = ["WINDOW_FIELDS", "scan_windows"]

_FLANKS: Final = 8  # widths of surroundings on each side; the next width is left free
# Up to this width a window with its surroundings often lies inside one hour.
_NARROW: Final = 3600.0 / (2 * _FLANKS + 1)
_MAX_EMPTY: Final = 16  # empty windows counted between two filled ones; the rest says the same
_MIN_POOLED: Final = 5.0  # expected acts around a window from which their ratio is informative
_FEW: Final = 1.5  # below this many acts a window needs an account that stands out
_NEGLIGIBLE: Final = -9.0  # log odds of an order at which a window is left alone
_LEAST: Final = 1e-12  # expected share of a stretch of time, at least
_MANY: Final = 8  # factors of at most e^20 that surely fit into a product below 1e150
# Columns of a recorded window: stream, start and end age, acts, expected, delivered, log odds.
WINDOW_FIELDS: Final = 7
_RECORD_MIN: Final = 5


@njit(cache=True)
def _add_marks(
    i: int,
    j: int,
    kept: float,
    mark: NDArray[Any],
    q: NDArray[Any],
    correlation: float,
    product: NDArray[Any],
    out: NDArray[Any],
) -> float:
    """Adds the accounts' evidence to each share; returns the log of the summed odds.

    `out` then holds the probabilities of the shares.
    """
    weight = 1.0 / (1.0 + max(kept - 1.0, 0.0) * correlation)
    product[:] = 1.0
    number = 0
    for u in range(i, j):
        left, m = 1.0 - q[u], mark[u]
        if left > 0.98:
            for g in range(len(SHARES)):
                product[g] *= 1.0 - SHARES[g] + SHARES[g] * m
            number += 1
        elif left > 0.02:
            for g in range(len(SHARES)):
                out[g] += left * math.log(1.0 - SHARES[g] + SHARES[g] * m) * weight
        if number == _MANY:
            number = 0
            for g in range(len(SHARES)):
                if product[g] > 1e100 or product[g] < 1e-100:
                    out[g] += math.log(product[g]) * weight
                    product[g] = 1.0
    top = -math.inf
    for g in range(len(SHARES)):
        out[g] += math.log(product[g]) * weight
        top = max(top, out[g])
    total = 0.0
    for g in range(len(SHARES)):
        out[g] = math.exp(out[g] - top)
        total += out[g]
    for g in range(len(SHARES)):
        out[g] /= total
    return top + math.log(total)


@njit(cache=True)
def _explain(
    i: int, j: int, probability: float, shares: NDArray[Any], mark: NDArray[Any],
    part: NDArray[Any], q: NDArray[Any],
) -> float:  # fmt: skip
    """Moves the posterior of each act of a window; returns the delivered number."""
    delivered = 0.0
    for u in range(i, j):
        for g in range(len(SHARES)):
            member = SHARES[g] * mark[u]
            part[g] = shares[g] * member / (1.0 - SHARES[g] + member)
        responsible = 0.0
        for g in range(len(SHARES)):
            responsible += part[g]
        gain = (1.0 - q[u]) * responsible * probability
        q[u] += gain
        delivered += gain
    return delivered


@njit(cache=True)
def _judge(
    i: int, j: int, kept: float, top_mark: float, x: float, y: float, by_count: NDArray[Any],
    by_share: NDArray[Any], mark: NDArray[Any], prior: float, correlation: float,
    q: NDArray[Any], timing: NDArray[Any], evidence: NDArray[Any], scratch: NDArray[Any],
) -> tuple[float, float]:  # fmt: skip
    """Weighs one window and explains its acts; log odds of an order and the number delivered.

    Odds of minus infinity: so unlikely that the marks were not looked at.
    """
    excess = look_up_at(by_count, x, y)
    for u in range(i, j):
        timing[u] = max(timing[u], excess)
    reach = math.log(max(top_mark, 1.0)) * min(kept, 1.0 / correlation)
    if excess + reach + prior <= _NEGLIGIBLE:
        return -math.inf, 0.0
    y = max(y, 0.0)
    k, r = min(int(x), by_share.shape[0] - 2), min(int(y), by_share.shape[1] - 2)
    a, b = min(x - k, 1.0), min(y - r, 1.0)
    for g in range(len(SHARES)):
        left = by_share[k, r, g] * (1 - a) + by_share[k + 1, r, g] * a
        right = by_share[k, r + 1, g] * (1 - a) + by_share[k + 1, r + 1, g] * a
        evidence[g] = left * (1 - b) + right * b
    odds = _add_marks(i, j, kept, mark, q, correlation, scratch, evidence) + prior
    probability = 1.0 / (1.0 + math.exp(-min(odds, 40.0)))
    return odds, _explain(i, j, probability, evidence, mark, scratch, q)


@njit(cache=True)
def _seek(age: NDArray[Any], place: int, end: int, at: float) -> int:
    """First act at or after an age, walking on from `place`: windows come in order."""
    while place < end and age[place] < at:
        place += 1
    return place


@njit(cache=True, inline="always")
def _expect(
    start: float, stop: float, width: float, last: float, origin: float, curve: NDArray[Any],
    week: NDArray[Any], edges: NDArray[Any], line: NDArray[Any],
) -> tuple[float, float]:  # fmt: skip
    """The share that the pooled curve puts into a window and onto its flanks; fills their edges.

    The width next to the window is left free, so that a delivery does not raise its own
    expectation. `line` is what `steady` found for an earlier window of the stream.
    """
    edges[0], edges[1] = max(start - _FLANKS * width, 0.0), max(start - width, 0.0)
    edges[3] = min(stop + _FLANKS * width, last)
    edges[2] = min(stop + width, edges[3])
    stop = min(stop, last)
    if width <= _NARROW:
        if start >= line[1]:
            steady(start, origin, curve, week, line)
        if line[0] <= edges[0] and edges[3] <= line[1]:
            before, after = edges[1] - edges[0], edges[3] - edges[2]
            pooled = max(before * line[2], _LEAST) if before > 0.0 else 0.0
            pooled += max(after * line[2], _LEAST) if after > 0.0 else 0.0
            return (max((stop - start) * line[2], _LEAST) if stop > start else 0.0), pooled
    pooled = expected_share(edges[0], edges[1], origin, curve, week)
    pooled += expected_share(edges[2], edges[3], origin, curve, week)
    return expected_share(start, stop, origin, curve, week), pooled


@njit(cache=True, inline="always")
def _around(
    age: NDArray[Any], cumulated: NDArray[Any], edges: NDArray[Any], cursor: NDArray[Any], end: int
) -> float:
    """Organic acts on the flanks; `cursor` holds where their edges were for the window before."""
    for c in range(4):
        cursor[c] = _seek(age, cursor[c], end, edges[c])
    around = cumulated[cursor[1]] - cumulated[cursor[0]]
    return float(around + max(cumulated[cursor[3]] - cumulated[cursor[2]], 0.0))


@njit(cache=True, nogil=True)
def scan_windows(
    age: NDArray[Any], offsets: NDArray[Any], origin: NDArray[Any], horizon: NDArray[Any],
    group: NDArray[Any], finest: NDArray[Any], organic: NDArray[Any], weight: NDArray[Any],
    cumulated: NDArray[Any], curve: NDArray[Any], week: NDArray[Any], agreement: NDArray[Any],
    by_count: NDArray[Any], by_share: NDArray[Any], tail: NDArray[Any], mark: NDArray[Any],
    width: float, shift: float, prior: float, correlation: float, final: bool, q: NDArray[Any],
    timing: NDArray[Any], best: NDArray[Any], n_windows: NDArray[Any], histogram: NDArray[Any],
    moments: NDArray[Any], record: NDArray[Any], n_record: int,
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
        by_count: Tables of `null.evidence_tables` by group: of an order of any share.
        by_share: The same for each delivered share, which is the last axis.
        tail: Null tables of log tail probabilities by group.
        mark: Likelihood ratio of each act's account.
        width: Of the windows, seconds of age.
        shift: Of the windows, seconds of age.
        prior: Log prior odds of an order in a window.
        correlation: Of marks inside a window.
        final: Whether `best`, `n_windows` and `record` are wanted.
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
    evidence, scratch = np.empty(len(SHARES)), np.empty(len(SHARES))
    edges, cursor, line = np.empty(4), np.empty(4, np.int64), np.empty(3)
    rows, columns = histogram.shape[1] - 1, histogram.shape[2] - 1
    for s in range(len(offsets) - 1):
        if width < finest[s]:
            continue
        i, end = offsets[s], offsets[s + 1]
        g, last, hour = group[s], max(horizon[s], 1.0), origin[s]
        # Views cost as much as a window: one a stream.
        ages, hours, counts, shares = curve[g], week[g], by_count[g], by_share[g]
        seen, tails, agree = histogram[g], tail[g], agreement[g]
        whole = max(age_share(last, ages), 1e-12)
        acts = float(end - i)
        own_share = organic[s] / acts
        cursor[:] = i
        line[:] = -1.0
        spread, spreads = 0.0, 0
        cell = math.floor((age[i] + shift) / width)
        while i < end:
            start, stop = max(cell * width - shift, 0.0), (cell + 1) * width - shift
            j, kept, top_mark = i, 0.0, 0.0
            while j < end and age[j] < stop:
                kept += 1.0 - q[j]
                top_mark = max(top_mark, mark[j])
                j += 1
            window, pooled = _expect(start, stop, width, last, hour, ages, hours, edges, line)
            around = _around(age, cumulated, edges, cursor, end)
            window /= whole
            outside = organic[s] - (cumulated[j] - cumulated[i])
            total = organic_total(acts, outside, 1.0 - min(window, 1.0))
            pooled = total * pooled / whole
            rate = expected_count(total * window, around, pooled, agree)
            if pooled > _MIN_POOLED:
                ratio = math.log((around + 0.5) / (pooled + 0.5))
                spread += ratio * ratio - 1.0 / pooled
                spreads += 1
            x = math.log1p(kept) * COUNT_STEPS
            y = (math.log(rate) + RATE_OFFSET) * RATE_STEPS
            rest = kept
            if kept >= _FEW or top_mark > _FEW:
                odds, delivered = _judge(
                    i, j, kept, top_mark, x, y, counts, shares, mark, prior, correlation, q,
                    timing, evidence, scratch,
                )  # fmt: skip
                if delivered > 0.0:
                    rest = max(kept - delivered, 0.0)
                    x = math.log1p(rest) * COUNT_STEPS
                if final and odds > 0.0 and j - i >= _RECORD_MIN and n_record < len(record):
                    row = record[n_record]
                    row[0], row[1], row[2], row[3] = s, start, stop, j - i
                    row[4], row[5], row[6] = rate, delivered, odds
                    n_record += 1
            following = math.floor(((age[j] if j < end else last) + shift) / width)
            empty = min(max(following - cell - 1.0, 0.0), _MAX_EMPTY)
            # The organic rest, and the empty windows behind it, for the next null.
            column = min(max(int(y), 0), columns)
            seen[min(int(x), rows), column] += weight[s] * rest / (j - i)
            seen[0, column] += weight[s] * own_share * empty
            if final:
                place = math.log1p(float(j - i)) * COUNT_STEPS
                best[s] = min(best[s], look_up_at(tails, place, y))
                n_windows[s] += 1
            i, cell = j, following
        if spreads and weight[s] > 0.0:
            moments[g, 0] += own_share * spread / spreads
            moments[g, 1] += own_share
    return n_record
