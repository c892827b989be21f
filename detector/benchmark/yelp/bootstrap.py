"""Intervals of AUC and average precision: accounts are drawn whole, thresholds follow."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from zhenzan.models.metrics import Interval, interval

__all__ = ["account_intervals"]

Reals = NDArray[np.float64]

REPLICATES: Final = 200
_SEED: Final = 0


def account_intervals(
    score: Reals, positive: NDArray[np.bool_], account: NDArray[np.int64], replicates: int
) -> tuple[Interval, Interval]:
    """AUC and average precision with 95 % intervals; all reviews of an account go together.

    Args:
        score: Higher is more suspicious; ties are taken whole.
        positive: What is to be found.
        account: Code of each row's account.
        replicates: Draws of as many accounts as there are, with replacement.
    """
    names, code = np.unique(account, return_inverse=True)
    order = np.argsort(-score, kind="stable")
    ranked, found, code = score[order], positive[order], code[order]
    last = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True)[: len(ranked)])
    rng = np.random.default_rng(_SEED)
    rows = [_figures(found, np.ones(len(found)), last)]
    for _ in range(replicates):
        drawn = np.bincount(rng.integers(0, len(names), len(names)), minlength=len(names))
        rows.append(_figures(found, drawn[code].astype(np.float64), last))
    values = np.array(rows)
    return interval(values[:, 0]), interval(values[:, 1])


def _figures(found: NDArray[np.bool_], weight: Reals, last: NDArray[np.int64]) -> tuple[float, ...]:
    """Weighted AUC and average precision over rows in falling order of their score."""
    hits = np.cumsum(np.where(found, weight, 0.0))[last]
    misses = np.cumsum(np.where(found, 0.0, weight))[last]
    if not len(last) or hits[-1] == 0 or misses[-1] == 0:
        return float("nan"), float("nan")
    hit, miss = np.diff(hits, prepend=0.0), np.diff(misses, prepend=0.0)
    area = float((hit * (misses[-1] - misses + miss / 2)).sum() / (hits[-1] * misses[-1]))
    precision = hits / np.maximum(hits + misses, 1e-300)
    return area, float((hit * precision).sum() / hits[-1])
