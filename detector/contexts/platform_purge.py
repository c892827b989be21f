"""H20, a purge: acts undone in the same hour all over the platform."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np
from zhenzan.detector.contexts.base import CLEAR, Finding
from zhenzan.detector.contexts.case import HOUR_MS, Case
from zhenzan.detector.contexts.world import World
from zhenzan.features.family import Text

__all__ = ["PlatformPurge"]


class PlatformPurge:
    """This section lost acts in an hour in which many creators' sections did."""

    kinds: ClassVar[tuple[str, ...]] = ("platform_purge",)
    needs: ClassVar[tuple[str, ...]] = ("engagement.retracted_lo_ms",)
    sign: ClassVar[Text] = Text(
        "互动在许多作者的内容同时减少的那一小时被撤回",
        "acts were undone in an hour in which those of many other creators were, too",
    )

    def find(self, case: Case, world: World) -> Iterator[Finding]:
        """It explains what disappeared, hardly what came."""
        gone = case.acts["retracted_ms"].to_numpy(np.float64)
        hours = np.floor(gone / HOUR_MS)
        for hour in sorted(world.purges):
            if np.sum(hours == hour) >= 1:
                start = hour * HOUR_MS
                yield Finding("platform_purge", start, start + HOUR_MS, CLEAR)
