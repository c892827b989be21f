"""H14, a daily ritual: one hour of the clock, the same people, counters in the comments."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np
from zhenzan.detector.contexts.base import CLEAR, PLAIN, Finding
from zhenzan.detector.contexts.case import HOUR_MS, Case
from zhenzan.detector.contexts.shapes import clock_share
from zhenzan.detector.contexts.words import holds, quotable
from zhenzan.detector.contexts.world import World
from zhenzan.features.family import Text

__all__ = ["DailyRitual"]

_DAY_MS: int = 24 * HOUR_MS
_DAYS: int = 5
_SAME_HOUR: float = 0.6
_COUNTERS: float = 0.5
_LOYAL: float = 0.5  # of the comments are by people who came on three days or more


class DailyRitual:
    """Five days or more at one hour, and either counters or the same people."""

    kinds: ClassVar[tuple[str, ...]] = ("daily_ritual",)
    needs: ClassVar[tuple[str, ...]] = ("comment.created_ms", "comment.text", "comment.account_id")
    sign: ClassVar[Text] = Text(
        "五天以上每天同一时段，同一批人留言，并带打卡计数",
        "on five days or more at one hour of the clock, by the same people, with counters",
    )

    def find(self, case: Case, world: World) -> Iterator[Finding]:
        """An order that runs daily brings other people each time, and no counters."""
        at = case.comments["at"].to_numpy(np.float64)
        chosen = case.said & ~np.isnan(at)
        if chosen.sum() < 15:
            return
        days = np.floor((at[chosen] - at[chosen].min()) / _DAY_MS).astype(np.int64)
        if len(np.unique(days)) < _DAYS:
            return
        if clock_share(at[chosen], _DAY_MS, HOUR_MS) < _SAME_HOUR:
            return
        counts = np.array([holds(text, "counter") is not None for text in case.folded], dtype=bool)
        counting = case.fitting(counts) >= _COUNTERS
        people = case.comments.loc[chosen, ["account_id"]].assign(day=days)
        came = people.dropna().drop_duplicates().groupby("account_id").size()
        often = people["account_id"].map(came).fillna(0).to_numpy() >= 3
        loyal = float(often.mean()) >= _LOYAL
        if not loyal:
            return
        start, end = case.span(at[chosen], case.burst)
        quote = quotable(case.forms) if counting else None
        yield Finding("daily_ritual", start, end, CLEAR if counting else PLAIN, quote)
