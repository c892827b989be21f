"""H14, a daily check-in: the same loyal people at the same minute of every day."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from zhenzan.detector.simulate.clock import DAY_MS
from zhenzan.detector.simulate.scenarios.base import crowd, declare, evening, language_of, say
from zhenzan.detector.simulate.stage import Stage

__all__ = ["DailyRitual"]

_TEXTS = {"zh": ("打卡 Day {i}", "第{i}天,早安", "签到{i}"), "en": ("day {i} done", "check-in {i}")}


class DailyRitual:
    """Counters in the comments, and likes on the creator's note of the day within minutes."""

    name: ClassVar[str] = "daily_ritual"
    case: ClassVar[str] = "H14"

    def stage(self, stage: Stage, rng: np.random.Generator, n: int) -> None:
        """Ten to twenty days at one hour, 25 to 60 people."""
        code = stage.scenario(self.name)
        for s in stage.claim(rng, n, code, low=5).tolist():
            language = language_of(stage, s)
            speaks = stage.people.language == stage.sections.language[s]
            size = int(rng.integers(25, 61))
            loyal = stage.recruit(rng, size, "regular", scenario=code, weights=speaks.astype(float))
            began = rng.integers(1, 300, len(loyal))
            habit = rng.integers(0, len(_TEXTS[language]), len(loyal))
            hour = float(rng.choice((0.0, 6.5, 7.0, 22.0)))
            first = float(stage.sections.published_ms[s])
            days = int(rng.integers(10, 21))
            for day in range(days):
                at = evening(stage.clock, first + (day + 1) * DAY_MS, hour)
                note = say(
                    stage, s, stage.sections.creator[[s]], np.array([at]),
                    [_TEXTS[language][0].replace("{i}", str(day + 1))], code, pull=0.1,
                )  # fmt: skip
                here = rng.random(len(loyal)) < 0.75
                times = at + 10_000 + rng.exponential(90_000, int(here.sum()))
                crowd(stage, rng, s, times, code, loyal[here], comment=int(note[0]))
                talk = np.flatnonzero(here)[rng.random(int(here.sum())) < 0.4]
                words = [
                    _TEXTS[language][habit[k]].replace("{i}", str(began[k] + day)) for k in talk
                ]
                spoke = at + 15_000 + rng.exponential(120_000, len(talk))
                say(stage, s, loyal[talk], spoke, words, code, pull=0.02)
            declare(stage, rng, s, "daily_ritual", first, first + (days + 1) * DAY_MS)
