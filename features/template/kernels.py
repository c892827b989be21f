"""Compiled MinHash over the character shingles of normal forms, and the bands of its signatures."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["BANDS", "HASHES", "ROWS", "minhash", "mix"]

# 20 bands of 3 rows: a pair of Jaccard similarity 0.5 meets with probability 0.93, one of 0.2 with
# 0.15 (1 - (1 - J^3)^20); what meets is verified, so that generous bands cost time only.
BANDS: Final = 20
ROWS: Final = 3
HASHES: Final = BANDS * ROWS

_GAMMA: Final = np.uint64(0x9E3779B97F4A7C15)


@njit(cache=True)
def mix(x: np.uint64) -> Any:
    """SplitMix64 finaliser (Steele, Lea, Flood 2014): a good 64-bit hash of an integer."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


@njit(cache=True)
def minhash(points: NDArray[np.uint32], offsets: NDArray[np.int64], wide: NDArray[np.bool_]) -> Any:
    """Signatures of texts.

    Args:
        points: Code points of all texts, one after another.
        offsets: Where each text begins, and the end.
        wide: Whether a text is mostly Chinese, Japanese or Korean; shingles are two characters
            then and four otherwise: about a word.

    Returns:
        uint32 (texts, HASHES) signatures and uint64 (texts, BANDS) band keys.
    """
    n = len(offsets) - 1
    signatures = np.empty((n, HASHES), dtype=np.uint32)
    keys = np.empty((n, BANDS), dtype=np.uint64)
    for i in range(n):
        size = 2 if wide[i] else 4
        least = np.full(HASHES, 0xFFFFFFFF, dtype=np.uint32)
        for start in range(offsets[i], max(offsets[i + 1] - size, offsets[i]) + 1):
            code = np.uint64(size)
            for k in range(start, min(start + size, offsets[i + 1])):
                code = mix((code + np.uint64(points[k])) * _GAMMA)
            for h in range(HASHES):
                value = np.uint32(mix(code + np.uint64(h + 1) * _GAMMA) >> np.uint64(32))
                if value < least[h]:
                    least[h] = value
        signatures[i] = least
        for b in range(BANDS):
            key = np.uint64(b + 1)
            for r in range(ROWS):
                key = mix((key + np.uint64(least[b * ROWS + r])) * _GAMMA)
            keys[i, b] = key
    return signatures, keys
