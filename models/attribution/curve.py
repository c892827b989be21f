"""Organic arrival, pooled: the age curve of a group and its hours of the week (step 1).

Every stream counts the same; purchased acts are removed by weights 1 - q.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from zhenzan.models.attribution.config import AttributionConfig
from zhenzan.models.attribution.events import Events

__all__ = ["AGE_STEP", "N_AGES", "Curves", "fit_curves"]

Reals = NDArray[np.float64]

# Ages are binned by [0, 1 s), then in steps of a fifth of a natural log: 22 % wide, up to 13 years.
AGE_STEP: Final = 0.2
N_AGES: Final = 101
_HOURS: Final = 168
# One pseudo-stream, flat in log age, keeps the curve defined where no stream has acts.
_PSEUDO_STREAM: Final = 1.0
# Acts an hour of the week is assumed to have had as expected; hours differ by a factor of 2-4.
_PSEUDO_HOUR: Final = 20.0
_HOUR_RANGE: Final = (0.2, 4.0)
# A stream weighs like this many acts at most in the hours of the week, so that one viral stream
# does not set the clock of a platform.
_STREAM_CAP: Final = 200.0
_AGE_QUANTILES: Final = 64


@dataclass(frozen=True, slots=True)
class Curves:
    """For each group: cumulated share of a stream's acts by age, and cumulated hour factors.

    Attributes:
        age: (n_groups, N_AGES + 1) cumulated shares at the bin edges 0, 1 s, e^0.2 s, …
        week: (n_groups, 169) cumulated factors at the hours of the week, mean factor 1.
    """

    age: Reals
    week: Reals


def fit_curves(events: Events, organic: Reals, config: AttributionConfig) -> Curves:
    """Fits both from the acts weighted by `organic` = 1 - q."""
    offsets, stream = events.offsets, events.stream
    total = np.add.reduceat(organic, offsets[:-1]) if events.n else np.zeros(0)
    total = np.maximum(total, 1e-9)
    long_enough = (np.diff(offsets) >= config.min_curve_acts)[stream]
    weight = np.where(long_enough, organic / np.diff(offsets)[stream], 0.0)
    bins = _age_bin(events.age_s)
    group = events.group[stream]
    hour = ((events.origin_week_s[stream] + events.age_s) // 3600).astype(np.int64) % _HOURS
    capped = organic * (np.minimum(total, _STREAM_CAP) / total)[stream]
    by_age = _total(group * N_AGES + bins, weight, events.n_groups * N_AGES)
    by_hour = _total(group * _HOURS + hour, capped, events.n_groups * _HOURS)
    age, week = [], []
    for g in range(events.n_groups):
        age.append(_age_curve(by_age[g * N_AGES : (g + 1) * N_AGES]))
        streams = events.group == g
        expected = _expected_hours(
            age[-1], events.origin_week_s[streams], np.minimum(total[streams], _STREAM_CAP)
        )
        week.append(_week_curve(by_hour[g * _HOURS : (g + 1) * _HOURS], expected))
    return Curves(np.array(age).reshape(-1, N_AGES + 1), np.array(week).reshape(-1, _HOURS + 1))


def _total(codes: NDArray[np.int64], weight: Reals, size: int) -> Reals:
    return np.asarray(np.bincount(codes, weight, size), np.float64)


def _age_bin(age_s: Reals) -> NDArray[np.int64]:
    bins = np.log(np.maximum(age_s, 1.0)) / AGE_STEP
    return np.minimum(np.where(age_s < 1.0, 0, bins.astype(np.int64) + 1), N_AGES - 1)


def _age_curve(shares: Reals) -> Reals:
    padded = shares + _PSEUDO_STREAM / N_AGES
    padded[1:] = np.convolve(padded[1:], [0.25, 0.5, 0.25], "same")
    return np.concatenate([[0.0], np.cumsum(padded) / padded.sum()])


def _expected_hours(age_curve: Reals, origin_week_s: Reals, weight: Reals) -> Reals:
    """When the acts would fall if hours had no effect: publication hours shifted by the ages.

    Without it, posts published at noon would make noon look busy by their age alone.
    """
    edges = np.concatenate([[0.0], np.exp(np.arange(N_AGES) * AGE_STEP)])
    middle = (np.arange(_AGE_QUANTILES) + 0.5) / _AGE_QUANTILES
    ages = np.interp(middle, age_curve, edges)
    hour = ((origin_week_s[:, None] + ages) // 3600).astype(np.int64) % _HOURS
    return _total(hour.ravel(), np.repeat(weight, _AGE_QUANTILES), _HOURS)


def _week_curve(observed: Reals, expected: Reals) -> Reals:
    if observed.sum() <= 0:
        return np.arange(_HOURS + 1, dtype=np.float64)
    scaled = _smooth(expected) * observed.sum() / expected.sum()
    factor = (_smooth(observed) + _PSEUDO_HOUR) / (scaled + _PSEUDO_HOUR)
    factor = np.clip(factor, *_HOUR_RANGE)
    return np.concatenate([[0.0], np.cumsum(factor / factor.mean())])


def _smooth(hours: Reals) -> Reals:
    around = np.concatenate([hours[-2:], hours, hours[:2]])
    return np.convolve(around, [0.1, 0.2, 0.4, 0.2, 0.1], "valid")
