"""The grammar of orders: quantity, delay, shape of delivery, over-delivery, drop-off, refill.

Numbers are those of peers.md section 4 ("Simulator grammar") unless another source is named.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from zhenzan.detector.simulate.acts import DELIVERED, FOLLOW_ON, KINDS, Acts
from zhenzan.detector.simulate.clock import DAY_MS, HOUR_MS
from zhenzan.detector.simulate.organic import DECAY
from zhenzan.detector.simulate.pools import Pool, session_times
from zhenzan.detector.simulate.sections import DECAY_SCALE_H
from zhenzan.detector.simulate.stage import Order, Stage

__all__ = [
    "DELIVERIES",
    "QUANTITIES",
    "SMALL_QUANTITIES",
    "Request",
    "follow_up",
    "fulfil",
    "social_proof",
]

QUANTITIES: Final = (100, 100, 200, 300, 300, 500, 1000)
"""Weighted as sellers' like offers are: 100 is the minimum of most (149 of 157 that state one in
`market_rent.csv`), 500 and 1,000 the commonest packs above."""
SMALL_QUANTITIES: Final = (20, 25, 30, 50, 75)
DELIVERIES: Final = ("flash", "steps", "linear", "constant", "diurnal", "curve", "hour")
START_DELAY_H: Final = (0.0, 4.0)
"""Half of the like offers that promise a start say 0-4 h or sooner (`market_rent.csv`)."""
FLASH_MEAN_H: Final = 40 / 60
FLASH_END_H: Final = 2.0
"""Hundreds within one poll of two hours, then nothing (De Cristofaro et al., IMC 2014)."""
RUNS: Final = (2, 4, 5, 10)
INTERVALS_H: Final = (1, 2, 6, 12)
"""As in panel orders of 500 x 10 runs every 60 minutes; the other values are ours [H]."""
LINEAR_DAYS: Final = (3, 7, 15)
"""Fifteen days in De Cristofaro et al.; sellers' daily speeds of 60-3,000 (`market_rent.csv`) turn
the usual quantities into days or a week."""
DIURNAL_MEAN_H: Final = 10.0
"""Mean wait until a part-timer takes the task; the shape is that of a task hall over a day [H]."""
POD_MEAN_H: Final = 0.35
"""Pods of 20-200 accounts engage within the first hour (CreatorScore, peers.md section 4)."""
MAX_OVER_DELIVERY: Final = 0.10
DROP_RANGE: Final = (0.002, 0.40)
DROP_CHANCE: Final = 0.5
REFILL_CHANCE: Final = 0.4
REFILL_AFTER_DAYS: Final = (0.5, 3.0)
"""Of orders lose something within thirty days; of those, some are filled up again, once [H].
Sellers of likes name losses from "none" to 80 % where they name any (`market_rent.csv`)."""
LADDER_LAG_H: Final = (1 / 6, 6.0)
"""From a worker's like to the comment, and on to the share: ten minutes to six hours."""
PROOF_RANGE: Final = (0.05, 0.30)
"""Organic likes drawn per delivered one. One unearned up-vote raised final scores by a quarter in
the field experiment of Muchnik, Aral & Taylor (Science 2013); the range around it is ours [H]."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a buyer asks for."""

    campaign: int
    scenario: int
    section: int
    quantity: int
    delivery: str
    placed_ms: float
    comment: int = -1
    kind: str = "like"
    match: float = 0.0
    by_region: bool = False


def shape(
    stage: Stage, rng: np.random.Generator, request: Request, start: float, n: int
) -> tuple[NDArray[np.float64], int, int]:
    """Times (ms) of `n` deliveries from `start`, with the number of runs and their interval."""
    runs, interval = 1, 0
    if request.delivery == "flash":
        wait = rng.exponential(FLASH_MEAN_H, n)
        hours = np.where(wait > FLASH_END_H, rng.uniform(0, FLASH_END_H, n), wait)
    elif request.delivery == "steps":
        runs = int(rng.choice(RUNS))
        interval = int(rng.choice(INTERVALS_H)) * HOUR_MS
        hours = rng.integers(0, runs, n) * (interval / HOUR_MS) + rng.exponential(0.12, n)
    elif request.delivery == "hour":
        start, hours = request.placed_ms, np.minimum(rng.exponential(POD_MEAN_H, n), 1.0)
    elif request.delivery == "linear":
        hours = rng.uniform(0, float(rng.choice(LINEAR_DAYS)) * 24, n)
    elif request.delivery == "constant":
        hours = (np.arange(n) + rng.normal(0.5, 0.15, n)) * (24.0 / max(n, 1))
    elif request.delivery == "curve":
        where = np.full(n, request.section)
        group = stage.clock.group(
            stage.sections.vertical[where], stage.people.zone[stage.sections.creator[where]]
        )
        age = DECAY_SCALE_H * ((1.0 - rng.random(n)) ** (-1.0 / DECAY) - 1.0)
        return np.sort(stage.clock.advance(np.full(n, start), np.minimum(age, 240), group)), 1, 0
    else:
        hours = rng.exponential(DIURNAL_MEAN_H, n)
    return np.sort(start + hours * HOUR_MS), runs, interval


def _lift(stage: Stage, pool: Pool, request: Request) -> NDArray[np.float64] | None:
    """Weights that prefer workers of the creator's region, or of the section's interest."""
    if request.match <= 0:
        return None
    people, s = stage.people, stage.sections
    if request.by_region:
        fits = people.region[pool.members] == people.region[s.creator[request.section]]
    else:
        fits = people.language[pool.members] == s.language[request.section]
        fits &= (people.interest[pool.members] == s.vertical[request.section]).any(axis=1)
    return np.where(fits, request.match, 1.0)


def _hire(
    stage: Stage,
    rng: np.random.Generator,
    pool: Pool,
    request: Request,
    ts: NDArray[np.float64],
    busy: NDArray[np.bool_],
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Workers for delivery times; part-timers move an act to their own next session."""
    day = np.floor((ts - stage.start_ms) / DAY_MS).astype(int)
    day = np.clip(day, 0, pool.used.shape[1] - 3)
    lift = _lift(stage, pool, request)
    workers, times = [], []
    for today in np.unique(day):
        due = ts[day == today]
        hired = pool.hire(rng, int(today), len(due), busy, lift)
        workers.append(hired)
        times.append(due[: len(hired)])
    worker, when = np.concatenate(workers), np.concatenate(times)
    if request.delivery == "diurnal":
        today = np.floor((when - stage.start_ms) / DAY_MS).astype(int)
        session = session_times(stage, pool, worker, today)
        late = session < when
        session[late] = session_times(stage, pool, worker[late], today[late] + 1)
        # A worker's tasks of one sitting follow each other within a quarter of an hour.
        when = session + rng.uniform(0, HOUR_MS / 4, len(session))
    return worker, when


def fulfil(stage: Stage, rng: np.random.Generator, pool: Pool, request: Request) -> Acts:
    """Delivers an order and records it; what falls after the window is never seen.

    Returns:
        The delivered acts, those that dropped off with their time of retraction, and the refill.
    """
    wanted = round(request.quantity * (1 + rng.uniform(0, MAX_OVER_DELIVERY)))
    start = request.placed_ms + rng.uniform(*START_DELAY_H) * HOUR_MS
    ts, runs, interval = shape(stage, rng, request, start, wanted)
    busy = pool.busy(request.section, request.comment)
    worker, when = _hire(stage, rng, pool, request, ts, busy)
    drop = rng.uniform(*DROP_RANGE) if rng.random() < DROP_CHANCE else 0.0
    lost = rng.random(len(when)) < drop
    # Within thirty days, most of it in the first week.
    gone = when + np.minimum(rng.exponential(6.0, len(when)), 30.0) * DAY_MS
    refill_worker, refill_when = np.empty(0, dtype=np.intp), np.empty(0)
    if lost.any() and rng.random() < REFILL_CHANCE:
        again = np.sort(gone[lost] + rng.uniform(*REFILL_AFTER_DAYS) * DAY_MS)
        again = again[again < stage.end_ms]
        if len(again):
            refill_worker, refill_when = _hire(stage, rng, pool, request, again, busy)
    retracted = np.r_[np.where(lost, gone, -1), np.full(len(refill_when), -1)]
    acts = Acts.make(
        request.section,
        pool.members[np.r_[worker, refill_worker]],
        np.r_[when, refill_when],
        comment=request.comment,
        kind=KINDS.index(request.kind),
        label=DELIVERED,
        order=len(stage.orders),
        scenario=request.scenario,
        retracted=np.floor(retracted),
    )
    seen = acts.ts < stage.end_ms
    acts.retracted[acts.retracted >= stage.end_ms] = -1
    refilled = int(seen[len(when) :].sum())
    acts = acts.take(seen)
    _record(stage, request, acts, refilled, runs, interval)
    return acts


def follow_up(stage: Stage, rng: np.random.Generator, acts: Acts, quantity: int, kind: str) -> Acts:
    """What some workers of the last order do next on the same section, each in turn.

    Args:
        stage: The world.
        rng: Source of randomness.
        acts: What they did first, of one order.
        quantity: How many go on, at most all that did not drop off.
        kind: Of the further acts.
    """
    stayed = np.flatnonzero(acts.retracted < 0)
    chosen = np.sort(rng.choice(stayed, min(quantity, len(stayed)), replace=False))
    first = acts.take(chosen)
    last = stage.orders[-1]
    request = Request(
        last.campaign, int(first.scenario[0]) if len(first) else 0, last.section, quantity,
        "ladder", last.placed_ms, kind=kind,
    )  # fmt: skip
    done = Acts.make(
        first.section,
        first.account,
        first.ts + rng.uniform(*LADDER_LAG_H, len(first)) * HOUR_MS,
        kind=KINDS.index(kind),
        label=DELIVERED,
        order=len(stage.orders),
        scenario=request.scenario,
    )
    done = done.take(done.ts < stage.end_ms)
    _record(stage, request, done, 0, 1, 0)
    return done


def _record(
    stage: Stage, request: Request, acts: Acts, refilled: int, runs: int, interval_ms: int
) -> None:
    """Appends the order as it was delivered."""
    stage.orders.append(
        Order(
            campaign=request.campaign,
            kind=request.kind,
            section=request.section,
            comment=request.comment,
            quantity=request.quantity,
            delivered=len(acts),
            refilled=refilled,
            delivery=request.delivery,
            runs=runs,
            interval_ms=interval_ms,
            placed_ms=int(request.placed_ms),
            first_ms=int(acts.ts.min()) if len(acts) else -1,
            last_ms=int(acts.ts.max()) if len(acts) else -1,
        )
    )


def social_proof(stage: Stage, rng: np.random.Generator, delivered: Acts) -> Acts:
    """Organic likes that came because delivered ones were on display (label `follow_on`).

    Only likes on posts and comments draw others; lags are exponential with three active hours [H].
    """
    likes = delivered.take(delivered.kind == 0)
    rate = rng.uniform(*PROOF_RANGE, len(stage.orders) + 1)
    brought = rng.poisson(rate[likes.order])
    cause = np.repeat(np.arange(len(likes)), brought)
    section = likes.section[cause]
    account = stage.visitors(rng, section)
    group = stage.clock.group(stage.sections.vertical[section], stage.people.zone[account])
    lag = rng.exponential(3.0, len(cause))
    ts = stage.clock.advance(likes.ts[cause].astype(float), lag, group)
    return Acts.make(
        section,
        account,
        ts,
        comment=likes.comment[cause],
        label=FOLLOW_ON,
        order=likes.order[cause],
        scenario=likes.scenario[cause],
    )
