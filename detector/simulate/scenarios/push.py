"""H6, a push to all subscribers: steep at once, half of the day within three hours."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from zhenzan.detector.simulate.clock import HOUR_MS
from zhenzan.detector.simulate.scenarios.base import crowd, declare
from zhenzan.detector.simulate.stage import Stage

__all__ = ["Push"]


class Push:
    """The creator's own audience, on a monotone decay from the minute of the push."""

    name: ClassVar[str] = "push"
    case: ClassVar[str] = "H6"

    def stage(self, stage: Stage, rng: np.random.Generator, n: int) -> None:
        """Twice the section's usual likes, mostly in the first hours."""
        code = stage.scenario(self.name)
        for s in stage.claim(rng, n, code, low=20).tolist():
            start = float(stage.sections.published_ms[s])
            count = int(rng.poisson(stage.sections.size[s] * 2.0))
            # Pareto with a scale of 1.2 h: 78 % of what comes in a day comes within three hours.
            times = start + np.minimum(1.2 * rng.pareto(1.3, count), 200) * HOUR_MS
            crowd(stage, rng, s, times, code)
            declare(stage, rng, s, "push", start, start + 6 * HOUR_MS, by="platform")
