"""Organic life: who comes to a section, when, and which comments they like.

Three parts make a section's arrivals: a decay from publication, surges of its own (somebody bigger
shared it), and acts that other acts bring within minutes (a friend shows it to a friend). Together
they over-disperse the stream, as real ones are (attribution.md, "What the sketch taught").
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from zhenzan.detector.simulate.acts import Acts
from zhenzan.detector.simulate.clock import HOUR_MS, VERTICALS, Clock
from zhenzan.detector.simulate.population import LANGUAGES, Population
from zhenzan.detector.simulate.sections import MAX_BURSTS, Follows, Sections

__all__ = ["Audience", "arrivals", "likes_of_comments", "organic_counts"]

DECAY: Final = 1.1
"""Lomax index of ages: with a scale of 3 h, 58 % of the first day fall into its first 3 hours."""
SHARE_FOLLOWERS: Final = 0.35
SHARE_INTEREST: Final = 0.52
SHARE_TRIGGERED: Final = 0.12
"""[H]: of likes from the creator's followers, from people of the vertical, and brought by others.
The rest comes from anybody who reads the language."""


class Audience:
    """Draws organic visitors of sections."""

    def __init__(self, people: Population, sections: Sections, follows: Follows) -> None:
        self.sections = sections
        self.follows = follows
        weight = np.array([1.0, 0.5, 0.25])
        self._members: dict[tuple[int, int], NDArray[np.int32]] = {}
        self._chances: dict[tuple[int, int], NDArray[np.float64]] = {}
        for language in range(len(LANGUAGES)):
            speaks = people.language == language
            for vertical in range(-1, len(VERTICALS)):
                pull = speaks.astype(float)
                if vertical >= 0:
                    pull = pull * ((people.interest == vertical) @ weight)
                members = np.flatnonzero(pull)
                self._members[language, vertical] = members.astype(np.int32)
                self._chances[language, vertical] = np.cumsum(
                    pull[members] * people.activity[members]
                )

    def _crowd(
        self, rng: np.random.Generator, language: int, vertical: int, n: int
    ) -> NDArray[np.int32]:
        chances = self._chances[language, vertical]
        if not len(chances):
            chances, vertical = self._chances[language, -1], -1
        at = np.searchsorted(chances, rng.random(n) * chances[-1], side="right")
        members = self._members[language, vertical]
        return np.asarray(members[np.minimum(at, len(members) - 1)])

    def draw(self, rng: np.random.Generator, section: NDArray[np.integer]) -> NDArray[np.int32]:
        """One organic account for each given section (repeats are possible)."""
        s = self.sections
        n = len(section)
        account = np.full(n, -1, dtype=np.int32)
        how = rng.random(n)
        creator = s.creator_rank[section]
        first = self.follows.offset[creator]
        fans = self.follows.offset[creator + 1] - first
        loyal = (how < SHARE_FOLLOWERS) & (fans > 0)
        # The square makes the head of the list the loyal core that returns to every post.
        account[loyal] = self.follows.account[
            first[loyal] + np.floor(fans[loyal] * rng.random(int(loyal.sum())) ** 2).astype(int)
        ]
        interested = ~loyal & (how < SHARE_FOLLOWERS + SHARE_INTEREST)
        code = np.where(interested, s.vertical[section], -1)
        for language in range(len(LANGUAGES)):
            for vertical in range(-1, len(VERTICALS)):
                here = ~loyal & (code == vertical) & (s.language[section] == language)
                count = int(here.sum())
                if count:
                    account[here] = self._crowd(rng, language, vertical, count)
        return account


def ages(
    rng: np.random.Generator, sections: Sections, section: NDArray[np.integer]
) -> NDArray[np.float64]:
    """Organic ages in active hours: decay from publication or one of the section's own surges."""
    n = len(section)
    decay = sections.scale_h[section] * ((1.0 - rng.random(n)) ** (-1.0 / DECAY) - 1.0)
    u = rng.random(n)
    age = decay
    edge = np.zeros(n)
    for k in range(MAX_BURSTS):
        share = sections.burst_share[section, k]
        inside = (u >= edge) & (u < edge + share)
        late = (
            sections.burst_start_h[section, k]
            + rng.exponential(1.0, n) * (sections.burst_lag_h[section, k])
        )
        age = np.where(inside, late, age)
        edge = edge + share
    return np.asarray(age)


def arrivals(
    rng: np.random.Generator,
    clock: Clock,
    people: Population,
    sections: Sections,
    section: NDArray[np.integer],
    account: NDArray[np.integer],
) -> NDArray[np.float64]:
    """Times (ms) of organic acts; `section` must be grouped (equal values adjacent)."""
    n = len(section)
    group = clock.group(sections.vertical[section], people.zone[account])
    published = sections.published_ms[section].astype(float)
    ts = clock.advance(published, ages(rng, sections, section), group)
    if not n:
        return ts
    starts = np.flatnonzero(np.r_[True, section[1:] != section[:-1]])
    sizes = np.diff(np.r_[starts, n])
    parent = np.repeat(starts, sizes) + np.floor(rng.random(n) * np.repeat(sizes, sizes)).astype(
        np.int64
    )
    triggered = rng.random(n) < SHARE_TRIGGERED
    lag = rng.exponential(0.25, n) * HOUR_MS
    return np.where(triggered, ts[parent] + lag, ts)


def organic_counts(
    rng: np.random.Generator, size: NDArray[np.float64], spread: float = 5.0
) -> NDArray[np.int64]:
    """How many acts each section gets: Poisson with a gamma-distributed mean (over-dispersed)."""
    return rng.poisson(size * rng.gamma(spread, 1.0 / spread, len(size)))


def likes_of_comments(
    rng: np.random.Generator,
    clock: Clock,
    audience: Audience,
    people: Population,
    comment: NDArray[np.int64],
    section: NDArray[np.integer],
    ts: NDArray[np.int64],
    pull: NDArray[np.float64],
    total: NDArray[np.int64],
) -> Acts:
    """Organic likes on the comments of some sections.

    Args:
        rng: Source of randomness.
        clock: Active hours.
        audience: Who may come.
        people: The accounts.
        comment: Row numbers of the comments, grouped by section.
        section: Section of each comment, ascending.
        ts: When each was written (ms).
        pull: Attraction of each. Gamma-distributed pulls give the shares that showing the most
            liked comment first gives in the limit: the limit of a Polya urn is a Dirichlet draw.
        total: Number of comment likes for the section of each comment (same value within one).
    """
    if not len(comment):
        return Acts.make([], [], [])
    starts = np.flatnonzero(np.r_[True, section[1:] != section[:-1]])
    summed = np.cumsum(pull)
    before = np.r_[0.0, summed[np.r_[starts[1:], len(pull)] - 1]]
    n = total[starts]
    which = np.repeat(np.arange(len(starts)), n)
    target = before[which] + rng.random(len(which)) * (before[which + 1] - before[which])
    at = np.minimum(np.searchsorted(summed, target, side="right"), len(pull) - 1)
    at = np.sort(at)
    account = audience.draw(rng, section[at])
    sections = audience.sections
    group = clock.group(sections.vertical[section[at]], people.zone[account])
    # A comment is read while its post is: the same decay, from the time it was written.
    lag = sections.scale_h[section[at]] * ((1.0 - rng.random(len(at))) ** (-1.0 / DECAY) - 1.0)
    when = clock.advance(ts[at].astype(float), lag, group)
    return Acts.make(section[at], account, when, comment=comment[at])
