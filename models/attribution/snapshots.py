"""Count snapshots alone: the excess of each polling interval, without knowing who (steps 1 and 2).

The same expectation, null and order sizes as for acts; no accounts, so neither propensity nor
company, and wide bounds. A flash shows; a drip over days is an organic slope to a counter.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from zhenzan.models.attribution.config import SCALES_S, AttributionConfig
from zhenzan.models.attribution.countkernels import COUNT_FIELDS, scan_counts
from zhenzan.models.attribution.counts import Counts
from zhenzan.models.attribution.curve import AGE_STEP, N_AGES
from zhenzan.models.attribution.null import (
    GRID,
    default_multipliers,
    fit_multipliers,
    log_likelihood_table,
    log_tail_table,
)

__all__ = ["CountFit", "fit_counts", "window_prior"]

Ints = NDArray[np.int64]
Reals = NDArray[np.float64]

_ROUNDS: Final = 3  # the sum of the delivered moves by less than 2 % after the second
_FIRST_AGREEMENT: Final = 3.0
_SPREAD_RANGE: Final = (0.01, 20.0)
# An order in a tenth of the streams, as the prior of acts has it (`config.py`), shared among the
# windows of a stream.
_ORDERS_PER_STREAM: Final = 0.05
# An interval is cut into eight steps of equal expectation when the age curve is learnt.
_CUTS: Final = 8
_CURVE_ROUNDS: Final = 4
_HOURS: Final = 168
# Polls up to three hours apart tell the hours of the day.
_HOURLY_S: Final = 10_800.0
_PSEUDO_HOUR: Final = 20.0
_HOUR_RANGE: Final = (0.2, 4.0)
_STREAM_CAP: Final = 200.0
_MAX_RECORDS: Final = 1 << 18
_FOLDS: Final = 4


@dataclass(frozen=True, slots=True)
class CountFit:
    """What the last round found.

    Attributes:
        q: Delivered share of each interval.
        spread: Of each stream, the columns `TAIL` to `SURE` of `countkernels.py`.
        windows: Recorded windows, rows of `COUNT_FIELDS`.
        running: Running sum of organic acts over all intervals, 0 first.
        age, week: Pooled curves by group, as `Curves` has them.
        agreement, multipliers: By scale and group.
    """

    q: Reals
    spread: Reals
    windows: Reals
    running: Reals
    age: Reals
    week: Reals
    agreement: Reals
    multipliers: Reals


def fit_counts(counts: Counts, config: AttributionConfig) -> CountFit:
    """Curves, null and windows in turn.

    The null of each stream is learnt from the others (four folds): the burst of one stream in a
    hundred must not be its own excuse.
    """
    null = _Null(
        np.full((len(SCALES_S), counts.n_groups), _FIRST_AGREEMENT),
        np.tile(default_multipliers(), (len(SCALES_S), _FOLDS, counts.n_groups, 1)),
    )
    found = _round(counts, np.zeros(len(counts.acts)), null)
    for _ in range(1, _ROUNDS):
        found = _round(counts, found.q, null)
    return found


@dataclass(slots=True)
class _Null:
    """Agreement by scale and group, multipliers by scale, fold and group; refitted."""

    agreement: Reals
    multipliers: Reals

    def refit(self, histogram: Reals, moments: Reals) -> None:
        """From the windows of all scales; each fold from the others'."""
        for scale in range(len(SCALES_S)):
            every = histogram[scale].sum(axis=0)
            for g in range(moments.shape[1]):
                for f in range(_FOLDS):
                    others = every[g] - histogram[scale, f, g]
                    self.multipliers[scale, f, g] = fit_multipliers(others)
                if moments[scale, g, 1]:
                    spread = moments[scale, g, 0] / moments[scale, g, 1]
                    self.agreement[scale, g] = 1.0 / np.clip(spread, *_SPREAD_RANGE)


def _folds(counts: Counts) -> Ints:
    """Fold of each stream, by its content: streams in order of their acts take turns."""
    acts = np.add.reduceat(counts.acts, counts.offsets[:-1])
    fold = np.empty(counts.n_streams, np.int64)
    order = np.lexsort((counts.origin_week_s, counts.origin_ms, acts))
    fold[order] = np.arange(counts.n_streams) % _FOLDS
    return fold


def _round(counts: Counts, q: Reals, null: _Null) -> CountFit:
    organic = counts.acts * (1.0 - q)
    age = _age_curves(counts, organic)
    week = _week_curves(counts, organic, age)
    running = np.append(0.0, np.cumsum(organic))
    delivered, spread = np.zeros(len(counts.acts)), np.zeros((counts.n_streams, 5))
    record = np.zeros((min(_MAX_RECORDS, 8 * len(counts.acts) + 1), COUNT_FIELDS))
    histogram = np.zeros((len(SCALES_S), _FOLDS, counts.n_groups, GRID, GRID))
    moments = np.zeros((len(SCALES_S), counts.n_groups, 2))
    prior = window_prior(counts)
    fold, n_record = _folds(counts), 0
    for scale, width in enumerate(SCALES_S):
        if not _reaches(counts, width):
            continue
        table, tail = (
            np.stack([np.stack([f(row) for row in rows]) for rows in null.multipliers[scale]])
            for f in (log_likelihood_table, log_tail_table)
        )
        for shift in (0.0, width / 2):
            n_record = scan_counts(
                counts.offsets, counts.start_s, counts.end_s, counts.acts, counts.origin_week_s,
                counts.group, running, age, week, null.agreement[scale], table, tail, width,
                shift, prior, fold, delivered, spread, histogram[scale], moments[scale], record,
                n_record,
            )  # fmt: skip
    used = _Null(null.agreement.copy(), null.multipliers.mean(axis=1))
    null.refit(histogram, moments)
    return CountFit(
        delivered, spread, record[:n_record], running, age, week, used.agreement, used.multipliers
    )


def window_prior(counts: Counts) -> Reals:
    """Log prior odds that one window of each stream holds an order.

    Each interval lies in about four windows: alone, and in runs at two shifts and the next scale.
    """
    return np.asarray(math.log(_ORDERS_PER_STREAM) - np.log(4.0 * np.diff(counts.offsets)))


def _reaches(counts: Counts, width: float) -> bool:
    """Whether any window can be as short, or as long, as a scale asks."""
    shortest = (counts.end_s - counts.start_s).min()
    return bool(shortest <= 2 * width and width / 2 < counts.end_s.max())


def _edges() -> Reals:
    return np.concatenate([[0.0], np.exp(np.arange(N_AGES) * AGE_STEP)])


def _age_curves(counts: Counts, organic: Reals) -> Reals:
    """Cumulated share of a stream's acts by age, every stream alike, learnt over its intervals.

    Self-consistent (Turnbull 1976): each interval's acts lie where the curve puts them.
    """
    stream = np.repeat(np.arange(counts.n_streams), np.diff(counts.offsets))
    total = np.bincount(stream, organic, counts.n_streams)
    weight = organic / np.maximum(total, 1e-9)[stream]
    group = counts.group[stream]
    curves = []
    for g in range(counts.n_groups):
        own = np.flatnonzero((group == g) & (weight > 0))
        curve = np.linspace(0.0, 1.0, N_AGES + 1)  # flat in log age
        for _ in range(_CURVE_ROUNDS):
            age = _points(counts.start_s[own], counts.end_s[own], curve)
            bins = np.where(
                age < 1.0, 0, (np.log(np.maximum(age, 1.0)) / AGE_STEP).astype(np.int64) + 1
            )
            bins = np.minimum(bins, N_AGES - 1).ravel()
            shares = np.bincount(bins, np.repeat(weight[own] / _CUTS, _CUTS), N_AGES)
            curve = _smoothed(shares)
        curves.append(curve)
    return np.stack(curves)


def _points(start: Reals, end: Reals, curve: Reals) -> Reals:
    """(interval, 8) ages at the middles of equal steps of the curve through each interval."""
    edges = _edges()
    low, high = np.interp(start, edges, curve), np.interp(end, edges, curve)
    step = (np.arange(_CUTS) + 0.5) / _CUTS
    age = np.interp(low[:, None] + (high - low)[:, None] * step, curve, edges)
    return np.clip(age, start[:, None], end[:, None])


def _smoothed(shares: Any) -> Reals:
    padded = shares + 1.0 / N_AGES  # one pseudo-stream, flat in log age
    padded[1:] = np.convolve(padded[1:], [0.25, 0.5, 0.25], "same")
    return np.concatenate([[0.0], np.cumsum(padded) / padded.sum()])


def _week_curves(counts: Counts, organic: Reals, age: Reals) -> Reals:
    """Cumulated factor of the hours of the week, from intervals short enough to tell them."""
    stream = np.repeat(np.arange(counts.n_streams), np.diff(counts.offsets))
    total = np.bincount(stream, organic, counts.n_streams)
    scale = (np.minimum(total, _STREAM_CAP) / np.maximum(total, 1e-9))[stream]
    short = counts.end_s - counts.start_s <= _HOURLY_S
    middle = (counts.start_s + counts.end_s) / 2 + counts.origin_week_s[stream]
    hour = (middle // 3600).astype(np.int64) % _HOURS
    edges, curves = _edges(), []
    for g in range(counts.n_groups):
        own = short & (counts.group[stream] == g)
        share = np.interp(counts.end_s, edges, age[g]) - np.interp(counts.start_s, edges, age[g])
        covered = np.bincount(stream, share, counts.n_streams)[stream]
        expected = scale * total[stream] * share / np.maximum(covered, 1e-12)
        seen = np.bincount(hour[own], (organic * scale)[own], _HOURS)
        due = np.bincount(hour[own], expected[own], _HOURS)
        factor = _ring(seen) + _PSEUDO_HOUR
        factor /= _ring(due) * (seen.sum() / max(due.sum(), 1e-9)) + _PSEUDO_HOUR
        factor = np.clip(factor, *_HOUR_RANGE)
        curves.append(np.concatenate([[0.0], np.cumsum(factor / factor.mean())]))
    return np.stack(curves)


def _ring(hours: Any) -> Reals:
    around = np.concatenate([hours[-2:], hours, hours[:2]])
    return np.convolve(around, [0.1, 0.2, 0.4, 0.2, 0.1], "valid")
