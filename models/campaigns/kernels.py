"""Numba kernels of campaign search: a bipartite graph's core and greedy peel, moves of a partition.

Peel after Hooi et al., "FRAUDAR" (KDD 2016): remove the node that holds least weight until none is
left and keep the best average on the way; within a factor of two of the densest block.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numba import njit

__all__ = ["core", "local_moves", "peel"]

Array: TypeAlias = np.ndarray[Any, Any]


@njit(cache=True)  # type: ignore[untyped-decorator, unused-ignore]
def core(
    left: Array, right: Array, n_left: int, n_right: int, least_left: int, least_right: int
) -> Array:
    """Marks edges of the largest part where left nodes keep >= least_left edges and right ones too.

    Every edge is looked at twice at most.

    Args:
        left: Left end of each edge; edges are distinct.
        right: Right end of each edge.
        n_left: Number of left nodes.
        n_right: Number of right nodes.
        least_left: Edges a left node needs.
        least_right: Edges a right node needs.
    """
    n = n_left + n_right
    degree = np.zeros(n, np.int64)
    for e in range(len(left)):
        degree[left[e]] += 1
        degree[n_left + right[e]] += 1
    offsets = np.zeros(n + 1, np.int64)
    offsets[1:] = np.cumsum(degree)
    edges, fill = np.empty(offsets[n], np.int64), offsets[:-1].copy()
    for e in range(len(left)):
        for node in (left[e], n_left + right[e]):
            edges[fill[node]] = e
            fill[node] += 1
    keep = np.ones(len(left), np.bool_)
    gone = np.zeros(n, np.bool_)
    queue, head, tail = np.empty(n, np.int64), 0, 0
    for node in range(n):
        if degree[node] < (least_left if node < n_left else least_right):
            gone[node], queue[tail] = True, node
            tail += 1
    while head < tail:
        node = queue[head]
        head += 1
        for k in range(offsets[node], offsets[node + 1]):
            e = edges[k]
            if not keep[e]:
                continue
            keep[e] = False
            other = n_left + right[e] if node < n_left else left[e]
            degree[other] -= 1
            least = least_left if other < n_left else least_right
            if not gone[other] and degree[other] < least:
                gone[other], queue[tail] = True, other
                tail += 1
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


@njit(cache=True)  # type: ignore[untyped-decorator, unused-ignore]
def local_moves(indptr: Array, indices: Array, shared: Array, load: Array, cost: float) -> Array:
    """Labels after moving single nodes, in their order, as long as that raises a sum.

    The sum runs over pairs i < j with one label: shared_ij - cost x load_i x load_j. A move needs
    a gain beyond rounding; of equal targets the one with the lowest label is taken.

    Args:
        indptr: Of the symmetric CSR matrix of `shared`, without a diagonal.
        indices: Its columns.
        shared: Its values.
        load: Weight of each node.
        cost: Price of what should be shared.
    """
    n = len(load)
    label = np.arange(n)
    total = load.copy()
    toward = np.zeros(n)
    touched = np.empty(n, np.int64)
    for _ in range(100):
        moves = 0
        for i in range(n):
            count = 0
            for k in range(indptr[i], indptr[i + 1]):
                other = label[indices[k]]
                if toward[other] == 0.0:
                    touched[count] = other
                    count += 1
                toward[other] += shared[k]
            own = label[i]
            total[own] -= load[i]
            stay = toward[own] - cost * load[i] * total[own]
            best, best_worth = own, max(stay, 0.0)
            for k in range(count):
                other = touched[k]
                worth = toward[other] - cost * load[i] * total[other]
                better = worth > best_worth + 1e-9
                if better or (worth > best_worth - 1e-9 and other < best and worth > stay + 1e-9):
                    best, best_worth = other, max(worth, best_worth)
            for k in range(count):
                toward[touched[k]] = 0.0
            total[best] += load[i]
            if best != own:
                label[i] = best
                moves += 1
        if moves == 0:
            break
    return label
