"""H21, a disclosed advertisement: a rectangle of days, an audience that rarely comments."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from zhenzan.detector.simulate.clock import DAY_MS, HOUR_MS
from zhenzan.detector.simulate.scenarios.base import crowd, evening, strangers
from zhenzan.detector.simulate.stage import Context, Stage

__all__ = ["Advert"]


class Advert:
    """Paid reach is not paid likes: everybody who saw it was free not to like it."""

    name: ClassVar[str] = "advert"
    case: ClassVar[str] = "H21"

    def stage(self, stage: Stage, rng: np.random.Generator, n: int) -> None:
        """A constant rate from 8 to 24 o'clock for two to five days; the platform says so."""
        code = stage.scenario(self.name)
        for s in stage.claim(rng, n, code, low=15).tolist():
            first = float(stage.sections.published_ms[s]) + rng.uniform(6, 48) * HOUR_MS
            days = int(rng.integers(2, 6))
            start = evening(stage.clock, first, 8.0)
            count = int(rng.poisson(min(stage.sections.size[s], 400) * 1.5))
            times = start + rng.integers(0, days, count) * DAY_MS
            times = times + rng.uniform(0, 16, count) * HOUR_MS
            times = times[times > stage.sections.published_ms[s]]
            crowd(stage, rng, s, times, code, strangers(stage, rng, len(times)))
            end = int(start) + days * DAY_MS
            stage.contexts.append(Context(s, -1, "advert", int(start), end, "platform"))
