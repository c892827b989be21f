"""Company: how much of its other life an account shares with those who arrive beside it (step 4).

Two accounts *meet* in a section when they act within a day of each other in one of its streams. A
meeting is as surprising as they are close: of n acts there, a stranger lands within r places with
probability (2r + 1) / n; minus the logarithm of that averages 1 for strangers, so what it exceeds 1
by counts. The company of an act is the mean, over the accounts beside it, of their meetings in
*other* sections, against how active both are (the geometric mean of their acts). An account seen in
one section has no other life: it is no neighbour and gets no company (NaN).

Cost is linear in the acts: at most `neighbours` pairs each, and a pair takes as long as the shorter
of the two lives.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray
from zhenzan.models.attribution.config import AttributionConfig
from zhenzan.models.attribution.events import Events

__all__ = ["company"]

Ints = NDArray[np.int64]
Reals = NDArray[np.float64]

# A life this many times longer than the other's is searched instead of walked through.
_LONGER: Final = 8


def company(events: Events, config: AttributionConfig) -> Reals:
    """Company of every timed act, in nats from 0 up; NaN for accounts seen in one section."""
    values = np.full(events.n, np.nan)
    known = np.flatnonzero(events.account >= 0)
    social = known[events.n_sections[events.account[known]] > 1]
    if not len(social):
        return values
    total, degree = _meet(social, *_lives(events, social), events, config)
    values[social] = total / np.maximum(degree, config.company_pseudo)
    return values


def _meet(
    social: Ints, life: Ints, start: Ints, events: Events, config: AttributionConfig
) -> tuple[Reals, Reals]:
    position = np.arange(events.n) - events.offsets[events.stream]
    activity = np.sqrt(np.maximum(np.diff(start), 1).astype(np.float64))
    return _pairs(
        events.stream[social], events.section[social], events.account[social],
        events.age_s[social], position[social], np.diff(events.offsets), life, start, activity,
        config.neighbours, config.within_s, config.max_surprise,
    )  # fmt: skip


def _lives(events: Events, social: Ints) -> tuple[Ints, Ints]:
    """Places in `social` of each account's acts, by section and stream; where each life begins."""
    account = events.account[social]
    key = (events.age_s[social], events.stream[social], events.section[social], account)
    life = np.lexsort(key)
    start = np.searchsorted(account[life], np.arange(len(events.n_sections) + 1))
    return life.astype(np.int64), start.astype(np.int64)


@njit(cache=True)
def _pairs(
    stream: Ints, section: Ints, account: Ints, age: Reals, position: Ints, length: Ints,
    life: Ints, start: Ints, activity: Reals, reach: int, within: float, most: float,
) -> tuple[Reals, Reals]:  # fmt: skip
    """Sum of shared life over the neighbours of each act, and how many neighbours it has."""
    n = len(stream)
    total, degree = np.zeros(n), np.zeros(n)
    for i in range(n):
        a = account[i]
        for j in range(i + 1, min(i + 1 + reach, n)):
            if stream[j] != stream[i] or age[j] - age[i] > within:
                break
            b = account[j]
            if a == b:
                continue
            degree[i] += 1.0
            degree[j] += 1.0
            c, d = (a, b) if start[a + 1] - start[a] <= start[b + 1] - start[b] else (b, a)
            met = _meetings(
                start[c], start[c + 1], start[d], start[d + 1], section[i],
                stream, section, age, position, length, life, within,
            )  # fmt: skip
            if met > 0.0:
                shared = min(met, most) / (activity[a] * activity[b])
                total[i] += shared
                total[j] += shared
    return total, degree


@njit(cache=True)
def _meetings(
    u: int, u_end: int, v: int, v_end: int, here: int, stream: Ints, section: Ints, age: Reals,
    position: Ints, length: Ints, life: Ints, within: float,
) -> float:  # fmt: skip
    """Surprise of the meetings of two lives outside `here`: the closest one of each section."""
    search = (v_end - v) > _LONGER * (u_end - u)
    total, best, current = 0.0, 0.0, -1
    while u < u_end and v < v_end:
        p = life[u]
        if search:
            v = _first_at(life, section, stream, v, v_end, section[p], stream[p])
            if v == v_end:
                break
        q = life[v]
        if section[p] < section[q] or (section[p] == section[q] and stream[p] < stream[q]):
            u += 1
        elif stream[p] != stream[q]:
            v += 1
        else:
            if section[p] != here and abs(age[p] - age[q]) <= within:
                apart = abs(position[p] - position[q])
                surprise = -math.log((2.0 * apart + 1.0) / length[stream[p]]) - 1.0
                if section[p] != current:
                    total += best
                    best, current = 0.0, section[p]
                best = max(best, surprise)
            u += 1
            v += 1
    return total + best


@njit(cache=True)
def _first_at(
    life: Ints, section: Ints, stream: Ints, low: int, high: int, at_section: Any, at_stream: Any
) -> int:
    """First place of a life at or after a section and stream."""
    while low < high:
        middle = (low + high) // 2
        q = life[middle]
        if section[q] < at_section or (section[q] == at_section and stream[q] < at_stream):
            low = middle + 1
        else:
            high = middle
    return low
