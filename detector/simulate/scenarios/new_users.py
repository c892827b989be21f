"""H16, a wave of new users: many young accounts at once, on everything, in ordinary hours."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from zhenzan.detector.simulate.acts import Acts
from zhenzan.detector.simulate.clock import DAY_MS
from zhenzan.detector.simulate.population import pick
from zhenzan.detector.simulate.scenarios.base import declare
from zhenzan.detector.simulate.stage import Stage

__all__ = ["NewUsers"]

ACCOUNTS_PER_SECTION = 12


class NewUsers:
    """People who moved here in the same three days and look around."""

    name: ClassVar[str] = "new_users"
    case: ClassVar[str] = "H16"

    def stage(self, stage: Stage, rng: np.random.Generator, n: int) -> None:
        """Twelve newcomers for each of `n` sections, who like about ten things each."""
        code = stage.scenario(self.name)
        people, s = stage.people, stage.sections
        newcomers = stage.recruit(rng, ACCOUNTS_PER_SECTION * n, "newcomer", scenario=code)
        k = len(newcomers)
        day = stage.start_ms + 7 * DAY_MS
        people.created_ms[newcomers] = np.floor(day + rng.uniform(0, 3, k) * DAY_MS)
        people.followers[newcomers] = rng.poisson(2, k)
        people.posts[newcomers] = rng.poisson(1, k)
        people.activity[newcomers] = 0.0  # they were not here before; all they did is below
        acts = np.repeat(newcomers, rng.poisson(10, k))
        # Sections published after they came, as popular as they are for everybody.
        open_ = np.flatnonzero(s.published_ms > day + 3 * DAY_MS)
        section = open_[pick(rng, s.size[open_], len(acts))]
        order = np.argsort(section, kind="stable")
        section, acts = section[order], acts[order]
        ts = stage.organic_times(rng, section, acts)
        stage.acts.append(Acts.make(section, acts, ts, scenario=code))
        declare(stage, rng, -1, "new_users", day, day + 3 * DAY_MS, by="platform")
