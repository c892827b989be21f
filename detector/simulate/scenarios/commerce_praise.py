"""H18, praise in shops: default five-star words after a sale, by people who did buy the product."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from zhenzan.detector.simulate.clock import DAY_MS
from zhenzan.detector.simulate.scenarios.base import (
    crowd,
    declare,
    language_of,
    say,
    strangers,
    texts_from,
)
from zhenzan.detector.simulate.stage import Stage

__all__ = ["CommercePraise"]

_TEXTS = {
    "zh": ("好评", "此用户没有填写评价", "不错", "质量很好", "物流快", "好评!", "还可以", "满意"),
    "en": ("good", "great product", "as described", "fast delivery", "nice", "works well"),
}


class CommercePraise:
    """A plateau of a few days after a sale, generic words, no group behind them."""

    name: ClassVar[str] = "commerce_praise"
    case: ClassVar[str] = "H18"

    def stage(self, stage: Stage, rng: np.random.Generator, n: int) -> None:
        """Deliveries arrive two to six days after the sale that the post announces."""
        code = stage.scenario(self.name)
        for s in stage.claim(rng, n, code, low=10).tolist():
            start = float(stage.sections.published_ms[s])
            count = int(rng.poisson(stage.sections.size[s]))
            times = start + (2 + rng.gamma(2.0, 1.0, count)) * DAY_MS
            who = strangers(stage, rng, count)
            crowd(stage, rng, s, times, code, who)
            talk = rng.random(count) < 0.5
            words = texts_from(rng, _TEXTS[language_of(stage, s)], int(talk.sum()))
            say(stage, s, who[talk], times[talk] + 20_000, words, code, pull=0.03)
            declare(stage, rng, s, "commerce_praise", start, start + 8 * DAY_MS)
