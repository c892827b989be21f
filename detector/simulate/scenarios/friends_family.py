"""H12, friends and family of a small creator: a handful of warm words on the first day."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from zhenzan.detector.simulate.clock import DAY_MS
from zhenzan.detector.simulate.scenarios.base import (
    crowd,
    declare,
    language_of,
    own_creators,
    say,
    texts_from,
    wave,
)
from zhenzan.detector.simulate.stage import Stage

__all__ = ["FriendsFamily"]

_TEXTS = {
    "zh": ("支持!", "支持老同学", "写得真好,支持", "加油!", "必须支持", "终于更新了"),
    "en": ("So proud of you!", "support!", "you did it", "love this, keep going"),
}


class FriendsFamily:
    """The same eight to twenty-five people, within the hour, on each of a creator's few posts."""

    name: ClassVar[str] = "friends_family"
    case: ClassVar[str] = "H12"

    def stage(self, stage: Stage, rng: np.random.Generator, n: int) -> None:
        """Small sections only: the generic words are the ones that sellers offer, too."""
        code = stage.scenario(self.name)
        for sections in own_creators(stage, rng, n, code, at_least=2, high=25.0):
            home = stage.people.region[stage.sections.creator[sections[0]]]
            near = (stage.people.region == home).astype(float)
            size = int(rng.integers(8, 26))
            friends = stage.recruit(rng, size, "friend", scenario=code, weights=near)
            for s in sections.tolist():
                start = float(stage.sections.published_ms[s])
                present = friends[rng.random(len(friends)) < 0.75]
                times = wave(rng, start, len(present), rng.uniform(0.2, 1.0))
                crowd(stage, rng, s, times, code, present)
                talk = rng.random(len(present)) < 0.35
                words = texts_from(rng, _TEXTS[language_of(stage, s)], int(talk.sum()))
                say(stage, s, present[talk], times[talk] + 40_000, words, code)
                declare(stage, rng, s, "friends_family", start, start + DAY_MS)
