"""H9, a share by somebody big: a sharp onset days after publication, gone within a day."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from zhenzan.detector.simulate.clock import HOUR_MS
from zhenzan.detector.simulate.scenarios.base import crowd, declare, strangers, wave
from zhenzan.detector.simulate.stage import Stage

__all__ = ["ExternalLink"]


class ExternalLink:
    """A viral surge: strangers with accounts of all ages, many times the usual audience."""

    name: ClassVar[str] = "external_link"
    case: ClassVar[str] = "H9"

    def stage(self, stage: Stage, rng: np.random.Generator, n: int) -> None:
        """Half-life of one to six hours, up to 1,200 likes."""
        code = stage.scenario(self.name)
        for s in stage.claim(rng, n, code, low=15, high=2000).tolist():
            start = float(stage.sections.published_ms[s]) + rng.uniform(1, 120) * HOUR_MS
            count = int(rng.poisson(min(stage.sections.size[s], 200) * 6.0))
            times = wave(rng, start, count, rng.uniform(1, 6) / np.log(2))
            crowd(stage, rng, s, times, code, strangers(stage, rng, count))
            declare(stage, rng, s, "external_link", start, start + 24 * HOUR_MS)
