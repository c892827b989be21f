"""H7, homework or a duty at work: a class or firm signs in on one creator's posts, by roster."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from zhenzan.detector.simulate.clock import HOUR_MS
from zhenzan.detector.simulate.scenarios.base import (
    crowd,
    declare,
    evening,
    language_of,
    own_creators,
    say,
)
from zhenzan.detector.simulate.stage import Stage

__all__ = ["Assignment"]

_SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨"
_GIVEN = "伟芳娜敏静强磊军洋勇艳杰涛明超兰霞平刚"


class Assignment:
    """Thirty to sixty people of one region, office hours, all within one sitting, every week."""

    name: ClassVar[str] = "assignment"
    case: ClassVar[str] = "H7"

    def stage(self, stage: Stage, rng: np.random.Generator, n: int) -> None:
        """One class for all posts of a creator."""
        code = stage.scenario(self.name)
        for sections in own_creators(stage, rng, n, code, at_least=3):
            home = stage.regions_of(rng, 1)[0]
            near = (stage.people.region == home).astype(float)
            size = int(rng.integers(30, 61))
            pupils = stage.recruit(rng, size, "class", scenario=code, weights=near)
            for s in sections.tolist():
                self._hand_in(stage, rng, s, pupils, code)

    def _hand_in(
        self,
        stage: Stage,
        rng: np.random.Generator,
        section: int,
        pupils: np.ndarray,
        code: int,
    ) -> None:
        published = float(stage.sections.published_ms[section])
        hour = float(rng.choice((9.0, 10.5, 14.0, 16.0, 19.0)))
        start = evening(stage.clock, published + 24 * HOUR_MS, hour)
        present = pupils[rng.random(len(pupils)) < 0.9]
        times = start + rng.beta(1.2, 2.5, len(present)) * rng.uniform(10, 90) / 60 * HOUR_MS
        crowd(stage, rng, section, times, code, present)
        talk = rng.random(len(present)) < 0.6
        zh = language_of(stage, section) == "zh"
        form = int(rng.integers(1, 9))
        words = []
        for row in present[talk].tolist():
            name = _SURNAMES[row % len(_SURNAMES)] + _GIVEN[row // 7 % len(_GIVEN)]
            words.append(
                f"三年{form}班 {name} 已完成" if zh else f"Room {form}, no. {row % 40}, done"
            )
        say(stage, section, present[talk], times[talk] + 15_000, words, code, pull=0.02)
        declare(stage, rng, section, "assignment", start, start + 2 * HOUR_MS)
