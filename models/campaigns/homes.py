"""Which group each act belongs to, where one delivery may have been served by several.

Deliveries are partitioned first. An account then is at home in the group that served most of its
deliveries, and its acts go there as well where its group visibly took part.
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import numpy as np
from scipy.sparse import csr_array
from zhenzan.models.campaigns.config import CampaignConfig
from zhenzan.models.campaigns.partition import partition

__all__ = ["groups_of_acts"]

Array: TypeAlias = np.ndarray[Any, Any]

# Homes depend on who served a delivery and the other way round; two turns settle nearly all.
_ROUNDS: Final = 2
# A group with a smaller part of a delivery says nothing about where its accounts are at home.
_LEAST_PART: Final = 0.1


def groups_of_acts(cell: Array, account: Array, p: Array, config: CampaignConfig) -> Array:
    """The group of each act: its delivery's, or its account's where that group served it as well.

    A group served a delivery of another one if its accounts make up there a good part of what
    they are in its own deliveries; a few who work for both sides do not.

    Args:
        cell: Delivery of each act, numbered from 0 in content order.
        account: Account of each act.
        p: Posterior of each act.
        config: Settings.
    """
    label = partition(cell, account, p)
    n_groups = int(label.max()) + 1
    _, who = np.unique(account, return_inverse=True)
    acts = csr_array((p, (who, cell)), shape=(int(who.max()) + 1, len(label)))
    own = csr_array((np.ones(len(label)), (np.arange(len(label)), label)))
    home = _heaviest(acts @ own, np.zeros(acts.shape[0], dtype=np.int64))
    for _ in range(_ROUNDS):
        there, of, mass, _ = _parties(cell, home[who], p, n_groups)
        part = mass / np.bincount(there, mass)[there]
        kept = (part >= _LEAST_PART) | (label[there] == of)
        parts = csr_array((part[kept], (there[kept], of[kept])), shape=(len(label), n_groups))
        home = _heaviest(acts @ parts, home)
    there, of, mass, place = _parties(cell, home[who], p, n_groups)
    native = label[there] == of
    usual = _usual(of[native], mass[native], n_groups)
    served = native | (mass >= np.maximum(config.min_accounts, config.served_share * usual[of]))
    result: Array = np.where(served[place], home[who], label[cell])
    return result


def _parties(
    cell: Array, home: Array, p: Array, n_groups: int
) -> tuple[Array, Array, Array, Array]:
    """Delivery, group and mass of each pair that occurs, and the pair of each act."""
    key, place = np.unique(cell * np.int64(n_groups) + home, return_inverse=True)
    return key // n_groups, key % n_groups, np.bincount(place, p), place


def _heaviest(worth: csr_array, otherwise: Array) -> Array:
    """By row the column of the largest value, the first of equals; `otherwise` for empty rows."""
    flat = worth.tocoo()
    row, column = flat.coords
    order = np.lexsort((column, -np.round(flat.data, 9), row))
    first = np.flatnonzero(np.r_[True, np.diff(row[order]) != 0][: len(order)])
    result = otherwise.copy()
    result[row[order[first]]] = column[order[first]]
    return result


def _usual(group: Array, mass: Array, n_groups: int) -> Array:
    """Median mass of each group in its own deliveries; infinite where it has none."""
    order = np.lexsort((mass, group))
    starts = np.flatnonzero(np.r_[True, np.diff(group[order]) != 0][: len(order)])
    ends = np.r_[starts[1:], len(order)]
    usual = np.full(n_groups, np.inf)
    usual[group[order[starts]]] = mass[order[(starts + ends) // 2]]
    return usual
