"""H17, declared automation: reminders and summaries; regular, templated, and open about it."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from zhenzan.detector.simulate.clock import DAY_MS
from zhenzan.detector.simulate.scenarios.base import crowd, declare, language_of, say
from zhenzan.detector.simulate.stage import Stage

__all__ = ["DeclaredBot"]

_TEXTS = {
    "zh": "我是自动摘要助手,本文约{i}字,阅读需{j}分钟",
    "en": "I am a summary bot: {i} words, {j} minutes to read",
}


class DeclaredBot:
    """Four accounts that say what they are and come a fixed time after publication."""

    name: ClassVar[str] = "declared_bot"
    case: ClassVar[str] = "H17"

    def stage(self, stage: Stage, rng: np.random.Generator, n: int) -> None:
        """A like and a comment each, to the second."""
        code = stage.scenario(self.name)
        helpers = stage.recruit(rng, 4, "declared_bot", scenario=code)
        stage.people.declared_bot[helpers] = True
        delay = np.array([30_000.0, 60_000.0, 120_000.0, 300_000.0])
        for s in stage.claim(rng, n, code, low=5).tolist():
            start = float(stage.sections.published_ms[s])
            times = start + delay[: len(helpers)]
            crowd(stage, rng, s, times, code, helpers)
            words = int(rng.integers(3, 40)) * 100
            text = _TEXTS[language_of(stage, s)].replace("{i}", str(words))
            text = text.replace("{j}", str(max(1, words // 400)))
            say(stage, s, helpers, times + 1_000, [text] * len(helpers), code, pull=0.05)
            declare(stage, rng, s, "declared_bot", start, start + DAY_MS, by="platform")
