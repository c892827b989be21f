"""H5, breaking news: posts of many creators surge in the same minutes, and again with updates."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from zhenzan.detector.simulate.clock import HOUR_MS
from zhenzan.detector.simulate.scenarios.base import crowd, declare, strangers
from zhenzan.detector.simulate.stage import Stage

__all__ = ["News"]

POSTS_PER_EVENT = 8


class News:
    """Strangers from everywhere, a heavy tail over days, two secondary peaks."""

    name: ClassVar[str] = "news"
    case: ClassVar[str] = "H5"

    def stage(self, stage: Stage, rng: np.random.Generator, n: int) -> None:
        """Events of about eight posts each."""
        code = stage.scenario(self.name)
        sections = rng.permutation(stage.claim(rng, n, code, low=30))
        for event in np.array_split(sections, max(1, len(sections) // POSTS_PER_EVENT)):
            if not len(event):
                continue
            onset = float(np.median(stage.sections.published_ms[event]))
            peaks = onset + np.r_[0.0, rng.uniform(6, 72, 2)] * HOUR_MS
            for s in event.tolist():
                # Posts that the event made, or that it made popular.
                stage.sections.published_ms[s] = int(onset - rng.uniform(0.1, 1.5) * HOUR_MS)
                size = stage.sections.size[s] * 3.0
                for peak, part in zip(peaks, (0.7, 0.2, 0.1), strict=True):
                    count = int(rng.poisson(size * part))
                    hours = 0.5 * rng.pareto(1.2, count) + rng.exponential(0.1, count)
                    times = peak + np.minimum(hours, 400) * HOUR_MS
                    crowd(stage, rng, s, times, code, strangers(stage, rng, count))
                stage.sections.size[s] *= 0.5
                end = float(peaks.max()) + 24 * HOUR_MS
                declare(stage, rng, s, "news", onset, end, by="reviewer")
