"""H1, a draw of prizes: the post calls for it, and the crowd behaves like hunters of prizes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np
from zhenzan.detector.contexts.base import CLEAR, PLAIN, Finding
from zhenzan.detector.contexts.case import HOUR_MS, Case
from zhenzan.detector.contexts.shapes import collapse
from zhenzan.detector.contexts.words import holds, is_phrase, quote_around
from zhenzan.detector.contexts.world import World
from zhenzan.features.family import Text

__all__ = ["Giveaway"]

# Half of the comments that need an explanation take part in the draw [H].
_LEAST: float = 0.5
_EARLY: float = 1 / 3


class Giveaway:
    """The post draws prizes, and either most comments take part or arrivals end at a deadline."""

    kinds: ClassVar[tuple[str, ...]] = ("giveaway",)
    needs: ClassVar[tuple[str, ...]] = ("section.text",)
    sign: ClassVar[Text] = Text(
        "正文写明抽奖，且多数评论在参与抽奖，或互动在截止时刻后骤停",
        "the post draws prizes, and most comments take part or arrivals stop at a deadline",
    )

    def find(self, case: Case, world: World) -> Iterator[Finding]:
        """Words alone are not enough: anybody can write them."""
        call = holds(case.post, "giveaway_call")
        if call is None:
            return
        fits = np.array([is_phrase(text, "giveaway_reply") for text in case.folded], dtype=bool)
        fits |= case.flag("echo")
        joined = int(case.said.sum()) >= 10 and case.fitting(fits) >= _LEAST
        at = case.times[~np.isnan(case.times)]
        deadline = collapse(np.sort(at), case.burst)
        if not joined and (deadline is None or not _from_the_start(case, deadline)):
            return
        start, end = case.span(case.burst, case.told) if joined else case.span(case.burst)
        if deadline is not None and start is not None:
            end = int(deadline)
        sure = CLEAR if joined and deadline is not None else PLAIN
        yield Finding("giveaway", start, end, sure, quote_around(case.post, call))


def _from_the_start(case: Case, deadline: float) -> bool:
    """A third of the excess came a day before the end or earlier; orders end abruptly, too."""
    return float((case.burst < deadline - 24 * HOUR_MS).mean()) >= _EARLY
