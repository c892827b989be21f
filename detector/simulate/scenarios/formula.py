"""H11, condolence and festival formulas: near-identical short texts, locked to an event."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from zhenzan.detector.simulate.clock import HOUR_MS
from zhenzan.detector.simulate.scenarios.base import (
    crowd,
    declare,
    language_of,
    say,
    strangers,
    texts_from,
)
from zhenzan.detector.simulate.stage import Stage

__all__ = ["Formula"]

_TEXTS = {
    "zh": (
        ("一路走好", "一路走好🕯", "一路走好🕯🕯🕯", "愿天堂没有病痛", "致敬,一路走好"),
        ("新年快乐", "新年快乐!", "祝大家新年快乐🎉", "节日快乐"),
        ("生日快乐🎂", "生日快乐!", "祝生日快乐"),
    ),
    "en": (
        ("RIP", "Rest in peace", "RIP 🕯", "rest in peace 🙏"),
        ("Happy new year!", "happy new year 🎉", "Happy new year everyone"),
        ("Happy birthday!", "happy birthday 🎂", "HBD"),
    ),
}


class Formula:
    """Broad crowds on several creators' posts, all within a day of the occasion."""

    name: ClassVar[str] = "formula"
    case: ClassVar[str] = "H11"

    def stage(self, stage: Stage, rng: np.random.Generator, n: int) -> None:
        """One occasion a group of five posts."""
        code = stage.scenario(self.name)
        sections = rng.permutation(stage.claim(rng, n, code, low=15))
        for occasion in np.array_split(sections, max(1, len(sections) // 5)):
            if not len(occasion):
                continue
            which = int(rng.integers(0, 3))
            start = float(np.median(stage.sections.published_ms[occasion]))
            for s in occasion.tolist():
                stage.sections.published_ms[s] = int(start + rng.uniform(0, 3) * HOUR_MS)
                begin = float(stage.sections.published_ms[s])
                count = int(rng.poisson(stage.sections.size[s] * 0.8))
                times = begin + np.minimum(2.0 * rng.pareto(1.5, count), 48) * HOUR_MS
                who = strangers(stage, rng, count)
                crowd(stage, rng, s, times, code, who)
                talk = rng.random(count) < 0.4
                words = texts_from(rng, _TEXTS[language_of(stage, s)][which], int(talk.sum()))
                say(stage, s, who[talk], times[talk] + 9_000, words, code, pull=0.1)
                declare(stage, rng, s, "formula", begin, begin + 24 * HOUR_MS, by="auto")
