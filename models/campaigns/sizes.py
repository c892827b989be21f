"""The size an order was sold in: posteriors over the sizes of price lists and "no such size".

The number delivered is known with an error. Under an order of Q it lies evenly in [Q, 1.1 Q]
(sellers deliver up to a tenth more); under "no size", evenly on a log scale over all that sellers
deliver. Orders of one campaign share how common each size is: each learns it from the others.
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import numpy as np
from scipy.special import ndtr
from zhenzan.models.campaigns.config import QUANTA

__all__ = ["count_of_size", "main_size", "named_sizes", "size_posterior"]

Array: TypeAlias = np.ndarray[Any, Any]

# Half of all deliveries come in no such size: surplus from elsewhere, losses, several orders on one
# target. The prior weighs as much as two orders, so that two more do not yet make a habit.
_NO_SIZE: Final = 0.5
_PRIOR_ORDERS: Final = 2.0
# Deliveries of 10 to 2,000 acts; farms of the largest study delivered 317-1,038 (De Cristofaro).
_LEAST, _MOST = 10.0, 2000.0
# Even a sharp posterior is a sum of fractions.
_LEAST_ERROR: Final = 0.5
_ROUNDS: Final = 50


def size_posterior(delivered: Array, error: Array, over: float) -> Array:
    """Posterior of each delivery (row) over `QUANTA` and, in the last column, no such size.

    Args:
        delivered: Acts delivered to each stream.
        error: Standard error of each.
        over: Largest share delivered beyond the order.
    """
    likelihood = _likelihood(np.asarray(delivered, float), np.asarray(error, float), over)
    n = len(QUANTA)
    prior = np.append(np.full(n, (1 - _NO_SIZE) / n), _NO_SIZE)
    posterior = _normal(likelihood * prior)
    # A vague number teaches little: its weight is the information in its own posterior.
    bits = -np.sum(posterior * np.log(np.maximum(posterior, 1e-300)), axis=1)
    sharp = 1 - bits[:, None] / np.log(n + 1)
    for _ in range(_ROUNDS):
        # Each delivery learns from the others only: one number must not confirm itself.
        taught = sharp * posterior
        counts = taught.sum(axis=0) - taught + _PRIOR_ORDERS * prior
        posterior, before = _normal(likelihood * counts), posterior
        if np.abs(posterior - before).max(initial=0.0) < 1e-9:
            break
    return posterior


def named_sizes(posterior: Array) -> list[tuple[int, float] | None]:
    """Each delivery's size with its probability; None where none is likelier than not."""
    best = posterior[:, :-1].argmax(axis=1)
    chance = posterior[np.arange(len(posterior)), best]
    return [(QUANTA[b], float(c)) if c >= 0.5 else None for b, c in zip(best, chance, strict=True)]


def main_size(posterior: Array) -> int | None:
    """The size most orders have; None unless half of them have the same one."""
    if not len(posterior):
        return None
    expected = np.round(posterior[:, :-1].sum(axis=0), 9)
    place = len(expected) - 1 - int(np.argmax(expected[::-1]))
    count = int(np.count_nonzero(posterior[:, place] >= 0.5))
    return QUANTA[place] if count and 2 * count >= len(posterior) else None


def count_of_size(delivered: Array, size: int | None, over: float) -> int:
    """Deliveries whose number, as it stands, is that of an order of this size and up to a tenth.

    Half an act of slack on either side, because delivered acts are sums of posteriors.
    """
    if size is None:
        return 0
    fits = (delivered >= size - 0.5) & (delivered <= size * (1 + over) + 0.5)
    return int(np.count_nonzero(fits))


def _likelihood(delivered: Array, error: Array, over: float) -> Array:
    """Density of each delivered number under each size and under none."""
    error = np.maximum(error, _LEAST_ERROR)[:, None]
    n = delivered[:, None]
    size = np.array(QUANTA, dtype=np.float64)[None, :]
    end = size * (1 + over)
    sized = (ndtr((end - n) / error) - ndtr((size - n) / error)) / (end - size)
    none = 1 / (np.clip(n, _LEAST, None) * np.log(_MOST / _LEAST))
    return np.concatenate([sized, none], axis=1)


def _normal(rows: Array) -> Array:
    result: Array = rows / rows.sum(axis=1, keepdims=True)
    return result
