"""What is expected of organic life, compiled: by age, hours and surroundings; and null tables."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray
from zhenzan.models.attribution.curve import AGE_STEP, N_AGES
from zhenzan.models.attribution.null import COUNT_STEPS, RATE_OFFSET, RATE_STEPS

__all__ = [
    "age_share",
    "expected_count",
    "expected_share",
    "look_up",
    "look_up_at",
    "organic_total",
    "steady",
    "week_hours",
]

# Ages at which the bins of a curve begin, seconds; from a table, since exp() would cost most.
_AGES: Final = np.exp(np.arange(N_AGES + 1) * AGE_STEP)
_HOURS: Final = 168
_WEEK_S: Final = 604_800.0
_MIN_RATE: Final = 1e-5
_TOTAL_WEIGHT: Final = 3.0


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
    return look_up_at(
        table, math.log1p(count) * COUNT_STEPS, (math.log(rate) + RATE_OFFSET) * RATE_STEPS
    )


@njit(cache=True)
def look_up_at(table: NDArray[Any], x: float, y: float) -> float:
    """The same for a count and a rate that are given as their places in the table."""
    y = max(y, 0.0)
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
def steady(
    age: float, origin: float, curve: NDArray[Any], week: NDArray[Any], out: NDArray[Any]
) -> None:
    """Fills where around an age the expected acts a second stay the same, and how many they are.

    Between edges of ages and of hours `expected_share` is this density times the length.
    """
    low, high, slope = 0.0, 1.0, curve[1]
    if age >= 1.0:
        place = min(int(math.log(age) / AGE_STEP), len(curve) - 2)
        low, high, slope = _AGES[place], math.inf, 0.0
        if place < len(curve) - 2:
            high = _AGES[place + 1]
            slope = (curve[place + 2] - curve[place + 1]) / (high - low)
    hour = math.floor((origin + age) / 3600.0)
    own = int(hour) % _HOURS
    out[0] = max(low, hour * 3600.0 - origin)
    out[1] = min(high, (hour + 1.0) * 3600.0 - origin)
    out[2] = slope * (week[own + 1] - week[own])
