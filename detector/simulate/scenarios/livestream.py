"""H8, a livestream or premiere: likes and shouts within seconds of what happens on screen."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from zhenzan.detector.simulate.clock import HOUR_MS
from zhenzan.detector.simulate.scenarios.base import crowd, declare, language_of, say, texts_from
from zhenzan.detector.simulate.stage import Stage

__all__ = ["Livestream"]

_TEXTS = {
    "zh": ("哈哈哈", "666", "???", "来了来了", "绝了", "哈哈哈哈哈哈", "冲"),
    "en": ("lol", "LETS GO", "???", "no way", "gg", "hahaha"),
}


class Livestream:
    """Five to fifteen moments in two hours, synchronous to the second."""

    name: ClassVar[str] = "livestream"
    case: ClassVar[str] = "H8"

    def stage(self, stage: Stage, rng: np.random.Generator, n: int) -> None:
        """The section's own regulars and passers-by, once each."""
        code = stage.scenario(self.name)
        for s in stage.claim(rng, n, code, low=20).tolist():
            start = float(stage.sections.published_ms[s])
            moments = start + np.sort(rng.uniform(0, 2, int(rng.integers(5, 16)))) * HOUR_MS
            count = int(rng.poisson(stage.sections.size[s] * 1.2))
            times = rng.choice(moments, count) + rng.exponential(2_000, count)
            who = stage.visitors(rng, np.full(count, s))
            crowd(stage, rng, s, times, code, who)
            talk = rng.random(count) < 0.3
            words = texts_from(rng, _TEXTS[language_of(stage, s)], int(talk.sum()))
            say(stage, s, who[talk], times[talk] + 700, words, code, pull=0.03)
            declare(stage, rng, s, "livestream", start, start + 2 * HOUR_MS)
