"""Compiled text similarity: the longest common subsequence, many characters at a time."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["alike", "common"]

_SLOTS: Final = 128  # of the table of one block: twice its 64 characters
_ONE: Final = np.uint64(1)
_ALL: Final = np.uint64(0xFFFFFFFFFFFFFFFF)


@njit(cache=True)
def common(points: NDArray[np.uint32], a: int, a_end: int, b: int, b_end: int) -> Any:
    """Length of the longest common subsequence of two runs of code points.

    Bit-parallel (Hyyro 2004): 64 characters of the first text a step, block after block, the
    carries of a block kept for the next, so that memory grows with the second text only.
    """
    n = b_end - b
    many = a_end - a > 64
    carries = np.zeros(n if many else 1, dtype=np.uint8)
    keys = np.empty(_SLOTS, dtype=np.uint32)
    masks = np.empty(_SLOTS, dtype=np.uint64)
    total = 0
    for start in range(a, a_end, 64):
        masks[:] = np.uint64(0)
        size = min(64, a_end - start)
        for k in range(size):
            slot = _slot(points[start + k], keys, masks)
            keys[slot] = points[start + k]
            masks[slot] |= _ONE << np.uint64(k)
        row = _ALL
        for j in range(n):
            found = masks[_slot(points[b + j], keys, masks)]
            both = row & found
            raised = row + both
            over = raised < row
            if many:
                carried = raised + np.uint64(carries[j])
                carries[j] = over or carried < raised
                raised = carried
            row = raised | (row & ~found)
        left = ~row if size == 64 else ~row & ((_ONE << np.uint64(size)) - _ONE)
        while left:
            left &= left - _ONE
            total += 1
    return total


@njit(cache=True)
def _slot(point: np.uint32, keys: NDArray[np.uint32], masks: NDArray[np.uint64]) -> Any:
    """Where a character stands in the table, or the free place where it would."""
    slot = (int(point) * 40503) & (_SLOTS - 1)
    while masks[slot] != 0 and keys[slot] != point:
        slot = (slot + 1) & (_SLOTS - 1)
    return slot


@njit(cache=True)
def alike(
    points: NDArray[np.uint32], offsets: NDArray[np.int64], a: int, b: int, percent: float
) -> Any:
    """Length of the common subsequence of two texts where they are alike, else -1.

    Alike: twice the common length is at least `percent` of both lengths together (the Indel
    similarity).
    """
    first, second = offsets[a + 1] - offsets[a], offsets[b + 1] - offsets[b]
    both = percent * (first + second)
    if 200 * min(first, second) < both:
        return -1
    shared = common(points, offsets[a], offsets[a + 1], offsets[b], offsets[b + 1])
    return shared if 200 * shared >= both else -1
