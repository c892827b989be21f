"""Comment rate by what a creator's titles do (hooks) and by what they are about (topics).

Medians over sections, those with against those without; who writes about what on which day is not
held equal, so a difference is a hint for the next experiment and not its result.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Final, TypeAlias

import numpy as np
from zhenzan.detector.insights.base import Cell, Insight, Maker, Series
from zhenzan.detector.insights.comment_rate import Rates, rates
from zhenzan.detector.insights.known import Codes, Known, Reals
from zhenzan.detector.insights.phrases import kinds
from zhenzan.detector.insights.say import share, times
from zhenzan.detector.insights.tokens import is_stopword, words_of
from zhenzan.features.family import Text

__all__ = ["Hooks", "Topics", "compared"]

Array: TypeAlias = np.ndarray[Any, Any]

_EACH: Final = 5  # sections with and without, below which a median is an anecdote (ours)
_SHOWN: Final = 12
_TITLE: Final = 300


class _Grouped(Maker):
    """Comment rates of a creator's sections with and without something in their titles."""

    unit: ClassVar[str] = "rate"
    least: ClassVar[int] = 2 * _EACH
    needs: ClassVar[Text] = Text(
        "同一作者多篇内容的标题与留言率",
        "titles and comment rates of several sections of the creator",
    )
    noun: ClassVar[Text] = Text("篇内容", "sections")

    def groups(self, titles: list[str]) -> dict[str, tuple[Text, Array]]:
        """Name of each group to its title for readers and which titles belong to it."""
        raise NotImplementedError

    def make(self, known: Known) -> Iterator[Insight]:
        """Every creator."""
        found = rates(known)
        titled = np.fromiter((bool(t) for t in known.sections.title), bool, len(known.sections))
        for at, creator_id in known.creators():
            rows = (known.sections.creator == at) & titled & ~np.isnan(found.genuine)
            own = np.flatnonzero(rows & (found.per_read == _mostly(found.per_read[rows])))
            if len(own) < self.least:
                yield self.few(("creator", creator_id), len(own))
            else:
                yield self._told(known, found, own, creator_id)

    def _told(self, known: Known, found: Rates, own: Codes, creator_id: str) -> Insight:
        titles = [str(t)[:_TITLE] for t in known.sections.title[own]]
        rows = compared(self.groups(titles), found.raw[own], found.genuine[own])
        n = len(own)
        if not rows:
            why = Text(
                f"{n} 篇内容中，没有哪一组有至少 {_EACH} 篇、且另有至少 {_EACH} 篇可比。",
                f"Of {n} sections no group holds {_EACH} or more with as many to compare.",
            )
            return self.silent(("creator", creator_id), n, why)
        title, size, raw, genuine, without = rows[0][1]
        as_text = share if found.per_read[own[0]] else _per_hundred
        unit = Text("留言率", "comments per read")
        if not found.per_read[own[0]]:
            unit = Text("每 100 个点赞的留言数", "comments per 100 likes")
        zh = (
            f"{n} 篇内容中，“{title.zh}”的 {size} 篇{unit.zh}中位数 {as_text(genuine)}，"
            f"其余 {as_text(without)}。题材与发布时间未作控制，仅供下次尝试参考。"
        )
        en = (
            f"Of {n} sections the {size} with “{title.en}” have a median of {as_text(genuine)}"
            f" {unit.en}, the others {as_text(without)}. Subject and hour are not held equal:"
            " a hint for an experiment."
        )
        cells = tuple(cell for cell, _ in rows[:_SHOWN])
        columns = ("group", "zh", "en", "sections", "raw", "genuine", "others")
        series = Series("groups", columns, cells)
        return self.say(("creator", creator_id), n, raw, genuine, zh, en, [series])


class Hooks(_Grouped):
    """Comment rate by kind of hook in the title."""

    name: ClassVar[str] = "hooks"
    title: ClassVar[Text] = Text("标题写法与留言率", "Comment rate by kind of hook")

    def groups(self, titles: list[str]) -> dict[str, tuple[Text, Array]]:
        """Kinds of `bait.toml`; a title may be of several."""
        return {
            kind.name: (
                kind.title,
                np.array([kind.pattern.search(title) is not None for title in titles]),
            )
            for kind in kinds("hook")
        }


class Topics(_Grouped):
    """Comment rate by the words that titles share."""

    name: ClassVar[str] = "topics"
    title: ClassVar[Text] = Text("话题与留言率", "Comment rate by topic")

    def groups(self, titles: list[str]) -> dict[str, tuple[Text, Array]]:
        """Words of titles, stop words left out."""
        words = [frozenset(words_of(title)) for title in titles]
        counts: dict[str, int] = {}
        for mine in words:
            for word in mine:
                counts[word] = counts.get(word, 0) + 1
        shared = sorted(w for w, n in counts.items() if n >= _EACH and not is_stopword(w))
        return {
            word: (Text(word, word), np.array([word in mine for mine in words])) for word in shared
        }


Told: TypeAlias = tuple[Text, int, float, float, float]


def compared(
    groups: dict[str, tuple[Text, Array]], raw: Reals, genuine: Reals
) -> list[tuple[tuple[Cell, ...], Told]]:
    """Groups with five sections or more inside and outside, greatest difference first."""
    rows = []
    for name, (title, inside) in groups.items():
        n = int(inside.sum())
        if min(n, len(inside) - n) < _EACH:
            continue
        mine, others = float(np.median(genuine[inside])), float(np.median(genuine[~inside]))
        plain = float(np.median(raw[inside]))
        cells: tuple[Cell, ...] = (
            name, title.zh, title.en, n,
            *(float(f"{v:.4g}") for v in (plain, mine, others)),
        )  # fmt: skip
        gap = abs(np.log((mine + 1e-9) / (others + 1e-9))) * np.sqrt(min(n, len(inside) - n))
        rows.append((round(float(gap), 6), name, cells, (title, n, plain, mine, others)))
    rows.sort(key=lambda row: (-row[0], row[1]))
    return [(cells, told) for _, _, cells, told in rows]


def _per_hundred(value: float) -> str:
    return times(100 * value)


def _mostly(flags: Array) -> bool:
    return bool(2 * flags.sum() >= len(flags))
