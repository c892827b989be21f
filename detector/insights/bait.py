"""Phrases in the creator's own text that ask for reactions or stir up anger.

Platforms say that they rank such texts lower; some calls are harmless ("tell me below"). It speaks
about a style of writing, and has no part in any finding about what was received.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Final

import numpy as np
from zhenzan.detector.insights.base import Cell, Insight, Maker, Series
from zhenzan.detector.insights.known import Known
from zhenzan.detector.insights.phrases import kinds, matches
from zhenzan.detector.insights.say import count
from zhenzan.features.family import Text

__all__ = ["Bait"]

_COMMENTS: Final = 20  # of the creator in a section, the earliest: a call stands at the beginning
_SHOWN: Final = 12
_LONGEST: Final = 60


class Bait(Maker):
    """How many such phrases stand in title, text and the creator's own comments."""

    name: ClassVar[str] = "bait_phrases"
    title: ClassVar[Text] = Text("索要互动或激怒式的措辞", "Calls for reactions and provocations")
    needs: ClassVar[Text] = Text(
        "作者自己的标题、正文或留言", "title, text or comments by the creator"
    )
    noun: ClassVar[Text] = Text("段作者文本", "texts by the creator")
    unit: ClassVar[str] = "count"
    least: ClassVar[int] = 1  # a list, no statistic

    def make(self, known: Known) -> Iterator[Insight]:
        """Every described section."""
        own = _own_comments(known)
        for at, section_id in known.subjects():
            written = [known.sections.title[at], known.sections.text[at], *own.get(at, ())]
            texts = [text for text in written if text]
            if not texts:
                yield self.few(("section", section_id), 0)
            else:
                yield self._told(texts, section_id)

    def _told(self, texts: list[str], section_id: str) -> Insight:
        rows: list[tuple[Cell, ...]] = []
        zh_found, en_found = [], []
        total = 0
        for kind in kinds("kind"):
            found = [passage for text in texts for passage in matches(kind, text)]
            total += len(found)
            if found:
                zh_found.append(f"{kind.title.zh} {len(found)} 处")
                en_found.append(f"{kind.title.en} ({len(found)})")
                words = " / ".join(dict.fromkeys(found))[:_LONGEST]
                rows.append((kind.name, kind.group, len(found), words))
        n = count(len(texts))
        if total:
            zh = (
                f"作者的 {n} 段文本里：{'，'.join(zh_found)}。"
                "平台可能降低这类内容的推荐；留言也会因此变得雷同。"
            )
            en = (
                f"Texts by the creator: {n}. Found: {', '.join(en_found)}."
                " Platforms may show such texts to fewer people, and answers to them look alike."
            )
        else:
            zh = f"作者的 {n} 段文本里没有索要互动或激怒式的措辞。"
            en = f"Texts by the creator: {n}. No calls for reactions and no provocations."
        series = Series("phrases", ("kind", "group", "n", "words"), tuple(rows[:_SHOWN]))
        return self.say(("section", section_id), len(texts), total, total, zh, en, [series])


def _own_comments(known: Known) -> dict[int, list[str]]:
    """The creator's first comments in each described section."""
    comments = known.comments
    rows = np.flatnonzero(comments.by_creator & known.sections.described[comments.section])
    rows = rows[np.lexsort((comments.created_ms[rows], comments.section[rows]))]
    found: dict[int, list[str]] = {}
    for row in rows:
        mine = found.setdefault(int(comments.section[row]), [])
        if len(mine) < _COMMENTS and comments.text[row]:
            mine.append(comments.text[row])
    return found
