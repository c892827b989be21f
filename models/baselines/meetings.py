"""Pairs of accounts that act close in time under the same target: what co-action methods count.

A pair of acts is looked at if it lies within `reach` places and `within_s` seconds in one stream.
Most pairs meet once and prove nothing to any of these methods. So accounts of one act are passed
over, a first pass counts pairs in small hashed counters, and a second one keeps those that may meet
again: memory follows the pairs that repeat, not all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["Meetings", "find_meetings"]

Ints = NDArray[np.int64]
Reals = NDArray[np.float64]

# 2^26 one-byte counters are 64 MB; ten counters a pair of acts would do for the stars (6e6 pairs).
_MOST_BITS: Final = 26
_FEWEST_BITS: Final = 12
_MIX: Final = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio (Knuth, TAOCP 6.4)


@dataclass(frozen=True, slots=True)
class Meetings:
    """Pairs of acts whose accounts meet at least twice.

    Attributes:
        left, right: Acts of each meeting, left before right.
        pair: Code of the pair of accounts of each meeting, by (lower, higher) account code.
        low, high: Accounts of each pair.
        count: Meetings of each pair.
        degree: Of every act, how many acts of others were looked at beside it.
    """

    left: Ints
    right: Ints
    pair: Ints
    low: Ints
    high: Ints
    count: Ints
    degree: Ints

    def shared_streams(self, stream: Ints) -> Ints:
        """In how many distinct streams each pair meets; `stream` is that of each act."""
        width = int(stream.max(initial=0)) + 1
        once = np.unique(self.pair * width + stream[self.left])
        return np.bincount(once // width, minlength=len(self.low)).astype(np.int64)


def find_meetings(
    stream: Ints, account: Ints, age_s: Reals, *, reach: int, within_s: float
) -> Meetings:
    """All meetings of pairs that meet at least twice.

    Args:
        stream: Of each act, sorted.
        account: Of each act; negative ones meet nobody.
        age_s: Of each act, ascending inside its stream.
        reach: Places looked ahead.
        within_s: Seconds looked ahead, inclusive.
    """
    bits = min(max(int(8 * len(stream) * min(reach, 16)).bit_length(), _FEWEST_BITS), _MOST_BITS)
    counters = np.zeros(1 << bits, np.uint8)
    repeats = np.zeros(len(account), bool)
    repeats[account >= 0] = (np.bincount(account[account >= 0]) > 1)[account[account >= 0]]
    kept, degree = _count(stream, account, age_s, repeats, reach, within_s, counters)
    left, right = _collect(stream, account, age_s, repeats, reach, within_s, counters, kept)
    low = np.minimum(account[left], account[right])
    high = np.maximum(account[left], account[right])
    width = int(account.max(initial=0)) + 1
    key, pair, count = np.unique(low * width + high, return_inverse=True, return_counts=True)
    again = count[pair] > 1  # a counter shared by chance is no second meeting
    renumber = np.cumsum(count > 1) - 1
    key, left, right, pair = key[count > 1], left[again], right[again], renumber[pair[again]]
    return Meetings(left, right, pair, key // width, key % width, count[count > 1], degree)


@njit(cache=True)
def _slot(a: int, b: int, mask: Any) -> Any:
    low, high = (a, b) if a < b else (b, a)
    mixed = (np.uint64(low) * _MIX) ^ (np.uint64(high) + (np.uint64(low) << np.uint64(32)))
    mixed *= _MIX
    return (mixed >> np.uint64(20)) & mask


@njit(cache=True)
def _count(
    stream: Any, account: Any, age: Any, repeats: Any, reach: int, within: float, counters: Any
) -> tuple[int, Any]:
    """Counts pairs by slot; returns meetings in slots met twice, and each act's neighbours."""
    mask = np.uint64(len(counters) - 1)
    n, kept = len(stream), 0
    degree = np.zeros(n, np.int64)
    for i in range(n):
        for j in range(i + 1, min(i + 1 + reach, n)):
            if stream[j] != stream[i] or age[j] - age[i] > within:
                break
            if account[i] != account[j] and account[i] >= 0 and account[j] >= 0:
                degree[i] += 1
                degree[j] += 1
                if not (repeats[i] and repeats[j]):
                    continue
                slot = _slot(account[i], account[j], mask)
                if counters[slot] < 255:
                    counters[slot] += 1
                kept += 2 if counters[slot] == 2 else int(counters[slot] > 2)
    return kept, degree


@njit(cache=True)
def _collect(
    stream: Any,
    account: Any,
    age: Any,
    repeats: Any,
    reach: int,
    within: float,
    counters: Any,
    kept: int,
) -> tuple[Any, Any]:
    """The pairs of acts in slots met twice, in order of the acts."""
    mask = np.uint64(len(counters) - 1)
    n, found = len(stream), 0
    left, right = np.empty(kept, np.int64), np.empty(kept, np.int64)
    for i in range(n):
        if not repeats[i]:
            continue
        for j in range(i + 1, min(i + 1 + reach, n)):
            if stream[j] != stream[i] or age[j] - age[i] > within:
                break
            if (
                repeats[j]
                and account[i] != account[j]
                and counters[_slot(account[i], account[j], mask)] > 1
            ):
                left[found], right[found] = i, j
                found += 1
    return left[:found], right[:found]
