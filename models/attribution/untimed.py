"""Acts without times: who served the same sections, and whether an audience explains it (step 9).

Without times there is no excess. What is left is company as co-occurrence: a pool leaves a block in
the graph of who went where, however thin and whatever its members do besides. `blocks.py` finds the
blocks; here each visit gets its posterior. With c of an account's d visits inside a block that
receives a share p_s of its members' visits in section s and a share o_s of everybody else's,

    worker   visits s at the rate c p_s,      anybody   at the rate d o_s

and the account is a worker with the odds that such rates give its c visits (the worker's drawn from
those of the members), times the share of
accounts in the block, times what its timed acts say. One of its visits to s was then delivered with
probability c p_s / (c p_s + (d - c) o_s).

The audience decides what kind of block it is. If light accounts return to its sections beyond
chance, the sections share an audience, and its most devoted part is no pool: the posterior falls as
that explains the members' own return. So does it where the sections are those of one creator.
Where too few light accounts went there, the block cannot be told from a community, and stays
below one half.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, gammaln, logit
from zhenzan.models.attribution.blocks import Block, find_blocks
from zhenzan.models.attribution.config import AttributionConfig
from zhenzan.models.attribution.events import Events
from zhenzan.models.attribution.visits import Visits, build_visits

__all__ = [
    "Untimed",
    "community_share",
    "judge_untimed",
    "prior_by_stream",
    "untimed",
    "untimed_factor",
]

Ints = NDArray[np.int64]
Reals = NDArray[np.float64]

# Share of the members' return that the audience explains. Pools planted in YelpZip and in made-up
# worlds have 0 to .16; organic blocks of YelpZip and stars .44 to 1, of made-up worlds .32 to 1, of
# worlds crowded with fan clubs .14 to 1.
_EXPLAINED: Final = 0.2
_EXPLAINED_WIDTH: Final = 0.03
# Before any light account is seen, half of the return counts as explained, with the weight of half
# an expected pair of visits.
_PRIOR_PAIRS: Final = 0.5
# How much workers differ in what they serve, as shape of a gamma distribution: between exponential
# and, since a block's members are those that stand out, a spread of a fifth.
_RATE_SHAPES: Final = (1.0, 20.0)
# Visits that a section is assumed to have had of the other members at least.
_PSEUDO: Final = 0.1
# Measured: over six planted blocks the 90 % interval then covers .90 to .99 of their sections.
_WIDER: Final = 0.5
# The background weighs like 20 timed acts against what is known of the stream; no measurement.
_TIMED_WEIGHT: Final = 20.0
# What timed acts say of an account, as in `ratios.py`: the shares a worker may deliver, one worker
# in fifty accounts, and how far one section may speak.
_DELIVERED_SHARES: Final = (0.15, 0.4, 0.75)
_WORKERS: Final = 0.02
_ACT_RANGE: Final = (np.log(0.25), np.log(100.0))


@dataclass(frozen=True, slots=True)
class Untimed:
    """What is said of the acts given, in their order.

    Attributes:
        q: Posterior before communities are considered.
        community: Part of it that an audience or a creator explains.
        ratio: Log likelihood ratio of the company; NaN for acts of accounts seen once or unknown.
        coherence: By account code, how far the block it belongs to is a community; NaN in none.
        info: For `run.json`.
        mark: Log likelihood ratio of each act by its account's timed acts.
    """

    q: Reals
    community: Reals
    ratio: Reals
    coherence: Reals
    info: dict[str, object]
    mark: Reals = field(default_factory=lambda: np.zeros(0))


def judge_untimed(
    account: Ints, section: Ints, creator: Ints, mark: Reals, prior: Reals, n_accounts: int
) -> Untimed:
    """Posteriors of acts without times, by who else went where their accounts went.

    Args:
        account: Account code of each act; -1 is unknown.
        section: Its section code.
        creator: Creator code by section code.
        mark: Log likelihood ratio of each act by what else is known of its account.
        prior: Probability of each act before anything is known of its account.
        n_accounts: Number of account codes.

    Returns:
        Without a block, and at least, the posterior is that of prior and mark.
    """
    visits = build_visits(account, section)
    found = find_blocks(visits)
    best = _Best(visits, _by_visit(visits, mark))
    for block in found.blocks:
        best.add(block, community_share(block, creator[visits.section_of[block.sections]]))
    known = visits.edge >= 0
    ratio = np.full(len(account), np.nan)
    edge = visits.edge[known]
    ratio[known] = np.where(
        np.diff(visits.life)[visits.account[edge]] > 1, best.ratio[edge], np.nan
    )
    least = np.asarray(expit(mark + logit(prior)))
    q, community = least.copy(), np.zeros(len(account))
    q[known] = np.maximum(best.q[edge], q[known])
    # What a community explains is still no less likely delivered than an act of its stream.
    community[known] = np.minimum(best.community[edge], 1.0 - least[known] / q[known])
    coherence = np.full(n_accounts, np.nan)
    coherence[visits.account_of] = best.coherence
    return Untimed(
        q, np.maximum(community, 0.0), ratio, coherence,
        {
            "untimed_visits": visits.n,
            "untimed_blocks": len(found.blocks),
            "untimed_blocks_of_communities": best.n_communities,
            "untimed_searches_skipped": found.skipped,
        },
    )  # fmt: skip


def community_share(block: Block, creator: Ints) -> float:
    """Share of the members' return, 0 to 1, that an audience or a common creator explains."""
    returns = block.returns + _PRIOR_PAIRS * np.exp(block.lift / 2.0)
    audience = np.log(max(returns / (block.expected_returns + _PRIOR_PAIRS), 1.0)) / block.lift
    of_creator = np.bincount(np.unique(creator, return_inverse=True)[1]) / len(creator)
    same: float = (of_creator**2).sum()
    return float(np.clip(max(audience, same if len(of_creator) < len(creator) else 0.0), 0.0, 1.0))


def _log_rate(count: Reals, members: Ints) -> Reals:
    """Log of the mean of rate^count e^-rate over the rates of a block's members.

    Rates are gamma distributed, fitted by the moments of the members' counts: where members serve
    a hundred sections, an account seen in seven is none, however many that is for itself.
    """
    mean = float(members.mean())
    shape = mean**2 / max(float(members.var()) - mean, 1e-9)
    shape = float(np.clip(shape, *_RATE_SHAPES))
    scale = mean / shape
    return np.asarray(
        gammaln(shape + count) - gammaln(shape) + count * np.log(scale)
        - (shape + count) * np.log1p(scale)
    )  # fmt: skip


def _by_visit(visits: Visits, mark: Reals) -> Reals:
    """Mean mark of the acts of each visit."""
    known = visits.edge >= 0
    size = np.bincount(visits.edge[known], minlength=visits.n)
    total = np.bincount(visits.edge[known], mark[known], visits.n)
    return np.asarray(total / np.maximum(size, 1))


class _Best:
    """The likeliest explanation of each visit so far."""

    def __init__(self, visits: Visits, mark: Reals) -> None:
        self._visits, self._mark = visits, mark
        self._degree = np.diff(visits.life)
        self.q, self.ratio = np.zeros(visits.n), np.zeros(visits.n)
        self.community = np.full(visits.n, -1.0)  # no block
        self.coherence = np.full(len(visits.account_of), np.nan)
        self.n_communities = 0

    def add(self, block: Block, share: float) -> None:
        """Takes what a block says where it leaves more than was known."""
        community = float(expit((share - _EXPLAINED) / _EXPLAINED_WIDTH))
        self.n_communities += community > 0.5
        edges, worker, ratio, delivered = self._rates(block)
        real = expit(block.evidence)
        q = real * expit(worker) * delivered
        left = q * (1.0 - community)
        old = np.where(self.community[edges] < 0, -1.0,
                       self.q[edges] * (1.0 - self.community[edges]))  # fmt: skip
        better = edges[left > old]
        chosen = left > old
        self.q[better], self.community[better] = q[chosen], community
        self.ratio[better] = ratio[chosen]
        members = block.accounts
        known = self.coherence[members]
        self.coherence[members] = np.where(np.isnan(known), share, np.minimum(known, share))

    def _rates(self, block: Block) -> tuple[Ints, Reals, Reals, Reals]:
        """Visits to the block's sections; log odds and ratio of accounts; share of them served."""
        v = self._visits
        place = np.full(len(v.section_of), -1, np.int64)
        place[block.sections] = np.arange(len(block.sections))
        edges = np.sort(np.concatenate(
            [v.by_section[a:b] for a, b in zip(v.audience[block.sections],
                                               v.audience[block.sections + 1], strict=True)]
        ))  # fmt: skip
        account, at = v.account[edges], place[v.section[edges]]
        who, own = np.unique(account, return_inverse=True)
        inside = np.zeros(v.n, bool)
        inside[block.inside] = True
        mine = inside[edges]
        served = np.bincount(at, mine, len(block.sections))
        size = np.bincount(at, minlength=len(block.sections))
        share = np.maximum(served[at] - mine, _PSEUDO) / len(block.inside)
        chance = (size - served + 0.5)[at] / v.n
        count = np.bincount(own).astype(np.float64)
        degree = self._degree[who].astype(np.float64)
        told = np.bincount(own, np.log(share / chance))
        outside = float((size - served).sum()) / v.n
        ratio = told + _log_rate(count, np.bincount(v.account[block.inside])[block.accounts])
        ratio += degree * outside - count * np.log(degree)
        among = max(int((self._degree > 1).sum()) - len(block.accounts), 1)
        odds = ratio + np.log(len(block.accounts) / among)
        odds += np.bincount(own, self._mark[edges]) / count
        rate = count[own] * share
        delivered: Any = rate / (rate + np.maximum(degree - count, 0.0)[own] * chance)
        return edges, odds[own], ratio[own], np.asarray(delivered)


def untimed(events: Events, purchased: Reals, creator: Ints, config: AttributionConfig) -> Untimed:
    """The untimed acts of a set, with what the posteriors of its timed acts say of their accounts.

    Args:
        events: All acts; the untimed are the last of `events.acts`.
        purchased: Posterior of each timed act.
        creator: Creator code by section code.
        config: `background`, and what is left out (`without`).
    """
    account = events.acts["account"].to_numpy()[events.n :].astype(np.int64)
    section = events.acts["section"].to_numpy()[events.n :].astype(np.int64)
    mark = np.zeros(len(account))
    if "propensity" not in config.without:
        mark = _known_workers(events, purchased, account, section, config.background)
    searched = np.where("company" in config.without, -1, account)
    prior = prior_by_stream(events, purchased, config.background)
    found = judge_untimed(searched, section, creator, mark, prior, len(events.n_sections))
    return replace(found, mark=mark)


def prior_by_stream(events: Events, purchased: Reals, background: float) -> Reals:
    """Of each untimed act, what share of the timed acts of its stream was delivered, shrunk."""
    stream = events.acts["stream"].to_numpy()
    size = int(stream.max(initial=-1)) + 1
    timed = stream[: events.n]
    n = np.bincount(timed, minlength=size)
    total = np.bincount(timed, purchased, size)
    share = (total + _TIMED_WEIGHT * background) / (n + _TIMED_WEIGHT)
    return np.asarray(np.clip(share[stream[events.n :]], 1e-9, 1.0 - 1e-9))


def untimed_factor(section: Ints, n_timed: int) -> Reals:
    """By section code, what the interval of its sum is multiplied by: 1 where all acts are timed.

    A section's posteriors rise and fall with the block that holds it, and whether it is a section
    of the block at all is one decision.

    Args:
        section: Code of each act, the timed ones first.
        n_timed: How many those are.
    """
    n = np.bincount(section)
    late = np.bincount(section[n_timed:], minlength=len(n))
    return np.asarray(1.0 + _WIDER * late / np.maximum(n, 1))


def _known_workers(
    events: Events, purchased: Reals, account: Ints, section: Ints, background: float
) -> Reals:
    """Log ratio of what each untimed act's account did at known times in other sections."""
    seen = np.flatnonzero(events.account >= 0)
    if not len(seen) or not len(account):
        return np.zeros(len(account))
    width = int(max(events.section.max(), section.max())) + 1
    key = events.account[seen] * width + events.section[seen]
    visit, at, size = np.unique(key, return_inverse=True, return_counts=True)
    odds = logit(np.clip(purchased[seen], 1e-9, 1.0 - 1e-9)) - logit(background)
    each = np.exp(np.clip(np.bincount(at, odds) / size, *_ACT_RANGE))
    own = np.minimum(np.searchsorted(visit, account * width + section), len(visit) - 1)
    same = visit[own] == account * width + section
    known, worker = np.maximum(account, 0), np.zeros(len(account))
    for share in _DELIVERED_SHARES:
        term = np.log1p(share * (each - 1.0))
        total = np.bincount(visit // width, term, len(events.n_sections))
        worker += np.exp(np.minimum(total[known] - same * term[own], 50.0))
    worker /= len(_DELIVERED_SHARES)
    ratio = np.log(worker / (_WORKERS * worker + 1.0 - _WORKERS))
    return np.where(account >= 0, ratio, 0.0)
