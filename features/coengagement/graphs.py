"""Compiled figures of the graph of pairs: cores, clustering, and who came first where.

Pairs are sorted codes `lower * accounts + higher`; linear in the pairs and the acts.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray
from zhenzan.features.coengagement import kernels

__all__ = ["clustering", "core_numbers", "neighbours", "pair_visits"]

Codes = NDArray[np.int64]
Keys = NDArray[np.uint64]

# Of more pairs of neighbours than this a sample is looked at: the standard error is 0.04 at most.
_WEDGES: Final = 128
_GAMMA = np.uint64(0x9E3779B97F4A7C15)


def neighbours(pairs: Codes, n: int, ranks: Keys) -> tuple[Codes, Codes]:
    """Neighbours of each account, in the order of their content; and where each account's begin."""
    width = max(n, 1)
    ends = np.concatenate([pairs // width, pairs % width])
    others = np.concatenate([pairs % width, pairs // width])
    order = np.lexsort((ranks[others], ends))
    starts = np.concatenate([[0], np.cumsum(np.bincount(ends, minlength=n))]).astype(np.int64)
    return others[order], starts


@njit(cache=True)
def core_numbers(others: Codes, starts: Codes) -> Codes:
    """The largest k for which each account is in a group where everybody has k neighbours in it.

    Bucket peeling of Batagelj and Zaversnik (2003).
    """
    n = len(starts) - 1
    degree = starts[1:] - starts[:-1]
    core = degree.copy()
    most = degree.max() if n else 0
    first = np.zeros(most + 2, dtype=np.int64)
    for d in degree:
        first[d + 1] += 1
    first = np.cumsum(first)
    order, place, at = np.empty(n, np.int64), np.empty(n, np.int64), first.copy()
    for v in range(n):
        place[v] = at[degree[v]]
        order[place[v]] = v
        at[degree[v]] += 1
    for i in range(n):
        v = order[i]
        for u in others[starts[v] : starts[v + 1]]:
            if core[u] > core[v]:
                w = order[first[core[u]]]
                order[place[u]], order[first[core[u]]] = w, u
                place[w], place[u] = place[u], first[core[u]]
                first[core[u]] += 1
                core[u] -= 1
    return core


@njit(cache=True)
def clustering(others: Codes, starts: Codes, pairs: Codes, ranks: Keys) -> NDArray[np.float64]:
    """Share of the pairs of an account's neighbours that are a pair themselves (sampled above 128).

    NaN below two neighbours.
    """
    n = len(starts) - 1
    out = np.full(n, np.nan)
    for v in range(n):
        d = starts[v + 1] - starts[v]
        if d < 2:
            continue
        closed, looked = 0, 0
        if d * (d - 1) // 2 <= _WEDGES:
            for i in range(starts[v], starts[v + 1]):
                for j in range(i + 1, starts[v + 1]):
                    a, b = min(others[i], others[j]), max(others[i], others[j])
                    closed, looked = closed + kernels.holds(pairs, a * n + b), looked + 1
        else:
            for k in range(_WEDGES):
                drawn = kernels.mix(ranks[v] + np.uint64(k + 1) * _GAMMA)
                one = np.int64(drawn % np.uint64(d))
                two = (one + 1 + np.int64((drawn >> np.uint64(32)) % np.uint64(d - 1))) % d
                x, y = others[starts[v] + one], others[starts[v] + two]
                a, b = min(x, y), max(x, y)
                closed, looked = closed + kernels.holds(pairs, a * n + b), looked + 1
        out[v] = closed / looked
    return out


@njit(cache=True)
def pair_visits(
    account: Codes, section: Codes, stream: Codes, t: Codes, places: int, within_ms: int,
    accounts: int, pairs: Codes, busy: NDArray[np.bool_],
) -> Any:  # fmt: skip
    """Where the pairs met and who came first: a row a meeting of neighbours, in two passes.

    Returns:
        Position of the pair, section, and 1 where the lower account came first, -1 where the
        higher, 0 at the same time.
    """
    which = np.empty(0, dtype=np.int64)
    where, order = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    for fill in range(2):
        filled = 0
        for i in range(len(t)):
            if not busy[account[i]]:
                continue
            for j in range(i + 1, min(i + places + 1, len(t))):
                if stream[j] != stream[i] or t[j] - t[i] > within_ms:
                    break
                a, b = min(account[i], account[j]), max(account[i], account[j])
                if a == b or not (busy[a] and busy[b]):
                    continue
                at = np.searchsorted(pairs, a * accounts + b)
                if at == len(pairs) or pairs[at] != a * accounts + b:
                    continue
                if fill:
                    which[filled], where[filled] = at, section[i]
                    lower_first = 1 if account[i] == a else -1
                    order[filled] = 0 if t[i] == t[j] else lower_first
                filled += 1
        if fill == 0:
            which = np.empty(filled, dtype=np.int64)
            where, order = np.empty(filled, np.int64), np.empty(filled, np.int64)
    return which, where, order
