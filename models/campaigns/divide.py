"""A group that holds two pools, because both served the same sections, is divided by its accounts.

The sign is two deliveries of one group that share far fewer accounts than one pool would. They
seed a mixture of two kinds of accounts, each with its own rate of taking part in each delivery
(Bernoulli mixture, EM); the group is divided if that explains who was where better by BIC.
"""

from __future__ import annotations

import math
from typing import Any, Final, TypeAlias

import numpy as np
from scipy.sparse import csr_array

__all__ = ["divide"]

Array: TypeAlias = np.ndarray[Any, Any]

# Odds of a million to one that two deliveries of a group are not from one pool.
_CONFLICT: Final = math.log(1e6)
_ROUNDS: Final = 20
# Deliveries whose pairs are compared at most; larger groups are left whole.
_MOST_CELLS: Final = 1000
# Half an account on either side, so that no rate is 0 or 1.
_SMOOTH: Final = 0.5


def divide(label: Array, shared: csr_array, load: Array, acts: csr_array, cost: float) -> Array:
    """Labels of the deliveries, with groups of two pools divided; new ones get new numbers.

    Args:
        label: Group of each delivery.
        shared: Accounts that deliveries have in common.
        load: Weight of each delivery: load_i x load_j accounts would be shared inside a pool.
        acts: Accounts x deliveries, posteriors.
        cost: Part of that below which two deliveries are strangers.
    """
    result = label.copy()
    columns = acts.tocsc()
    waiting = [np.flatnonzero(label == g) for g in np.unique(label)]
    while waiting:
        cells = waiting.pop()
        side = _sides(cells, shared, load, columns, cost)
        if side is None:
            continue
        result[cells[side]] = result.max() + 1
        waiting += [cells[~side], cells[side]]
    return result


def _sides(cells: Array, shared: csr_array, load: Array, columns: Any, cost: float) -> Array | None:
    """Which deliveries the second pool led; None where one pool explains all."""
    if not 3 <= len(cells) <= _MOST_CELLS:
        return None
    own, weight = shared[cells][:, cells].toarray(), load[cells]
    worth = (own - cost * np.outer(weight, weight)) / cost
    np.fill_diagonal(worth, 0.0)
    worst = int(np.argmin(np.round(worth, 6)))
    if worth.flat[worst] > -_CONFLICT:
        return None
    one, two = divmod(worst, len(cells))
    there = columns[:, cells].tocsr()
    there = there[np.diff(there.indptr) >= 2]
    if there.shape[0] < 2 * len(cells):
        return None
    present = np.minimum(there.toarray(), 1.0)
    seed = 0.5 + 0.5 * (present[:, one] - present[:, two])
    first, gain = _mixture(present, seed)
    # What a second rate for every delivery costs (BIC).
    if gain < 0.5 * (len(cells) + 1) * math.log(len(present)):
        return None
    side: Array = (present * (1 - first)[:, None]).sum(axis=0) > (present * first[:, None]).sum(
        axis=0
    )
    return side if side.any() and not side.all() else None


def _mixture(present: Array, first: Array) -> tuple[Array, float]:
    """Each account's probability of the first kind, and the gain in ln likelihood over one kind."""
    whole = _rates(present, np.ones(len(present)))
    alone = _fit(present, whole).sum()
    both = np.zeros(len(present))
    for _ in range(_ROUNDS):
        part = float(np.clip(first.mean(), 0.01, 0.99))
        a = math.log(part) + _fit(present, _rates(present, first))
        b = math.log(1 - part) + _fit(present, _rates(present, 1 - first))
        both = np.logaddexp(a, b)
        first = np.exp(a - both)
    return first, float(both.sum() - alone)


def _rates(present: Array, weight: Array) -> Array:
    """Part of the weighted accounts in each delivery."""
    rate: Array = (weight @ present + _SMOOTH) / (weight.sum() + 2 * _SMOOTH)
    return rate


def _fit(present: Array, rate: Array) -> Array:
    """Ln likelihood of where each account was."""
    fit: Array = present @ np.log(rate) + (1 - present) @ np.log1p(-rate)
    return fit
