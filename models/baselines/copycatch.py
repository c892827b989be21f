"""CopyCatch: users who act under many of the same targets, each within the same span of time.

A lockstep [n, m, dt, rho] is a set of n users and m targets with a centre time each, such that
every user acts under at least rho x m of the targets within dt of its centre. Found by local search
from each target with enough acts: users beside the centre, the m targets where most of them act
together, their centres, the users again, until nothing changes.

After Beutel, Xu, Guruswami, Palow, Faloutsos, "CopyCatch: stopping group attacks by spotting
lockstep behavior in social networks" (WWW 2013), with the parameters of He et al. ("StarScout",
2024): n 50, m 10, dt 15 days, rho 0.5, seeds of 50 stars.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numba import njit
from zhenzan.models.attribution.events import Events
from zhenzan.models.baselines.base import Ranking

__all__ = ["CopyCatch"]


@dataclass(frozen=True, slots=True)
class CopyCatch:
    """Ranks acts and accounts by the number of targets of the lockstep that holds them.

    Attributes:
        users: n, members of a lockstep at least.
        targets: m, its targets.
        within_s: dt, from the centre either way.
        share: rho, the part of the targets that each member shares.
        seed_acts: Acts of a target from which a search starts.
        rounds: Of one search at most.
    """

    name: ClassVar[str] = "copycatch"
    source: ClassVar[str] = "Beutel et al., WWW 2013; parameters of StarScout, 2024"
    users: int = 50
    targets: int = 10
    within_s: float = 15 * 86_400.0
    share: float = 0.5
    seed_acts: int = 50
    rounds: int = 10

    def rank(self, events: Events) -> Ranking:
        """See `Baseline`."""
        n_accounts = len(events.n_sections)
        known = np.flatnonzero(events.account >= 0)
        by_account = known[np.argsort(events.account[known], kind="stable")]
        acts_of = np.append(0, np.cumsum(np.bincount(events.account[known], minlength=n_accounts)))
        seeds = np.flatnonzero(np.diff(events.offsets) >= self.seed_acts)
        acts, found = _search(
            seeds, events.account, events.stream, events.age_s, events.offsets, by_account, acts_of,
            self.users, self.targets, self.within_s, math.ceil(self.share * self.targets),
            self.rounds,
        )  # fmt: skip
        accounts = np.zeros(n_accounts)
        np.maximum.at(accounts, events.account[known], acts[known])
        return Ranking(acts, accounts, {"seeds": len(seeds), "locksteps": int(found)})


@njit(cache=True)
def _densest(age: Any, first: int, last: int, width: float) -> tuple[int, int]:
    """Start and length of the fullest window of that width among sorted times."""
    best, best_at, tail = 0, first, first
    for head in range(first, last):
        while age[head] - age[tail] > width:
            tail += 1
        if head - tail + 1 > best:
            best, best_at = head - tail + 1, tail
    return best_at, best


@njit(cache=True)
def _acts_of_users(users: Any, by_account: Any, acts_of: Any) -> Any:
    """All acts of some accounts, in (stream, time) order: the order of their numbers."""
    total = 0
    for u in users:
        total += acts_of[u + 1] - acts_of[u]
    acts = np.empty(total, np.int64)
    at = 0
    for u in users:
        for k in range(acts_of[u], acts_of[u + 1]):
            acts[at] = by_account[k]
            at += 1
    return np.sort(acts)


@njit(cache=True)
def _choose_targets(acts: Any, stream: Any, age: Any, targets: int, within: float) -> Any:
    """The targets where most of the acts lie together: stream, centre; by falling count."""
    times = age[acts]
    where, centre = np.empty(len(acts), np.int64), np.empty(len(acts))
    count = np.empty(len(acts), np.int64)
    n, first = 0, 0
    while first < len(acts):
        last = first
        while last < len(acts) and stream[acts[last]] == stream[acts[first]]:
            last += 1
        at, size = _densest(times, first, last, 2 * within)
        where[n], count[n] = stream[acts[first]], size
        centre[n] = (times[at] + times[at + size - 1]) / 2
        n += 1
        first = last
    order = np.argsort(-count[:n], kind="mergesort")[:targets]
    return where[order], centre[order]


@njit(cache=True)
def _members(
    where: Any, centre: Any, account: Any, age: Any, offsets: Any, within: float, least: int,
    hits: Any, seen: Any,
) -> Any:  # fmt: skip
    """Accounts that act within the span of at least `least` targets.

    `hits` and `seen` are scratch by account, all zeros before and after.
    """
    users = np.empty(0, np.int64)
    touched = np.empty(0, np.int64)
    for rounds in range(2):  # first count, then gather
        n = 0
        for k in range(len(where)):
            begin, end = offsets[where[k]], offsets[where[k] + 1]
            span = age[begin:end]
            low = begin + np.searchsorted(span, centre[k] - within)
            high = begin + np.searchsorted(span, centre[k] + within, side="right")
            for i in range(low, high):
                if account[i] < 0:
                    continue
                if rounds == 0:
                    hits[account[i]] += seen[account[i]] != k + 1
                    seen[account[i]] = k + 1
                    n += 1
                    continue
                seen[account[i]] = 0
                if hits[account[i]] >= least:
                    users[n] = account[i]
                    hits[account[i]] = -1  # taken
                    n += 1
                elif hits[account[i]] > 0:
                    hits[account[i]] = 0
        if rounds == 0:
            users = np.empty(n, np.int64)
        else:
            touched = users[:n]
    for u in touched:
        hits[u] = 0
    return np.sort(touched)


@njit(cache=True)
def _search(
    seeds: Any, account: Any, stream: Any, age: Any, offsets: Any, by_account: Any, acts_of: Any,
    least_users: int, targets: int, within: float, least_targets: int, rounds: int,
) -> tuple[Any, int]:  # fmt: skip
    """One search a seed; marks the acts of every lockstep with its number of targets."""
    score, found = np.zeros(len(account)), 0
    hits = np.zeros(len(acts_of) - 1, np.int64)
    seen = np.zeros(len(acts_of) - 1, np.int64)
    for seed in seeds:
        at, size = _densest(age, offsets[seed], offsets[seed + 1], 2 * within)
        centre = np.array([(age[at] + age[at + size - 1]) / 2])
        where = np.array([seed])
        users = _members(where, centre, account, age, offsets, within, 1, hits, seen)
        before = len(users)
        for _ in range(rounds):
            acts = _acts_of_users(users, by_account, acts_of)
            where, centre = _choose_targets(acts, stream, age, targets, within)
            if len(where) < targets:
                users = users[:0]
                break
            users = _members(
                where, centre, account, age, offsets, within, least_targets, hits, seen
            )
            if len(users) < least_users or len(users) == before:
                break
            before = len(users)
        if len(users) < least_users:
            continue
        found += 1
        for u in users:
            hits[u] = 1
        for k in range(len(where)):
            for i in range(offsets[where[k]], offsets[where[k] + 1]):
                inside = abs(age[i] - centre[k]) <= within
                if inside and account[i] >= 0 and hits[account[i]] == 1:
                    score[i] = max(score[i], len(where))
        for u in users:
            hits[u] = 0
    return score, found
