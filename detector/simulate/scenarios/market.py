"""Who buys, and for which of their sections."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from zhenzan.detector.simulate.stage import Stage

__all__ = ["Market"]

SHARE_OF_BUYERS: Final = 0.25
"""Of creators would buy [H]."""
SHARE_IN_PODS: Final = 0.03
MAX_ORDERS_PER_SECTION: Final = 2
SUBSCRIBED_POSTS: Final = 3
MEDIAN_SIZE_RATIO: Final = 2.0
SPREAD_OF_SIZE_RATIO: Final = 1.5
"""Organic likes of the target per like ordered: sections from 2 % to over 80 % bought [H]."""
PUBLIC_OF_UNSEEN: Final = (0.0, 0.08)
"""Organic likes per like ordered where a section was bought whole: nine in ten stars of the median
repository of a sold ring are attributed [H]."""


class Market:
    """Who buys: hands out target sections of about the wanted size."""

    def __init__(self, stage: Stage) -> None:
        rng = stage.rng("market")
        s = stage.sections
        shuffled = rng.permutation(int(s.creator_rank.max()) + 1)
        n_buyers = max(1, round(SHARE_OF_BUYERS * len(shuffled)))
        n_pods = max(1, round(SHARE_IN_PODS * len(shuffled)))
        buyer, pod = np.zeros((2, len(shuffled)), dtype=bool)
        buyer[shuffled[:n_buyers]] = True
        pod[shuffled[n_buyers : n_buyers + n_pods]] = True
        self._buyer = buyer[s.creator_rank]
        self._pod = pod[s.creator_rank]
        self._stage = stage
        self._orders = np.zeros(len(s), dtype=np.int64)
        self._options: dict[str, NDArray[np.intp]] = {}
        self._queue: list[int] = []

    def _candidates(self, on: str) -> NDArray[np.intp]:
        s = self._stage.sections
        if on == "organic":
            chosen = self._buyer & (s.scenario == 0)
        elif on == "anybody":
            chosen = ~self._buyer & ~self._pod & (s.scenario == 0)
        elif on == "pod":
            chosen = self._pod & (s.scenario == 0)
        else:
            chosen = s.scenario == self._stage.scenario(on)
        index = np.flatnonzero(chosen)
        return index[np.argsort(s.size[index], kind="stable")]

    def target(self, rng: np.random.Generator, quantity: int, on: str) -> int | None:
        """A section whose organic size suits an order; None when nobody is left."""
        if on == "creator":
            return self._next_post(rng)
        if on == "unseen":
            return self._unseen(rng, quantity)
        if on not in self._options:
            self._options[on] = self._candidates(on)
        options = self._options[on]
        options = options[self._orders[options] < MAX_ORDERS_PER_SECTION]
        if not len(options):
            return None
        wanted = quantity * MEDIAN_SIZE_RATIO * rng.lognormal(0.0, SPREAD_OF_SIZE_RATIO)
        place = int(np.searchsorted(self._stage.sections.size[options], wanted))
        near = np.clip(place + rng.integers(-8, 9), 0, len(options) - 1)
        section = int(options[near])
        self._orders[section] += 1
        return section

    def _unseen(self, rng: np.random.Generator, quantity: int) -> int | None:
        """A small section of a buyer, which loses what public it had; it gets no other order."""
        size = self._stage.sections.size
        options = self._candidates("organic")
        options = options[(self._orders[options] == 0) & (size[options] <= quantity)]
        if not len(options):
            return None
        section = int(rng.choice(options))
        size[section] = min(float(size[section]), quantity * rng.uniform(*PUBLIC_OF_UNSEEN))
        self._orders[section] = MAX_ORDERS_PER_SECTION
        return section

    def _next_post(self, rng: np.random.Generator) -> int | None:
        """The next post of a subscriber; a new subscriber when the last one's posts are over."""
        s = self._stage.sections
        if not self._queue:
            open_ = self._buyer & (s.scenario == 0) & (self._orders == 0)
            posts = np.bincount(s.creator_rank[open_], minlength=1)
            regulars = np.flatnonzero(posts >= SUBSCRIBED_POSTS)
            if not len(regulars):
                return None
            chosen = np.flatnonzero(open_ & (s.creator_rank == rng.choice(regulars)))
            chosen = chosen[np.argsort(s.published_ms[chosen], kind="stable")]
            self._queue = chosen.tolist()
        section = self._queue.pop(0)
        self._orders[section] += 1
        return section
