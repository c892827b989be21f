"""The compiled window pass over polled intervals: as `kernels.py`, without acts to look at.

A window is a run of whole intervals, about as long as one of the dyadic scales. What it holds of
an order is judged by its count alone; the posterior of the delivered share gives both the expected
number and its variance, so that an order that may or may not be there has wide bounds.
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
    look_up,
    organic_total,
)
from zhenzan.models.attribution.null import COUNT_STEPS, RATE_OFFSET, RATE_STEPS

__all__ = [
    "COUNT_FIELDS",
    "REACH",
    "SURE",
    "TAIL",
    "VARIANCE",
    "WINDOWS",
    "count_rate",
    "scan_counts",
]

# Delivered shares on which the posterior of a window is evaluated, and their cell widths: finer
# toward 1 than for acts, because a flash seen by a slow poll is nearly all of its interval.
_SHARES: Final = np.array(
    [0.01, 0.03, 0.07, 0.15, 0.3, 0.5, 0.7, 0.85, 0.95, 0.99, 0.997, 0.999, 0.9997]
)
_CELLS: Final = np.array(
    [0.02, 0.03, 0.055, 0.115, 0.175, 0.2, 0.175, 0.13, 0.075, 0.0195, 0.0035, 0.0014, 0.0006]
)
# Orders run from 1 to 10,000 acts, flat in the logarithm (price lists of sellers).
_LOG_ORDERS: Final = math.log(1e4)
_FLANKS: Final = 8
_MIN_POOLED: Final = 5.0
_FEW: Final = 1.5
_RECORD_MIN: Final = 5.0
# Columns of a recorded window: stream, start and end age, acts, expected, delivered, log odds.
COUNT_FIELDS: Final = 7
# What is kept of each stream: its smallest log tail probability, over how many windows; variance of
# the number delivered; the most that one window may have had; what its sure windows had at least.
TAIL, WINDOWS, VARIANCE, REACH, SURE = range(5)
_Z90: Final = 1.645
_UNSURE: Final = 0.05  # an order less likely than this does not reach the 90 % interval


@njit(cache=True)
def _upto(at: float, first: int, last: int, start: Any, end: Any, running: Any) -> float:
    """Organic acts of a stream until an age; an interval's come evenly over it."""
    low, high = first, last
    while low < high:
        middle = (low + high) // 2
        if end[middle] <= at:
            low = middle + 1
        else:
            high = middle
    total = running[low] - running[first]
    if low < last and at > start[low]:
        part = (at - start[low]) / (end[low] - start[low])
        total += (running[low + 1] - running[low]) * part
    return float(total)


@njit(cache=True)
def count_rate(
    i: int, j: int, first: int, last: int, start: NDArray[Any], end: NDArray[Any],
    running: NDArray[Any], origin: float, curve: NDArray[Any], week: NDArray[Any],
    agreement: float,
) -> tuple[float, float, float]:  # fmt: skip
    """Organic expectation of the intervals [i, j) of a stream, and the acts around and pooled."""
    born, horizon = start[first], end[last - 1]
    whole = max(age_share(horizon, curve) - age_share(born, curve), 1e-12)
    organic = running[last] - running[first]
    share = expected_share(start[i], end[j - 1], origin, curve, week) / whole
    outside = organic - (running[j] - running[i])
    total = organic_total(organic, outside, 1.0 - min(share, 1.0))
    width = end[j - 1] - start[i]
    b0, b1 = max(start[i] - _FLANKS * width, born), max(start[i] - width, born)
    a1 = min(end[j - 1] + _FLANKS * width, horizon)
    a0 = min(end[j - 1] + width, a1)
    around = _upto(b1, first, last, start, end, running)
    around -= _upto(b0, first, last, start, end, running)
    around += _upto(a1, first, last, start, end, running)
    around -= _upto(a0, first, last, start, end, running)
    pooled = expected_share(b0, b1, origin, curve, week)
    pooled = total * (pooled + expected_share(a0, a1, origin, curve, week)) / whole
    around = max(around, 0.0)
    return expected_count(total * share, around, pooled, agreement), around, pooled


@njit(cache=True)
def _weigh(
    kept: float, rate: float, table: NDArray[Any], prior: float
) -> tuple[float, float, float]:
    """Log odds of an order, and first and second moment of the delivered share under one."""
    base, top = look_up(table, kept, rate), -math.inf
    logs = np.empty(len(_SHARES))
    for g in range(len(_SHARES)):
        share = _SHARES[g]
        order = math.log(kept * _CELLS[g] / ((kept * share + 1.0) * _LOG_ORDERS) + 1e-12)
        logs[g] = look_up(table, (1.0 - share) * kept, rate) - base + order
        top = max(top, logs[g])
    total, mean, square = 0.0, 0.0, 0.0
    for g in range(len(_SHARES)):
        weight = math.exp(logs[g] - top)
        total += weight
        mean += weight * _SHARES[g]
        square += weight * _SHARES[g] ** 2
    return top + math.log(total) + prior, mean / total, square / total


@njit(cache=True)
def _settle(
    i: int, j: int, rate: float, acts: NDArray[Any], table: NDArray[Any], tail: NDArray[Any],
    prior: float, q: NDArray[Any], spread: NDArray[Any], stream: int,
) -> tuple[float, NDArray[Any]]:  # fmt: skip
    """Weighs the intervals [i, j) and explains them; the organic rest, and the row to record."""
    row, kept, whole = np.zeros(COUNT_FIELDS), 0.0, 0.0
    for u in range(i, j):
        kept += acts[u] * (1.0 - q[u])
        whole += acts[u]
    row[0], row[3], row[4], row[6] = stream, whole, rate, -math.inf
    spread[TAIL] = min(spread[TAIL], look_up(tail, whole, rate))
    spread[WINDOWS] += 1.0
    if kept < _FEW or kept <= rate:
        return kept, row
    row[6], mean, square = _weigh(kept, rate, table, prior)
    p = 1.0 / (1.0 + math.exp(-min(row[6], 40.0)))
    row[5] = p * mean * kept
    around = _Z90 * math.sqrt(max(square - mean * mean, 0.0))
    spread[VARIANCE] += kept * kept * max(p * square - (p * mean) ** 2, 0.0)
    if p > _UNSURE:
        spread[REACH] = max(spread[REACH], kept * min(mean + around, 1.0))
    if p > 1.0 - _UNSURE:
        spread[SURE] += kept * max(mean - around, 0.0)
    for u in range(i, j):
        q[u] += (1.0 - q[u]) * p * mean
    return kept * (1.0 - p * mean), row


@njit(cache=True)
def scan_counts(
    offsets: NDArray[Any], start: NDArray[Any], end: NDArray[Any], acts: NDArray[Any],
    origin: NDArray[Any], group: NDArray[Any], running: NDArray[Any], curve: NDArray[Any],
    week: NDArray[Any], agreement: NDArray[Any], table: NDArray[Any], tail: NDArray[Any],
    width: float, shift: float, prior: NDArray[Any], fold: NDArray[Any], q: NDArray[Any],
    spread: NDArray[Any], histogram: NDArray[Any], moments: NDArray[Any], record: NDArray[Any],
    n_record: int,
) -> int:  # fmt: skip
    """One scale at one shift over all streams; updates the arrays from `q` on in place.

    Args:
        offsets: Where each stream's intervals begin.
        start: Age at which each interval starts, seconds.
        end: Age at which it ends.
        acts: Acts in it.
        origin: Second of the week at age 0 of each stream.
        group: Row of the pooled tables of each stream.
        running: Running sum of organic acts over all intervals, 0 first.
        curve: Pooled age curves by group.
        week: Hours of the week by group.
        agreement: Of streams with the pooled curve, by group.
        table: Null tables of log probabilities by fold and group.
        tail: Null tables of log tail probabilities by fold and group.
        width: Of the windows, seconds.
        shift: Of the windows, seconds.
        prior: Log prior odds of an order in a window, by stream.
        fold: Of each stream; its null is learnt without it.
        q: Delivered share of each interval so far.
        spread: (stream, 5) by `TAIL`, `WINDOWS`, `VARIANCE`, `REACH`, `SURE`.
        histogram: (fold, group, count, rate) windows for the next null.
        moments: (group, 2) sum and number of squared log ratios of surroundings to the pool.
        record: Rows of `COUNT_FIELDS`.
        n_record: How many of them are filled.

    Returns:
        How many windows are recorded now.
    """
    for s in range(len(offsets) - 1):
        first, last, g = offsets[s], offsets[s + 1], group[s]
        f = fold[s]
        i, single = first, shift == 0.0
        while i < last:
            j = i + 1
            if not single:
                cell = math.floor((start[i] + shift) / width)
                while j < last and math.floor((start[j] + shift) / width) == cell:
                    j += 1
            span = end[j - 1] - start[i]
            # A window belongs to one scale; one of a single interval is no run.
            if width / 2 < span <= 2 * width and (single or j - i > 1):
                rate, around, pooled = count_rate(
                    i, j, first, last, start, end, running, origin[s], curve[g], week[g],
                    agreement[g],
                )  # fmt: skip
                if pooled > _MIN_POOLED:
                    ratio = math.log((around + 0.5) / (pooled + 0.5))
                    moments[g, 0] += ratio * ratio - 1.0 / pooled
                    moments[g, 1] += 1.0
                rest, row = _settle(
                    i, j, rate, acts, table[f, g], tail[f, g], prior[s], q, spread[s], s
                )
                if row[6] > 0.0 and row[3] >= _RECORD_MIN and n_record < len(record):
                    record[n_record, 1], record[n_record, 2] = start[i], end[j - 1]
                    record[n_record, 0], record[n_record, 3:] = row[0], row[3:]
                    n_record += 1
                x = min(int(math.log1p(rest) * COUNT_STEPS), histogram.shape[2] - 1)
                y = int((math.log(rate) + RATE_OFFSET) * RATE_STEPS)
                histogram[f, g, x, min(max(y, 0), histogram.shape[3] - 1)] += 1.0
            i = j
            if single and i == last:
                i, single = first, False
    return n_record
