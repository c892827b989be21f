"""Comments worth answering first: questions, reach by genuine likes, and not yet answered.

The order is that of `reply_priority` in `comments.parquet`; this insight says how many ask, and
lists the first with the reasons.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Final

import numpy as np
import pandas as pd
from zhenzan.detector.insights.base import Insight, Maker, Series
from zhenzan.detector.insights.known import Flags, Known, grouped
from zhenzan.detector.insights.say import count
from zhenzan.features.family import Text
from zhenzan.models.scorers.comments import asks

__all__ = ["SHOWN", "ReplyFirst", "open_questions"]

SHOWN: Final = 10
"""Comments listed, here and in the report."""


class ReplyFirst(Maker):
    """How many comments ask something that nobody has answered, and which to take first."""

    name: ClassVar[str] = "reply_first"
    title: ClassVar[Text] = Text("优先回复", "Worth answering first")
    needs: ClassVar[Text] = Text("留言文本", "texts of comments")
    noun: ClassVar[Text] = Text("条有文本的留言", "comments with a text")
    unit: ClassVar[str] = "count"
    least: ClassVar[int] = 1  # a list, no statistic

    def make(self, known: Known) -> Iterator[Insight]:
        """Every described section."""
        comments = known.comments
        candidate, asking, unanswered = open_questions(known)
        n = known.per_section(comments.section[candidate])
        questions = known.per_section(comments.section[candidate & asking])
        open_ = candidate & asking & unanswered
        kept = known.per_section(comments.section[open_], np.round(comments.weight[open_]))
        raw = known.per_section(comments.section[open_])
        first = _first(known, candidate)
        for at, section_id in known.subjects():
            if n[at] < self.least:
                yield self.few(("section", section_id), n[at])
                continue
            rows = tuple(
                (
                    str(comments.id[i]),
                    round(float(comments.priority[i]), 4),
                    int(asking[i]),
                    None
                    if np.isnan(comments.likes_genuine[i])
                    else round(float(comments.likes_genuine[i]), 1),
                    int(unanswered[i]),
                )
                for i in first.get(at, ())
            )
            columns = ("comment_id", "priority", "asks", "likes_genuine", "unanswered")
            series = Series("comments", columns, rows)
            zh = (
                f"{count(n[at])} 条留言中 {count(questions[at])} 条在提问，"
                f"其中看来真实且尚无回复的 {count(kept[at])} 条；按先后列出 {len(rows)} 条。"
            )
            en = (
                f"Questions: {count(questions[at])} of {count(n[at])} comments; genuine and not"
                f" yet answered: {count(kept[at])}. Listed in order: {len(rows)}."
            )
            yield self.say(("section", section_id), n[at], raw[at], kept[at], zh, en, [series])


def open_questions(known: Known) -> tuple[Flags, Flags, Flags]:
    """Flags by comment: with a text by others, asks something, has no answer."""
    comments = known.comments
    texts = pd.Series(comments.text, dtype=object)
    candidate: Flags = texts.notna().to_numpy(dtype=bool) & comments.received
    chosen = candidate & known.sections.described[comments.section]
    asking = np.zeros(len(comments), dtype=bool)
    asking[chosen] = asks(texts[chosen])
    answered = np.nan_to_num(comments.reply_count) > 0
    answered[comments.parent[comments.parent >= 0]] = True
    return candidate, asking, ~(answered | comments.answered)


def _first(known: Known, candidate: Flags) -> dict[int, list[int]]:
    """The comments to take first in each described section."""
    comments = known.comments
    with np.errstate(invalid="ignore"):
        chosen = candidate & (comments.priority > 0) & known.sections.described[comments.section]
    rows = np.flatnonzero(chosen)
    frame = pd.DataFrame(
        {
            "row": rows,
            "section": comments.section[rows],
            "priority": -comments.priority[rows],
            "likes": -np.nan_to_num(comments.likes_genuine[rows]),
            "at": comments.created_ms[rows],
            "text": comments.text[rows],
        }
    )
    frame = frame.sort_values(["section", "priority", "likes", "at", "text"], kind="stable")
    top = frame.groupby("section", sort=False).head(SHOWN)
    return {at: part["row"].tolist() for at, part in grouped(top).items()}
