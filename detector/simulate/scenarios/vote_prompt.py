"""H2, call and response: the creator asks for a '1', and everybody answers within minutes."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from zhenzan.detector.simulate.clock import HOUR_MS
from zhenzan.detector.simulate.scenarios.base import (
    crowd,
    declare,
    language_of,
    say,
    texts_from,
    wave,
)
from zhenzan.detector.simulate.stage import Stage

__all__ = ["VotePrompt"]

_POST = {
    "zh": "同意的扣1,不同意的扣2,评论区告诉我",
    "en": "Type 1 if you agree, 2 if you don't, tell me below",
}
_TEXTS = ("1", "1", "1", "111", "2", "1!", "2222", "1 1 1")


class VotePrompt:
    """One to three characters a comment, echoing the prompt; half-life of an hour or a few."""

    name: ClassVar[str] = "vote_prompt"
    case: ClassVar[str] = "H2"

    def stage(self, stage: Stage, rng: np.random.Generator, n: int) -> None:
        """A wave of short comments and likes from the section's own audience."""
        code = stage.scenario(self.name)
        for s in stage.claim(rng, n, code, low=20).tolist():
            start = float(stage.sections.published_ms[s]) + rng.uniform(0, 24) * HOUR_MS
            half_life = rng.uniform(1.0, 6.0)
            times = wave(rng, start, int(stage.sections.size[s] * 0.6), half_life / np.log(2))
            who = stage.visitors(rng, np.full(len(times), s))
            crowd(stage, rng, s, times, code, who)
            talk = rng.random(len(times)) < 0.6
            words = texts_from(rng, _TEXTS, int(talk.sum()))
            say(stage, s, who[talk], times[talk] + 5_000, words, code, pull=0.02)
            post = _POST[language_of(stage, s)]
            stage.sections.text[s] = post
            declare(stage, rng, s, "vote_prompt", start, start + 24 * HOUR_MS, quote=post)
