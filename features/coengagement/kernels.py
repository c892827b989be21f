"""Compiled counting of who acts beside whom; linear in the acts, in bounded memory.

An act's *neighbours* are the acts at most `places` before and after it in its stream and at most
`within_ms` away. Two accounts *meet* in a section when acts of theirs are neighbours there.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = [
    "PairTable",
    "content_ranks",
    "count_parts",
    "count_slots",
    "distinct",
    "holds",
    "mark_acts",
    "mix",
    "section_pairs",
]

Codes = NDArray[np.int64]
PairTable = tuple[Codes, Codes]
"""Sorted codes `lower * accounts + higher`, and in how many sections each pair met."""

_GAMMA = np.uint64(0x9E3779B97F4A7C15)


@njit(cache=True)
def mix(x: np.uint64) -> Any:
    """SplitMix64 finaliser (Steele, Lea, Flood 2014): a good 64-bit hash of an integer."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


@njit(cache=True)
def content_ranks(account: Codes, stream: Codes, t: Codes, accounts: int, streams: int) -> Any:
    """A number an account by which ties in time break: from when it acts and beside how many.

    Neither the spelling of ids, nor the order of rows, nor a shift of all times changes it.
    Accounts with the same number did the same things at the same times.
    """
    first = t.min() if len(t) else 0
    of_stream = np.zeros(streams, dtype=np.uint64)
    for i in range(len(t)):
        of_stream[stream[i]] += mix(np.uint64(t[i] - first + 1) * _GAMMA)
    of_account = np.zeros(accounts, dtype=np.uint64)
    for i in range(len(t)):
        of_account[account[i]] += mix((of_stream[stream[i]] + np.uint64(t[i] - first)) * _GAMMA)
    return of_account


@njit(cache=True)
def count_slots(
    account: Codes, stream: Codes, t: Codes, places: int, within_ms: int, accounts: int
) -> Codes:
    """Neighbours an account has over all of its acts (its chances to meet somebody)."""
    slots = np.zeros(accounts, dtype=np.int64)
    for i in range(len(t)):
        for j in range(i + 1, min(i + places + 1, len(t))):
            if stream[j] != stream[i] or t[j] - t[i] > within_ms:
                break
            if account[i] != account[j]:
                slots[account[i]] += 1
                slots[account[j]] += 1
    return slots


@njit(cache=True)
def _part(code: int, parts: int) -> Any:
    """Which part a pair belongs to: by hash, so that parts hold about as many pairs each."""
    return np.int64(mix(np.uint64(code)) % np.uint64(parts) if parts > 1 else np.uint64(0))


@njit(cache=True)
def count_parts(
    account: Codes, stream: Codes, t: Codes, places: int, within_ms: int, accounts: int, parts: int
) -> Codes:
    """Codes that `section_pairs` writes for each part at most: one for every two neighbours.

    Pairs spread evenly, meetings need not: all meetings of a pair fall into one part.
    """
    found = np.zeros(parts, dtype=np.int64)
    for i in range(len(t)):
        for j in range(i + 1, min(i + places + 1, len(t))):
            if stream[j] != stream[i] or t[j] - t[i] > within_ms:
                break
            a, b = min(account[i], account[j]), max(account[i], account[j])
            if a != b:
                found[_part(a * accounts + b, parts)] += 1
    return found


@njit(cache=True)
def section_pairs(
    account: Codes,
    section: Codes,
    stream: Codes,
    t: Codes,
    places: int,
    within_ms: int,
    accounts: int,
    part: int,
    parts: int,
    room: int,
) -> Codes:
    """Codes of the pairs that meet, once a section; only those whose hash falls into `part`.

    Acts are sorted by section, stream and time; `room` is at least what `count_parts` says.
    """
    out = np.empty(room, dtype=np.int64)
    filled, section_start = 0, 0
    for i in range(len(t)):
        if i > 0 and section[i] != section[i - 1]:
            filled = distinct(out, section_start, filled)
            section_start = filled
        for j in range(i + 1, min(i + places + 1, len(t))):
            if stream[j] != stream[i] or t[j] - t[i] > within_ms:
                break
            a, b = min(account[i], account[j]), max(account[i], account[j])
            code = a * accounts + b
            if a != b and _part(code, parts) == part:
                if filled == room:
                    raise ValueError("room for fewer pairs than meet")
                out[filled] = code
                filled += 1
    return out[: distinct(out, section_start, filled)]


@njit(cache=True)
def distinct(out: Codes, start: int, end: int) -> int:
    """Keeps the distinct values of out[start:end], sorted; returns the new end."""
    if end - start < 2:
        return end
    piece = np.sort(out[start:end])
    at = start
    for k in range(len(piece)):
        if k == 0 or piece[k] != piece[k - 1]:
            out[at] = piece[k]
            at += 1
    return at


@njit(cache=True)
def holds(codes: Codes, wanted: int) -> bool:
    """Whether sorted codes hold one."""
    at = np.searchsorted(codes, wanted)
    return bool(at < len(codes) and codes[at] == wanted)


@njit(cache=True)
def mark_acts(
    account: Codes, stream: Codes, t: Codes, places: int, within_ms: int, accounts: int,
    partners: Codes, busy: NDArray[np.bool_],
) -> NDArray[np.bool_]:  # fmt: skip
    """Which acts have a partner of their account among their neighbours.

    Args:
        account: Account codes of the acts, sorted by stream and time.
        stream: Their stream codes.
        t: Their times, ms.
        places: How many acts before and after are neighbours at most.
        within_ms: How far away at most.
        accounts: Number of accounts.
        partners: Sorted codes of the pairs of partners.
        busy: Whether an account has a partner at all.
    """
    beside = np.zeros(len(t), dtype=np.bool_)
    for i in range(len(t)):
        if not busy[account[i]]:
            continue
        for j in range(i + 1, min(i + places + 1, len(t))):
            if stream[j] != stream[i] or t[j] - t[i] > within_ms:
                break
            if beside[i] and beside[j]:
                continue
            a, b = min(account[i], account[j]), max(account[i], account[j])
            if a != b and busy[b] and busy[a] and holds(partners, a * accounts + b):
                beside[i] = beside[j] = True
    return beside
