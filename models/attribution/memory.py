"""The accounts' memory: what each did, where, beside whom, and how suspicious it was.

Kept as flat columns in (account, stream) order. Streams are numbered so that those of a section
stand together, and the sections of a creator: lives can then be compared by section or by creator.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from zhenzan.models.attribution.codes import compact, first_places, ordered
from zhenzan.models.attribution.coherence import Coherence
from zhenzan.models.attribution.events import Events
from zhenzan.models.attribution.ratios import DELIVERED_SHARES, visit_ratio

__all__ = ["Memory", "Visits", "codes_of", "ids_by_code", "remember"]

Ints = NDArray[np.int64]
Small = NDArray[np.int32]
Reals = NDArray[np.float64]
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Memory:
    """Timed acts of known accounts.

    Attributes:
        accounts: Id of each account, in an order by content.
        coherence: Of each account; NaN where undefined.
        sections: Id of each section. creator_of: Code of its creator.
        creators: Id of each creator; NULL for that of a section whose creator is unknown.
        vectors: Audience of each creator, unit or zero. chance: Similarity by chance.
        section_of: Section of each stream.
        start: Where the acts of each account begin (n_accounts + 1).
        stream, place: Of each act: its stream, and how many acts of the stream came before.
        q: Posterior of each act, communities not yet considered.
        act: Log ratio of each act: what it says of its account.
    """

    accounts: pa.Array
    coherence: Reals
    sections: pa.Array
    creator_of: Ints
    creators: pa.Array
    vectors: Reals
    chance: float
    section_of: Ints
    start: Ints
    stream: Small
    place: Small
    q: Floats
    act: Floats

    @cached_property
    def visits(self) -> Visits:
        """The distinct (account, section) pairs."""
        return _visits(self)

    @cached_property
    def meetable(self) -> tuple[Ints, Ints]:
        """Acts of each account, and of each visit, where an account of several sections came too.

        As in a fit, what nobody else came to is no chance to meet anybody (`company.py`).
        """
        visits, n = self.visits, len(self.start) - 1
        account = np.repeat(np.arange(n), np.diff(self.start))
        social = (np.diff(visits.start) > 1)[account]
        fresh = np.ones(len(account), bool)
        fresh[1:] = (np.diff(account) != 0) | (np.diff(self.stream) != 0)
        came = np.bincount(self.stream[fresh & social], minlength=len(self.section_of))
        shared = came[self.stream] > social
        visit = np.repeat(np.arange(len(visits.size)), visits.size)
        return (
            np.bincount(account[shared], minlength=n),
            np.bincount(visit[shared], minlength=len(visits.size)),
        )

    @cached_property
    def by_creator(self) -> Visits:
        """The same by (account, creator): `section` is the creator's code, `terms` are sums."""
        return _together(self.visits, self.creator_of[self.visits.section])


@dataclass(frozen=True, slots=True)
class Visits:
    """Pairs of account and section in their order, and sums by account.

    Attributes:
        account, section, size: Of each visit; `size` is how many acts it has.
        start: Where the visits of each account begin (n_accounts + 1).
        suspicion: Largest posterior of each visit.
        terms: (shares, visits) what each says of its account, by share delivered.
        total: (shares, accounts) sums of the terms.
    """

    account: Ints
    section: Ints
    size: Ints
    start: Ints
    suspicion: Reals
    terms: Reals
    total: Reals

    def find(self, account: Ints, section: Ints) -> Ints:
        """Place of each visit looked for; -1 where there is none, or a code is -1."""
        width = int(max(self.section.max(initial=0), section.max(initial=0))) + 1
        keys, wanted = self.account * width + self.section, account * width + section
        place = np.minimum(np.searchsorted(keys, wanted), max(len(keys) - 1, 0))
        if not len(keys):
            return np.full(len(account), -1, np.int64)
        met = (keys[place] == wanted) & (account >= 0) & (section >= 0)
        return np.where(met, place, -1)


def _together(visits: Visits, creator: Ints) -> Visits:
    """Visits to the sections of one creator as one; sections of a creator stand together."""
    fresh = np.ones(len(creator), bool)
    fresh[1:] = (np.diff(visits.account) != 0) | (np.diff(creator) != 0)
    first = np.flatnonzero(fresh)
    if not len(first):
        return visits
    account = visits.account[first]
    return Visits(
        account=account,
        section=creator[first],
        size=np.add.reduceat(visits.size, first),
        start=np.searchsorted(account, np.arange(len(visits.start))),
        suspicion=np.maximum.reduceat(visits.suspicion, first),
        terms=np.add.reduceat(visits.terms, first, axis=1),
        total=visits.total,
    )


def _visits(memory: Memory) -> Visits:
    n_accounts = len(memory.start) - 1
    account = np.repeat(np.arange(n_accounts), np.diff(memory.start))
    section = memory.section_of[memory.stream]
    fresh = np.ones(len(account), bool)
    fresh[1:] = (np.diff(account) != 0) | (np.diff(section) != 0)
    first = np.flatnonzero(fresh)
    visit = np.cumsum(fresh) - 1
    n = len(first)
    size = np.bincount(visit, minlength=n)
    mean = np.bincount(visit, memory.act.astype(np.float64), n) / np.maximum(size, 1)
    suspicion = np.zeros(n)
    np.maximum.at(suspicion, visit, memory.q.astype(np.float64))
    each, owner = visit_ratio(mean), account[first]
    terms = np.stack([np.log(1.0 - share + share * each) for share in DELIVERED_SHARES])
    sums = [np.bincount(owner, row, n_accounts) for row in terms]
    total = np.stack(sums).astype(np.float64)
    start: Ints = np.searchsorted(owner, np.arange(n_accounts + 1))
    return Visits(owner, section[first], size, start, suspicion, terms, total)


def remember(
    events: Events, q: Reals, act: Reals, creator: Ints, creators: pa.Array, found: Coherence
) -> Memory:
    """The memory of a set.

    Args:
        events: Its acts.
        q: Their posteriors.
        act: What each says of its account.
        creator: Creator code by section code.
        creators: Id of each creator code, NULL where it is a section of an unknown creator.
        found: Coherence of its accounts and creators.
    """
    of_stream = events.stream_section
    first = first_places(of_stream)
    sections = of_stream[first]
    by_creator = np.lexsort((sections, creator[sections]))
    new = np.zeros(int(sections.max(initial=-1)) + 1, np.int64)
    new[sections[by_creator]] = np.arange(len(sections))
    order = np.argsort(new[of_stream], kind="stable")
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    place = np.arange(events.n) - events.offsets[events.stream]
    known = np.flatnonzero(events.account >= 0)
    account, at = events.account[known], rank[events.stream[known]]
    life = known[ordered(account, at, place[known], unique=True)]
    codes, account = compact(events.account[life])
    ids = events.acts["section_id"].take(pa.array(events.offsets[:-1][first[by_creator]]))
    vectors = found.vectors
    if not len(vectors):
        vectors = np.zeros((len(creators), vectors.shape[1]))
    return Memory(
        accounts=ids_by_code(events.acts, "account", "account_id").take(pa.array(codes)),
        coherence=found.account[codes],
        sections=ids.combine_chunks().cast(pa.string()),
        creator_of=creator[sections[by_creator]],
        creators=creators,
        vectors=vectors,
        chance=found.chance,
        section_of=new[of_stream][order],
        start=np.searchsorted(account, np.arange(len(codes) + 1)),
        stream=rank[events.stream[life]].astype(np.int32),
        place=place[life].astype(np.int32),
        q=q[life].astype(np.float32),
        act=act[life].astype(np.float32),
    )


def ids_by_code(acts: pa.Table, code: str, name: str) -> pa.Array:
    """The id of each code of the acts; -1 is no code."""
    codes = acts[code].to_numpy()
    known = np.flatnonzero(codes >= 0)
    place = np.zeros(int(codes.max(initial=-1)) + 1, np.int64)
    place[codes[known]] = known
    return acts[name].take(pa.array(place)).cast(pa.string()).combine_chunks()


def codes_of(ids: pa.Array, known: pa.Array) -> Ints:
    """Place of each id among the known ones; -1 for others, and for NULL."""
    found = pc.index_in(ids, value_set=known, skip_nulls=True).fill_null(-1)
    return np.asarray(found.to_numpy(zero_copy_only=False), np.int64)
