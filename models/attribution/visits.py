"""Who went where, without times: distinct (account, section) pairs in an order by content.

Without times most codes of `events.py` are told apart by their ids. Here accounts and sections are
ranked by what surrounds them instead: their degrees, the degrees of their neighbours, and so on
(colour refinement, Weisfeiler and Lehman 1968), so that another spelling of ids changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["Visits", "build_visits"]

Ints = NDArray[np.int64]

# Rounds of refinement: three tell nearly all accounts with two visits apart, and more cost time.
_ROUNDS: Final = 3


@dataclass(frozen=True, slots=True)
class Visits:
    """The bipartite graph, sorted by account and section.

    Attributes:
        account, section: Codes of each visit, in an order by content.
        life: Where the visits of each account begin.
        by_section: Visits sorted by section and account. audience: Where each section begins there.
        place: Place of each visit within its section.
        edge: Visit of each act given; -1 for unknown accounts.
        account_of, section_of: The caller's code of each account and section.
    """

    account: Ints
    section: Ints
    life: Ints
    by_section: Ints
    audience: Ints
    place: Ints
    edge: Ints
    account_of: Ints
    section_of: Ints

    @property
    def n(self) -> int:
        """Distinct visits."""
        return len(self.account)


def build_visits(account: Ints, section: Ints) -> Visits:
    """The graph of some acts; unknown accounts (-1) take no part."""
    known = np.flatnonzero(account >= 0)
    account_of, a = np.unique(account[known], return_inverse=True)
    section_of, s = np.unique(section[known], return_inverse=True)
    pair, edge_of = np.unique(a * max(len(section_of), 1) + s, return_inverse=True)
    a, s = pair // max(len(section_of), 1), pair % max(len(section_of), 1)
    hash_a, hash_s = _refine(a, s, len(account_of), len(section_of), _ROUNDS)
    by_a, by_s = np.argsort(hash_a, kind="stable"), np.argsort(hash_s, kind="stable")
    a, s = _rank(by_a)[a], _rank(by_s)[s]
    order = np.lexsort((s, a))
    a, s = a[order], s[order]
    by_section = np.lexsort((a, s))
    audience = np.searchsorted(s[by_section], np.arange(len(section_of) + 1))
    place = np.empty(len(a), np.int64)
    place[by_section] = np.arange(len(a)) - audience[s[by_section]]
    edge = np.full(len(account), -1, np.int64)
    edge[known] = _rank(order)[edge_of]
    return Visits(
        a, s, np.searchsorted(a, np.arange(len(account_of) + 1)), by_section, audience, place,
        edge, account_of[by_a], section_of[by_s],
    )  # fmt: skip


def _rank(order: Ints) -> Ints:
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return rank


@njit(cache=True)
def _mix(x: Any) -> Any:
    """A bijection of 64 bits that spreads every bit (finaliser of MurmurHash3, Appleby 2011)."""
    x ^= x >> np.uint64(33)
    x *= np.uint64(0xFF51AFD7ED558CCD)
    x ^= x >> np.uint64(33)
    x *= np.uint64(0xC4CEB9FE1A85EC53)
    return x ^ (x >> np.uint64(33))


@njit(cache=True)
def _refine(a: Any, s: Any, n_a: int, n_s: int, rounds: int) -> tuple[Any, Any]:
    """Hashes of accounts and sections by their surroundings; sums, so no order matters."""
    hash_a, hash_s = np.zeros(n_a, np.uint64), np.zeros(n_s, np.uint64)
    for e in range(len(a)):
        hash_a[a[e]] += np.uint64(1)
        hash_s[s[e]] += np.uint64(1)
    for _ in range(rounds):
        new_a, new_s = np.zeros(n_a, np.uint64), np.zeros(n_s, np.uint64)
        for e in range(len(a)):
            new_a[a[e]] += _mix(hash_s[s[e]] + np.uint64(0x9E3779B97F4A7C15))
            new_s[s[e]] += _mix(hash_a[a[e]])
        for k in range(n_a):
            hash_a[k] = _mix(new_a[k] + hash_a[k])
        for k in range(n_s):
            hash_s[k] = _mix(new_s[k] + hash_s[k])
    return hash_a, hash_s
