"""Acts of new sections seated among the lives that a reference remembers, and what these say.

Every figure of an act comes from its own section and from the reference, never from another section
of the batch. What the reference knows of the same section is left out by its id; for company, what
it knows of the same creator.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numba import njit
from numpy.typing import NDArray
from scipy import sparse
from zhenzan.models.attribution.coherence import MIN_SUSPICION
from zhenzan.models.attribution.company import Neighbours
from zhenzan.models.attribution.config import AttributionConfig
from zhenzan.models.attribution.events import Events, visits
from zhenzan.models.attribution.meeting import WITHIN, meet
from zhenzan.models.attribution.memory import Memory, Visits, codes_of, ids_by_code
from zhenzan.models.attribution.ratios import worker_ratio

__all__ = ["Seats", "by_account", "other_life", "own_audience", "remembered_neighbours", "seated"]

Ints = NDArray[np.int64]
Reals = NDArray[np.float64]

_LONG: Final = 200  # as in `meeting.py`: longer lives are not sketched
_ALL: Final = np.uint64(0xFFFFFFFFFFFFFFFF)
_HASH: Final = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, slots=True)
class Seats:
    """Where the reference knows an act from; -1 where it does not.

    Attributes:
        account: Of each act, timed ones first.
        section, creator: Of each act.
        visit: The remembered visit of its account to its section.
    """

    account: Ints
    section: Ints
    creator: Ints
    visit: Ints


def seated(events: Events, creators: pa.Array, memory: Memory) -> tuple[Events, Seats]:
    """Looks every act up, and orders acts of one moment by what is remembered of their accounts.

    Args:
        events: Acts of `prepare(..., known=...)`.
        creators: Creator id by section code, NULL where unknown.
        memory: Of the reference.
    """
    section = codes_of(ids_by_code(events.acts, "section", "section_id"), memory.sections)
    creator = codes_of(creators, memory.creators)
    creator = np.where(section >= 0, np.append(memory.creator_of, -1)[section], creator)
    of_code = codes_of(ids_by_code(events.acts, "account", "account_id"), memory.accounts)
    code = events.acts["account"].to_numpy()
    account = np.append(of_code, -1)[code]
    # Who is not remembered comes last; the order among them changes nothing that is counted.
    rank = np.where(account[: events.n] < 0, len(memory.accounts), account[: events.n])
    order = np.lexsort((rank, events.age_s, events.stream))
    every = np.append(order, np.arange(events.n, len(code)))
    acts = events.acts.take(pa.array(every))
    events = replace(
        events,
        account=events.account[order],
        visit=events.visit[order],
        twin=events.twin[order] if len(events.twin) else events.twin,
        acts=acts,
    )
    at = acts["section"].to_numpy()
    account = account[every]
    where = section[at]
    return events, Seats(account, where, creator[at], memory.visits.find(account, where))


def by_account(events: Events) -> Events:
    """Acts coded by account again, where they were coded by (account, section)."""
    names = events.acts["account_id"].combine_chunks().cast(pa.string()).dictionary_encode()
    code = np.asarray(names.indices.fill_null(-1).to_numpy(zero_copy_only=False), np.int64)
    acts = events.acts.set_column(
        events.acts.schema.get_field_index("account"), "account", pa.array(code)
    )
    account = code[: events.n]
    return replace(events, acts=acts, account=account, visit=visits(account, events.section))


def other_life(seats: Seats, memory: Memory, *, by_creator: bool) -> Reals:
    """Log ratio of each act by its account's remembered visits elsewhere; level left in.

    As in a fit (`homes`), what is remembered of the act's creator is left out where its account
    acts for others too, else what is remembered of its section.
    """
    ratio = np.zeros(len(seats.account))
    known = np.flatnonzero(seats.account >= 0)
    if not len(memory.visits.account) or not len(known):
        return ratio
    account, creator = seats.account[known], seats.creator[known]
    places = memory.creator_of[memory.visits.section]
    several = _elsewhere(account, creator, memory, places) & by_creator
    here = _others(memory.visits, account, seats.visit[known])
    if several.any():
        served = memory.by_creator
        own = served.find(account, creator)
        here = np.where(several, _others(served, account, own), here)
    ratio[known] = worker_ratio(here)
    return ratio


def _others(visits: Visits, account: Ints, own: Ints) -> Reals:
    """Summed terms of each account's visits but its own one (-1: there is none), by share."""
    terms = np.where(own >= 0, visits.terms[:, own], 0.0)
    alone = np.diff(visits.start)[account] - (own >= 0) == 0
    return np.where(alone, 0.0, visits.total[:, account] - terms)


def remembered_neighbours(
    events: Events, seats: Seats, memory: Memory, config: AttributionConfig, *, by_creator: bool
) -> tuple[Neighbours, ...]:
    """Meetings of each timed act's neighbours with its account, in the reference.

    As in a fit, accounts of several creators meet by creator, those of a single one by section.
    """
    n = events.n
    account, section, creator = seats.account[:n], seats.section[:n], seats.creator[:n]
    by_account = memory.creator_of[memory.visits.section]
    several = _elsewhere(account, creator, memory, by_account) & by_creator
    other = _elsewhere(account, section, memory, memory.visits.section)
    of_account, of_visit = memory.meetable
    size = np.append(of_account, 0)[account]
    here = np.bincount(events.visit[events.visit >= 0], minlength=1)[events.visit]
    same = np.append(of_visit, 0)[seats.visit[:n]]
    others = (size - same + here - 1).astype(np.float64)
    views = (
        (several, creator, memory.creator_of[memory.section_of]),
        (other & ~several, section, memory.section_of),
    )
    return tuple(_count(events, account, others, view, memory, config) for view in views)


def _elsewhere(account: Ints, here: Ints, memory: Memory, places: Ints) -> NDArray[np.bool_]:
    """Whether each account is remembered from another place than the one it is in."""
    start = memory.visits.start
    if len(start) < 2:
        return np.zeros(len(account), bool)
    low = np.append(np.minimum.reduceat(places, start[:-1]), -1)[account]
    high = np.append(np.maximum.reduceat(places, start[:-1]), -1)[account]
    return np.asarray((account >= 0) & ((low != here) | (high != here)))


def _count(
    events: Events, account: Ints, others: Reals, view: tuple[NDArray[np.bool_], Ints, Ints],
    memory: Memory, config: AttributionConfig,
) -> Neighbours:  # fmt: skip
    chosen, here, place_of = view
    social = np.flatnonzero(chosen)
    met, exposure = np.zeros((len(social), len(WITHIN))), np.zeros(len(social))
    if len(social):
        _count_remembered(
            events.stream[social], account[social], events.age_s[social], others[social],
            here[social], memory.stream, memory.place, memory.start, place_of,
            config.neighbours, config.within_s, met, exposure,
        )  # fmt: skip
    return Neighbours(social, met, exposure)


@njit(cache=True, nogil=True)
def _count_remembered(
    stream: NDArray[Any], account: NDArray[Any], age: NDArray[Any], others: NDArray[Any],
    here: NDArray[Any], life_stream: NDArray[Any], life_place: NDArray[Any], start: NDArray[Any],
    place_of: NDArray[Any], reach: int, within: float, met: NDArray[Any], exposure: NDArray[Any],
) -> None:  # fmt: skip
    """Fills `met` and `exposure` as `count_meetings` does, from lives that are remembered."""
    n = len(stream)
    seen, counts = np.zeros(n, np.uint64), np.zeros(len(WITHIN), np.int64)
    for i in range(n):
        low, high = start[account[i]], start[account[i] + 1]
        if high - low > _LONG:
            seen[i] = _ALL
            continue
        for x in range(low, high):
            there = place_of[life_stream[x]]
            if there != here[i]:
                seen[i] |= np.uint64(1) << ((np.uint64(there) * _HASH) >> np.uint64(58))
    for i in range(n):
        a = account[i]
        for j in range(i + 1, min(i + 1 + reach, n)):
            if stream[j] != stream[i] or age[j] - age[i] > within:
                break
            b = account[j]
            if a == b:
                continue
            exposure[i] += others[i] * others[j]
            exposure[j] += others[i] * others[j]
            if seen[i] & seen[j] == 0:
                continue
            if start[a + 1] - start[a] <= start[b + 1] - start[b]:
                meet(a, b, life_stream, life_place, start, place_of, here[i], counts)
            else:
                meet(b, a, life_stream, life_place, start, place_of, here[i], counts)
            for d in range(len(WITHIN)):
                met[i, d] += counts[d]
                met[j, d] += counts[d]


def own_audience(events: Events, q: Reals, seats: Seats, memory: Memory, least: float) -> Reals:
    """By visit code: how alike its creator is to those of what else its account is suspected of.

    As `explained` takes it; NaN for accounts of which too little is suspicious. A creator that the
    reference does not know is like no other.

    Args:
        events: The acts.
        q: Their posteriors.
        seats: Of the acts.
        memory: Of the reference.
        least: Sum of posteriors below which nothing is said.
    """
    known = np.flatnonzero(events.visit >= 0)
    n = int(events.visit.max(initial=-1)) + 1
    suspicion, act = np.zeros(n), np.zeros(n, np.int64)
    np.maximum.at(suspicion, events.visit[known], q[known])
    act[events.visit[known]] = known
    account, creator = seats.account[act], seats.creator[act]
    own = np.full(n, np.nan)
    at = np.flatnonzero(account >= 0)
    if not len(at):
        return own
    rows, place = np.unique(account[at], return_inverse=True)
    life = _lives(rows, memory)
    total, several, direction, same = _without(place, at, life, seats.visit[act], creator, memory)
    s = suspicion[at]
    defined = (total + s >= least) & (several + (s > MIN_SUSPICION) >= 2)
    vector = np.append(memory.vectors, np.zeros((1, memory.vectors.shape[1])), axis=0)[creator[at]]
    alike = np.einsum("ij,ij->i", direction, vector)
    alike = np.where((vector != 0).any(axis=1), alike, same) / np.maximum(total, 1e-9)
    judged = np.clip((alike - memory.chance) / (1.0 - memory.chance), 0.0, 1.0)
    own[at] = np.where(defined, judged, np.nan)
    return own


def _lives(rows: Ints, memory: Memory) -> Any:
    """Suspicion of each account's visits: (accounts asked for, visits)."""
    kept = memory.visits
    sizes = kept.start[rows + 1] - kept.start[rows]
    ends = np.append(0, np.cumsum(sizes))
    index = np.arange(ends[-1]) + np.repeat(kept.start[rows] - ends[:-1], sizes)
    return sparse.csr_matrix(
        (kept.suspicion[index], index, ends), shape=(len(rows), len(kept.account))
    )


def _without(
    place: Ints, at: Ints, life: Any, visit: Ints, creator: Ints, memory: Memory
) -> tuple[Reals, Reals, Reals, Reals]:
    """Of each account's other visits: suspicion, how many, their direction, the same creator's."""
    kept = memory.visits
    by = memory.creator_of[kept.section]
    vectors = memory.vectors[by]
    mine = visit[at]
    own = np.where(mine >= 0, np.append(kept.suspicion, 0.0)[mine], 0.0)
    marked = life.copy()
    marked.data = (life.data > MIN_SUSPICION).astype(np.float64)
    total = np.asarray(life.sum(axis=1)).ravel()[place] - own
    several = np.asarray(marked.sum(axis=1)).ravel()[place] - (own > MIN_SUSPICION)
    direction = (life @ vectors)[place]
    direction -= own[:, None] * np.append(vectors, vectors[:1] * 0.0, axis=0)[mine]
    served = np.repeat(np.arange(life.shape[0]), np.diff(life.indptr))
    width = len(memory.creators) + 1
    keys, row = np.unique(served * width + by[life.indices], return_inverse=True)
    sums = np.append(np.bincount(row, life.data, len(keys)), 0.0)
    wanted = place * width + creator[at]
    found = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    met = (keys[found] == wanted) & (creator[at] >= 0)
    same = np.where(met, sums[found] - own, 0.0)
    return total, several, direction, same
