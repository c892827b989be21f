"""H19, artefacts of measurement: heaps on a coarse clock, and sections eight hours off."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np
from zhenzan.detector.contexts.base import CLEAR, PLAIN, Finding
from zhenzan.detector.contexts.case import HOUR_MS, Case
from zhenzan.detector.contexts.world import World
from zhenzan.features.family import Text

__all__ = ["MeasurementArtefact"]

_COARSE_MS: tuple[int, ...] = (24 * HOUR_MS, HOUR_MS, 600_000)
_HEAPED: float = 0.9
_SHIFT_H: float = 8.0  # a clock of China taken for UTC, or the reverse
_USUAL_H: float = 1.0


class MeasurementArtefact:
    """Times that lie on a clock of ten minutes or coarser, or that begin eight hours late."""

    kinds: ClassVar[tuple[str, ...]] = ("measurement_artefact",)
    needs: ClassVar[tuple[str, ...]] = ("engagement.ts_lo_ms",)
    sign: ClassVar[Text] = Text(
        "时间堆在十分钟、一小时或一天的整点上，或整体偏移八小时",
        "times heap on a clock of ten minutes or coarser, or begin eight hours late as a whole",
    )

    def find(self, case: Case, world: World) -> Iterator[Finding]:
        """Heaps make bursts where none are; a shift makes an organic start look like a spike."""
        at = case.times[~np.isnan(case.times)]
        if len(at) < 20:
            return
        start, end = case.span(at)
        # A grid has a phase of its own: dates in any zone share that of their midnight.
        for grid in _COARSE_MS:
            counts = np.unique(at % grid, return_counts=True)[1]
            if len(np.unique(at)) > 1 and counts.max() >= _HEAPED * len(at):
                yield Finding("measurement_artefact", start, end, CLEAR)
                return
        late = (float(at.min()) - case.published) / HOUR_MS
        usual = world.hour_gap.get(str(case.section.get("creator_id")))
        if usual is not None and abs(usual) <= _USUAL_H:
            for shift in (_SHIFT_H, -_SHIFT_H):
                if 0 <= late - shift <= _USUAL_H:
                    yield Finding("measurement_artefact", start, end, PLAIN)
