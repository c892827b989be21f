"""How deep the conversation goes: replies among comments, and what gets answered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Final

import numpy as np
from zhenzan.detector.insights.base import LEAST_FOR_SHARE, Insight, Maker, Series
from zhenzan.detector.insights.known import Codes, Flags, Known, Reals
from zhenzan.detector.insights.say import both, count, share
from zhenzan.features.family import Text

__all__ = ["Conversation", "depths"]

_DEEPEST: Final = 20  # levels that are told apart; platforms flatten long before


class Conversation(Maker):
    """Share of comments that answer another comment, and how deep threads go."""

    name: ClassVar[str] = "conversation_depth"
    title: ClassVar[Text] = Text("对话深度", "Depth of conversation")
    needs: ClassVar[Text] = Text("完整的回复记录", "complete record of who answers whom")
    noun: ClassVar[Text] = Text("条留言", "comments")
    unit: ClassVar[str] = "share"
    least: ClassVar[int] = LEAST_FOR_SHARE

    def make(self, known: Known) -> Iterator[Insight]:
        """Every described section."""
        comments = known.comments
        others = comments.received
        depth = depths(comments.parent, comments.is_reply)
        weight, section = comments.weight, comments.section
        n = known.totals.collected
        replies = known.per_section(section[others & comments.is_reply])
        kept = known.totals.genuine
        replies_kept = _sum(known, others & comments.is_reply, weight)
        deepest = np.zeros(len(known.sections), dtype=np.int64)
        np.maximum.at(deepest, section[others], depth[others])
        top = others & ~comments.is_reply
        answered = known.per_section(section[top & _has_reply(known)])
        tops = known.per_section(section[top])
        levels = _levels(known, depth, others)
        for at, section_id in known.subjects():
            if not known.replies_known[at]:
                yield self.few(("section", section_id), 0)
            elif n[at] < self.least or kept[at] < self.least:
                yield self.few(("section", section_id), n[at], kept[at])
            else:
                raw, genuine = replies[at] / n[at], replies_kept[at] / kept[at]
                told = both(genuine, raw, share)
                of = f"{count(answered[at])} / {count(tops[at])}"
                zh = (
                    f"{count(n[at])} 条留言中 {told.zh}是对别人的回复，最深 {deepest[at]} 层；"
                    f"得到回复的一级留言：{of}。"
                )
                en = (
                    f"{told.en} of {count(n[at])} comments answer another, deepest level"
                    f" {deepest[at]}; top comments that got an answer: {of}."
                )
                rows = tuple(
                    (level, int(a), round(float(b), 1)) for level, a, b in levels.get(at, ())
                )
                series = Series("levels", ("depth", "raw", "genuine"), rows)
                yield self.say(("section", section_id), n[at], raw, genuine, zh, en, [series])


def depths(parent: Codes, is_reply: Flags) -> Codes:
    """Level of each comment: 0 at the top, one more than the comment answered.

    A reply whose parent is not in the data is at level 1; a circle ends at level 20.
    """
    depth = is_reply.astype(np.int64)
    at = parent.copy()
    for _ in range(_DEEPEST - 1):
        moving = at >= 0
        if not moving.any():
            break
        here = np.flatnonzero(moving)
        above = at[here]
        depth[here] += is_reply[above]
        at[here] = parent[above]
    return np.minimum(depth, _DEEPEST)


def _has_reply(known: Known) -> Flags:
    """Whether anybody answered, in the data or as the platform counts."""
    comments = known.comments
    found: Flags = np.nan_to_num(comments.reply_count) > 0
    found[comments.parent[comments.parent >= 0]] = True
    return found


def _sum(known: Known, chosen: Flags, weight: Reals) -> Reals:
    return known.per_section(known.comments.section[chosen], weight[chosen])


def _levels(known: Known, depth: Codes, others: Flags) -> dict[int, list[tuple[int, float, float]]]:
    """Comments by level of each described section."""
    comments = known.comments
    rows = np.flatnonzero(others & known.sections.described[comments.section])
    cell = comments.section[rows] * (_DEEPEST + 1) + depth[rows]
    cells, inverse, n = np.unique(cell, return_inverse=True, return_counts=True)
    kept = np.bincount(inverse, comments.weight[rows], minlength=len(cells))
    made: dict[int, list[tuple[int, float, float]]] = {}
    for c, a, b in zip(cells, n, kept, strict=True):
        made.setdefault(int(c) // (_DEEPEST + 1), []).append((int(c) % (_DEEPEST + 1), a, b))
    return made
