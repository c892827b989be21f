"""H7, an assignment: one class or staff, one sitting, a roster in the comments."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np
from zhenzan.detector.contexts.base import CLEAR, PLAIN, Finding
from zhenzan.detector.contexts.case import HOUR_MS, Case
from zhenzan.detector.contexts.shapes import top_share
from zhenzan.detector.contexts.words import holds, quotable
from zhenzan.detector.contexts.world import World
from zhenzan.features.family import Text

__all__ = ["Assignment"]

_LEAST: float = 0.5
_MOST_PEOPLE: int = 500  # a firm; a class has 30 to 60
_SITTING_MS: int = 3 * HOUR_MS
_ONE_PLACE: float = 0.7
_SERVE: float = 0.1


class Assignment:
    """Comments that name a unit and that it is done, from one place or within one sitting."""

    kinds: ClassVar[tuple[str, ...]] = ("assignment",)
    needs: ClassVar[tuple[str, ...]] = ("comment.text", "comment.created_ms or region")
    sign: ClassVar[Text] = Text(
        "评论多为“某班某人已完成”一类名单，且集中在一个地区或一次几小时之内",
        "comments read like a roster of a class or a staff, from one place or one sitting",
    )

    def find(self, case: Case, world: World) -> Iterator[Finding]:
        """A roster names a unit and a result; a result alone ("done") is said by many."""
        if case.said.sum() < 10:
            return
        fits = np.array(
            [
                holds(text, "roster") is not None and holds(text, "roster_slot") is not None
                for text in case.folded
            ],
            dtype=bool,
        )
        people = case.comments.loc[case.said, "account_id"].nunique()
        n = float(case.history.get("n_members") or 0)
        if case.fitting(fits) < _LEAST or people > _MOST_PEOPLE:
            return
        if n and float(case.history.get("n_served") or 0) / n > _SERVE:
            return
        at = case.told
        middle = np.quantile(at, [0.1, 0.9]) if len(at) else np.array([0.0, np.inf])
        sitting = middle[1] - middle[0] <= _SITTING_MS
        place = top_share(case.comments.loc[case.said, "region"])[1] >= _ONE_PLACE
        if not (sitting or place):
            return
        start, end = case.span(case.burst, at)
        sure = CLEAR if sitting and place else PLAIN
        yield Finding("assignment", start, end, sure, quotable(case.forms))
