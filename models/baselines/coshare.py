"""Co-sharing networks: accounts that repeatedly act within a minute of each other.

`CoShare` is the plain network of the coordination toolkits: pairs that share two targets or more
within the window, components of three or more. Popular targets flood it, so `WeightedCoShare`
weighs a meeting by how rare it is and asks what chance would give: accounts are permuted inside
each stream, so that who acted where and all times stay, and only who acted beside whom is drawn
anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from zhenzan.models.attribution.events import Events
from zhenzan.models.baselines.base import Ranking, by_act
from zhenzan.models.baselines.linkage import group_levels
from zhenzan.models.baselines.meetings import find_meetings

__all__ = ["CoShare", "WeightedCoShare"]

Ints = NDArray[np.int64]
Reals = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CoShare:
    """Ranks accounts by the edge weight at which they belong to a component, acts by account.

    Attributes:
        within_s: Window; 60 s is the default of the toolkits and of most studies.
        reach: Places looked ahead.
        least: Members of a component.
    """

    name: ClassVar[str] = "co-share"
    source: ClassVar[str] = "Graham et al., Coordination Network Toolkit, 2020; defaults"
    within_s: float = 60.0
    reach: int = 100
    least: int = 3

    def rank(self, events: Events) -> Ranking:
        """See `Baseline`."""
        met = find_meetings(
            events.stream, events.account, events.age_s, reach=self.reach, within_s=self.within_s
        )
        shared = met.shared_streams(events.stream)
        edge = shared > 1
        level = group_levels(
            met.low[edge], met.high[edge], shared[edge].astype(np.float64),
            len(events.n_sections), self.least,
        )  # fmt: skip
        return Ranking(by_act(events, level), level, {"pairs": int(edge.sum())})


@dataclass(frozen=True, slots=True)
class WeightedCoShare:
    """Ranks accounts by how far their weighted repeated meetings exceed chance, acts by account.

    Attributes:
        within_s: Window.
        reach: Places looked ahead.
        permutations: Draws of the null.
        seed: Of the permutations.
    """

    name: ClassVar[str] = "weighted-co-share"
    source: ClassVar[str] = "popularity weights and permutation null as in Pacheco et al., 2021"
    within_s: float = 60.0
    reach: int = 100
    permutations: int = 20
    seed: int = 0

    def rank(self, events: Events) -> Ranking:
        """See `Baseline`."""
        rng = np.random.default_rng(self.seed)
        observed = self._strength(events, events.account)
        total, square = np.zeros_like(observed), np.zeros_like(observed)
        for _ in range(self.permutations):
            # Sorting random keys inside each stream permutes its accounts.
            order = np.lexsort((rng.random(events.n), events.stream))
            drawn = self._strength(events, events.account[order])
            total += drawn
            square += drawn**2
        mean = total / self.permutations
        deviation = np.sqrt(np.maximum(square / self.permutations - mean**2, 0.0))
        # Few draws give some accounts no spread at all: the typical one is added to each
        # (the fudge factor of Tusher, Tibshirani, Chu, PNAS 2001).
        spread = deviation[deviation > 0]
        typical = float(np.median(spread)) if len(spread) else 1.0
        score = (observed - mean) / (deviation + typical)
        return Ranking(by_act(events, score), score, {"permutations": self.permutations})

    def _strength(self, events: Events, account: Ints) -> Reals:
        """Sum over an account's repeated meetings of 1 / ln(1 + acts of the stream)."""
        met = find_meetings(
            events.stream, account, events.age_s, reach=self.reach, within_s=self.within_s
        )
        size = np.diff(events.offsets)
        weight = 1.0 / np.log1p(size[events.stream[met.left]])
        n = len(events.n_sections)
        strength = np.bincount(account[met.left], weight, n)
        return np.asarray(strength + np.bincount(account[met.right], weight, n), np.float64)
