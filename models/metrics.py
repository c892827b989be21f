"""How good a ranking is: recall at a false-positive rate, average precision, AUC, intervals.

All of them treat equal scores as one step: nobody may pick a threshold inside a tie. The operating
point of the project is recall at a rate of organic false positives; AUC and average precision stand
beside it, since they hide what happens among the first thousandth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "Interval",
    "auc",
    "average_precision",
    "bootstrap_recall",
    "group_weights",
    "interval",
    "recall_at",
    "threshold_at",
]

Reals = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

# Rates times counts are compared with whole counts: 0.01 * 300 must allow three, not two.
_ROUNDING: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with its interval.

    Attributes:
        value: The figure itself, not the middle of the interval.
        low: Lower end; NaN without replicates.
        high: Upper end; NaN without replicates.
    """

    value: float
    low: float
    high: float


def threshold_at(score: ArrayLike, positive: ArrayLike, rate: float) -> float:
    """The lowest score that at most `rate` of the organic ones exceed.

    Args:
        score: Higher is more suspicious; not NaN.
        positive: What is to be found; the rest is organic.
        rate: Tolerated share of organic false positives, 0 to 1.

    Returns:
        Everything strictly above it is reported; minus infinity where all may be.
    """
    values, found = _checked(score, positive)
    organic = np.sort(values[~found])[::-1]
    allowed = int(rate * len(organic) + _ROUNDING)
    return float(organic[allowed]) if allowed < len(organic) else -np.inf


def recall_at(score: ArrayLike, positive: ArrayLike, rate: float) -> float:
    """Share of the positives above the threshold of `threshold_at`; NaN without positives."""
    values, found = _checked(score, positive)
    if not found.any():
        return float("nan")
    return float(np.mean(values[found] > threshold_at(values, found, rate)))


def auc(score: ArrayLike, positive: ArrayLike) -> float:
    """Probability that a positive outranks an organic one, ties half; NaN if either is missing."""
    values, found = _checked(score, positive)
    above, level = _steps(values, found)
    n_positive, n_organic = above[-1, 0], above[-1, 1]
    if not n_positive or not n_organic:
        return float("nan")
    wins = level[:, 0] * (n_organic - above[:, 1] + level[:, 1] / 2)
    return float(wins.sum() / (n_positive * n_organic))


def average_precision(score: ArrayLike, positive: ArrayLike) -> float:
    """Mean precision over the positives, each tie taken whole; NaN without positives."""
    values, found = _checked(score, positive)
    above, level = _steps(values, found)
    if not above[-1, 0]:
        return float("nan")
    precision = above[:, 0] / np.maximum(above.sum(axis=1), 1)
    return float((level[:, 0] * precision).sum() / above[-1, 0])


def _steps(score: Reals, positive: Flags) -> tuple[Reals, Reals]:
    """Positives and organic ones by distinct score from the top: cumulated, and at each alone."""
    if not len(score):
        return np.zeros((1, 2)), np.zeros((1, 2))
    distinct, step = np.unique(-score, return_inverse=True)
    level = np.zeros((len(distinct), 2))
    level[:, 0] = np.bincount(step, positive, len(distinct))
    level[:, 1] = np.bincount(step, ~positive, len(distinct))
    return np.asarray(np.cumsum(level, axis=0)), level


def _checked(score: ArrayLike, positive: ArrayLike) -> tuple[Reals, Flags]:
    values, found = np.asarray(score, np.float64), np.asarray(positive, bool)
    if values.shape != found.shape or values.ndim != 1:
        raise ValueError(f"scores {values.shape} and labels {found.shape} do not match")
    if np.isnan(values).any():
        raise ValueError("a score is NaN; a method must rank everything it is asked about")
    return values, found


def group_weights(n_groups: int, replicates: int, seed: int = 0) -> Ints:
    """How often each group is drawn in each bootstrap replicate (replicates x groups).

    Groups are drawn whole, with replacement, as many as there are: acts of one owner, one video or
    one campaign are no independent witnesses. The first replicate is the data itself.
    """
    drawn = np.random.default_rng(seed).integers(0, n_groups, (replicates, n_groups))
    weights = np.ones((replicates + 1, n_groups), np.int64)
    for row, picks in enumerate(drawn, 1):
        weights[row] = np.bincount(picks, minlength=n_groups)
    return weights


def bootstrap_recall(
    score: ArrayLike,
    positive: ArrayLike,
    group: ArrayLike,
    weights: Ints,
    rates: Sequence[float],
) -> Reals:
    """Recall of every replicate at every rate; thresholds are drawn anew in each.

    Give two methods the same weights and their differences are paired.

    Args:
        score: Higher is more suspicious; not NaN.
        positive: What is to be found.
        group: Code of the group of each row, 0 to n_groups - 1.
        weights: Of `group_weights`.
        rates: Tolerated shares of organic false positives.

    Returns:
        (replicates + 1) x rates; NaN where a replicate drew no positive. Row 0 is the data itself.
    """
    values, found = _checked(score, positive)
    order = np.argsort(-values, kind="stable")
    ranked = values[order]
    last = np.append(ranked[1:] != ranked[:-1], True)[: len(ranked)]
    return np.asarray(
        _walk(last, found[order], np.asarray(group, np.int64)[order], weights,
              np.asarray(rates, np.float64), _ROUNDING)
    )  # fmt: skip


@njit(cache=True)
def _walk(last: Any, positive: Any, group: Any, weights: Any, rates: Any, rounding: float) -> Any:
    """Walks down the ranking once a replicate, tie by tie, until each rate is used up."""
    n, (n_rows, n_groups) = len(positive), weights.shape
    size = np.zeros((2, n_groups))
    for i in range(n):
        size[1 if positive[i] else 0, group[i]] += 1
    out = np.full((n_rows, len(rates)), np.nan)
    for row in range(n_rows):
        organic_all, positive_all = 0.0, 0.0
        for g in range(n_groups):
            organic_all += weights[row, g] * size[0, g]
            positive_all += weights[row, g] * size[1, g]
        if positive_all == 0:
            continue
        for r in range(len(rates)):
            limit = rates[r] * organic_all + rounding
            organic, hit, step = 0.0, 0.0, 0.0
            for i in range(n):
                weight = weights[row, group[i]]
                if positive[i]:
                    step += weight
                else:
                    organic += weight
                if organic > limit:  # this tie holds one organic too many: none of it counts
                    break
                if last[i]:
                    hit += step
                    step = 0.0
            out[row, r] = hit / positive_all
    return out


def interval(replicates: ArrayLike, level: float = 0.95) -> Interval:
    """The first replicate as the value, percentiles of the others as its interval."""
    values = np.asarray(replicates, np.float64)
    others = values[1:][~np.isnan(values[1:])]
    if not len(others):
        return Interval(float(values[0]), float("nan"), float("nan"))
    low, high = np.quantile(others, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(values[0]), float(low), float(high))
