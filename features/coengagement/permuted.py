"""Which pairs stand out from a set in which accounts were exchanged within each day.

The permutation keeps how often and on which days every account acts, and how many acts every
stream receives at what times; only who acts where is drawn anew. What pairs still meet is what
activity, popularity and days alone produce, and it sets the threshold at which at most one pair in
twenty is there by chance (false-discovery rate by permutation: Storey and Tibshirani 2003).
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray
from zhenzan.features.coengagement import chance, kernels

__all__ = ["backbone_pairs", "exchanged", "fdr_threshold", "sampled_meetings"]

# One pair in twenty by chance, the usual rate; between them and the partners, one in the whole set,
# lies what a clustering needs: many pairs, most of them real.
_RATE: Final = 0.05
_DAY_MS: Final = 86_400_000
# Some two million pairs of slots are looked at in all: small sets are exchanged up to eight times,
# of large ones a sample of the pairs is counted.
_SLOTS: Final = 1 << 22
_MOST_TIMES: Final = 8

Codes = NDArray[np.int64]
Reals = NDArray[np.float64]
Keys = NDArray[np.uint64]

_GAMMA = np.uint64(0x9E3779B97F4A7C15)


@njit(cache=True)
def _act_keys(account: Codes, stream: Codes, t: Codes, ranks: Keys, streams: int, seed: int) -> Any:
    """Two hashes an act, from its content alone: who (by what he did), when, among which acts."""
    first = t.min() if len(t) else 0
    of_stream = np.zeros(streams, dtype=np.uint64)
    for i in range(len(t)):
        of_stream[stream[i]] += kernels.mix(np.uint64(t[i] - first + 1) * _GAMMA)
    one, two = np.empty(len(t), dtype=np.uint64), np.empty(len(t), dtype=np.uint64)
    for i in range(len(t)):
        here = kernels.mix(of_stream[stream[i]] + np.uint64(t[i] - first))
        one[i] = kernels.mix(ranks[account[i]] + here + np.uint64(2 * seed + 1) * _GAMMA)
        two[i] = kernels.mix(ranks[account[i]] + here + np.uint64(2 * seed + 2) * _GAMMA)
    return one, two


def exchanged(account: Codes, stream: Codes, at_ms: Codes, ranks: Keys, seed: int) -> Codes:
    """The accounts of the acts, exchanged at random within each day; times and streams stay.

    Args:
        account: Account codes of the acts.
        stream: Their stream codes.
        at_ms: Their times.
        ranks: By account, a number that comes from its acts (`kernels.content_ranks`).
        seed: Of the permutation; the same for the same acts in any order under any ids.
    """
    streams = int(stream.max(initial=-1)) + 1
    one, two = _act_keys(account, stream, at_ms, ranks, streams, seed)
    day = at_ms // _DAY_MS
    drawn = np.empty_like(account)
    drawn[np.lexsort((one, day))] = account[np.lexsort((two, day))]
    return drawn


@njit(cache=True)
def sampled_meetings(
    account: Codes, section: Codes, stream: Codes, t: Codes, places: int, within_ms: int,
    accounts: int, ranks: Keys, parts: int, room: int,
) -> Codes:  # fmt: skip
    """Codes of the pairs that meet, once a section; of one pair in `parts`, chosen by content.

    More than `room` are not counted: the rest is cut off.
    """
    out = np.empty(room, dtype=np.int64)
    filled, start = 0, 0
    for i in range(len(t)):
        if i > 0 and section[i] != section[i - 1]:
            filled = kernels.distinct(out, start, filled)
            start = filled
        for j in range(i + 1, min(i + places + 1, len(t))):
            if stream[j] != stream[i] or t[j] - t[i] > within_ms:
                break
            a, b = min(account[i], account[j]), max(account[i], account[j])
            if a == b or filled == room:
                continue
            if parts > 1 and kernels.mix(ranks[a] + ranks[b]) % np.uint64(parts) != 0:
                continue
            out[filled] = a * accounts + b
            filled += 1
    return out[: kernels.distinct(out, start, filled)]


def fdr_threshold(bits: Reals, null: Reals, weight: float) -> float:
    """The least surprise at which at most one pair in twenty is expected by chance.

    Args:
        bits: Of the pairs as they are.
        null: Of the pairs of the exchanged sets.
        weight: How many pairs by chance each of them stands for.

    Returns:
        Infinity where no threshold does.
    """
    seen, by_chance = np.sort(bits), np.sort(null)
    above = len(seen) - np.arange(len(seen))
    # One more than were seen: an empty tail of a sample is not yet nothing.
    false = (len(by_chance) - np.searchsorted(by_chance, seen) + 1) * weight
    enough = np.flatnonzero(false <= _RATE * above)
    return float(seen[enough[0]]) if len(enough) else np.inf


def backbone_pairs(
    account: Codes, section: Codes, stream: Codes, at_ms: Codes, ranks: Keys, slots: Codes,
    met: Codes, met_in: Codes, factor: float, places: int, within_ms: int,
) -> NDArray[np.bool_]:  # fmt: skip
    """Which of the pairs that met in two sections or more stand out from the exchanged sets.

    Args:
        account: Account codes of the acts, sorted by section, stream and time.
        section: Their section codes.
        stream: Their stream codes.
        at_ms: Their times.
        ranks: By account, a number that comes from its acts.
        slots: By account, its neighbours over all of its acts.
        met: Codes `lower * accounts + higher` of the pairs.
        met_in: In how many sections each met.
        factor: On the expectation by slots, from the empirical null.
        places: How many acts before and after are neighbours at most.
        within_ms: How far away at most.
    """
    n, total = max(len(slots), 1), int(slots.sum())
    if not len(met):
        return np.zeros(0, dtype=np.bool_)
    times = max(1, min(_MOST_TIMES, _SLOTS // max(total, 1)))
    parts = max(1, -(-total // _SLOTS))
    bits = _bits(met, met_in, slots, n, factor)
    null = []
    for seed in range(times):
        drawn = exchanged(account, stream, at_ms, ranks, seed)
        drawn_slots = kernels.count_slots(drawn, stream, at_ms, places, within_ms, len(slots))
        room = min(int(drawn_slots.sum()) // 2, _SLOTS) + 1
        codes = sampled_meetings(
            drawn, section, stream, at_ms, places, within_ms, n, ranks, parts, room
        )
        pairs, often = np.unique(codes, return_counts=True)
        again = often >= 2
        null.append(_bits(pairs[again], often[again], drawn_slots, n, factor))
    threshold = fdr_threshold(bits, np.concatenate(null), parts / times)
    kept: NDArray[np.bool_] = bits >= threshold
    return kept


def _bits(pairs: Codes, meetings: Codes, slots: Codes, n: int, factor: float) -> Reals:
    expected = factor * chance.expected_meetings(slots, pairs // n, pairs % n)
    # Last digits depend on which of the two has the lower code: ties must stay ties.
    bits: Reals = np.round(chance.surprise(meetings, expected), 6)
    return bits
