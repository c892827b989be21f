"""H10, memes and first-row races: the same strings, everywhere, within minutes of publication."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from zhenzan.detector.simulate.clock import HOUR_MS
from zhenzan.detector.simulate.scenarios.base import declare, language_of, say, texts_from, wave
from zhenzan.detector.simulate.stage import Stage

__all__ = ["Meme"]

_TEXTS = {
    "zh": ("沙发", "前排", "前排围观", "板凳", "火钳刘明", "火钳刘明", "来晚了"),
    "en": ("first", "second", "here before it blows up", "here before it blows up", "early gang"),
}


class Meme:
    """Identical comments that are common on the whole platform, so they say nothing here."""

    name: ClassVar[str] = "meme"
    case: ClassVar[str] = "H10"

    def stage(self, stage: Stage, rng: np.random.Generator, n: int) -> None:
        """A tenth of the likes' number in comments, most within the first minutes."""
        code = stage.scenario(self.name)
        for s in stage.claim(rng, n, code, low=20).tolist():
            start = float(stage.sections.published_ms[s])
            count = 5 + int(rng.poisson(stage.sections.size[s] * 0.1))
            times = wave(rng, start, count, 0.15)
            words = texts_from(rng, _TEXTS[language_of(stage, s)], count)
            who = stage.visitors(rng, np.full(count, s))
            say(stage, s, who, times, words, code, pull=0.1)
            declare(stage, rng, s, "meme", start, start + HOUR_MS, by="auto")
