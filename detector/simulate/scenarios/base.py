"""What a scenario is, and the few shapes that many of them share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar, Final, Protocol

import numpy as np
from numpy.typing import NDArray
from zhenzan.detector.simulate.acts import Acts, Comments
from zhenzan.detector.simulate.clock import HOUR_MS, Clock
from zhenzan.detector.simulate.population import LANGUAGES
from zhenzan.detector.simulate.stage import Context, Stage

__all__ = [
    "HardNegative",
    "crowd",
    "declare",
    "evening",
    "language_of",
    "own_creators",
    "say",
    "strangers",
    "texts_from",
    "wave",
]

SHARE_DECLARED: Final = 0.5
"""Of benign causes are declared in the `context` table; the rest must be found or borne [H]."""


class HardNegative(Protocol):
    """Honest activity that looks purchased; `case` names its row in hard-negatives.md."""

    name: ClassVar[str]
    case: ClassVar[str]

    def stage(self, stage: Stage, rng: np.random.Generator, n: int) -> None:
        """Puts the scenario on about `n` sections of its own."""


def wave(rng: np.random.Generator, start: float, n: int, mean_h: float) -> NDArray[np.float64]:
    """`n` times (ms) after `start`, decaying exponentially with a mean of `mean_h` hours."""
    return np.sort(start + rng.exponential(mean_h * HOUR_MS, n))


def evening(clock: Clock, day_ms: float, hour: float) -> float:
    """The wall time (ms) of an hour, eight ahead of UTC, on the day that holds `day_ms`."""
    day = 24 * HOUR_MS
    midnight = np.floor((day_ms - clock.start_ms + 8 * HOUR_MS) / day) * day - 8 * HOUR_MS
    return float(clock.start_ms + midnight + hour * HOUR_MS)


def texts_from(
    rng: np.random.Generator, options: Sequence[str], n: int, numbers: int = 0
) -> list[str]:
    """`n` texts drawn from a list; `{i}` becomes a number below `numbers`."""
    which = rng.integers(0, len(options), n).tolist()
    number = rng.integers(1, max(2, numbers), n).tolist()
    return [options[w].replace("{i}", str(i)) for w, i in zip(which, number, strict=True)]


def say(
    stage: Stage,
    section: int,
    account: NDArray[np.integer],
    ts: NDArray[np.float64],
    text: Sequence[str],
    scenario: int,
    *,
    pull: float = 1.0,
) -> NDArray[np.int64]:
    """Adds comments of one section; returns their row numbers."""
    return stage.add_comments(
        Comments.make(section, account, ts, text, scenario=scenario, pull=pull)
    )


def crowd(
    stage: Stage,
    rng: np.random.Generator,
    section: int,
    ts: NDArray[np.float64],
    scenario: int,
    account: NDArray[np.integer] | None = None,
    comment: int = -1,
) -> None:
    """Adds likes at given times, of organic visitors unless accounts are given."""
    if account is None:
        account = stage.visitors(rng, np.full(len(ts), section))
    stage.acts.append(Acts.make(section, account, ts, comment=comment, scenario=scenario))


def strangers(stage: Stage, rng: np.random.Generator, n: int) -> NDArray[np.int32]:
    """Anybody, by activity: the visitors of a surge, who meet once and never again."""
    chance = np.cumsum(stage.people.activity)
    drawn = np.searchsorted(chance, rng.random(n) * chance[-1], side="right")
    return np.asarray(np.minimum(drawn, len(chance) - 1), np.int32)


def own_creators(
    stage: Stage,
    rng: np.random.Generator,
    n: int,
    scenario: int,
    *,
    at_least: int,
    low: float = 3.0,
    high: float = np.inf,
) -> Iterator[NDArray[np.intp]]:
    """Takes free sections creator by creator, `at_least` each, until there are `n`."""
    rank = stage.sections.creator_rank
    counts = np.bincount(rank)
    left = n
    for owner in rng.permutation(np.flatnonzero(counts >= at_least)).tolist():
        if left <= 0:
            return
        if stage.n_free(low=low, high=high, creator=owner) < at_least:
            continue
        want = max(left, at_least)
        sections = stage.claim(rng, want, scenario, low=low, high=high, creator=owner)
        left -= len(sections)
        yield sections


def language_of(stage: Stage, section: int) -> str:
    """The language of a section, as text."""
    return LANGUAGES[stage.sections.language[section]]


def declare(
    stage: Stage,
    rng: np.random.Generator,
    section: int,
    kind: str,
    start: float,
    end: float,
    *,
    by: str = "creator",
    quote: str | None = None,
    comment: int = -1,
) -> None:
    """Adds a context row for about half of the cases, drawn from `rng`."""
    if rng.random() < SHARE_DECLARED:
        stage.contexts.append(Context(section, comment, kind, int(start), int(end), by, quote))
