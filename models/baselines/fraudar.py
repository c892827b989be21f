"""FRAUDAR: the densest blocks of the graph of who acted where, one after the other.

Edges to popular targets weigh less, 1 / ln(degree + 5), so that camouflage among them does not pay.
The greedy peel finds a block within a factor of two of the densest; its edges are removed and the
search repeats. Times play no part.

After Hooi, Song, Beutel, Shah, Shin, Faloutsos, "FRAUDAR: bounding graph fraud in the face of
camouflage" (KDD 2016).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from zhenzan.models.attribution.events import Events
from zhenzan.models.baselines.base import Ranking, distinct_edges
from zhenzan.models.campaigns.kernels import peel

__all__ = ["Fraudar"]


@dataclass(frozen=True, slots=True)
class Fraudar:
    """Ranks edges and accounts by the block that holds them, first found first.

    Attributes:
        blocks: Blocks taken out. The paper studies the first; later ones matter where several
            orders are at work.
        offset: Added to the degree under the logarithm; the paper's constant.
    """

    name: ClassVar[str] = "fraudar"
    source: ClassVar[str] = "Hooi et al., KDD 2016"
    blocks: int = 6
    offset: float = 5.0

    def rank(self, events: Events) -> Ranking:
        """See `Baseline`."""
        graph = distinct_edges(events)
        free = np.arange(len(graph.account))
        edges, accounts = np.zeros(len(free)), np.zeros(graph.n_accounts)
        found = 0
        for block in range(self.blocks):
            if not len(free):
                break
            left, right = graph.account[free], graph.stream[free]
            degree = np.bincount(right, minlength=graph.n_streams)
            inside = peel(
                left, right, 1.0 / np.log(degree[right] + self.offset),
                graph.n_accounts, graph.n_streams,
            )  # fmt: skip
            taken = inside[left] & inside[graph.n_accounts + right]
            edges[free[taken]] = self.blocks - block
            accounts[left[taken]] = np.maximum(accounts[left[taken]], self.blocks - block)
            free = free[~taken]
            found += 1
        acts = np.zeros(events.n)
        known = graph.edge >= 0
        acts[known] = edges[graph.edge[known]]
        return Ranking(acts, accounts, {"blocks": found})
