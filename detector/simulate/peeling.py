"""FRAUDAR's greedy peeling (Hooi et al., KDD 2016), as plain as it is: a yardstick, not a tool.

Edges into a section weigh 1 / log(degree + 5); nodes leave in the order of the least weight left,
and the state of the highest weight per node is the block.
"""

from __future__ import annotations

import heapq

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["densest_accounts"]


def densest_accounts(
    account: NDArray[np.integer], section: NDArray[np.integer], n_accounts: int, n_sections: int
) -> NDArray[np.intp]:
    """Accounts of the densest block of a bipartite graph.

    Args:
        account: Row of each edge's account; edges are distinct.
        section: Row of each edge's section.
        n_accounts: Number of accounts.
        n_sections: Number of sections.
    """
    degree = np.bincount(section, minlength=n_sections)
    weight = 1.0 / np.log(degree[section] + 5.0)
    left = np.concatenate([account, section + n_accounts]).astype(np.int64)
    right = np.concatenate([section + n_accounts, account]).astype(np.int64)
    order = np.argsort(left, kind="stable")
    n = n_accounts + n_sections
    offsets = np.searchsorted(left[order], np.arange(n + 1)).astype(np.int64)
    both = np.concatenate([weight, weight])[order]
    kept = _peel(offsets, right[order], both, n)
    return np.flatnonzero(kept[:n_accounts])


@njit(cache=True)
def _peel(
    offsets: NDArray[np.int64],
    neighbour: NDArray[np.int64],
    weight: NDArray[np.float64],
    n: int,
) -> NDArray[np.bool_]:
    """Marks the nodes of the best state; a heap holds stale entries, skipped when met."""
    mass = np.zeros(n)
    for node in range(n):
        for e in range(offsets[node], offsets[node + 1]):
            mass[node] += weight[e]
    total = mass.sum() / 2.0
    heap = [(mass[node], node) for node in range(n)]
    heapq.heapify(heap)
    gone = np.zeros(n, dtype=np.bool_)
    removed = np.empty(n, dtype=np.int64)
    best = total / n
    best_at = 0
    count = 0
    while count < n:
        value, node = heapq.heappop(heap)
        if gone[node] or value != mass[node]:
            continue
        gone[node] = True
        removed[count] = node
        count += 1
        total -= mass[node]
        for e in range(offsets[node], offsets[node + 1]):
            other = neighbour[e]
            if not gone[other]:
                mass[other] -= weight[e]
                heapq.heappush(heap, (mass[other], other))
        if count < n and total / (n - count) > best:
            best = total / (n - count)
            best_at = count
    kept = np.ones(n, dtype=np.bool_)
    for i in range(best_at):
        kept[removed[i]] = False
    return kept
