"""Company: how often those who arrive beside an account meet it elsewhere, beyond chance (step 4).

Two accounts *meet* in a section when they act in one of its streams with few acts between them. By
chance they meet in proportion to how much both act where others do, as often in a small section as
in a large one: a stranger is likelier to come to a large one, and less likely to be near. So for
every act the meetings of its neighbours with it, for *other* creators, are counted at three
distances, against what acts of that exposure find in organic life. Company is the surprise, minus
the logarithm of the tail of a negative binomial count, averaged over the distances. An account seen
with one creator has no other life: it is no neighbour and gets no company (NaN).

Cost is linear in the acts: at most `neighbours` pairs each; a pair takes as long as the shorter of
its lives, each act of which is searched for where the other is far longer, and no time where a
64-bit sketch of their sections shows that nothing is shared.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc
from zhenzan.models.attribution.codes import ordered
from zhenzan.models.attribution.config import AttributionConfig
from zhenzan.models.attribution.events import Events
from zhenzan.models.attribution.meeting import WITHIN, count_meetings, sketch, without_repeats

__all__ = ["Neighbours", "company", "learn_chance", "meet_neighbours"]

Ints = NDArray[np.int64]
Reals = NDArray[np.float64]

# Exposures are binned by powers of two; a bin is shrunk toward proportionality with 20 acts.
_EXPOSURES: Final = 64
_SHRINK: Final = 20.0
# Pairs are counted in eight parts, so that results do not depend on the number of threads.
_PARTS: Final = 8
# Some people meet more than their activity says, so counts are negative binomial, of this shape.
# Organic acts of high exposure have 2 to 5 on the stars, 4 to 12 in simulated worlds; 3 to 10 rank
# alike, and better than Poisson counts do (small orders: .42 against .32 of acts at 0.1 %).
_SHAPE: Final = 5.0
_LEAST: Final = 1e-300


@dataclass(frozen=True, slots=True)
class Neighbours:
    """What was counted around the acts of accounts that have another life.

    Attributes:
        acts: Places of these acts among the events.
        met: (acts, distances) meetings of each act's neighbours with its account elsewhere.
        exposure: Sum over the neighbours of the product of both accounts' other acts, those where
            somebody else acted as well.
    """

    acts: Ints
    met: Reals
    exposure: Reals


def meet_neighbours(events: Events, config: AttributionConfig) -> Neighbours:
    """Counts meetings; depends on who acted where and when only, so once is enough for a fit."""
    known = np.flatnonzero(events.account >= 0)
    social = known[events.n_sections[events.account[known]] > 1]
    met, exposure = np.zeros((len(social), len(WITHIN))), np.zeros(len(social))
    if not len(social):
        return Neighbours(social, met, exposure)
    stream, account = events.stream[social], events.account[social]
    place = (social - events.offsets[stream]).astype(np.int32)
    rank, section_of = _by_section(events.stream_section)
    at = rank[stream]
    life = ordered(account, at, place.astype(np.int64), unique=True)
    start = np.searchsorted(account[life], np.arange(len(events.n_sections) + 1))
    seen = sketch(life, start, at, section_of)
    age, streams, places = events.age_s[social], at[life].astype(np.int32), place[life]
    chances = _chances(account, at, life, len(events.n_sections))
    plain = without_repeats(streams, start)

    def part(first: int, last: int) -> None:
        count_meetings(
            first, last, at, account, age, seen, streams, places, start, section_of,
            chances, plain, config.neighbours, config.within_s, met, exposure,
        )  # fmt: skip

    # A pair writes to both its acts, which are of one stream: parts end where streams do.
    ends = np.searchsorted(stream, stream[np.linspace(0, len(stream) - 1, _PARTS + 1).astype(int)])
    cuts = [*ends[:-1].tolist(), len(stream)]
    with ThreadPoolExecutor(config.threads) as pool:
        list(pool.map(part, *zip(*pairwise(cuts), strict=True)))
    return Neighbours(social, met, exposure)


def _chances(account: Ints, stream: Ints, life: Ints, n_accounts: int) -> Reals:
    """Of each act, how many others its account has where another account came as well.

    Nobody is met in a stream of one's own: such acts are no exposure. Counted as one they would
    hide a pool whose workers like comments that nobody else likes (measured: 60 workers, 12 orders
    of 40; with 20 such likes each, delivered acts had .004 in the mean in place of .95).

    Args:
        account: Of each act.
        stream: Of each act.
        life: The acts by account and stream.
        n_accounts: How many there are.
    """
    who, where = account[life], stream[life]
    fresh = np.ones(len(life), bool)
    fresh[1:] = (np.diff(who) != 0) | (np.diff(where) != 0)
    shared = (np.bincount(where[fresh])[stream] > 1).astype(np.float64)
    return np.bincount(account, shared, n_accounts)[account] - shared


def _by_section(stream_section: Ints) -> tuple[Ints, Ints]:
    """Rank of each stream when those of a section stand together, and the section of each rank."""
    order = np.argsort(stream_section, kind="stable")
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return rank, stream_section[order]


def learn_chance(beside: Sequence[Neighbours], q: Reals, weight: Reals) -> Reals:
    """What organic acts find by chance: (distances, exposures) log mean meetings by exposure.

    Arguments are those of `company`; exposures are binned by powers of two.
    """
    chance = np.zeros((len(WITHIN), _EXPOSURES))
    if sum(len(part.acts) for part in beside):
        # One chance for all: the few accounts of a single creator must not set their own.
        acts = np.concatenate([part.acts for part in beside])
        exposure = np.concatenate([part.exposure for part in beside])
        organic = (weight * (1.0 - q))[acts]
        for row, column in zip(
            chance, np.concatenate([part.met for part in beside]).T, strict=True
        ):
            row[:] = _learn(column, exposure, organic)
    return chance


def company(
    n: int, beside: Sequence[Neighbours], q: Reals, weight: Reals, chance: Reals | None = None
) -> Reals:
    """Company of each of `n` acts, in nats from 0 up; NaN for accounts without another life.

    Args:
        n: Number of acts.
        beside: What was counted, for disjoint sets of accounts; empty where company is left out.
        q: Posteriors so far; chance is what organic acts find.
        weight: How much each act counts for that.
        chance: Of `learn_chance`; learnt from these acts where it is left out.
    """
    values = np.full(n, np.nan)
    if not sum(len(part.acts) for part in beside):
        return values
    if chance is None:
        chance = learn_chance(beside, q, weight)
    acts = np.concatenate([part.acts for part in beside])
    exposure = np.concatenate([part.exposure for part in beside])
    total = np.zeros(len(acts))
    for row, column in zip(chance, np.concatenate([part.met for part in beside]).T, strict=True):
        met = np.flatnonzero(column > 0)  # nobody met is no surprise
        mean = _expected(row, exposure[met])
        tail = betainc(column[met], _SHAPE, mean / (mean + _SHAPE))
        total[met] -= np.log(np.maximum(tail, _LEAST))
    values[acts] = total / len(WITHIN)
    return values


def _learn(met: Reals, exposure: Reals, organic: Reals) -> Reals:
    """Log mean meetings of organic acts in each bin of exposure."""
    level = np.log2(np.maximum(exposure, 1.0))
    bins = np.minimum(level, _EXPOSURES - 1).astype(np.int64)
    acts = np.bincount(bins, organic, _EXPOSURES)
    found = np.bincount(bins, organic * met, _EXPOSURES)
    exposed = np.bincount(bins, organic * exposure, _EXPOSURES)
    rate = (found.sum() + 1.0) / max(exposed.sum(), 1.0)
    typical = np.exp2(np.arange(_EXPOSURES) + 0.5)
    mean = (found + _SHRINK * rate * typical) / (acts + _SHRINK)
    weight = acts + _SHRINK
    relative: Reals = np.asarray(np.log(mean / typical), np.float64)
    relative = _smooth(relative * weight) / _smooth(weight)
    mean = np.maximum.accumulate(np.exp(relative) * typical)
    return np.asarray(np.log(mean), np.float64)


def _expected(chance: Reals, exposure: Reals) -> Reals:
    """Mean meetings by exposure: linear in its logarithm between bins."""
    level = np.log2(np.maximum(exposure, 1.0))
    at = np.interp(level, np.arange(_EXPOSURES) + 0.5, chance)
    return np.asarray(np.where(exposure > 0, np.exp(at), 0.0))


def _smooth(values: NDArray[Any]) -> Reals:
    return np.convolve(np.pad(values, 1, mode="edge"), [0.25, 0.5, 0.25], "valid")
