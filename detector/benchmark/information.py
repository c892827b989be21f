"""How alike two groupings of the same things are, chance taken off."""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import numpy as np
from scipy.special import gammaln, xlogy

__all__ = ["adjusted_mutual_information"]

Array: TypeAlias = np.ndarray[Any, Any]

# Below this the mean entropy is no more than the expected information: nothing to normalise by.
_NOTHING: Final = 1e-12


def adjusted_mutual_information(one: Array, two: Array) -> float:
    """Mutual information beyond that of random groups of the same sizes, 1 for the same grouping.

    Vinh, Epps & Bailey, "Information Theoretic Measures for Clusterings Comparison" (JMLR 2010),
    with the mean of both entropies as the upper bound. Two groupings that are all in one, or all
    apart, are the same and give 1.

    Args:
        one: Group of each thing.
        two: Its group in the other grouping.
    """
    _, a = np.unique(one, return_inverse=True)
    _, b = np.unique(two, return_inverse=True)
    n = len(a)
    sizes_a, sizes_b = np.bincount(a), np.bincount(b)
    if len(sizes_a) == len(sizes_b) and len(sizes_a) in (0, 1, n):
        return 1.0
    pair, common = np.unique(a * np.int64(len(sizes_b)) + b, return_counts=True)
    i, j = pair // len(sizes_b), pair % len(sizes_b)
    information = float(
        np.sum(common / n * np.log(n * common / (sizes_a[i] * sizes_b[j].astype(np.float64))))
    )
    expected = sum(
        int(many_a) * int(many_b) * _expected(int(x), int(y), n)
        for x, many_a in zip(*np.unique(sizes_a, return_counts=True), strict=True)
        for y, many_b in zip(*np.unique(sizes_b, return_counts=True), strict=True)
    )
    bound = (_entropy(sizes_a, n) + _entropy(sizes_b, n)) / 2
    if abs(bound - expected) < _NOTHING:
        return 0.0
    return (information - expected) / (bound - expected)


def _entropy(sizes: Array, n: int) -> float:
    return float(-np.sum(xlogy(sizes / n, sizes / n)))


def _expected(x: int, y: int, n: int) -> float:
    """Information that groups of x and y of n things share by chance (hypergeometric)."""
    k = np.arange(max(1, x + y - n), min(x, y) + 1)
    log_chance = (
        gammaln(x + 1) - gammaln(k + 1) - gammaln(x - k + 1)
        + gammaln(n - x + 1) - gammaln(y - k + 1) - gammaln(n - x - y + k + 1)
        - gammaln(n + 1) + gammaln(y + 1) + gammaln(n - y + 1)
    )  # fmt: skip
    return float(np.sum(k / n * np.log(n * k / (float(x) * y)) * np.exp(log_chance)))
