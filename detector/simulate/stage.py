"""A world under construction: what scenarios and orders may read, claim and add to."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from zhenzan.detector.simulate.acts import Acts, Comments
from zhenzan.detector.simulate.clock import Clock
from zhenzan.detector.simulate.organic import Audience, arrivals
from zhenzan.detector.simulate.population import Population, make_population, pick
from zhenzan.detector.simulate.sections import Sections, make_follows, make_sections

__all__ = ["Campaign", "Context", "Order", "Stage"]

LAST_PUBLICATION: float = 0.75
"""Sections are published in the first three quarters of the window, so that most are over."""


@dataclass(slots=True)
class Order:
    """One order as it was placed, and what came of it."""

    campaign: int
    kind: str
    section: int
    comment: int
    quantity: int
    delivered: int
    refilled: int
    delivery: str
    runs: int
    interval_ms: int
    placed_ms: int
    first_ms: int
    last_ms: int


@dataclass(slots=True)
class Campaign:
    """The orders that one family of deliveries took from one pool."""

    kind: str
    pool: str
    pool_kind: str
    pool_size: int


@dataclass(slots=True)
class Context:
    """A row of the `context` table: a benign cause that somebody declared."""

    section: int
    comment: int
    kind: str
    start_ms: int
    end_ms: int
    declared_by: str
    quote: str | None = None


@dataclass
class Stage:
    """Everything drawn so far; scenarios add to it, the writer reads it.

    Args:
        seed: Of the world; every part draws from a stream of its own, named after it, so that
            adding a scenario leaves the others as they were.
        n_accounts: Accounts.
        n_sections: Sections.
        start_ms: A Monday, 00:00 UTC.
        end_ms: When the observation ends; what happens later is not seen.
    """

    seed: int
    n_accounts: int
    n_sections: int
    start_ms: int
    end_ms: int
    acts: list[Acts] = field(default_factory=list)
    comments: list[Comments] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    campaigns: list[Campaign] = field(default_factory=list)
    contexts: list[Context] = field(default_factory=list)
    scenarios: list[str] = field(default_factory=lambda: ["organic"])
    roles: list[str] = field(default_factory=lambda: ["organic"])
    n_comments: int = 0
    purge_ms: int = -1
    purged: NDArray[np.bool_] = field(init=False)
    clock: Clock = field(init=False)
    people: Population = field(init=False)
    sections: Sections = field(init=False)
    audience: Audience = field(init=False)
    role: NDArray[np.int16] = field(init=False)
    pools: list[str] = field(default_factory=list)
    pool: NDArray[np.int16] = field(init=False)
    group: NDArray[np.int16] = field(init=False)

    def __post_init__(self) -> None:
        self.clock = Clock(self.start_ms, self.end_ms)
        self.people: Population = make_population(
            self.rng("population"), self.n_accounts, self.start_ms
        )
        last = self.start_ms + int(LAST_PUBLICATION * (self.end_ms - self.start_ms))
        self.sections = make_sections(
            self.rng("sections"), self.n_sections, self.people, self.clock, last
        )
        follows = make_follows(self.rng("follows"), self.sections, self.people)
        self.audience = Audience(self.people, self.sections, follows)
        self.purged = np.zeros(self.n_accounts, dtype=bool)
        self.pool = np.full(self.n_accounts, -1, dtype=np.int16)
        self.role = np.zeros(self.n_accounts, dtype=np.int16)
        self.group = np.zeros(self.n_accounts, dtype=np.int16)
        # Creators are people of their own: never recruited into a pool or a club.
        self._taken_accounts = np.zeros(self.n_accounts, dtype=bool)
        self._taken_accounts[self.sections.creator] = True
        self._taken_sections = np.zeros(self.n_sections, dtype=bool)

    def rng(self, *part: str | int) -> np.random.Generator:
        """The random stream of one named part of the world."""
        words = [zlib.crc32(str(p).encode()) for p in part]
        return np.random.default_rng(np.random.SeedSequence([self.seed, *words]))

    def scenario(self, name: str) -> int:
        """The code of a scenario, made when first asked for."""
        if name not in self.scenarios:
            self.scenarios.append(name)
        return self.scenarios.index(name)

    def claim(
        self,
        rng: np.random.Generator,
        n: int,
        scenario: int,
        *,
        low: float = 0.0,
        high: float = np.inf,
        creator: int | None = None,
    ) -> NDArray[np.intp]:
        """Takes up to `n` free sections of an expected size in `[low, high)` for a scenario."""
        options = np.flatnonzero(self._free(low, high, creator))
        chosen = np.sort(rng.choice(options, min(n, len(options)), replace=False))
        self._taken_sections[chosen] = True
        self.sections.scenario[chosen] = scenario
        return chosen

    def n_free(self, *, low: float, high: float, creator: int) -> int:
        """How many sections of a creator `claim` could still take."""
        return int(self._free(low, high, creator).sum())

    def _free(self, low: float, high: float, creator: int | None) -> NDArray[np.bool_]:
        s = self.sections
        free = ~self._taken_sections & (s.size >= low) & (s.size < high)
        return free if creator is None else free & (s.creator_rank == creator)

    def recruit(
        self,
        rng: np.random.Generator,
        n: int,
        role: str,
        *,
        scenario: int = 0,
        weights: NDArray[np.float64] | None = None,
    ) -> NDArray[np.intp]:
        """Takes up to `n` free accounts for a role; `weights` of zero excludes."""
        free = ~self._taken_accounts
        if weights is not None:
            free &= weights > 0
        options = np.flatnonzero(free)
        n = min(n, len(options))
        chance = None
        if weights is not None and n:
            chance = weights[options] / weights[options].sum()
        chosen = np.sort(rng.choice(options, n, replace=False, p=chance))
        self._taken_accounts[chosen] = True
        if role not in self.roles:
            self.roles.append(role)
        self.role[chosen] = self.roles.index(role)
        self.group[chosen] = scenario
        return chosen

    def add_comments(self, block: Comments) -> NDArray[np.int64]:
        """Appends comments and returns their row numbers."""
        self.comments.append(block)
        rows = np.arange(self.n_comments, self.n_comments + len(block))
        self.n_comments += len(block)
        return rows

    def visitors(self, rng: np.random.Generator, section: NDArray[np.integer]) -> NDArray[np.int32]:
        """One organic account for each given section."""
        return self.audience.draw(rng, section)

    def organic_times(
        self,
        rng: np.random.Generator,
        section: NDArray[np.integer],
        account: NDArray[np.integer],
    ) -> NDArray[np.float64]:
        """Organic arrival times (ms) at sections, which must be grouped."""
        return arrivals(rng, self.clock, self.people, self.sections, section, account)

    def regions_of(self, rng: np.random.Generator, n: int) -> NDArray[np.intp]:
        """Region codes drawn as the population has them."""
        counts = np.bincount(self.people.region).astype(float)
        return pick(rng, counts, n)
