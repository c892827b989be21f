"""H19, artefacts of measurement: coarse times, heaps of rounded ones, a clock eight hours off."""

from __future__ import annotations

from typing import ClassVar, Final

import numpy as np
from zhenzan.detector.simulate.clock import DAY_MS, HOUR_MS
from zhenzan.detector.simulate.scenarios.base import declare
from zhenzan.detector.simulate.stage import Stage

__all__ = ["Artefact"]

WIDTHS_MS: Final = (60_000, HOUR_MS, DAY_MS)


class Artefact:
    """Organic sections whose times were recorded badly; who came is as it was."""

    name: ClassVar[str] = "measurement_artefact"
    case: ClassVar[str] = "H19"

    def stage(self, stage: Stage, rng: np.random.Generator, n: int) -> None:
        """A third known as intervals, a third rounded without saying so, a third shifted."""
        code = stage.scenario(self.name)
        s = stage.sections
        for i, section in enumerate(rng.permutation(stage.claim(rng, n, code, low=10)).tolist()):
            width = int(rng.choice(WIDTHS_MS))
            if i % 3 == 0:
                s.precision_ms[section] = width
            elif i % 3 == 1:
                s.precision_ms[section] = -min(width, HOUR_MS)
            else:
                s.shift_ms[section] = 8 * HOUR_MS
            start = float(s.published_ms[section])
            declare(
                stage, rng, section, "measurement_artefact", start, start + 30 * DAY_MS,
                by="reviewer",
            )  # fmt: skip
