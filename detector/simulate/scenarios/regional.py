"""H15, a local community: a town, a campus, a diaspora; one region, ordinary hours."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from zhenzan.detector.simulate.clock import DAY_MS
from zhenzan.detector.simulate.population import pick
from zhenzan.detector.simulate.scenarios.base import crowd, declare, own_creators
from zhenzan.detector.simulate.stage import Stage

__all__ = ["Regional"]


class Regional:
    """Nearly everybody comes from the same place, and returns to the same creator."""

    name: ClassVar[str] = "regional"
    case: ClassVar[str] = "H15"

    def stage(self, stage: Stage, rng: np.random.Generator, n: int) -> None:
        """Nine tenths of a section's likes from one region, at organic times."""
        code = stage.scenario(self.name)
        people, s = stage.people, stage.sections
        for sections in own_creators(stage, rng, n, code, at_least=2):
            home = people.region[s.creator[sections[0]]]
            near = np.flatnonzero(people.region == home)
            # A community of a few hundred, of whom the active come oftener.
            town = rng.choice(near, min(len(near), 400), replace=False)
            for section in sections.tolist():
                count = int(rng.poisson(s.size[section] * 0.9))
                who = town[pick(rng, people.activity[town], count)]
                where = np.full(count, section)
                crowd(stage, rng, section, stage.organic_times(rng, where, who), code, who)
                s.size[section] *= 0.1
                start = float(s.published_ms[section])
                declare(stage, rng, section, "regional", start, start + 14 * DAY_MS)
