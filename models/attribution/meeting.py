"""The compiled count of meetings: neighbours of each act, and where else the two have met."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["WITHIN", "count_meetings", "meet", "sketch", "without_repeats"]

# Meetings are counted with at most so many places between the two acts. Measured (company alone,
# recall at 0.1 %; development stars at share .01, seeds 0 and 1; simulated pools of 500: small
# orders, drips): within 7 places .79 / .64, .25, .38; within 31 .80 / .65, .40, .75; within 127
# .79 / .61, .23, .91; the mean of the three .81 / .64, .32, .89.
WITHIN: Final = (7, 31, 127)
# Of one pair at most five meetings count: a pair that always meets says no more.
_MOST: Final = 5
_BITS: Final = 64
# From here on a life is not sketched but always compared.
_LONG: Final = 200
# A life this many times longer than the other's is searched instead of walked through; one this
# many times longer than those of the neighbours so far is not yet marked.
_LONGER: Final = 8
# A longer life is never marked: that takes as long as it is, while a comparison ends with the fifth
# meeting. Two accounts side by side in 20,000 sections take 0.06 s instead of 9 s.
_MARKED: Final = 1 << 12
_FAR: Final = -(1 << 30)  # place of an account in a stream to which it did not come
_ALL: Final = np.uint64(0xFFFFFFFFFFFFFFFF)
_HASH: Final = np.uint64(0x9E3779B97F4A7C15)  # the golden ratio in 64 bits (Knuth, vol. 3, 6.4)


@njit(cache=True, nogil=True)
def sketch(
    life: NDArray[Any], start: NDArray[Any], stream: NDArray[Any], section_of: NDArray[Any]
) -> NDArray[Any]:
    """A bit for each *other* section in which the account of an act has acted.

    Two accounts whose sketches of the same section share no bit have never met elsewhere.
    """
    seen = np.zeros(len(life), np.uint64)
    one = np.uint64(1)
    for a in range(len(start) - 1):
        low, high = start[a], start[a + 1]
        for x in range(low, high):
            here, bits = section_of[stream[life[x]]], np.uint64(0)
            if high - low > _LONG:
                bits = _ALL
            else:
                for y in range(low, high):
                    there = section_of[stream[life[y]]]
                    if there != here:
                        bits |= one << ((np.uint64(there) * _HASH) >> np.uint64(58))
            seen[life[x]] = bits
    return seen


@njit(cache=True, nogil=True)
def count_meetings(
    first: int, last: int, stream: NDArray[Any], account: NDArray[Any], age: NDArray[Any],
    seen: NDArray[Any], life_stream: NDArray[Any], life_place: NDArray[Any], start: NDArray[Any],
    section_of: NDArray[Any], chances: NDArray[Any], plain: NDArray[Any], reach: int,
    within: float, met: NDArray[Any], exposure: NDArray[Any],
) -> None:  # fmt: skip
    """Adds to `met` (acts, distances) and `exposure` for the acts [first, last).

    An act's own life is marked once it is not much longer than its neighbours' lives together, so
    that a pair takes as long as the shorter of its lives, and a search in the longer one.

    Args:
        first: First act of the part; parts begin and end with a stream.
        last: End of the part.
        stream: Of each act, ascending.
        account: Of each act.
        age: Of each act, seconds, ascending inside a stream.
        seen: Sketch of each act.
        life_stream: Streams of all acts by account and stream.
        life_place: Places of these acts in their streams.
        start: Where each account's life begins.
        section_of: Section of each stream.
        chances: Of each act, how much its account's other acts could meet.
        plain: Of `without_repeats`.
        reach: Neighbours looked at on either side.
        within: Seconds within which neighbours act.
        met: Filled.
        exposure: Filled.
    """
    counts = np.zeros(len(WITHIN), np.int64)
    place_in = np.full(len(section_of), _FAR, np.int32)
    for i in range(first, last):
        a, here = account[i], section_of[stream[i]]
        low, high = start[a], start[a + 1]
        can_mark = plain[a] and high - low <= _MARKED
        marked, shorter = False, 0  # steps that pairs without marks would take at least
        for j in range(i + 1, min(i + 1 + reach, last)):
            if stream[j] != stream[i] or age[j] - age[i] > within:
                break
            b = account[j]
            if a == b:
                continue
            others = start[b + 1] - start[b]
            exposure[i] += chances[i] * chances[j]
            exposure[j] += chances[i] * chances[j]
            if seen[i] & seen[j] == 0:
                continue
            near = can_mark and others <= _LONGER * (high - low)
            if near and not marked:
                shorter += min(others, high - low)
                if high - low <= _LONGER * shorter:
                    marked = True
                    for u in range(low, high):
                        if section_of[life_stream[u]] != here:
                            place_in[life_stream[u]] = life_place[u]
            if near and marked:
                meet_marked(b, place_in, life_stream, life_place, start, section_of, counts)
            elif high - low <= others:
                meet(a, b, life_stream, life_place, start, section_of, here, counts)
            else:
                meet(b, a, life_stream, life_place, start, section_of, here, counts)
            for d in range(len(WITHIN)):
                met[i, d] += counts[d]
                met[j, d] += counts[d]
        if marked:
            for u in range(low, high):
                place_in[life_stream[u]] = _FAR


@njit(cache=True, nogil=True)
def without_repeats(life_stream: NDArray[Any], start: NDArray[Any]) -> NDArray[Any]:
    """Which accounts came to no stream twice."""
    plain = np.ones(len(start) - 1, np.bool_)
    for a in range(len(plain)):
        for u in range(start[a] + 1, start[a + 1]):
            if life_stream[u] == life_stream[u - 1]:
                plain[a] = False
                break
    return plain


@njit(cache=True, nogil=True)
def meet_marked(
    b: int, place_in: NDArray[Any], life_stream: NDArray[Any], life_place: NDArray[Any],
    start: NDArray[Any], section_of: NDArray[Any], counts: NDArray[Any],
) -> None:  # fmt: skip
    """Same as `meet` with an account of which `place_in` holds where in each stream it stands.

    It came to none twice, and where they meet now is left out. That costs the other's life alone,
    without a step that is hard to foresee, and most neighbours of an act share the marks.
    """
    counts[:] = 0
    current, closest = -1, len(WITHIN)
    for v in range(start[b], start[b + 1]):
        there = life_stream[v]
        apart = abs(place_in[there] - life_place[v])
        if apart > WITHIN[-1] or (v > start[b] and life_stream[v - 1] == there):
            continue
        if section_of[there] != current:
            current, closest = section_of[there], len(WITHIN)
        closest = _closer(apart, closest, counts)
        if counts[0] == _MOST:  # and as many at all wider distances
            break
    for d in range(len(WITHIN)):
        counts[d] = min(counts[d], _MOST)


@njit(cache=True, nogil=True)
def _closer(apart: Any, closest: int, counts: NDArray[Any]) -> int:
    """Counts a pair of acts of one section at each distance at which no other pair was yet."""
    for d in range(closest):
        if apart <= WITHIN[d]:
            for wider in range(d, closest):
                counts[wider] += 1
            return d
    return closest


@njit(cache=True, nogil=True)
def meet(
    a: int, b: int, life_stream: NDArray[Any], life_place: NDArray[Any], start: NDArray[Any],
    section_of: NDArray[Any], here: int, counts: NDArray[Any],
) -> None:  # fmt: skip
    """Counts the sections but `here` in which two accounts met, at each distance; `a` did less."""
    counts[:] = 0
    u, u_end, v, v_end = start[a], start[a + 1], start[b], start[b + 1]
    search = (v_end - v) > _LONGER * (u_end - u)
    current, closest = -1, len(WITHIN)
    while u < u_end and v < v_end:
        if search:
            v = _first_at(life_stream, v, v_end, life_stream[u])
            if v == v_end:
                break
        if life_stream[u] < life_stream[v]:
            u += 1
        elif life_stream[u] > life_stream[v]:
            v += 1
        else:
            section = section_of[life_stream[u]]
            if section != here:
                if section != current:
                    current, closest = section, len(WITHIN)
                closest = _closer(abs(life_place[u] - life_place[v]), closest, counts)
                if counts[0] == _MOST:  # and as many at all wider distances
                    break
            u += 1
            v += 1
    for d in range(len(WITHIN)):
        counts[d] = min(counts[d], _MOST)


@njit(cache=True, nogil=True)
def _first_at(streams: NDArray[Any], low: int, high: int, value: Any) -> int:
    """First place of a life at or after a stream."""
    while low < high:
        middle = (low + high) // 2
        if streams[middle] < value:
            low = middle + 1
        else:
            high = middle
    return low
