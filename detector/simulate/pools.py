"""Pools of accounts that deliver orders: fresh, aged, compromised, and real people part-time.

A pool hands out workers: never the same one twice in an order, never beyond a daily quota, the
diligent ones first, those who match the buyer's region or interest more often.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray
from zhenzan.detector.simulate.clock import DAY_MS, VERTICALS
from zhenzan.detector.simulate.stage import Stage

__all__ = ["POOL_KINDS", "Pool", "make_pool", "session_times"]

POOL_KINDS: Final = ("fresh", "aged", "compromised", "real")
_QUOTA: Final = {"fresh": 12, "aged": 10, "compromised": 6, "real": 40}
"""Acts a day. Part-timers manage 65-130 a day over all tasks (peers.md section 4, the student who
earns about 200 yuan a month); we see only the part of them that falls on this platform [H]."""
_SPREAD: Final = {"fresh": 0.4, "aged": 0.5, "compromised": 0.5, "real": 1.0}
"""Sigma of the lognormal diligence: scripts share the load, people do not [H]."""


@dataclass
class Pool:
    """Workers with their diligence, hours and what they have already done each day."""

    name: str
    kind: str
    members: NDArray[np.intp]
    weight: NDArray[np.float64]
    hour: NDArray[np.float32]
    used: NDArray[np.int16]
    quota: int
    served: dict[tuple[int, int], NDArray[np.bool_]] = field(default_factory=dict)

    def busy(self, section: int, comment: int) -> NDArray[np.bool_]:
        """Who has already worked on a target (nobody likes twice); hiring keeps it up to date."""
        return self.served.setdefault((section, comment), np.zeros(len(self.members), dtype=bool))

    def hire(
        self,
        rng: np.random.Generator,
        day: int,
        n: int,
        busy: NDArray[np.bool_],
        lift: NDArray[np.float64] | None = None,
    ) -> NDArray[np.intp]:
        """Positions of up to `n` workers with quota left on `day`; marks them busy and used."""
        free = (self.used[:, day] < self.quota) & ~busy
        n = min(n, int(free.sum()))
        if n <= 0:
            return np.empty(0, dtype=np.intp)
        weight = self.weight if lift is None else self.weight * lift
        # Gumbel noise on log weights: the n largest are a weighted draw without replacement.
        key = np.where(free, np.log(weight) + rng.gumbel(size=len(weight)), -np.inf)
        chosen = np.argpartition(key, len(key) - n)[len(key) - n :]
        busy[chosen] = True
        self.used[chosen, day] += 1
        return rng.permutation(np.sort(chosen))


def make_pool(stage: Stage, name: str, kind: str, size: int) -> Pool:
    """Recruits a pool of up to `size` accounts and gives them the profile of their kind."""
    rng = stage.rng("pool", name)
    people = stage.people
    members = stage.recruit(rng, size, f"worker_{kind}")
    n = len(members)
    stage.pools.append(name)
    stage.pool[members] = len(stage.pools) - 1
    if kind == "fresh":  # opened for the job: weeks or months old, hardly anything in the profile
        people.created_ms[members] = stage.start_ms - rng.uniform(2, 150, n) * DAY_MS
        people.followers[members] = rng.poisson(3, n)
        people.posts[members] = rng.poisson(1, n)
        people.bio_length[members] *= rng.random(n) < 0.5
    elif kind == "aged":  # bought old: batches of the same week, a life that ended
        batch = rng.uniform(200, 1500, max(1, n // 40))
        born = batch[rng.integers(0, len(batch), n)] + rng.uniform(0, 7, n)
        people.created_ms[members] = stage.start_ms - born * DAY_MS
        people.posts[members] = np.floor(people.posts[members] * rng.random(n))
    # Compromised and part-time accounts are ordinary people: nothing in the profile tells.
    n_days = (stage.end_ms - stage.start_ms) // DAY_MS + 8
    return Pool(
        name=name,
        kind=kind,
        members=members,
        weight=rng.lognormal(0.0, _SPREAD[kind], n),
        hour=rng.random((n, n_days), dtype=np.float32),
        used=np.zeros((n, n_days), dtype=np.int16),
        quota=_QUOTA[kind],
    )


def session_times(
    stage: Stage, pool: Pool, worker: NDArray[np.intp], day: NDArray[np.integer]
) -> NDArray[np.float64]:
    """When workers sit down for their tasks on a day (ms): mostly in the evening or at noon."""
    zone = stage.people.zone[pool.members[worker]]
    evening = np.full(len(worker), VERTICALS.index("entertainment"))
    group = stage.clock.group(evening, zone)
    midnight = stage.start_ms + day.astype(float) * DAY_MS
    first = stage.clock.active(midnight, group)
    last = stage.clock.active(midnight + DAY_MS, group)
    return stage.clock.wall(first + pool.hour[worker, day] * (last - first), group)
