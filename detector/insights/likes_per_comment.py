"""Likes per comment: how much the audience answers what others wrote, raw and genuine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np
from zhenzan.detector.insights.base import Insight, Maker
from zhenzan.detector.insights.known import Known
from zhenzan.detector.insights.say import both, count, times
from zhenzan.features.family import Text

__all__ = ["LikesPerComment"]


class LikesPerComment(Maker):
    """Mean likes of a section's comments."""

    name: ClassVar[str] = "likes_per_comment"
    title: ClassVar[Text] = Text("每条留言的点赞", "Likes per comment")
    needs: ClassVar[Text] = Text("留言的点赞数", "likes of comments")
    noun: ClassVar[Text] = Text("条留言", "comments")
    unit: ClassVar[str] = "ratio"
    least: ClassVar[int] = 10  # ours: a mean of fewer is the likes of one of them

    def make(self, known: Known) -> Iterator[Insight]:
        """Every described section."""
        comments = known.comments
        # Both sides of the quotient: likes that look genuine on comments that do.
        rows = np.flatnonzero(comments.received & ~np.isnan(comments.likes))
        section, weight = comments.section[rows], comments.weight[rows]
        n, kept = known.per_section(section), known.per_section(section, weight)
        raw = known.per_section(section, comments.likes[rows])
        genuine = known.per_section(section, comments.likes_genuine[rows] * weight)
        none = known.per_section(section, (comments.likes[rows] == 0).astype(np.float64))
        for at, section_id in known.subjects():
            if min(n[at], kept[at]) < self.least:
                yield self.few(("section", section_id), n[at], kept[at])
                continue
            mean, mean_kept = raw[at] / n[at], genuine[at] / kept[at]
            told = both(mean_kept, mean, times)
            silent = f"{count(none[at])} / {count(n[at])}"
            zh = f"每条留言平均获得 {told.zh} 个点赞；一个也没有的：{silent}。"
            en = f"{told.en} likes per comment on average; without any: {silent}."
            yield self.say(("section", section_id), n[at], mean, mean_kept, zh, en)
