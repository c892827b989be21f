"""H1, a giveaway: a required phrase, hunters who visit every draw, a sprint before the deadline."""

from __future__ import annotations

from typing import ClassVar

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

__all__ = ["Giveaway"]

_POST = {
    "zh": "转发+点赞+评论“已关注求抽”,{i}日晚八点开奖,抽三位送礼物",
    "en": "Giveaway: like, share and comment “in it to win it”, draw on day {i} at 8 pm",
}
_TEXTS = {
    "zh": (
        "已关注求抽",
        "已关注求抽!",
        "已关注求抽 中中中",
        "蹲一个 已关注求抽",
        "接好运",
        "参与",
        "抽我抽我",
    ),
    "en": (
        "in it to win it",
        "in it to win it!",
        "pick me",
        "in it to win it 🍀",
        "done, good luck all",
    ),
}


class Giveaway:
    """Hunters co-occur across unrelated creators, which looks like lockstep and is not bought."""

    name: ClassVar[str] = "giveaway"
    case: ClassVar[str] = "H1"

    def stage(self, stage: Stage, rng: np.random.Generator, n: int) -> None:
        """Two peaks: the post, and the last two hours before the draw; nothing after it."""
        code = stage.scenario(self.name)
        sections = stage.claim(rng, n, code, low=30)
        hunters = stage.recruit(rng, 40 * n // 3 + 40, "giveaway_hunter", scenario=code)
        for s in sections.tolist():
            start = float(stage.sections.published_ms[s])
            deadline = evening(stage.clock, start + rng.integers(2, 6) * 24 * HOUR_MS, 20.0)
            size = int(stage.sections.size[s] * 1.5)
            first = wave(rng, start, size, 9.0)
            last = deadline - rng.exponential(0.7 * HOUR_MS, size // 3)
            times = np.concatenate([first, last])
            times = times[(times > start) & (times < deadline)]
            hunting = rng.choice(hunters, min(len(hunters) // 2, len(times) // 3), replace=False)
            visitors = stage.visitors(rng, np.full(len(times), s))
            at = rng.choice(len(times), len(hunting), replace=False)
            visitors[at] = hunting
            crowd(stage, rng, s, times, code, visitors)
            talk = rng.random(len(times)) < 0.5
            language = language_of(stage, s)
            words = texts_from(rng, _TEXTS[language], int(talk.sum()))
            say(stage, s, visitors[talk], times[talk] + 20_000, words, code, pull=0.05)
            stage.sections.text[s] = _POST[language].replace("{i}", str(rng.integers(2, 28)))
            stage.sections.size[s] *= 0.3
            declare(stage, rng, s, "giveaway", start, deadline, quote=stage.sections.text[s])
