"""Company: how much of its other life an account shares with those who arrive beside it (step 4).

Two accounts *meet* in a section when they act within `neighbours` places and `within_s` seconds of
each other in one of its streams. The company of an act is the mean, over the accounts beside it, of
the other sections in which the pair meets, against what both visited. Accounts seen in one section
have no other life: they are no neighbours and get no company (NaN).

Cost is linear: at most `neighbours` pairs an act, and a first pass over counters drops the pairs
that meet once before anything is sorted.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray
from zhenzan.models.attribution.config import AttributionConfig
from zhenzan.models.attribution.events import Events

__all__ = ["company"]

Ints = NDArray[np.int64]
Reals = NDArray[np.float64]

# 2^26 counters of one byte (64 MB): a million acts make 3e7 pairs, so that a third of those that
# meet once pass the first pass by chance; a second, exact pass removes them.
_COUNTER_BITS: Final = 26
_MIX: Final = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio (Knuth, TAOCP 6.4)


def company(events: Events, config: AttributionConfig) -> Reals:
    """Company of every timed act, from 0 up; NaN where the account was seen in one section only."""
    known = np.flatnonzero(events.account >= 0)
    social = known[events.n_sections[events.account[known]] > 1]
    values = np.full(events.n, np.nan)
    if not len(social):
        return values
    stream, account = events.stream[social], events.account[social]
    age = events.age_s[social]
    counters = np.zeros(1 << min(_COUNTER_BITS, _bits(len(social))), np.uint8)
    reach, within = config.neighbours, config.within_s
    survivors = _count(stream, account, age, reach, within, counters)
    left, right, degree = _collect(stream, account, age, reach, within, counters, survivors)
    section = events.section[social]
    other = _other_meetings(account, section, left, right)
    visited = np.maximum(events.n_sections[account].astype(np.float64), 1.0)
    shared = np.minimum(other, config.max_meetings)
    shared = shared / np.sqrt(visited[left] * visited[right])
    total = np.bincount(left, shared, len(social)) + np.bincount(right, shared, len(social))
    values[social] = total / np.maximum(degree, config.company_pseudo)
    return values


def _bits(n: int) -> int:
    """Counters for eight times the acts, at least a thousand."""
    return max(int(n * 8).bit_length(), 10)


@njit(cache=True)
def _slot(a: int, b: int, mask: Any) -> Any:
    low, high = (a, b) if a < b else (b, a)
    mixed = (np.uint64(low) * _MIX) ^ (np.uint64(high) + (np.uint64(low) << np.uint64(32)))
    mixed *= _MIX
    return (mixed >> np.uint64(20)) & mask


@njit(cache=True)
def _count(
    stream: Ints, account: Ints, age: Reals, reach: int, within: float, counters: NDArray[np.uint8]
) -> int:
    """First pass: counts pairs by slot; returns how many pairs fall into a slot met twice."""
    mask = np.uint64(len(counters) - 1)
    n, survivors = len(stream), 0
    for i in range(n):
        for j in range(i + 1, min(i + 1 + reach, n)):
            if stream[j] != stream[i] or age[j] - age[i] > within:
                break
            if account[i] != account[j]:
                slot = _slot(account[i], account[j], mask)
                if counters[slot] < 255:
                    counters[slot] += 1
                survivors += 2 if counters[slot] == 2 else int(counters[slot] > 2)
    return survivors


@njit(cache=True)
def _collect(
    stream: Ints, account: Ints, age: Reals, reach: int, within: float,
    counters: NDArray[np.uint8], survivors: int,
) -> tuple[Ints, Ints, Reals]:  # fmt: skip
    """Second pass: the pairs that may meet again, and how many neighbours each act has."""
    mask = np.uint64(len(counters) - 1)
    n, found = len(stream), 0
    left, right = np.empty(survivors, np.int64), np.empty(survivors, np.int64)
    degree = np.zeros(n)
    for i in range(n):
        for j in range(i + 1, min(i + 1 + reach, n)):
            if stream[j] != stream[i] or age[j] - age[i] > within:
                break
            if account[i] != account[j]:
                degree[i] += 1.0
                degree[j] += 1.0
                if counters[_slot(account[i], account[j], mask)] > 1:
                    left[found], right[found] = i, j
                    found += 1
    return left[:found], right[:found], degree


def _other_meetings(account: Ints, section: Ints, left: Ints, right: Ints) -> Reals:
    """For each pair of acts, the sections other than their own in which the two accounts meet."""
    if not len(left):
        return np.zeros(0)
    low = np.minimum(account[left], account[right])
    high = np.maximum(account[left], account[right])
    place = section[left]
    order = np.lexsort((place, high, low))
    low, high, place = low[order], high[order], place[order]
    new_pair = np.ones(len(low), bool)
    new_pair[1:] = (low[1:] != low[:-1]) | (high[1:] != high[:-1])
    new_section = new_pair.copy()
    new_section[1:] |= place[1:] != place[:-1]
    pair = np.cumsum(new_pair) - 1
    sections = np.bincount(pair, new_section)
    other = np.empty(len(low))
    other[order] = sections[pair] - 1.0
    return other
