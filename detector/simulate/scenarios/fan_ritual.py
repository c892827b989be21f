"""H4, a fan club: the same minute, the same idol only, copied slogans, several waves a day."""

from __future__ import annotations

from typing import ClassVar, Final

import numpy as np
from zhenzan.detector.simulate.clock import HOUR_MS
from zhenzan.detector.simulate.scenarios.base import (
    crowd,
    declare,
    evening,
    language_of,
    say,
    texts_from,
    wave,
)
from zhenzan.detector.simulate.stage import Stage

__all__ = ["FanRitual"]

_TEXTS = {
    "zh": (
        "前排支持!一起守护",
        "前排支持!未来可期",
        "打卡第{i}天,一直都在",
        "数据组集合,支持支持",
        "宝贝最棒💛",
    ),
    "en": (
        "front row, always here",
        "day {i} of supporting",
        "best of the best 💛",
        "team data reporting in",
    ),
}


CLUB: Final = 150
POSTS: Final = 36
"""An idol posts more than daily, and its club misses little: the densest blocks of the world."""


class FanRitual:
    """About 150 volunteers who move in lockstep for one creator and have a life beside it."""

    name: ClassVar[str] = "fan_ritual"
    case: ClassVar[str] = "H4"

    def stage(self, stage: Stage, rng: np.random.Generator, n: int) -> None:
        """Clubs of one idol each, until `n` sections are theirs."""
        code = stage.scenario(self.name)
        s = stage.sections
        for first in range(0, n, POSTS):
            sections = stage.claim(rng, min(POSTS, n - first), code, low=3)
            if not len(sections):
                return
            idol = sections[np.argmax(s.size[sections])]
            for column in (s.creator, s.creator_rank, s.language, s.vertical):
                column[sections] = column[idol]
            self._club(stage, rng, sections, code)

    def _club(
        self, stage: Stage, rng: np.random.Generator, sections: np.ndarray, code: int
    ) -> None:
        size = max(20, min(CLUB, len(stage.people) // 60))
        home = stage.people.interest[:, :2] == stage.sections.vertical[sections[0]]
        home = home.any(axis=1) & (stage.people.language == stage.sections.language[sections[0]])
        fans = stage.recruit(rng, size, "fan", scenario=code, weights=home.astype(float))
        for s in sections.tolist():
            start = float(stage.sections.published_ms[s])
            # At once, and again at the announced hour of the next evening.
            later = evening(stage.clock, start + 24 * HOUR_MS, float(rng.choice((12, 20, 24))))
            present = fans[rng.random(len(fans)) < 0.9]
            first = rng.random(len(present)) < 0.7
            times = np.where(
                first,
                wave(rng, start, len(present), 0.05),
                wave(rng, later, len(present), 0.03),
            )
            crowd(stage, rng, s, times, code, present)
            talk = rng.random(len(present)) < 0.25
            words = texts_from(rng, _TEXTS[language_of(stage, s)], int(talk.sum()), 200)
            say(stage, s, present[talk], times[talk] + 30_000, words, code, pull=0.3)
            declare(stage, rng, s, "fan_ritual", start, later + 2 * HOUR_MS)
