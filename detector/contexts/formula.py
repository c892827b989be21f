"""H11, set phrases: condolence, festivals, birthdays."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np
from zhenzan.detector.contexts.base import CLEAR, PLAIN, Finding
from zhenzan.detector.contexts.case import Case
from zhenzan.detector.contexts.words import holds, is_phrase, quotable
from zhenzan.detector.contexts.world import World
from zhenzan.features.family import Text

__all__ = ["Formula"]

_LEAST: float = 0.7


class Formula:
    """What repeats is what everybody says on such an occasion."""

    kinds: ClassVar[tuple[str, ...]] = ("formula",)
    needs: ClassVar[tuple[str, ...]] = ("comment.text",)
    sign: ClassVar[Text] = Text(
        "重复的评论是悼念、节日或祝贺的惯用语",
        "the comments that repeat are set phrases of condolence, festivals or congratulation",
    )

    def find(self, case: Case, world: World) -> Iterator[Finding]:
        """The post that names the occasion makes it surer."""
        fits = np.array([_said(text) for text in case.folded], dtype=bool)
        if case.said.sum() < 10 or case.fitting(fits) < _LEAST:
            return
        start, end = case.span(case.told)
        sure = CLEAR if holds(case.post, "formula") else PLAIN
        yield Finding("formula", start, end, sure, quotable(case.forms))


def _said(text: str) -> bool:
    """A set phrase, or nothing but its signs: a candle, folded hands, a cake."""
    if any(c.isalnum() for c in text):
        return is_phrase(text, "formula")
    return holds(text, "formula") is not None
