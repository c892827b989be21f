"""Which deliveries one pool of accounts explains: correlation clustering of their common accounts.

Two deliveries of n_i and n_j accounts out of a pool of M share about n_i n_j / M of them, whatever
their sizes; deliveries of different pools share next to none. With r_i, the typical share of
delivery i's partners, the expected number is lambda_ij = n_i n_j sqrt(r_i r_j), and

    ln P(shared | one pool) / P(shared | strangers) = shared ln(1 / rho) - (1 - rho) lambda_ij

where strangers share `rho` times as many. The partition that maximises the sum of this over all
pairs inside groups is searched by local moves and contraction (Blondel et al. 2008), closest pairs
first. The sum has
no global term, hence no smallest group that it could see (Fortunato & Barthelemy, PNAS 2007, on
modularity). Singleton parts and ties follow the content order of the deliveries.
"""

from __future__ import annotations

import math
from typing import Any, Final, TypeAlias

import numpy as np
from scipy.sparse import csr_array
from zhenzan.models.campaigns.divide import divide
from zhenzan.models.campaigns.kernels import local_moves

__all__ = ["partition"]

Array: TypeAlias = np.ndarray[Any, Any]

# Strangers share a tenth of what partners do: fans of the same posts, posteriors of passers-by.
_RHO: Final = 0.1
# The evidence is positive where shared / lambda exceeds (1 - rho) / ln(1 / rho) = 0.39. Closer ones
# are put together first: a section that two pools served is half as alike to either, and would
# else draw both together before either is whole.
_LEAST_ALIKE: Final = (0.8, 0.6, (1 - _RHO) / math.log(1 / _RHO))
# Pairs of deliveries that are compared; accounts in most deliveries are left out first, because
# whoever is everywhere tells least.
_MOST_PAIRS: Final = 20_000_000
_MOST_LEVELS: Final = 20


def partition(cell: Array, account: Array, p: Array) -> Array:
    """The group of each delivery; groups are numbered by their first delivery.

    Args:
        cell: Delivery of each act, numbered from 0 in content order.
        account: Account of each act.
        p: Posterior of each act; an account counts as much as its likeliest act.
    """
    n_cells = int(cell.max(initial=-1)) + 1
    incidence = _incidence(cell, account, p, n_cells)
    size = np.asarray(incidence.sum(axis=1), dtype=np.float64).ravel()
    shared = _without_diagonal(csr_array(incidence @ incidence.T))
    weight = size * np.sqrt(_partner_share(shared, size))
    label = np.arange(n_cells)
    graph, load = shared, weight
    for least in _LEAST_ALIKE:
        for _ in range(_MOST_LEVELS):
            moved = local_moves(graph.indptr, graph.indices, graph.data, load, least)
            joined, n = _numbered(moved)
            if n == len(load):
                break
            label = joined[label]
            graph, load = _contracted(graph, load, joined, n)
    divided = divide(label, shared, weight, csr_array(incidence.T), _LEAST_ALIKE[-1])
    return _numbered(divided)[0]


def _numbered(label: Array) -> tuple[Array, int]:
    """Labels renumbered by their first node, and how many there are."""
    _, first, inverse = np.unique(label, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[inverse], len(first)


def _incidence(cell: Array, account: Array, p: Array, n_cells: int) -> csr_array:
    """Deliveries x accounts, each account once with its largest posterior."""
    _, who = np.unique(account, return_inverse=True)
    n_accounts = int(who.max(initial=-1)) + 1
    pair, inverse = np.unique(cell * np.int64(max(n_accounts, 1)) + who, return_inverse=True)
    best = np.zeros(len(pair))
    np.maximum.at(best, inverse, p)
    row, column = pair // max(n_accounts, 1), pair % max(n_accounts, 1)
    degree = np.bincount(column, minlength=n_accounts)
    order = np.argsort(degree, kind="stable")
    within = np.cumsum(degree[order].astype(np.float64) ** 2) <= _MOST_PAIRS
    used = np.zeros(n_accounts, dtype=bool)
    # Accounts of equal degree stay or go together, so that no tie breaks by their order.
    used[order] = within if within.all() else degree[order] < degree[order][int(within.sum())]
    kept = used[column]
    return csr_array((best[kept], (row[kept], column[kept])), shape=(n_cells, n_accounts))


def _without_diagonal(matrix: csr_array) -> csr_array:
    flat = matrix.tocoo()
    i, j = flat.coords
    other = i != j
    kept = csr_array((flat.data[other], (i[other], j[other])), shape=matrix.shape)
    kept.sort_indices()
    return kept


def _partner_share(shared: csr_array, size: Array) -> Array:
    """By delivery: shared / (n_i n_j), averaged over its partners by what they share."""
    flat = shared.tocoo()
    i, j = flat.coords
    lift = flat.data / (size[i] * size[j])
    total = np.bincount(i, flat.data, minlength=len(size))
    mean = np.bincount(i, flat.data * lift, minlength=len(size))
    return np.divide(mean, total, out=np.zeros(len(size)), where=total > 0)


def _contracted(graph: csr_array, load: Array, label: Array, n: int) -> tuple[csr_array, Array]:
    """One node a group: common accounts and loads add up."""
    onto = csr_array((np.ones(len(label)), (label, np.arange(len(label)))), shape=(n, len(label)))
    return _without_diagonal(csr_array(onto @ graph @ onto.T)), np.bincount(
        label, load, minlength=n
    )
