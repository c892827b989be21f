"""H3, a contest for likes: solicited likes on contestants' comments; always for a person to see."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np
from zhenzan.detector.contexts.base import CLEAR, Finding
from zhenzan.detector.contexts.case import Case
from zhenzan.detector.contexts.words import holds, quote_around
from zhenzan.detector.contexts.world import World
from zhenzan.features.family import Text

__all__ = ["LikeContest"]

_LIKES: int = 10  # of a contestant
_CONTESTANTS: int = 2


class LikeContest:
    """The post rewards likes of comments, and several comments share most of the likes."""

    kinds: ClassVar[tuple[str, ...]] = ("like_contest",)
    needs: ClassVar[tuple[str, ...]] = ("section.text", "engagement.comment_id")
    sign: ClassVar[Text] = Text(
        "正文按评论获赞数评奖，且点赞集中在多条参赛评论上",
        "the post rewards likes of comments, and several comments received most of the likes",
    )

    def find(self, case: Case, world: World) -> Iterator[Finding]:
        """A single comment with all the likes is no contest."""
        call = holds(case.post, "contest_call")
        chosen = case.acts[case.likely] if case.likely.any() else case.acts
        on = chosen["comment_id"].dropna()
        if call is None or not len(chosen) or len(on) < 0.5 * len(chosen):
            return
        every = case.acts["comment_id"].dropna().value_counts()
        if int((every >= _LIKES).sum()) < _CONTESTANTS:
            return
        at = chosen.loc[on.index, "at"].to_numpy(np.float64)
        start, end = case.span(np.sort(at[~np.isnan(at)]))
        yield Finding("like_contest", start, end, CLEAR, quote_around(case.post, call))
