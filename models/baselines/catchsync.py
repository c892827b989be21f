"""CatchSync: accounts whose targets resemble each other more than chance allows.

Targets are placed on a grid of (in-degree, authority). An account's synchronicity is the chance
that two of its targets share a cell, its normality the chance that one of its targets and any act's
target do. For a given normality the least possible synchronicity is a parabola; the score is the
height above it. Times play no part.

After Jiang, Cui, Beutel, Faloutsos, Yang, "CatchSync: catching synchronized behavior in large
directed graphs" (KDD 2014).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from zhenzan.models.attribution.events import Events
from zhenzan.models.baselines.base import Edges, Ranking, by_act, distinct_edges

__all__ = ["CatchSync", "least_synchronicity"]

Ints = NDArray[np.int64]
Reals = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CatchSync:
    """Ranks accounts by synchronicity beyond the parabola, acts by account.

    Attributes:
        per_octave: Cells of the grid for each doubling.
        least: Targets below which an account is not ranked: one target is in step with itself.
        rounds: Of the power iteration for authority.
    """

    name: ClassVar[str] = "catchsync"
    source: ClassVar[str] = "Jiang et al., KDD 2014"
    per_octave: int = 1
    least: int = 2
    rounds: int = 30

    def rank(self, events: Events) -> Ranking:
        """See `Baseline`."""
        graph = distinct_edges(events)
        if not len(graph.account):
            return Ranking(np.zeros(events.n), np.zeros(graph.n_accounts))
        synchronicity, normality, cells = self.coordinates(graph)
        excess = synchronicity - least_synchronicity(normality, cells)
        degree = np.bincount(graph.account, minlength=graph.n_accounts)
        score = np.where(degree >= self.least, np.maximum(excess, 0.0), 0.0)
        return Ranking(by_act(events, score), score, {"cells": len(cells)})

    def coordinates(self, graph: Edges) -> tuple[Reals, Reals, Reals]:
        """Synchronicity and normality of each account, and the share of edges in each cell."""
        _, cell = np.unique(self._cells(graph)[graph.stream], axis=0, return_inverse=True)
        n_cells = int(cell.max()) + 1
        share = np.bincount(cell) / len(cell)
        key, count = np.unique(graph.account * n_cells + cell, return_counts=True)
        account, at = key // n_cells, key % n_cells
        degree = np.maximum(np.bincount(graph.account, minlength=graph.n_accounts), 1)
        part = count / degree[account]
        synchronicity: Reals = np.bincount(account, part**2, graph.n_accounts).astype(np.float64)
        normality: Reals = np.bincount(account, part * share[at], graph.n_accounts).astype(
            np.float64
        )
        return synchronicity, normality, share

    def _cells(self, graph: Edges) -> Ints:
        """Grid cell (in-degree, authority) of each stream, logarithmic."""
        ones = np.ones(len(graph.account))
        matrix = csr_array(
            (ones, (graph.account, graph.stream)), shape=(graph.n_accounts, graph.n_streams)
        )
        authority: Reals = np.ones(graph.n_streams)
        for _ in range(self.rounds):
            authority = np.asarray(matrix.T @ (matrix @ authority), np.float64)
            authority /= authority.max()
        degree = np.bincount(graph.stream, minlength=graph.n_streams)
        axes = [np.maximum(degree, 1), np.maximum(authority, 1e-12)]
        return np.stack([np.floor(self.per_octave * np.log2(axis)) for axis in axes], 1).astype(
            np.int64
        )


def least_synchronicity(normality: Reals, share: Reals) -> Reals:
    """The lower bound of synchronicity at a normality (theorem 1 of the paper).

    Args:
        normality: Of each account.
        share: Share of all edges in each cell; adds up to 1.
    """
    n_cells, together = len(share), float((share**2).sum())
    curved = 1.0 - n_cells * together
    if abs(curved) < 1e-9:  # all cells alike: every account has the same normality
        return np.full(len(normality), 1.0 / n_cells)
    return (-n_cells * normality**2 + 2 * normality - together) / curved
