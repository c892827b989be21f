"""Compiled figures of shape: one step among the arrivals, decay against a constant rate, collapse.

Each reads the sorted times of one stream (int64 ms) and abstains with NaN.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["SIZES", "deadline_collapse", "decay_gain", "size_residual", "step", "tenth"]

Times = NDArray[np.int64]

# Sizes in which orders are sold (peers.md, section 4), and the next ones up.
SIZES: Final = (20, 25, 30, 50, 75, 100, 200, 300, 500, 1000, 2000, 5000, 10000)
# Deliveries bring up to a tenth more than ordered: half of that is the middle of a size's range.
_MIDDLE: Final = 1.05
# A step runs at eight times the stream's mean pace or more: launches and pushes reach four to
# five (40-70 % of day 1 within its first two to three hours, hard negative H6).
_PACE: Final = 8.0
_EDGE: Final = 5  # gaps beside an edge that are compared
_MIN_STEP: Final = 20  # the least number of likes that may be judged (hard negative H12)
_HALF_HOUR: Final = 1_800_000
_POWERS: Final = (0.5, 1.0, 1.5, 2.0, 3.0)  # of decay; news and videos lie at 1 to 1.5 (H5, H6)
# Sprints end within the last hour (H3) or up to two hours before the deadline (H1); a day's
# giveaway rises over hours. Thirds of the rise, each as long as the time after the end.
_THIRDS_MS: Final = (1_200_000, 7_200_000)
_MIN_SPRINT: Final = 10
_MIN_RISE: Final = 3
# A sprint gathers way, a delivery starts from nothing: no third is over four times the one before.
_MOST_RISE: Final = 4


@njit(cache=True)
def size_residual(count: float) -> float:
    """How far a count lies from the nearest size orders are sold in, as a share of that size."""
    best = np.inf
    for size in SIZES:
        best = min(best, abs(count - _MIDDLE * size) / size)
    return best


@njit(cache=True)
def _fastest(t: Times) -> Any:
    """First and last act of the run that a pace of eight times the mean explains best."""
    n = len(t)
    mean = (t[-1] - t[0]) / (n - 1)
    best, here, start, first, last = 0.0, 0.0, 0, 0, 0
    for i in range(1, n):
        if here <= 0.0:
            here, start = 0.0, i - 1
        here += np.log(_PACE) - (_PACE - 1.0) * (t[i] - t[i - 1]) / mean
        if here > best:
            best, first, last = here, start, i
    return first, last


@njit(cache=True)
def step(t: Times, unit: int) -> Any:
    """The fastest run of the stream as a step.

    Returns:
        Share of the acts in it; log2 of how much longer the five gaps outside its softer edge are
        than the five inside (a step of a delivery has two hard edges, a launch one soft one, NaN
        where there is nothing outside); how far its size, less the pace outside, lies from the
        sizes orders are sold in (NaN below 20 acts).
    """
    n = len(t)
    if n < 2 or t[-1] == t[0]:
        return np.nan, np.nan, np.nan
    first, last = _fastest(t)
    acts = last - first + 1
    if acts < _MIN_STEP:
        return 0.0, np.nan, np.nan
    sharpness, known = np.inf, False
    if first > 0:
        a, b = max(0, first - _EDGE), min(last, first + _EDGE)
        outside, inside = (t[first] - t[a]) / (first - a), (t[b] - t[first]) / (b - first)
        sharpness, known = min(sharpness, np.log2((outside + unit) / (inside + unit))), True
    if last < n - 1:
        a, b = max(first, last - _EDGE), min(n - 1, last + _EDGE)
        outside, inside = (t[b] - t[last]) / (b - last), (t[last] - t[a]) / (last - a)
        sharpness, known = min(sharpness, np.log2((outside + unit) / (inside + unit))), True
    span, rest = t[last] - t[first], (t[-1] - t[0]) - (t[last] - t[first])
    beside = (n - acts) * (span / rest) if rest > 0 else 0.0
    size = acts - beside
    residual = size_residual(size) if size >= _MIN_STEP else np.nan
    return acts / n, (sharpness if known else np.nan), residual


@njit(cache=True)
def decay_gain(t: Times) -> float:
    """Bits an act by which the best decay explains the times better than a constant rate.

    Densities (age + half an hour)^-p over the stream's life, p one of five or 0 (constant): 0 where
    arrivals are as frequent at the end as at the beginning. NaN where the stream has no length.
    """
    life = t[-1] - t[0]
    if life <= 0:
        return np.nan
    logs = 0.0
    for i in range(len(t)):
        logs += np.log(t[i] - t[0] + _HALF_HOUR)
    logs /= len(t)
    low, high = float(_HALF_HOUR), float(life + _HALF_HOUR)
    best = 0.0
    for p in _POWERS:
        if p == 1.0:
            norm = np.log(np.log(high / low))
        else:
            norm = np.log((high ** (1.0 - p) - low ** (1.0 - p)) / (1.0 - p))
        best = max(best, -p * logs - norm + np.log(float(life)))
    bits: float = best / np.log(2.0)
    return bits


@njit(cache=True)
def deadline_collapse(t: Times) -> float:
    """Log2 fall right after an end toward which arrivals kept rising; 0 without such an end.

    Three equal spans before an act must rise strictly, none to more than four times the one before
    it, and the fourth, after the act, be seen whole.
    This is how a giveaway, a vote or a contest ends: a benign shape. NaN where the stream is
    shorter than four spans.
    """
    best = np.nan
    for span in _THIRDS_MS:
        if t[-1] - t[0] < 4 * span:
            continue
        if np.isnan(best):
            best = 0.0
        a = b = c = d = 0
        for i in range(len(t)):
            if t[i] - 3 * span < t[0] or t[i] + span > t[-1]:
                continue
            while t[a] <= t[i] - 3 * span:
                a += 1
            while t[b] <= t[i] - 2 * span:
                b += 1
            while t[c] <= t[i] - span:
                c += 1
            while d < len(t) and t[d] <= t[i] + span:
                d += 1
            end = i + 1
            while end < len(t) and t[end] == t[i]:
                end += 1
            one, two, three, after = b - a, c - b, end - c, d - end
            gradual = two <= _MOST_RISE * one and three <= _MOST_RISE * two
            if gradual and _MIN_RISE <= one < two < three and three >= _MIN_SPRINT:
                best = max(best, np.log2((three + 0.5) / (after + 0.5)))
    return best


@njit(cache=True)
def tenth(t: Times) -> Any:
    """When a tenth of the acts had arrived: an early friend or two do not count as the start."""
    return t[(len(t) + 9) // 10 - 1]
