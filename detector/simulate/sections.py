"""Sections, the creators behind them, and who follows whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from zhenzan.detector.simulate.clock import VERTICALS, Clock
from zhenzan.detector.simulate.population import LANGUAGES, Population, pick
from zhenzan.detector.simulate.texts import titles

__all__ = ["SECTION_KINDS", "Follows", "Sections", "make_follows", "make_sections"]

SECTION_KINDS: Final = ("article", "video", "post")
SECTIONS_PER_CREATOR: Final = 6
FOLLOWS_PER_ACCOUNT: Final = 4
MAX_BURSTS: Final = 3
DECAY_SCALE_H: Final = 3.0
"""Median scale of a section's decay, in active hours: with the Lomax index of `organic.DECAY`, 58 %
of the first day come within three hours (40-70 %: hard-negatives.md H6)."""
SHARE_POLLED: Final = 0.05


@dataclass(slots=True)
class Sections:
    """Columns over sections.

    `size` is the expected number of organic likes, `scale_h` the time scale of its decay in active
    hours, `burst_*` its own surges (start in active hours after publication, share of the likes,
    mean lag in hours); `pace` multiplies comments per like. `precision_ms` is the width in which
    times were recorded (0 exact, negative: rounded without saying so), `shift_ms` an error of the
    clock; `polled` sections have a history of counts.
    """

    creator: NDArray[np.int32]
    creator_rank: NDArray[np.int32]
    vertical: NDArray[np.int8]
    language: NDArray[np.int8]
    kind: NDArray[np.int8]
    published_ms: NDArray[np.int64]
    size: NDArray[np.float64]
    scale_h: NDArray[np.float64]
    burst_start_h: NDArray[np.float64]
    burst_share: NDArray[np.float64]
    burst_lag_h: NDArray[np.float64]
    pace: NDArray[np.float64]
    scenario: NDArray[np.int16]
    title: NDArray[np.object_]
    text: NDArray[np.object_]
    precision_ms: NDArray[np.int32]
    shift_ms: NDArray[np.int64]
    polled: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.size)


@dataclass(slots=True)
class Follows:
    """Followers of each creator, one after another: `account[offset[c]:offset[c + 1]]`."""

    account: NDArray[np.int32]
    creator: NDArray[np.int32]
    offset: NDArray[np.int64]


def make_sections(
    rng: np.random.Generator, n: int, people: Population, clock: Clock, last_ms: int
) -> Sections:
    """Draws `n` sections, published while their creators are awake, until `last_ms`.

    Popularity is a lognormal of the creator times one of the section, with a Pareto tail of index
    1.3 for one in fifty: the top tenth holds more than half of all likes, as on every platform that
    publishes counts [H]. One section in seven lives ten times longer than the others.
    """
    n_creators = max(1, n // SECTIONS_PER_CREATOR)
    creators = rng.choice(len(people), n_creators, replace=False).astype(np.int32)
    quality = rng.lognormal(0.0, 0.9, n_creators)
    owner = rng.integers(0, n_creators, n)
    creator = creators[owner]
    vertical = people.interest[creator, 0]
    viral = np.where(rng.random(n) < 0.02, rng.pareto(1.3, n) + 1, 1.0)
    size = quality[owner] * rng.lognormal(0.0, 0.9, n) * viral
    group = clock.group(vertical, people.zone[creator])
    lead = clock.active(np.full(n, float(last_ms)), group)
    published = clock.wall(rng.random(n) * lead, group)
    evergreen = np.where(rng.random(n) < 1 / 7, 10.0, 1.0)
    language = people.language[creator]
    title = np.empty(n, dtype=object)
    title[:] = titles(rng, language, vertical)
    text = np.full(n, None, dtype=object)
    start, share, lag = _bursts(rng, n)
    return Sections(
        creator=creator,
        creator_rank=owner.astype(np.int32),
        vertical=vertical,
        language=language,
        kind=rng.integers(0, len(SECTION_KINDS), n).astype(np.int8),
        published_ms=np.floor(published).astype(np.int64),
        size=np.minimum(size, 0.03 * size.sum()),
        scale_h=DECAY_SCALE_H * rng.lognormal(0.0, 0.4, n) * evergreen,
        burst_start_h=start,
        burst_share=share,
        burst_lag_h=lag,
        pace=rng.lognormal(0.0, 0.5, n),
        scenario=np.zeros(n, dtype=np.int16),
        title=title,
        text=text,
        precision_ms=np.zeros(n, dtype=np.int32),
        shift_ms=np.zeros(n, dtype=np.int64),
        polled=rng.random(n) < SHARE_POLLED,
    )


def _bursts(
    rng: np.random.Generator, n: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Each section's own surges: up to three, from an hour to ten days after publication.

    A share by somebody bigger decays with a half-life of 1-6 hours (hard-negatives.md H9).
    """
    shape = (n, MAX_BURSTS)
    present = rng.random(shape) < np.array([0.4, 0.2, 0.1])
    start = np.exp(rng.uniform(np.log(1.0), np.log(240.0), shape))
    share = np.where(present, rng.beta(1.2, 6.0, shape), 0.0)
    lag = rng.uniform(1.0, 6.0, shape) / np.log(2.0)
    return start, share, lag


def make_follows(rng: np.random.Generator, sections: Sections, people: Population) -> Follows:
    """Draws followers of every creator from the people of its language who share its vertical."""
    n_creators = int(sections.creator_rank.max()) + 1
    first = np.full(n_creators, -1, dtype=np.int64)
    first[sections.creator_rank[::-1]] = np.arange(len(sections))[::-1]
    fame = np.bincount(sections.creator_rank, sections.size, n_creators) ** 0.8
    n = FOLLOWS_PER_ACCOUNT * len(people)
    pairs = []
    for language in range(len(LANGUAGES)):
        for vertical in range(len(VERTICALS)):
            here = (first >= 0) & (sections.language[first] == language)
            here &= sections.vertical[first] == vertical
            fans = np.flatnonzero(
                (people.language == language) & (people.interest[:, :2] == vertical).any(axis=1)
            )
            chosen = np.flatnonzero(here)
            if not len(chosen) or not len(fans):
                continue
            count = int(n * len(fans) / (2 * len(people))) + 1
            followed = chosen[pick(rng, fame[chosen], count)]
            fan = fans[pick(rng, np.sqrt(people.activity[fans]), count)]
            pairs.append(followed.astype(np.int64) * len(people) + fan)
    key = np.unique(np.concatenate(pairs)) if pairs else np.empty(0, dtype=np.int64)
    creator = (key // len(people)).astype(np.int32)
    account = (key % len(people)).astype(np.int32)
    # Loyalty falls along a creator's list, so the list must not be in the order of account rows.
    shuffled = np.lexsort((rng.random(len(key)), creator))
    offset = np.searchsorted(creator, np.arange(n_creators + 1)).astype(np.int64)
    return Follows(account[shuffled], creator, offset)
