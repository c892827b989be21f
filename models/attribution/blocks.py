"""Blocks of the graph of who went where: accounts that keep visiting the same sections.

A block is accounts and sections between which there are far more visits than activity and
popularity predict. It is looked for around the accounts whose visits in common with others are
least likely by chance, one block after the other; what a block explains, the next does not use.

A block is no order yet: a fandom, a town and a class are blocks, too. What tells them apart is
everybody else. Among accounts so light that they cannot belong to the block, those that visited one
of its sections return to another one as often as chance has it where strangers were served, and far
more often where the sections have an audience in common.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from zhenzan.models.attribution.blockkernels import grow, mates, meeting_evidence, reach
from zhenzan.models.attribution.visits import Visits

__all__ = ["Block", "Blocks", "find_blocks"]

Ints = NDArray[np.int64]
Reals = NDArray[np.float64]

# A mate is expected to share a tenth of an account's visits, and one in twenty of those met to be a
# mate: it only orders and starts the search (density .05 to .5 of the injection gives the same).
_RATE: Final = 0.1
_MATES: Final = 0.05
_SAMPLE: Final = 32  # of a section's visitors are looked at to find where to begin
_FROM: Final = 3.0  # nats of evidence from which an account is worth a search
_LEAST_VISITS: Final = 3  # of an account that begins one
_ROUNDS: Final = 30
_LOOSE_ROUNDS: Final = 6
_LOOSE: Final = 4.0  # nats, while a block grows, and later at least
# A block of fewer is what friends or a family do, too (hard negative: friends and family).
_MIN_ACCOUNTS: Final = 10
_MIN_SECTIONS: Final = 3
# Looks a visit that the whole search may take, so that it stays linear, in passes: after each, what
# is explained no longer promises a block.
_WORK: Final = 80
_PASSES: Final = 3
_DEPTH: Final = 3  # how often a block may be split
# An even split of a random block gains about an eighth of a nat a member; two blocks, many.
_SPLIT: Final = 1.0
_LEAST_LIGHT: Final = 3  # accounts with fewer visits than this are always light


@dataclass(frozen=True, slots=True)
class Block:
    """Attributes: as named; codes are those of the visits.

    Attributes:
        accounts, sections: Members.
        inside: Visits between them.
        evidence: Log likelihood ratio less what it costs to name the members.
        lift: How much more often than chance its members return to its sections, in nats.
        returns, expected_returns: Pairs of its sections visited by one light account.
    """

    accounts: Ints
    sections: Ints
    inside: Ints
    evidence: float
    lift: float
    returns: float
    expected_returns: float


@dataclass(frozen=True, slots=True)
class Blocks:
    """Attributes: blocks: in the order found; skipped: promising accounts left when work ended."""

    blocks: tuple[Block, ...]
    skipped: int


def find_blocks(visits: Visits) -> Blocks:
    """All blocks, the most evident beginnings first; deterministic and linear in the visits."""
    if not visits.n:
        return Blocks((), 0)
    return _Search(visits).run()


class _Search:
    """Scratch arrays and what is explained so far."""

    def __init__(self, visits: Visits) -> None:
        self._visits = visits
        n_accounts, n_sections = len(visits.account_of), len(visits.section_of)
        self._degree = np.diff(visits.life)
        self._explained = np.zeros(visits.n, bool)
        self._tried = np.zeros(n_accounts, bool)
        self._weight = np.zeros(n_accounts)
        self._count = np.zeros(n_accounts, np.int64)
        self._seen = np.zeros(n_sections, np.int64)
        self._work = 0
        # By activity: visits and pairs of visits of all accounts up to that activity.
        by_degree = np.bincount(self._degree).astype(np.float64)
        k = np.arange(len(by_degree))
        self._acts_up_to = np.cumsum(np.where(k > 1, by_degree * k, 0.0))
        self._pairs_up_to = np.cumsum(by_degree * k * (k - 1) / 2.0)
        self._n_active = int((self._degree > 1).sum())

    def run(self) -> Blocks:
        """Passes over the promising accounts until none is left or the work is used up."""
        found: list[Block] = []
        left: Ints = np.zeros(0, np.int64)
        for number in range(1, _PASSES + 1):
            left = self._promising()
            while len(left) and self._work <= number * _WORK * self._visits.n:
                a, left = int(left[0]), left[1:]
                if self._tried[a]:
                    continue
                self._tried[a] = True
                for block in self._around(a):
                    found.append(block)
                    self._tried[block.accounts] = True
                    self._explained[block.inside] = True
            if not len(left):
                break
        return Blocks(tuple(found), int((~self._tried[left]).sum()))

    def _promising(self) -> Ints:
        """Accounts worth a search, the most evident first."""
        v = self._visits
        evidence = meeting_evidence(
            v.account, v.section, v.life, v.audience, v.by_section, v.place, self._explained,
            _SAMPLE, _RATE, _MATES, _LEAST_VISITS,
        )  # fmt: skip
        evidence = np.round(evidence, 9)  # sums differ in their last digits
        evidence[self._tried] = 0.0
        order = np.argsort(-evidence, kind="stable")
        return np.asarray(order[evidence[order] > _FROM])

    def _around(self, a: int) -> list[Block]:
        v = self._visits
        start, work = mates(
            a, v.account, v.section, v.life, v.audience, v.by_section, self._explained,
            _SAMPLE, _RATE, self._weight,
        )  # fmt: skip
        self._work += work
        return self._from(start, _DEPTH)

    def _from(self, start: Ints, depth: int) -> list[Block]:
        """The block that grows from some accounts, or those that it falls into.

        Strict growth first, then from its result as far as the block's own size allows: what more
        than doubles by that has run into another block. Where strict growth finds nothing, the
        lenient one is tried from the start.
        """
        strict = self._grow(
            start, loose_rounds=_LOOSE_ROUNDS if depth == _DEPTH else 0, strict=True
        )
        if depth < _DEPTH:
            return self._parts(*strict, depth)
        accounts = strict[0]
        lenient = self._grow(
            accounts if len(accounts) else start,
            loose_rounds=0 if len(accounts) else _LOOSE_ROUNDS, strict=False,
        )  # fmt: skip
        if len(accounts) and len(lenient[0]) > 2 * len(accounts):
            lenient = strict
        return self._parts(*lenient, depth)

    def _grow(self, start: Ints, *, loose_rounds: int, strict: bool) -> tuple[Ints, Ints]:
        """Accounts and sections of a block; both empty where there is none of some size."""
        v = self._visits
        nothing: Ints = np.zeros(0, np.int64)
        if len(start) < _MIN_ACCOUNTS:
            return nothing, nothing
        accounts, sections, work = grow(
            start, v.account, v.section, v.life, v.audience, v.by_section, self._explained,
            _ROUNDS, loose_rounds, _LOOSE, self._n_active, strict, self._count, self._seen,
        )  # fmt: skip
        self._work += work
        if len(accounts) < _MIN_ACCOUNTS or len(sections) < _MIN_SECTIONS:
            return nothing, nothing
        return accounts, sections

    def _parts(self, accounts: Ints, sections: Ints, depth: int) -> list[Block]:
        """The block of these members, or the blocks of its halves."""
        if not len(accounts):
            return []
        v = self._visits
        inside = self._inside(accounts, sections)
        if depth:
            halves = _split(v.account[inside], v.section[inside])
            parts = _apart([b for half in halves for b in self._from(half, depth - 1)])
            if parts:
                return parts
        block = self._describe(accounts, sections, inside)
        if block.evidence > 0:
            return [block]
        self._tried[accounts] = True  # searches from its members end in the same place
        return []

    def _inside(self, accounts: Ints, sections: Ints) -> Ints:
        v = self._visits
        starts, ends = v.life[accounts], v.life[accounts + 1]
        edges = np.concatenate([np.arange(a, b) for a, b in zip(starts, ends, strict=True)])
        edges = edges[~self._explained[edges]]
        return np.asarray(edges[np.isin(v.section[edges], sections)])

    def _describe(self, accounts: Ints, sections: Ints, inside: Ints) -> Block:
        v = self._visits
        _, at, own = np.unique(v.account[inside], return_inverse=True, return_counts=True)
        _, place, served = np.unique(v.section[inside], return_inverse=True, return_counts=True)
        size = np.diff(v.audience)[sections]
        outside = max(float((size - served).sum()), 1.0) / v.n
        degree = self._degree[accounts].astype(np.float64)
        share = np.maximum(served - 1.0, 0.1) / len(inside)  # the account itself left out
        chance = (size - served + 0.5) / v.n
        told = np.bincount(at, np.log(share / chance)[place])
        ratio = told + own * np.log(own / degree) - own + degree * outside
        cost = _names(len(accounts), self._n_active) + _names(len(sections), len(v.section_of))
        pairs, all_pairs = (own * (own - 1.0)).sum(), (degree * (degree - 1.0)).sum()
        lift = 0.5 * math.log(max(pairs, 1.0) / max(all_pairs, 1.0)) - math.log(outside)
        light = max(int(np.quantile(own, 0.05)), _LEAST_LIGHT)
        returns, expected = self._returns(accounts, sections, light)
        return Block(
            accounts, sections, inside, float(ratio.sum() - cost), max(lift, 0.1), returns, expected
        )

    def _returns(self, accounts: Ints, sections: Ints, light: int) -> tuple[float, float]:
        """Pairs of the sections that light accounts visited both of, and as many by chance.

        Light accounts have fewer visits than nearly every member has inside: they cannot have been
        left out of the block for returning, so leaving it out does not bend the comparison.
        """
        v = self._visits
        nothing = np.zeros(v.n, bool)
        who, times = reach(sections, v.account, v.audience, v.by_section, nothing, self._count)
        usable = (self._degree[who] < light) & (self._degree[who] > 1)
        usable &= ~np.isin(who, accounts)
        times = times[usable]
        top = min(light, len(self._acts_up_to)) - 1
        share = float(times.sum()) / max(float(self._acts_up_to[top]), 1.0)
        # Two visits of one account are of two sections: pairs of the same one are left out.
        size = np.diff(v.audience)[sections] / np.diff(v.audience)[sections].sum()
        expected = float(self._pairs_up_to[top]) * share**2 * (1.0 - float((size**2).sum()))
        return float((times * (times - 1.0)).sum() / 2.0), expected


def _apart(blocks: list[Block]) -> list[Block]:
    """The blocks, the most evident first, without those that are mostly one of these again."""
    kept: list[Block] = []
    for block in sorted(blocks, key=lambda b: -b.evidence):
        both = (np.isin(block.accounts, k.accounts, assume_unique=True).sum() for k in kept)
        if all(n <= 0.5 * len(block.accounts) for n in both):
            kept.append(block)
    return kept


def _names(chosen: int, among: int) -> float:
    """Nats that it takes to name some among many."""
    return chosen * (1.0 + math.log(max(among, chosen) / chosen))


def _split(account: Ints, section: Ints) -> tuple[Ints, ...]:
    """The accounts of each half, if two blocks tell the visits much better than one; else none.

    Halves by the signs of the leading singular vectors of what degrees do not predict.
    """
    accounts, a = np.unique(account, return_inverse=True)
    s = np.unique(section, return_inverse=True)[1]
    row, column = np.bincount(a).astype(float), np.bincount(s).astype(float)
    n = float(len(a))
    left: Any = np.linspace(-1.0, 1.0, len(row))
    right: Any = np.zeros(len(column))
    for _ in range(30):
        right = np.bincount(s, (left / np.sqrt(row))[a]) / np.sqrt(column)
        right -= np.sqrt(column) * (left @ np.sqrt(row)) / n
        right /= max(float(np.linalg.norm(right)), 1e-12)
        left = np.bincount(a, (right / np.sqrt(column))[s]) / np.sqrt(row)
        left -= np.sqrt(row) * (right @ np.sqrt(column)) / n
        left /= max(float(np.linalg.norm(left)), 1e-12)
    up, across = left > 0, right > 0
    seen = np.bincount(2 * up[a] + across[s], minlength=4).astype(float)
    rows, columns = np.bincount(up, row, 2), np.bincount(across, column, 2)
    expected = np.outer(rows, columns).ravel() / n
    gain = float((seen * np.log(np.maximum(seen, 1e-9) / np.maximum(expected, 1e-9))).sum())
    if gain < _SPLIT * (len(row) + len(column)):
        return ()
    return accounts[up], accounts[~up]
