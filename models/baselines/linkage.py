"""Single linkage: at which similarity an account first belongs to a group that is large enough."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["group_levels"]


def group_levels(
    low: NDArray[np.int64],
    high: NDArray[np.int64],
    similarity: NDArray[np.float64],
    n_nodes: int,
    least: int,
) -> NDArray[np.float64]:
    """Cuts the single-linkage tree at every height at once.

    A method that reports the components of a thresholded network of at least `least` members
    reports, at threshold t, exactly the nodes whose level is t or more.

    Args:
        low: One end of each edge.
        high: Its other end.
        similarity: Of each edge, above 0.
        n_nodes: Number of nodes.
        least: Members of a group.

    Returns:
        Level of each node; 0 if it never belongs to a group.
    """
    order = np.argsort(-similarity, kind="stable")
    return np.asarray(_levels(low[order], high[order], similarity[order], n_nodes, least))


@njit(cache=True)
def _root(parent: Any, node: int) -> Any:
    while parent[node] != node:
        parent[node] = parent[parent[node]]
        node = parent[node]
    return node


@njit(cache=True)
def _levels(low: Any, high: Any, similarity: Any, n_nodes: int, least: int) -> Any:
    parent, after = np.arange(n_nodes), np.arange(n_nodes)  # members stand in rings
    size, level = np.ones(n_nodes, np.int64), np.zeros(n_nodes)
    for e in range(len(low)):
        a, b = _root(parent, low[e]), _root(parent, high[e])
        if a == b:
            continue
        if size[a] < size[b]:
            a, b = b, a
        if size[a] + size[b] >= least:
            for start in (a, b):  # those of a group that was too small so far
                node = start
                while size[start] < least:
                    level[node] = similarity[e]
                    node = after[node]
                    if node == start:
                        break
        parent[b] = a
        size[a] += size[b]
        after[a], after[b] = after[b], after[a]
    return level
