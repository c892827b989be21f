"""H13, uplift: a comment that was pinned or selected, a section that the platform featured."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np
from zhenzan.detector.contexts.base import PLAIN, Finding
from zhenzan.detector.contexts.case import HOUR_MS, Case
from zhenzan.detector.contexts.shapes import clock_share
from zhenzan.detector.contexts.words import fold, is_phrase
from zhenzan.detector.contexts.world import World
from zhenzan.features.family import Text

__all__ = ["Uplift"]

_LIKES: int = 10
_SLOW_MS: int = 6 * HOUR_MS
_SUDDEN: float = 0.5
_ONE: float = 0.5
_MARKS: tuple[tuple[str, str], ...] = (
    ("pinned", "pinned"),
    ("selected", "selected"),
    ("liked_by_creator", "selected"),
)


class Uplift:
    """Likes that come slowly to what stands on top, or through the platform's own pages."""

    kinds: ClassVar[tuple[str, ...]] = ("pinned", "selected", "featured")
    needs: ClassVar[tuple[str, ...]] = (
        "comment.pinned, selected or liked_by_creator",
        "engagement.referrer",
    )
    sign: ClassVar[Text] = Text(
        "置顶或精选的评论缓慢得赞；或多出的互动多半来自平台推荐位",
        "a pinned or selected comment gathers likes slowly, or most of the excess comes through"
        " the platform's own recommendations",
    )

    def find(self, case: Case, world: World) -> Iterator[Finding]:
        """What stands on top is seen all day; likes that come within hours were sent."""
        yield from self._featured(case)
        on = case.acts["comment_id"]
        for flag, kind in _MARKS:
            for comment in case.comments.loc[case.flag(flag), "comment_id"]:
                chosen = on.eq(comment).to_numpy(dtype=bool) & case.likely
                at = case.times[chosen]
                at = np.sort(at[~np.isnan(at)])
                if len(at) < _LIKES or not _slow(at):
                    continue
                start, end = case.span(at)
                yield Finding(kind, start, end, PLAIN, None, str(comment))

    def _featured(self, case: Case) -> Iterator[Finding]:
        known = [fold(v) for v in case.acts.loc[case.likely, "referrer"] if isinstance(v, str)]
        if len(known) < _LIKES or 2 * len(known) < int(case.likely.sum()):
            return
        share = sum(is_phrase(v, "featured_source") for v in known) / len(known)
        if share >= _ONE and _slow(case.burst):
            start, end = case.span(case.burst)
            yield Finding("featured", start, end, PLAIN)


def _slow(at: np.ndarray) -> bool:
    """No six hours hold more than half: the period is longer than the whole."""
    whole = float(at[-1] - at[0]) + 1.0
    return whole > _SLOW_MS and clock_share(at - at[0], 2 * whole, _SLOW_MS) <= _SUDDEN
