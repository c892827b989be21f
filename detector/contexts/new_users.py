"""H16, a wave of new users: newcomers who came to everybody on these days."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np
from zhenzan.detector.contexts.base import CLEAR, Finding
from zhenzan.detector.contexts.case import HOUR_MS, Case
from zhenzan.detector.contexts.world import YOUNG_MS, World
from zhenzan.features.family import Text

__all__ = ["NewUsers"]

_DAY_MS: int = 24 * HOUR_MS
_YOUNG: float = 0.5


class NewUsers:
    """Young accounts, on days when everyday visitors of other creators are young, too."""

    kinds: ClassVar[tuple[str, ...]] = ("new_users",)
    needs: ClassVar[tuple[str, ...]] = ("account.created_ms",)
    sign: ClassVar[Text] = Text(
        "新账号多，而那几天其他作者的日常受众中新账号也同样增多",
        "many young accounts, on days when other creators' everyday visitors are young, too",
    )

    def find(self, case: Case, world: World) -> Iterator[Finding]:
        """Youth is told relative to the day, on acts that nobody delivered."""
        age = case.times - case.acts["created_ms"].to_numpy(np.float64)
        chosen = case.likely & ~np.isnan(age)
        if chosen.sum() < 10 or float((age[chosen] < YOUNG_MS).mean()) < _YOUNG:
            return
        day = np.floor(case.times / _DAY_MS)
        for wave in sorted(world.waves):
            if (chosen & (day == wave)).any():
                start = wave * _DAY_MS
                yield Finding("new_users", start, start + _DAY_MS, CLEAR)
