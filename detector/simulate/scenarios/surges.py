"""H5, H6 and H9: breaking news, a push to all subscribers, a share by somebody big."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from zhenzan.detector.simulate.clock import HOUR_MS
from zhenzan.detector.simulate.scenarios.base import crowd, declare, wave
from zhenzan.detector.simulate.stage import Stage

__all__ = ["HugOfDeath", "News", "Push"]


def strangers(stage: Stage, rng: np.random.Generator, n: int) -> np.ndarray:
    """Anybody of the population, by activity: the visitors of a surge meet once and never again."""
    chance = np.cumsum(stage.people.activity)
    return np.searchsorted(chance, rng.random(n) * chance[-1], side="right").astype(np.int32)


class News:
    """Many creators' posts on one event surge in the same minutes and again with each update."""

    name: ClassVar[str] = "news"
    case: ClassVar[str] = "H5"
    like: ClassVar[float] = 3.0

    def stage(self, stage: Stage, rng: np.random.Generator, n: int) -> None:
        """Events of about eight posts: a heavy tail over days, two secondary peaks."""
        code = stage.scenario(self.name)
        sections = rng.permutation(stage.claim(rng, n, code, low=30))
        for event in np.array_split(sections, max(1, len(sections) // 8)):
            if not len(event):
                continue
            onset = float(np.median(stage.sections.published_ms[event]))
            peaks = onset + np.r_[0.0, rng.uniform(6, 72, 2)] * HOUR_MS
            for s in event.tolist():
                begin = onset - rng.uniform(0.1, 1.5) * HOUR_MS
                stage.sections.published_ms[s] = int(begin)
                size = stage.sections.size[s] * self.like
                for peak, part in zip(peaks, (0.7, 0.2, 0.1), strict=True):
                    count = rng.poisson(size * part)
                    hours = 0.5 * rng.pareto(1.2, count) + rng.exponential(0.1, count)
                    times = peak + np.minimum(hours, 400) * HOUR_MS
                    crowd(stage, rng, s, times, code, strangers(stage, rng, count))
                stage.sections.size[s] *= 0.5
                declare(
                    stage, rng, s, "news", onset, float(peaks.max()) + 24 * HOUR_MS, by="reviewer"
                )


class Push:
    """A message to all subscribers: steep at once, half of the day within three hours."""

    name: ClassVar[str] = "push"
    case: ClassVar[str] = "H6"
    like: ClassVar[float] = 2.0

    def stage(self, stage: Stage, rng: np.random.Generator, n: int) -> None:
        """The creator's own audience, on a monotone decay from the minute of the push."""
        code = stage.scenario(self.name)
        for s in stage.claim(rng, n, code, low=20).tolist():
            start = float(stage.sections.published_ms[s])
            count = rng.poisson(stage.sections.size[s] * self.like)
            times = start + np.minimum(1.2 * rng.pareto(1.3, count), 200) * HOUR_MS
            crowd(stage, rng, s, times, code)
            declare(stage, rng, s, "push", start, start + 6 * HOUR_MS, by="platform")


class HugOfDeath:
    """A sharp onset days after publication, half-life of one to six hours, accounts of all ages."""

    name: ClassVar[str] = "external_link"
    case: ClassVar[str] = "H9"
    like: ClassVar[float] = 6.0

    def stage(self, stage: Stage, rng: np.random.Generator, n: int) -> None:
        """Newcomers from elsewhere, many times the section's own audience."""
        code = stage.scenario(self.name)
        for s in stage.claim(rng, n, code, low=15, high=2000).tolist():
            start = float(stage.sections.published_ms[s]) + rng.uniform(1, 120) * HOUR_MS
            mean = rng.uniform(1, 6) / np.log(2)
            count = rng.poisson(min(stage.sections.size[s], 200) * self.like)
            times = wave(rng, start, count, mean)
            crowd(stage, rng, s, times, code, strangers(stage, rng, count))
            declare(stage, rng, s, "external_link", start, start + 24 * HOUR_MS)
