"""What follows when the creator replies: comments before and after, and whether threads go on.

Neither is an effect by itself: attention falls with time, and a creator answers when there is
something to answer. The sentence says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Final

import numpy as np
from zhenzan.detector.insights.base import LEAST_FOR_SHARE, Insight, Maker, Series
from zhenzan.detector.insights.known import Codes, Known, Reals
from zhenzan.detector.insights.say import count, times
from zhenzan.features.family import Text

__all__ = ["CreatorReplies", "sittings", "threads"]

_SPAN_MS: Final = 6 * 3_600_000  # before and after: a part of a day, so that the hour says little
_SITTINGS: Final = 5  # fewer sittings of replying are anecdotes (ours)
_AT_EDGE: Final = Text(
    "数据不足：作者的回复都在留言起止时间的六小时以内，前后无法各取六小时比较。",
    "Not enough data: all replies by the creator lie within six hours of the first or last comment,"
    " too near to compare six hours before with six hours after.",
)


class CreatorReplies(Maker):
    """Genuine comments by others in the six hours after the creator's replies, against before."""

    name: ClassVar[str] = "creator_replies"
    title: ClassVar[Text] = Text("作者回复之后", "After the creator replies")
    needs: ClassVar[Text] = Text("作者自己的回复（带时间）", "replies by the creator with times")
    noun: ClassVar[Text] = Text("条前后的留言", "comments before and after")
    unit: ClassVar[str] = "ratio"
    least: ClassVar[int] = LEAST_FOR_SHARE

    def make(self, known: Known) -> Iterator[Insight]:
        """Every described section, then every creator, over all sections together."""
        comments = known.comments
        timed = np.flatnonzero(comments.precise & known.sections.described[comments.section])
        timed = timed[np.lexsort((comments.created_ms[timed], comments.section[timed]))]
        edges = np.searchsorted(comments.section[timed], np.arange(len(known.sections) + 1))
        table = threads(known)
        table[~known.replies_known] = 0.0  # whether others went on cannot be seen
        total: dict[int, Reals] = {}
        for at, section_id in known.subjects():
            rows = timed[edges[at] : edges[at + 1]]
            found = np.r_[_around(known, rows), table[at]]
            creator = int(known.sections.creator[at])
            if creator >= 0:
                total[creator] = total.get(creator, np.zeros(len(found))) + found
            yield self._told("section", section_id, found)
        for at, creator_id in known.creators():
            yield self._told("creator", creator_id, total[at])

    def _told(self, kind: str, subject_id: str, found: Reals) -> Insight:
        subject = ("creator" if kind == "creator" else "section", subject_id)
        n_sittings, before, after, raw_before, raw_after = found[:5]
        at_edge, went_on, answered, others_on, others = found[5:]
        n = raw_before + raw_after
        if n_sittings < 1 and at_edge >= 1:
            return self.silent(subject, 0, _AT_EDGE)  # type: ignore[arg-type]
        if n_sittings < 1:
            return self.few(subject, 0)  # type: ignore[arg-type]
        if n < self.least or before < 1 or raw_before < 1:
            return self.few(subject, n)  # type: ignore[arg-type]
        if n_sittings < _SITTINGS:
            why = Text(
                f"数据不足：作者只回复过 {count(n_sittings)} 次（相隔六小时以上算另一次），"
                f"至少需要 {_SITTINGS} 次。",
                f"Not enough data: the creator replied on {count(n_sittings)} occasions (six hours"
                f" apart), at least {_SITTINGS} are needed.",
            )
            return self.silent(subject, n, why)  # type: ignore[arg-type]
        zh = (
            f"{count(n_sittings)} 次回复前后各六小时，看来真实的留言由 {count(before)} 条变为"
            f" {count(after)} 条（{times(after / before)} 倍）。"
        )
        en = (
            f"In the six hours before and after {count(n_sittings)} occasions of replying,"
            f" comments that look genuine went from {count(before)} to {count(after)}"
            f" ({times(after / before)} times)."
        )
        if answered >= 1 and others >= 1:
            zh += (
                f"有作者回复的留言，{count(went_on)} / {count(answered)} 之后还有别人接话；"
                f"没有的，{count(others_on)} / {count(others)}。"
            )
            en += (
                f" After your answer {count(went_on)} of {count(answered)} threads went on with"
                f" others; without one {count(others_on)} of {count(others)} did."
            )
        zh += "前后变化不等于回复的效果：热度本来会随时间下降，作者也多在热闹时回复。"
        en += " Before and after is no proof of effect: attention falls by itself."
        rows = (
            ("before", int(raw_before), round(float(before), 1)),
            ("after", int(raw_after), round(float(after), 1)),
        )
        series = [
            Series("windows", ("when", "raw", "genuine"), rows),
            Series(
                "threads",
                ("answered", "threads", "went_on"),
                (("yes", int(answered), int(went_on)), ("no", int(others), int(others_on))),
            ),
        ]
        ratio, ratio_raw = after / before, raw_after / raw_before
        return self.say(subject, n, ratio_raw, ratio, zh, en, series)  # type: ignore[arg-type]


def sittings(times_ms: Reals) -> list[tuple[float, float]]:
    """Runs of replies less than six hours apart, as `(first, last)`; `times_ms` ascends."""
    if not len(times_ms):
        return []
    cut = np.flatnonzero(np.diff(times_ms) >= _SPAN_MS) + 1
    return [(float(part[0]), float(part[-1])) for part in np.split(times_ms, cut)]


def _around(known: Known, rows: Codes) -> Reals:
    """`sittings, before, after, raw before, raw after, at the edge`; rows in time order.

    Of one section; sittings at the edge of its times have no six hours on both sides.
    """
    comments = known.comments
    own = comments.by_creator[rows] & comments.is_reply[rows]
    when = comments.created_ms[rows]
    others = when[~comments.by_creator[rows]]
    weight = np.r_[0.0, np.cumsum(comments.weight[rows][~comments.by_creator[rows]])]
    found = np.zeros(6)
    if not len(others):
        return found
    for first, last in sittings(when[own]):
        # Both windows must lie inside what was collected, else the later one is cut short.
        if first - _SPAN_MS < when[0] or last + _SPAN_MS > when[-1]:
            found[5] += 1
            continue
        a, b, c, d = np.searchsorted(others, [first - _SPAN_MS, first, last, last + _SPAN_MS])
        found[:5] += [1, weight[b] - weight[a], weight[d] - weight[c], b - a, d - c]
    return found


def threads(known: Known) -> Reals:
    """By section: answered threads that went on, answered, others that went on, others.

    A thread is a top comment by somebody else with a time. It went on where a third party wrote in
    it after the creator's first answer; without an answer, where anybody but its author did.
    """
    comments = known.comments
    root = np.arange(len(comments))
    for _ in range(20):  # platforms flatten threads long before
        above = comments.parent[root]
        root = np.where(above >= 0, above, root)
    timed = ~np.isnan(comments.created_ms)
    top = ~comments.is_reply & ~comments.by_creator & timed
    inside = np.flatnonzero(comments.is_reply & timed & top[root])
    first = np.full(len(comments), np.inf)
    mine = inside[comments.by_creator[inside]]
    np.minimum.at(first, root[mine], comments.created_ms[mine])
    theirs = inside[~comments.by_creator[inside]]
    same = comments.account[theirs] == comments.account[root[theirs]]
    theirs = theirs[~(same & (comments.account[theirs] >= 0))]
    answered = np.isfinite(first)
    late = comments.created_ms[theirs] > first[root[theirs]]
    went_on = np.zeros(len(comments), dtype=bool)
    went_on[root[theirs[late | ~answered[root[theirs]]]]] = True
    columns = [top & answered & went_on, top & answered, top & ~answered & went_on, top & ~answered]
    return np.column_stack([known.per_section(comments.section[flag]) for flag in columns])
