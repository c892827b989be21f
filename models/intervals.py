"""Intervals of the number purchased: from quantiles of trees to ends that cover what they say.

Two answers are mixed. If nothing was ordered the number is 0; if something was, trees that have
only seen ordered sections say between which numbers it lies. A lower end above 0 needs near
certainty that something was ordered, an upper end above that of attribution that this is no rare
chance.
How far the ends of the trees are moved is learnt from ordered sections that the trees had not seen,
so that of the sections which received an order nine in ten intervals hold the number (conformalised
quantile regression, Romano, Patterson and Candès 2019, conditional on the label as in Vovk 2012).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["LEVEL", "Amounts", "Ends", "Widening", "fit_widening"]

Reals = NDArray[np.float64]

LEVEL: Final = 0.9
"""Share of the ordered sections whose interval is to hold the number."""
_TAIL: Final = (1 - LEVEL) / 2
# Below this probability that something was ordered, 0 is among the lower 95 % of what may be; above
# one minus it, 0 is not among the upper 95 %.
_SURE: Final = 1 - _TAIL


@dataclass(frozen=True, slots=True)
class Widening:
    """How the ends of the trees are moved in one capability class.

    Attributes:
        nats: Added to the logarithm of the upper end, taken from that of the lower.
        least: Probability from which the upper end is that of the trees.
        n: Ordered sections it was learnt from.
    """

    nats: float
    least: float
    n: int

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"nats": self.nats, "least": self.least, "n": self.n}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Widening:
        """The inverse of `to_json`.

        Raises:
            ValueError: Its numbers are none.
        """
        made = cls(float(value["nats"]), float(value["least"]), int(value["n"]))
        if not np.isfinite([made.nats, made.least]).all() or not 0 <= made.least <= 1:
            raise ValueError("a widening holds numbers that are none")
        return made


@dataclass(frozen=True, slots=True)
class Amounts:
    """What a bundle knows of the number purchased.

    Attributes:
        trees: LightGBM's text of the lower and of the upper quantile.
        widenings: By capability class.
    """

    trees: tuple[str, str]
    widenings: Mapping[str, Widening]


@dataclass(frozen=True, slots=True)
class Ends:
    """What is known of each section before its interval is drawn.

    Attributes:
        low, high: Logarithms of what the trees give for the 5 % and the 95 % quantile of the number
            in ordered sections.
        probability: Calibrated, that the stated event happened; NaN = unknown.
        own_low, middle, own_high: Interval and estimate of attribution.
        n_acts: How many engagements there are.
    """

    low: Reals
    high: Reals
    probability: Reals
    own_low: Reals
    middle: Reals
    own_high: Reals
    n_acts: Reals

    def interval(self, how: Widening) -> tuple[Reals, Reals]:
        """Both ends; they hold the estimate of attribution and lie between 0 and all acts.

        Where the probability is unknown so is whether anything was ordered: from 0 to the upper end
        of the trees.
        """
        p = self.probability
        with np.errstate(over="ignore"):
            low, high = np.exp(self.low - how.nats), np.exp(self.high + how.nats)
        low = np.where(p >= _SURE, low, 0.0)
        low = np.where(p < how.least, self.own_low, low)
        high = np.where(p < how.least, self.own_high, high)
        most = np.maximum(self.n_acts, self.middle)
        return (
            np.clip(np.minimum(low, self.middle), 0.0, None),
            np.minimum(np.maximum(high, self.middle), most),
        )

    def needed(self, truth: Reals, least: float) -> Reals:
        """The least `nats` with which each interval holds the truth; infinite where none does."""
        y, p = np.log(np.maximum(truth, 1e-9)), self.probability
        up = np.where(p < least, np.where(truth <= self.own_high, -np.inf, np.inf), y - self.high)
        up = np.where(truth <= self.middle, -np.inf, up)
        down = np.where(p >= _SURE, self.low - y, -np.inf)
        own = np.where(truth >= self.own_low, -np.inf, np.inf)
        down = np.where(truth >= self.middle, -np.inf, np.where(p < least, own, down))
        return np.asarray(np.maximum(up, down), np.float64)


def fit_widening(ends: Ends, truth: ArrayLike) -> Widening:
    """Learns how far the ends have to be moved, on ordered sections that the trees had not seen.

    Args:
        ends: Of those sections, out of fold.
        truth: The delivered number, above 0.

    Raises:
        ValueError: There are no rows.
    """
    y = np.asarray(truth, np.float64)
    if not len(y):
        raise ValueError("no ordered sections to learn from")
    p = np.nan_to_num(ends.probability, nan=1.0)
    # At most one in twenty ordered sections may be left to attribution for being improbable.
    least = min(_TAIL, float(np.sort(p)[int(np.floor(_TAIL * len(y)))]))
    needed = np.sort(ends.needed(y, least))
    finite = needed[np.isfinite(needed)]
    rank = min(int(np.ceil(LEVEL * (len(y) + 1))) - 1, len(y) - 1)
    nats = float(needed[rank])
    if not np.isfinite(nats):
        nats = float(finite[-1]) if nats > 0 and len(finite) else 0.0
    return Widening(nats, least, len(y))
