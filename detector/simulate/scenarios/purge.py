"""H20, a purge by the platform: likes of many accounts vanish from all their targets at once."""

from __future__ import annotations

from typing import ClassVar, Final

import numpy as np
from zhenzan.detector.simulate.clock import DAY_MS, HOUR_MS
from zhenzan.detector.simulate.scenarios.base import declare
from zhenzan.detector.simulate.stage import Stage

__all__ = ["Purge"]

ACCOUNTS_PER_SECTION: Final = 15


class Purge:
    """A privacy change or a clean-up hits accounts of all kinds; no creator had a hand in it."""

    name: ClassVar[str] = "platform_purge"
    case: ClassVar[str] = "H20"

    def stage(self, stage: Stage, rng: np.random.Generator, n: int) -> None:
        """Accounts are drawn blindly, fifteen for each of `n` sections."""
        stage.scenario(self.name)
        count = min(ACCOUNTS_PER_SECTION * n, len(stage.people) // 20)
        stage.purged[rng.choice(len(stage.people), count, replace=False)] = True
        stage.purge_ms = stage.start_ms + int(rng.integers(18, 24)) * DAY_MS
        end = stage.purge_ms + 2 * HOUR_MS
        declare(stage, rng, -1, "platform_purge", stage.purge_ms, end, by="platform")
