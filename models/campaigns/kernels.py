"""Numba kernels of campaign search: the core of a bipartite graph and its greedy peel.

Peel after Hooi et al., "FRAUDAR" (KDD 2016): remove the node that holds least weight until none is
left and keep the best average on the way; within a factor of two of the densest block.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numba import njit

__all__ = ["core", "peel"]

Array: TypeAlias = np.ndarray[Any, Any]


@njit(cache=True)  # type: ignore[untyped-decorator, unused-ignore]
def core(
    left: Array, right: Array, n_left: int, n_right: int, least_left: int, least_right: int
) -> Array:
    """Marks edges of the largest part where left nodes keep >= least_left edges and right ones too.

    Args:
        left: Left end of each edge; edges are distinct.
        right: Right end of each edge.
        n_left: Number of left nodes.
        n_right: Number of right nodes.
        least_left: Edges a left node needs.
        least_right: Edges a right node needs.
    """
    degree_left = np.zeros(n_left, np.int64)
    degree_right = np.zeros(n_right, np.int64)
    for e in range(len(left)):
        degree_left[left[e]] += 1
        degree_right[right[e]] += 1
    keep = np.ones(len(left), np.bool_)
    changed = True
    while changed:
        changed = False
        for e in range(len(left)):
            if keep[e] and (
                degree_left[left[e]] < least_left or degree_right[right[e]] < least_right
            ):
                keep[e] = False
                degree_left[left[e]] -= 1
                degree_right[right[e]] -= 1
                changed = True
    return keep


@njit(cache=True)  # type: ignore[untyped-decorator, unused-ignore]
def _before(a: int, b: int, weight: Array) -> bool:
    """Whether node a leaves before node b: lighter first, then the one later in content order."""
    if weight[a] != weight[b]:
        return bool(weight[a] < weight[b])
    return a > b


@njit(cache=True)  # type: ignore[untyped-decorator, unused-ignore]
def _sift_down(heap: Array, place: Array, weight: Array, start: int, size: int) -> None:
    i = start
    while True:
        child = 2 * i + 1
        if child >= size:
            return
        if child + 1 < size and _before(heap[child + 1], heap[child], weight):
            child += 1
        if not _before(heap[child], heap[i], weight):
            return
        heap[i], heap[child] = heap[child], heap[i]
        place[heap[i]], place[heap[child]] = i, child
        i = child


@njit(cache=True)  # type: ignore[untyped-decorator, unused-ignore]
def _sift_up(heap: Array, place: Array, weight: Array, start: int) -> None:
    i = start
    while i > 0:
        parent = (i - 1) // 2
        if not _before(heap[i], heap[parent], weight):
            return
        heap[i], heap[parent] = heap[parent], heap[i]
        place[heap[i]], place[heap[parent]] = i, parent
        i = parent


@njit(cache=True)  # type: ignore[untyped-decorator, unused-ignore]
def peel(left: Array, right: Array, edge_weight: Array, n_left: int, n_right: int) -> Array:
    """Marks the nodes (left ones, then right ones) of the densest block on the greedy path.

    Density is the weight of the edges inside over the number of nodes. Nodes without an edge are
    never marked. O(edges x log nodes).

    Args:
        left: Left end of each edge, in [0, n_left).
        right: Right end of each edge, in [0, n_right).
        edge_weight: Non-negative weights.
        n_left: Number of left nodes.
        n_right: Number of right nodes.
    """
    n = n_left + n_right
    weight, degree = np.zeros(n), np.zeros(n + 1, np.int64)
    total = 0.0
    for e in range(len(left)):
        for node in (left[e], n_left + right[e]):
            weight[node] += edge_weight[e]
            degree[node + 1] += 1
        total += edge_weight[e]
    offsets = np.cumsum(degree)
    neighbour, through = np.empty(offsets[n], np.int64), np.empty(offsets[n])
    fill = offsets[:-1].copy()
    for e in range(len(left)):
        a, b = left[e], n_left + right[e]
        neighbour[fill[a]], through[fill[a]] = b, edge_weight[e]
        neighbour[fill[b]], through[fill[b]] = a, edge_weight[e]
        fill[a] += 1
        fill[b] += 1
    heap = np.empty(n, np.int64)
    place = np.full(n, -1, np.int64)
    size = 0
    for node in range(n):
        if offsets[node + 1] > offsets[node]:
            heap[size], place[node] = node, size
            size += 1
    for i in range(size // 2 - 1, -1, -1):
        _sift_down(heap, place, weight, i, size)
    gone = np.empty(size, np.int64)
    best, best_at, n_all = -1.0, 0, size
    for step in range(n_all):
        density = total / size
        if density > best + 1e-12:
            best, best_at = density, step
        node = heap[0]
        size -= 1
        heap[0] = heap[size]
        place[heap[0]], place[node] = 0, -1
        _sift_down(heap, place, weight, 0, size)
        gone[step] = node
        for k in range(offsets[node], offsets[node + 1]):
            other = neighbour[k]
            if place[other] >= 0:
                weight[other] -= through[k]
                total -= through[k]
                _sift_up(heap, place, weight, place[other])
    inside = np.zeros(n, np.bool_)
    for step in range(best_at, n_all):
        inside[gone[step]] = True
    return inside
