"""Advice drawn from the figures: what to try next, each with the n that it rests on.

A rule speaks only where 20 observations or more stand behind it, and never says that something
works: it says what the figures show and what could be tried.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from zhenzan.detector.insights.base import LEAST_FOR_SHARE, Cell, Insight, Series, Subject
from zhenzan.detector.insights.say import count, share, times
from zhenzan.features.family import Text

__all__ = ["NAME", "NEEDS", "TITLE", "Hint", "advise"]

NAME: Final = "advice@1"
TITLE: Final = Text("可以试试", "Worth trying")
NEEDS: Final = Text("至少 20 次观察支持的数字", "figures that rest on 20 observations or more")

_FAR: Final = 0.10  # raw against genuine: less lies within the interval of most sections (ours)
_UNEVEN: Final = 0.25  # share of the best three hours: twice that of an even spread (ours)
_SHALLOW: Final = 0.10  # share of replies below which there is hardly any conversation (ours)
_GAP: Final = 1.5  # ratio of medians below which groups of titles count as alike (ours)


@dataclass(frozen=True, slots=True)
class Hint:
    """One piece of advice: the insight it comes from, its n, and the sentence."""

    source: str
    n: int
    text: Text


Given: TypeAlias = Mapping[str, Insight]


def advise(subject: Subject, given: Given) -> Insight:
    """The advice for one subject.

    Args:
        subject: Whom it is about.
        given: Name to the insights of the subject that say something.
    """
    hints = [hint for rule in _RULES if (hint := rule(given)) is not None]
    hints = [hint for hint in hints if hint.n >= LEAST_FOR_SHARE]
    most = max((i.n for i in given.values()), default=0)
    if not hints:
        why = Text(
            "没有建议：没有哪个数字有至少 20 次观察且给出明确方向。",
            "No advice: no figure rests on 20 observations and points somewhere.",
        )
        return Insight(NAME, subject, most, LEAST_FOR_SHARE, "count", abstained=why)
    rows: tuple[tuple[Cell, ...], ...] = tuple((h.source, h.n, h.text.zh, h.text.en) for h in hints)
    first = hints[0]
    return Insight(
        NAME, subject, first.n, LEAST_FOR_SHARE, "count",
        raw=float(len(hints)), genuine=float(len(hints)), sentence=first.text,
        series=(Series("hints", ("source", "n", "zh", "en"), rows),),
    )  # fmt: skip


def _questions(given: Given) -> Hint | None:
    found = given.get("reply_first")
    if found is None or not found.genuine:
        return None
    n = count(found.genuine)
    return Hint(
        found.id,
        found.n,
        Text(
            f"先回答 {n} 条尚无回复的提问（共 {count(found.n)} 条留言），清单已按先后排好。",
            f"Answer open questions first, in the order listed: {n} of {count(found.n)} comments.",
        ),
    )


def _hours(given: Given) -> Hint | None:
    found = given.get("active_hours")
    # Of one section the hours follow its own publication: only a creator's say something.
    if found is None or found.subject[0] != "creator" or (found.genuine or 0.0) < _UNEVEN:
        return None
    clock = _window(found)
    return Hint(
        found.id,
        found.n,
        Text(
            f"{clock} 时的真实互动占 {share(found.genuine or 0.0)}（{count(found.n)} 次）："
            "可试着在此之前发布，并在此时段回复。",
            f"{share(found.genuine or 0.0)} of what looks genuine comes between {clock} h"
            f" ({count(found.n)} acts): try to publish before, and to reply then.",
        ),
    )


def _window(found: Insight) -> str:
    by_hour = [0.0] * 24
    for _, hour, _, genuine in found.series[0].rows:
        by_hour[int(hour or 0)] += float(genuine or 0.0)
    sums = [round(sum(by_hour[(h + k) % 24] for k in range(3)), 6) for h in range(24)]
    first = sums.index(max(sums))
    return f"{first:02d}–{(first + 3) % 24 or 24:02d}"


def _plan_with_genuine(given: Given) -> Hint | None:
    """Where raw and genuine differ, plans should rest on the genuine figure."""
    for name in ("likes_per_comment", "comment_rate", "returning_commenters"):
        found = given.get(name)
        if found is None or not found.raw or found.genuine is None:
            continue
        gap = abs(found.genuine - found.raw) / found.raw
        if gap >= _FAR:
            return Hint(
                found.id,
                found.n,
                Text(
                    f"原始数字与看来真实的数字相差 {share(min(gap, 1.0))}"
                    f"（{count(found.n)} 次观察）：比较和计划时请用后者。",
                    f"The raw figure and the one on what looks genuine differ by"
                    f" {share(min(gap, 1.0))} ({count(found.n)} observations): compare and plan"
                    " with the latter.",
                ),
            )
    return None


def _conversation(given: Given) -> Hint | None:
    found = given.get("conversation_depth")
    if found is None or found.genuine is None or found.genuine >= _SHALLOW:
        return None
    return Hint(
        found.id,
        found.n,
        Text(
            f"{count(found.n)} 条留言中只有 {share(found.genuine)} 是回复："
            "可试着以反问作答，让读者互相接话。",
            f"Only {share(found.genuine)} of {count(found.n)} comments answer another: try answers"
            " that ask back.",
        ),
    )


def _threads(given: Given) -> Hint | None:
    found = given.get("creator_replies")
    if found is None or len(found.series) < 2:
        return None
    counts = {str(row[0]): (int(row[1] or 0), int(row[2] or 0)) for row in found.series[1].rows}
    (answered, on), (others, others_on) = counts["yes"], counts["no"]
    n = min(answered, others)
    if not n or on * others <= _GAP * others_on * answered:
        return None
    return Hint(
        found.id,
        n,
        Text(
            f"您回复过的 {answered} 条留言中有 {on} 条之后还有人接话，没有回复的 {others} 条中有"
            f" {others_on} 条：多回复值得一试。",
            f"{on} of {answered} threads that you answered went on, {others_on} of {others} others:"
            " answering more is worth a try.",
        ),
    )


def _titles(name: str, zh: str, en: str) -> Callable[[Given], Hint | None]:
    def rule(given: Given) -> Hint | None:
        found = given.get(name)
        if found is None or not found.series:
            return None
        _, zh_title, en_title, n, _, genuine, others = found.series[0].rows[0]
        if not others or float(genuine or 0.0) < _GAP * float(others):
            return None
        ratio = times(float(genuine or 0.0) / float(others))
        return Hint(
            found.id,
            found.n,
            Text(
                f"{zh}“{zh_title}”的 {n} 篇留言率是其余的 {ratio} 倍（共 {found.n} 篇）："
                "可以再试几篇。",
                f"{en} “{en_title}”: {n} sections with {ratio} times the comment rate of the others"
                f" ({found.n} in all). Try a few more.",
            ),
        )

    return rule


def _returning(given: Given) -> Hint | None:
    found = given.get("returning_commenters")
    if found is None or found.genuine is None or found.genuine >= _SHALLOW:
        return None
    return Hint(
        found.id,
        found.n,
        Text(
            f"{count(found.n)} 位留言者中只有 {share(found.genuine)} 回头再来："
            "可试着在回复里提到下一篇。",
            f"Only {share(found.genuine)} of {count(found.n)} commenters came back: try to name the"
            " next piece in your answers.",
        ),
    )


# In this order: what can be done today comes first.
_RULES: Final[tuple[Callable[[Given], Hint | None], ...]] = (
    _questions,
    _hours,
    _titles("hooks", "标题", "Titles,"),
    _titles("topics", "话题", "Topic"),
    _threads,
    _plan_with_genuine,
    _conversation,
    _returning,
)
