"""Compiled joining of forms to leaders: form by form in rank order, near candidates only."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray
from zhenzan.features.template.kernels import HASHES, mix
from zhenzan.features.template.similarity import alike

__all__ = ["REWORDED", "join_alike", "join_reworded"]

# Pairs that share fewer hashes than this are hopeless at 75 %: Jaccard of a two-character slot in
# eight is about 0.3.
_LEAST_AGREEMENT: Final = 12  # of 60
# Two texts say the same in another order if half of what is rare in either is in both, weighted by
# rarity: of a sentence in three clauses, one may be new, or all of them elsewhere. Starting value.
REWORDED: Final = 0.5
_COUNTERS: Final = 1 << 20  # stretches that share a counter only look more common than they are
_KEPT_NEAR: Final = 8  # leaders that are compared with a leader in the end
_LONGEST: Final = 400  # characters whose stretches are compared: where they repeat, they repeat
_GAMMA: Final = np.uint64(0x9E3779B97F4A7C15)


@njit(cache=True)
def _near(
    i: int,
    signatures: NDArray[np.uint32],
    buckets: NDArray[np.int32],
    starts: NDArray[np.int64],
    held: NDArray[np.int32],
    filled: NDArray[np.int32],
    seen: NDArray[np.int32],
    near: NDArray[np.int32],
) -> Any:
    """Fills `near` with the leaders that share a band and enough hashes, best rank first."""
    k = 0
    for band in range(buckets.shape[1]):
        bucket = buckets[i, band]
        if bucket < 0:
            continue
        for place in range(starts[bucket], starts[bucket] + filled[bucket]):
            lead = held[place]
            if seen[lead] == i:
                continue
            seen[lead] = i
            equal = 0
            for h in range(HASHES):
                equal += signatures[lead, h] == signatures[i, h]
            if equal >= _LEAST_AGREEMENT:
                near[k] = lead
                k += 1
    near[:k].sort()
    return k


@njit(cache=True)
def _enter(
    i: int,
    buckets: NDArray[np.int32],
    starts: NDArray[np.int64],
    held: NDArray[np.int32],
    filled: NDArray[np.int32],
) -> None:
    """Makes a form a leader in its buckets, where there is room."""
    for band in range(buckets.shape[1]):
        bucket = buckets[i, band]
        if bucket >= 0 and starts[bucket] + filled[bucket] < starts[bucket + 1]:
            held[starts[bucket] + filled[bucket]] = i
            filled[bucket] += 1


@njit(cache=True)
def join_alike(
    points: NDArray[np.uint32],
    offsets: NDArray[np.int64],
    signatures: NDArray[np.uint32],
    buckets: NDArray[np.int32],
    starts: NDArray[np.int64],
    percent: float,
) -> Any:
    """The first leader that each form resembles, itself where there is none.

    Args:
        points: Code points of all texts, in rank order.
        offsets: Where each text begins, and the end.
        signatures: MinHash signatures.
        buckets: Of each text and band, -1 where it is alone there.
        starts: Where the leaders of each bucket go, and the end.
        percent: Indel similarity of near-duplicates.

    Returns:
        int64 ranks of the leaders; the length of the text in common with the leader; and by leader
        the first leaders that came near it, -1 behind the last.
    """
    n = len(offsets) - 1
    leads, kept = np.arange(n), np.diff(offsets)
    held = np.empty(starts[-1], dtype=np.int32)
    filled = np.zeros(len(starts) - 1, dtype=np.int32)
    seen = np.full(n, -1, dtype=np.int32)
    near = np.empty(n + 1, dtype=np.int32)
    beside = np.full((n, _KEPT_NEAR), -1, dtype=np.int32)
    for i in range(n):
        n_near = _near(i, signatures, buckets, starts, held, filled, seen, near)
        for lead in near[:n_near]:
            shared = alike(points, offsets, lead, i, percent)
            if shared >= 0:
                leads[i], kept[i] = lead, shared
                break
        if leads[i] == i:
            _enter(i, buckets, starts, held, filled)
            beside[i, : min(n_near, _KEPT_NEAR)] = near[: min(n_near, _KEPT_NEAR)]
    return leads, kept, beside


@njit(cache=True)
def join_reworded(
    points: NDArray[np.uint32],
    offsets: NDArray[np.int64],
    wide: NDArray[np.bool_],
    leads: NDArray[np.int64],
    beside: NDArray[np.int32],
) -> Any:
    """The first leader whose rare stretches of text each leader shares, in whatever order.

    Args:
        points: As above.
        offsets: As above.
        wide: Stretches are two characters of such a text, else four.
        leads: The near-duplicates' leaders; their members follow them.
        beside: The leaders that came near each leader.

    Returns:
        int64 ranks; leaders that resemble nobody, and their members, have their own.
    """
    n = len(offsets) - 1
    says = np.arange(n)
    users = np.zeros(_COUNTERS, dtype=np.int32)
    own, other = np.empty(_LONGEST, dtype=np.uint64), np.empty(_LONGEST, dtype=np.uint64)
    n_leaders = 0
    for i in range(n):
        if leads[i] == i:
            n_leaders += 1
            for p in range(_stretches(points, offsets, wide[i], i, own)):
                users[own[p] & np.uint64(_COUNTERS - 1)] += 1
    for i in range(n):
        if leads[i] != i:
            says[i] = says[leads[i]]
            continue
        n_own = _stretches(points, offsets, wide[i], i, own) if beside[i, 0] >= 0 else 0
        for lead in beside[i]:
            if lead < 0 or says[lead] != lead:
                continue
            n_other = _stretches(points, offsets, wide[lead], lead, other)
            if _rare_overlap(own[:n_own], other[:n_other], users, n_leaders) >= REWORDED:
                says[i] = lead
                break
    return says


@njit(cache=True)
def _stretches(
    points: NDArray[np.uint32],
    offsets: NDArray[np.int64],
    wide: bool,
    i: int,
    out: NDArray[np.uint64],
) -> Any:
    """Fills `out` with the sorted distinct hashes of a text's stretches; says how many."""
    size = 2 if wide else 4
    last = min(offsets[i + 1] - size, offsets[i] + _LONGEST - 1)
    k = 0
    for start in range(offsets[i], max(last, offsets[i]) + 1):
        code = np.uint64(size)
        for p in range(start, min(start + size, offsets[i + 1])):
            code = mix((code + np.uint64(points[p])) * _GAMMA)
        out[k] = code
        k += 1
    out[:k].sort()
    distinct = 0
    for p in range(k):
        if p == 0 or out[p] != out[p - 1]:
            out[distinct] = out[p]
            distinct += 1
    return distinct


@njit(cache=True)
def _rare_overlap(
    a: NDArray[np.uint64], b: NDArray[np.uint64], users: NDArray[np.int32], n: int
) -> Any:
    """Jaccard similarity of two sorted sets, each member weighted by its rarity among n texts."""
    both = every = 0.0
    i = j = 0
    while i < len(a) or j < len(b):
        if j == len(b) or (i < len(a) and a[i] <= b[j]):
            code = a[i]
            shared = j < len(b) and a[i] == b[j]
            i += 1
            j += shared
        else:
            code, shared = b[j], False
            j += 1
        weight = np.log((n + 1) / users[code & np.uint64(_COUNTERS - 1)])
        every += weight
        if shared:
            both += weight
    return both / every if every > 0 else 0.0
