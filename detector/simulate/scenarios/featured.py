"""H13, pinned or featured: a step in the rate of one comment and of its section, then smooth."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from zhenzan.detector.simulate.acts import Comments
from zhenzan.detector.simulate.clock import HOUR_MS
from zhenzan.detector.simulate.scenarios.base import crowd, declare, strangers, wave
from zhenzan.detector.simulate.stage import Stage
from zhenzan.detector.simulate.texts import organic_texts

__all__ = ["Featured"]


class Featured:
    """More people see it because somebody put it on top; nobody was paid to like it."""

    name: ClassVar[str] = "featured"
    case: ClassVar[str] = "H13"

    def stage(self, stage: Stage, rng: np.random.Generator, n: int) -> None:
        """A pinned comment gathers likes over a day; the front page doubles the section's."""
        code = stage.scenario(self.name)
        for s in stage.claim(rng, n, code, low=30).tolist():
            sections = stage.sections
            when = float(sections.published_ms[s]) + rng.uniform(2, 60) * HOUR_MS
            author = stage.visitors(rng, np.array([s]))
            text = organic_texts(rng, sections.language[[s]], sections.vertical[[s]])
            written = float(sections.published_ms[s]) + 0.3 * HOUR_MS
            row = stage.add_comments(
                Comments.make([s], author, [written], text, pull=2.0, scenario=code, pinned=True)
            )[0]
            liked = wave(rng, when, int(rng.poisson(sections.size[s] * 0.5)), 12.0)
            crowd(stage, rng, s, liked, code, comment=int(row))
            count = int(rng.poisson(sections.size[s]))
            seen = when + rng.gamma(1.5, 8.0, count) * HOUR_MS
            crowd(stage, rng, s, seen, code, strangers(stage, rng, count))
            declare(stage, rng, s, "featured", when, when + 48 * HOUR_MS, by="platform")
            declare(
                stage, rng, s, "pinned", when, when + 48 * HOUR_MS, by="creator", comment=int(row)
            )
