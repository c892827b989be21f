"""Accounts outside the dense core whose acts lie in a group's deliveries belong to it."""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import numpy as np
from zhenzan.models.campaigns.config import CampaignConfig
from zhenzan.models.campaigns.graph import Graph

__all__ = ["Filler"]

Array: TypeAlias = np.ndarray[Any, Any]

# A stragglers' margin around a delivery: a tenth of its length, an hour at least. Polls of bought
# likes saw whole orders inside two hours (peers.md, De Cristofaro).
_MARGIN_SHARE: Final = 0.1
_MARGIN_MS: Final = 3_600_000


class Filler:
    """Fills groups one after another; what a group took is no longer free.

    Args:
        graph: The attributed acts, sorted by stream.
        config: Settings.
    """

    def __init__(self, graph: Graph, config: CampaignConfig) -> None:
        self._graph, self._config = graph, config
        self._free = np.ones(len(graph.p), dtype=bool)
        self._mass = np.bincount(graph.account, graph.p, minlength=len(graph.accounts))
        self._start = np.searchsorted(graph.stream, np.arange(len(graph.streams) + 1))

    @property
    def free(self) -> Array:
        """Which acts no group took yet."""
        return self._free

    def take(self, rows: Array) -> None:
        """Marks acts as a group's."""
        self._free[rows] = False

    def fill(self, part: Array) -> Array:
        """The part with the free acts of its members and of accounts that mostly act inside it.

        Args:
            part: Rows of the dense core, ascending.
        """
        rows = self._around(part)
        g, config = self._graph, self._config
        accounts, who = np.unique(g.account[rows], return_inverse=True)
        p = g.p[rows]
        inside = np.bincount(who, p)
        own = np.isin(accounts, g.account[part])
        joins = ~own & (inside >= config.member_share * self._mass[accounts])
        joins &= inside >= config.member_mass
        # Who comes back for a second delivery belongs to the group; who came once may be a
        # stranger in its crowd, and is taken in only where the group makes up most of a delivery.
        pairs = np.unique(g.stream[rows] * np.int64(len(accounts)) + who)
        own |= joins & (np.bincount(pairs % len(accounts), minlength=len(accounts)) >= 2)
        joins &= ~own
        _, stream = np.unique(g.stream[rows], return_inverse=True)
        of_core = np.bincount(stream, p * own[who])
        of_others = np.bincount(stream, p * joins[who])
        led = (of_core >= config.core_share * (of_core + of_others))[stream]
        joins &= 2 * np.bincount(who, p * led) >= inside
        result: Array = rows[(own | joins)[who]]
        return result

    def _around(self, part: Array) -> Array:
        """Free acts in the part's streams, while and shortly before and after it acted there."""
        g = self._graph
        streams, local = np.unique(g.stream[part], return_inverse=True)
        low = np.full(len(streams), np.iinfo(np.int64).max)
        high = np.full(len(streams), np.iinfo(np.int64).min)
        np.minimum.at(low, local, g.at_ms[part])
        np.maximum.at(high, local, g.at_ms[part])
        margin = np.maximum(_MARGIN_MS, _MARGIN_SHARE * (high - low)).astype(np.int64)
        spans = [np.arange(self._start[s], self._start[s + 1]) for s in streams]
        rows, of = np.concatenate(spans), np.repeat(np.arange(len(streams)), [*map(len, spans)])
        at = g.at_ms[rows]
        near = self._free[rows] & (at >= (low - margin)[of]) & (at <= (high + margin)[of])
        result: Array = rows[near]
        return result
