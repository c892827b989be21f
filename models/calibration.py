"""From a score to a probability, and from an interval to one that covers what it says.

Everything is plain numbers that JSON holds. Fitted on scores that the model gave to campaigns it
had not seen; where a row lies outside of what was seen there, the caller gives no probability.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq, minimize

__all__ = [
    "LOUD",
    "BaseRate",
    "Calibration",
    "base_rate_at_hand",
    "brier_skill",
    "calibration_error",
    "chance_error",
    "conformal_widening",
    "estimate_base_rate",
    "fit_calibration",
    "fit_conformal",
    "shift_base_rate",
]

Reals = NDArray[np.float64]

# No score is worth more than this many nats: a million to one was never observed.
_CEILING: Final = 13.8
# Weight of the pull towards the trees' own log-odds in the fit of beta calibration: that of one
# row of each class, so that perfectly separated scores keep finite slopes.
_PULL: Final = 1.0
# Slope of the loss a row at which the fit of beta calibration has settled.
_STEEP: Final = 1e-3
# Isotonic steps follow any shape but need many positives; below this the three numbers of beta
# calibration are steadier (Kull, Silva Filho, Flach 2017 compare both).
_MANY: Final = 500
LOUD: Final = 10.0
"""Attributed acts from which an interval says something: half of the stated event's 20. Intervals
are widened from there on."""


# Half the 95 % quantile of chi-squared with one degree of freedom: how far the logarithm of the
# likelihood may lie below its greatest inside the interval (Wilks 1938).
_WITHIN: Final = 1.92
_TINY: Final = 1e-9


@dataclass(frozen=True, slots=True)
class BaseRate:
    """An estimated share of what is to be found.

    Attributes:
        value: The likeliest.
        low, high: 95 % interval.
        n: Probabilities behind it.
    """

    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class Calibration:
    """A rising map from log-odds to a probability.

    Attributes:
        method: `beta` or `isotonic`.
        base_rate: Share of positives among the rows it was fitted on.
        knots: Beta: slopes of -ln(1 - s) and ln s and the offset. Isotonic: alternating log-odds
            and probability, rising.
        n, n_positive: Rows behind it.
    """

    method: Literal["beta", "isotonic"]
    base_rate: float
    knots: tuple[float, ...]
    n: int
    n_positive: int

    def probability(self, raw: ArrayLike, base_rate: float | None = None) -> Reals:
        """Probability of each row, under another base rate where one is named.

        Args:
            raw: Log-odds as the trees give them.
            base_rate: Share of positives in the data at hand, in (0, 1).
        """
        values = np.clip(np.asarray(raw, np.float64), -_CEILING, _CEILING)
        if self.method == "beta":
            high, low, offset = self.knots
            found = _logistic(high * np.logaddexp(0, values) - low * np.logaddexp(0, -values)
                              + offset)  # fmt: skip
        else:
            at, to = np.asarray(self.knots[0::2]), np.asarray(self.knots[1::2])
            found = np.interp(values, at, to)
        if base_rate is None:
            return np.asarray(found, np.float64)
        return shift_base_rate(found, self.base_rate, base_rate)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "method": self.method, "base_rate": self.base_rate, "knots": list(self.knots),
            "n": self.n, "n_positive": self.n_positive,
        }  # fmt: skip

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Calibration:
        """The inverse of `to_json`.

        Raises:
            ValueError: It is no calibration, or not a rising one.
        """
        knots = tuple(float(knot) for knot in value["knots"])
        method, rate = value["method"], float(value["base_rate"])
        if not np.isfinite([*knots, rate]).all() or not 0 < rate < 1:
            raise ValueError("a calibration holds numbers that are none")
        if method == "beta":
            if len(knots) != 3 or min(knots[:2]) < 0:
                raise ValueError("a beta calibration has two slopes, not negative, and an offset")
        elif method == "isotonic":
            at, to = knots[0::2], knots[1::2]
            rises = all(np.diff(at) > 0) and all(np.diff(to) >= 0)
            if len(at) != len(to) or not at or not rises or to[0] < 0 or to[-1] > 1:
                raise ValueError("an isotonic calibration has rising pairs with values in [0, 1]")
        else:
            raise ValueError(f"unknown calibration {method!r}")
        return cls(method, rate, knots, int(value["n"]), int(value["n_positive"]))


def fit_calibration(
    raw: ArrayLike, positive: ArrayLike, method: Literal["auto", "beta", "isotonic"] = "auto"
) -> Calibration:
    """Fits a map on held-out rows.

    Args:
        raw: Log-odds that the model gave to rows it had not seen.
        positive: Whether the stated event happened.
        method: `auto` takes isotonic from 500 positives on.

    Raises:
        ValueError: One of the two classes is missing, a score is NaN, there are more scores than
            outcomes or fewer, the method is unknown, or its fit does not settle.
    """
    values = np.clip(np.asarray(raw, np.float64), -_CEILING, _CEILING)
    found = np.asarray(positive, bool)
    if method not in ("auto", "beta", "isotonic"):
        raise ValueError(f"unknown calibration {method!r}; known: auto, beta, isotonic")
    if values.shape != found.shape or values.ndim != 1:
        raise ValueError(f"scores of shape {values.shape} for outcomes of shape {found.shape}")
    if np.isnan(values).any():
        raise ValueError(f"{int(np.isnan(values).sum())} scores are NaN: leave those rows out")
    n, n_positive = len(found), int(found.sum())
    if not 0 < n_positive < n:
        raise ValueError(f"{n_positive} of {n} rows are positive: both classes are needed")
    if method == "auto":
        method = "isotonic" if n_positive >= _MANY else "beta"
    knots = _fit_isotonic(values, found) if method == "isotonic" else _fit_beta(values, found)
    return Calibration(method, n_positive / n, knots, n, n_positive)


def _fit_beta(values: Reals, positive: NDArray[np.bool_]) -> tuple[float, ...]:
    """Logistic regression on -ln(1 - s) and ln s with slopes that may not fall."""
    high, low = np.logaddexp(0, values), -np.logaddexp(0, -values)

    def loss(knots: Reals) -> tuple[float, Reals]:
        line = knots[0] * high + knots[1] * low + knots[2]
        off = _logistic(line) - positive
        pull = knots - np.array([1.0, 1.0, 0.0])
        value = np.sum(np.logaddexp(0, line) - positive * line) + _PULL * np.sum(pull**2) / 2
        slope = np.array([off @ high, off @ low, off.sum()]) + _PULL * pull
        return float(value), slope

    done = minimize(
        loss, np.array([1.0, 1.0, 0.0]), jac=True, method="L-BFGS-B",
        bounds=[(0.0, None), (0.0, None), (None, None)],
    )  # fmt: skip
    held = (done.x <= 0) & np.array([True, True, False])  # where a slope may not fall further
    slope = np.where(held, np.minimum(done.jac, 0), done.jac)
    # A search that ends for want of digits has settled; one whose slope is left has not.
    if not done.success and not np.abs(slope).max() <= _STEEP * len(values):
        raise ValueError(f"beta calibration does not settle: {done.message}")
    return tuple(float(knot) for knot in done.x)


def _fit_isotonic(values: Reals, positive: NDArray[np.bool_]) -> tuple[float, ...]:
    """Pool adjacent violators over distinct scores; steps become ramps between their middles.

    Ends are drawn in by half a row, so that no probability is 0 or 1; an end of so few rows that
    half a one would pass its neighbour is pooled with it.
    """
    at, of = np.unique(values, return_inverse=True)
    weight = np.bincount(of).astype(np.float64)
    hits = np.bincount(of, positive)
    pools: list[list[float]] = []  # weight, positives, weighted sum of scores
    for one in zip(weight, hits, at * weight, strict=True):
        pools.append(list(one))
        while len(pools) > 1 and pools[-2][1] * pools[-1][0] >= pools[-1][1] * pools[-2][0]:
            last = pools.pop()
            pools[-1] = [a + b for a, b in zip(pools[-1], last, strict=True)]
    while len(pools) > 1 and _drawn_in(pools[0]) >= _drawn_in(pools[1]):
        pools[:2] = [[a + b for a, b in zip(*pools[:2], strict=True)]]
    while len(pools) > 1 and _drawn_in(pools[-1]) <= _drawn_in(pools[-2]):
        pools[-2:] = [[a + b for a, b in zip(*pools[-2:], strict=True)]]
    knots: list[float] = []
    for pool in pools:
        middle, rate = pool[2] / pool[0], _drawn_in(pool)
        if knots and (middle <= knots[-2] or rate <= knots[-1]):
            continue
        knots += [middle, rate]
    return tuple(float(knot) for knot in knots)


def _drawn_in(pool: list[float]) -> float:
    """Share of positives of a pool, half a row away from certainty."""
    total, hits, _ = pool
    return float(np.clip(hits / total, 0.5 / total, 1 - 0.5 / total))


def shift_base_rate(probability: ArrayLike, fitted: float, actual: float) -> Reals:
    """The same evidence under another base rate: odds times the ratio of prior odds.

    Raises:
        ValueError: A rate is not inside (0, 1).
    """
    if not (0 < fitted < 1 and 0 < actual < 1):
        raise ValueError("a base rate lies between 0 and 1, both excluded")
    p = np.asarray(probability, np.float64)
    ratio = actual / (1 - actual) * (1 - fitted) / fitted
    return np.asarray(p * ratio / (p * ratio + 1 - p), np.float64)


def estimate_base_rate(probability: ArrayLike, fitted: float, rounds: int = 200) -> float:
    """The base rate that explains the scores of unlabelled data best.

    Expectation-maximisation under a shift of the prior alone (Saerens, Latinne, Decaestecker
    2002); kept away from 0 and 1 by half a row.
    """
    p = np.asarray(probability, np.float64)
    p = p[~np.isnan(p)]
    if not len(p):
        return fitted
    rate, edge = fitted, 0.5 / (len(p) + 1)
    for _ in range(rounds):
        rate = float(np.clip(np.mean(shift_base_rate(p, fitted, rate)), edge, 1 - edge))
    return rate


def base_rate_at_hand(probability: ArrayLike, fitted: float) -> BaseRate | None:
    """The base rate that explains unlabelled data best, and how far the data leave it open.

    Its interval is that of the likelihood ratio: the rates under which the scores are nearly as
    likely. It knows of chance alone. That what happened looks as it did in training, only rarer or
    more frequent, is assumed.

    Args:
        probability: Calibrated, under `fitted`; NaN is left out.
        fitted: Base rate of the calibration.

    Returns:
        None without probabilities.
    """
    p = np.asarray(probability, np.float64)
    p = p[~np.isnan(p)]
    if not len(p):
        return None
    value = estimate_base_rate(p, fitted)
    yes, no = p / fitted, (1 - p) / (1 - fitted)

    def below(rate: float) -> float:
        return float(np.sum(np.log(rate * yes + (1 - rate) * no))) - least

    least = 0.0
    least = below(value) - _WITHIN
    low, high = (
        outer if below(outer) >= 0 else float(brentq(below, outer, value))
        for outer in (_TINY, 1 - _TINY)
    )
    return BaseRate(value, min(low, value), max(high, value), len(p))


def fit_conformal(low: ArrayLike, high: ArrayLike, truth: ArrayLike, level: float = 0.9) -> float:
    """By how many of its own widths each end has to move for the interval to cover `level`.

    Conformalised quantile regression (Romano, Patterson, Candès 2019) with the miss measured in
    widths (at least one act), so that it carries over to sections of another size.

    Returns:
        May be negative, where intervals are too wide; 0 without rows.
    """
    a, b, y = (np.asarray(v, np.float64) for v in (low, high, truth))
    if not len(y):
        return 0.0
    width = np.maximum(b - a, 1.0)
    miss = np.sort(np.maximum(a - y, y - b) / width)
    rank = int(np.ceil(level * (len(y) + 1))) - 1
    return float(miss[min(rank, len(y) - 1)])


def conformal_widening(
    low: ArrayLike, middle: ArrayLike, high: ArrayLike, factor: float
) -> tuple[Reals, Reals]:
    """Both ends moved by `factor` widths, never past the estimate between them, never below 0.

    Only of estimates of `LOUD` acts and more, where the factor was learnt.
    """
    a, m, b = (np.asarray(v, np.float64) for v in (low, middle, high))
    step = np.where(m >= LOUD, factor * np.maximum(b - a, 1.0), 0.0)
    return np.maximum(np.minimum(a - step, m), 0.0), np.maximum(b + step, m)


def calibration_error(
    probability: ArrayLike, positive: ArrayLike, bins: int = 10, above: float = 0.05
) -> float:
    """Mean distance of stated and observed frequency over bins of equal mass; NaN without rows.

    Only rows stated above `above` count: where nearly all is organic, the rest would hide them.
    Rows of equal probability share their frequency, so that their order cannot matter.
    """
    p, found = np.asarray(probability, np.float64), np.asarray(positive, np.float64)
    p, found = p[p > above], found[p > above]
    if not len(p):
        return float("nan")
    level, of = np.unique(p, return_inverse=True)
    rate = (np.bincount(of, found) / np.bincount(of))[of]
    order = np.argsort(p, kind="stable")
    parts = np.array_split(order, min(bins, len(level)))
    gaps = [abs(p[i].mean() - rate[i].mean()) * len(i) for i in parts]
    return float(np.sum(gaps) / len(p))


def chance_error(
    probability: ArrayLike, bins: int = 10, above: float = 0.05, draws: int = 100, seed: int = 0
) -> float:
    """`calibration_error` that probabilities would show on average if they were exactly right.

    Few rows miss their own frequency by chance alone; NaN without rows.
    """
    p, rng = np.asarray(probability, np.float64), np.random.default_rng(seed)
    p = p[p > above]
    found = [calibration_error(p, rng.random(len(p)) < p, bins, above) for _ in range(draws)]
    return float(np.mean(found))


def brier_skill(probability: ArrayLike, positive: ArrayLike) -> float:
    """1 - Brier score over that of always stating the base rate; NaN with one class."""
    p, found = np.asarray(probability, np.float64), np.asarray(positive, np.float64)
    plain = found.mean() * (1 - found.mean()) if len(found) else 0.0
    return float(1 - np.mean((p - found) ** 2) / plain) if plain else float("nan")


def _logistic(values: Any) -> Reals:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(values, -700, 700))), np.float64)
