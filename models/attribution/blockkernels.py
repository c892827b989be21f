"""Kernels of the search for blocks: mates of one account, and what grows around a set of accounts.

All arrays are those of `Visits`: visits sorted by account, `by_section` lists them by section.
Scratch arrays are zero before and after a call. Cost is counted in visits looked at.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numba import njit

__all__ = ["grow", "mates", "meeting_evidence", "reach"]

Array: TypeAlias = np.ndarray[Any, Any]


@njit(cache=True)
def meeting_evidence(
    account: Array, section: Array, life: Array, audience: Array, by_section: Array, place: Array,
    explained: Array, sample: int, rate: float, share: float, least: int,
) -> Array:  # fmt: skip
    """Log likelihood ratio of each account: some of those it meets are mates of its, or none is.

    A mate shares each further visit with probability `rate` more than its activity and the size of
    the section predict; a `share` of those met are mates. Of large sections `sample` are looked at;
    explained visits count for neither.
    """
    n_accounts, total = len(life) - 1, float(len(account))
    evidence, weight = np.zeros(n_accounts), np.zeros(n_accounts)
    met, who = np.zeros(n_accounts, np.int64), np.empty(n_accounts, np.int64)
    for a in range(n_accounts):
        d = 0
        for i in range(life[a], life[a + 1]):
            d += 0 if explained[i] else 1
        if d < least:
            continue
        n = 0
        for i in range(life[a], life[a + 1]):
            if explained[i]:
                continue
            s = section[i]
            size = audience[s + 1] - audience[s]
            near = min(sample, size - 1)
            for k in range(near):
                # Alternately after and before; in small sections all the others.
                step = k + 1 if near == size - 1 else (k // 2 + 1) * (1 - 2 * (k % 2))
                j = by_section[audience[s] + (place[i] + step) % size]
                b = account[j]
                e = life[b + 1] - life[b]
                if e < 2 or explained[j]:
                    continue
                if met[b] == 0:
                    who[n] = b
                    n += 1
                met[b] += 1
                weight[b] += np.log1p(rate * total / (e * (size - 1.0)))
        for k in range(n):
            b = who[k]
            if met[b] > 1:  # one of the visits in common is how they met
                pair = weight[b] * (1.0 - 1.0 / met[b]) - rate * d
                evidence[a] += np.log(1.0 - share + share * np.exp(min(pair, 30.0)))
            weight[b], met[b] = 0.0, 0
    return evidence


@njit(cache=True)
def mates(
    a: int, account: Array, section: Array, life: Array, audience: Array, by_section: Array,
    explained: Array, sample: int, rate: float, weight: Array,
) -> tuple[Array, int]:  # fmt: skip
    """Accounts whose visits in common with `a` speak for a mate; and the work done."""
    total, work, n = float(len(account)), 0, 0
    who = np.empty(len(life) - 1, np.int64)
    for i in range(life[a], life[a + 1]):
        if explained[i]:
            continue
        s = section[i]
        size = audience[s + 1] - audience[s]
        stride = max(1, size // sample)
        for k in range(0, size, stride):
            j = by_section[audience[s] + k]
            work += 1
            if explained[j]:
                continue
            b = account[j]
            if weight[b] == 0.0:
                who[n] = b
                n += 1
            weight[b] += np.log1p(rate * total / ((life[b + 1] - life[b]) * float(size)))
    kept = 0
    for k in range(n):
        b = who[k]
        if weight[b] > rate * (life[a + 1] - life[a]):
            who[kept] = b
            kept += 1
        weight[b] = 0.0
    return who[:kept].copy(), work


@njit(cache=True)
def reach(
    sections: Array, account: Array, audience: Array, by_section: Array, explained: Array,
    count: Array,
) -> tuple[Array, Array]:  # fmt: skip
    """All accounts that visited some of the sections, and how many of them each."""
    size = 0
    for s in sections:
        size += audience[s + 1] - audience[s]
    who, n = np.empty(size, np.int64), 0
    for s in sections:
        for p in range(audience[s], audience[s + 1]):
            j = by_section[p]
            if explained[j]:
                continue
            b = account[j]
            if count[b] == 0:
                who[n] = b
                n += 1
            count[b] += 1
    found = who[:n].copy()
    times = np.empty(n, np.int64)
    for k in range(n):
        times[k] = count[found[k]]
        count[found[k]] = 0
    return found, times


@njit(cache=True)
def _surprise(count: float, expected: float) -> float:
    """Log likelihood ratio of a count at its own rate against the expected one; 0 below twice."""
    if count <= 2.0 * expected:
        return 0.0
    return float(count * np.log(count / expected) - count + expected)


@njit(cache=True)
def grow(
    start: Array, account: Array, section: Array, life: Array, audience: Array, by_section: Array,
    explained: Array, rounds: int, loose_rounds: int, loose: float, among: int, strict: bool,
    count: Array, visits: Array,
) -> tuple[Array, Array, int]:  # fmt: skip
    """Sections that a set of accounts visits beyond chance, accounts that visit those, and so on.

    Loose thresholds first, so that a block is reached from a corner of it; then, until nothing
    changes, a member must be likelier one than the share of members `among` all has it, by a nat;
    than one in all, where `strict`.
    Returns accounts, sections (both empty where nothing holds) and work.
    """
    total, work = float(len(account)), 0
    accounts, sections = start.copy(), np.empty(0, np.int64)
    seen = np.empty(len(audience) - 1, np.int64)
    for r in range(rounds):
        is_loose = r < loose_rounds
        needed = loose
        if not is_loose:
            size = 1.0 if strict else max(float(len(sections)), 1.0)
            needed = max(loose, 1.0 + np.log((len(audience) - 1.0) / size))
        n, acts = 0, 0.0
        for a in accounts:
            for i in range(life[a], life[a + 1]):
                work += 1
                if explained[i]:
                    continue
                s = section[i]
                if visits[s] == 0:
                    seen[n] = s
                    n += 1
                visits[s] += 1
                acts += 1.0
        kept, inside, reached = 0, 0.0, 0.0
        for k in range(n):
            s = seen[k]
            c = visits[s]
            visits[s] = 0
            expected = acts * (audience[s + 1] - audience[s]) / total
            if c >= (2 if is_loose else 3) and _surprise(float(c), expected) > needed:
                seen[kept] = s
                kept += 1
                inside += c
                reached += audience[s + 1] - audience[s]
        sections = seen[:kept].copy()
        if kept < 3:
            return accounts[:0], sections[:0], work
        who, times = reach(sections, account, audience, by_section, explained, count)
        work += int(reached)
        outside = max(reached - inside, 1.0)
        kept, same = 0, 0
        if not is_loose:
            size = 1.0 if strict else float(len(accounts))
            needed = max(loose, 1.0 + np.log(among / size))
        for a in accounts:
            count[a] = 1
        for k in range(len(who)):
            b = who[k]
            expected = (life[b + 1] - life[b]) * outside / total
            if times[k] >= (2 if is_loose else 3) and _surprise(float(times[k]), expected) > needed:
                who[kept] = b
                kept += 1
                same += count[b]
        for a in accounts:
            count[a] = 0
        settled = same == kept and kept == len(accounts)
        accounts = who[:kept].copy()
        if kept < 3:
            return accounts[:0], sections[:0], work
        if settled and not is_loose:
            break
    return np.sort(accounts), np.sort(sections), work
