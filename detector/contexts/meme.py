"""H10, memes: catchphrases that are copied everywhere, early."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np
from zhenzan.detector.contexts.base import CLEAR, PLAIN, Finding
from zhenzan.detector.contexts.case import HOUR_MS, Case
from zhenzan.detector.contexts.words import is_phrase, quotable
from zhenzan.detector.contexts.world import World
from zhenzan.features.family import Text

__all__ = ["Meme"]

_LEAST: float = 0.7
_EARLY_MS: int = 2 * HOUR_MS


class Meme:
    """Known catchphrases make up the comments that repeat."""

    kinds: ClassVar[tuple[str, ...]] = ("meme",)
    needs: ClassVar[tuple[str, ...]] = ("comment.text",)
    sign: ClassVar[Text] = Text(
        "重复的评论是到处可见的流行语或抢前排",
        "the comments that repeat are catchphrases or claims of first place, as everywhere",
    )

    def find(self, case: Case, world: World) -> Iterator[Finding]:
        """Only a public list counts: a pack that was delivered to many sections is common, too."""
        fits = np.array([is_phrase(text, "meme") for text in case.folded], dtype=bool)
        if case.said.sum() < 10 or case.fitting(fits) < _LEAST:
            return
        at = case.told
        early = len(at) > 0 and not np.isnan(case.published)
        early = early and float(np.median(at)) - case.published <= _EARLY_MS
        start, end = case.span(at)
        yield Finding("meme", start, end, CLEAR if early else PLAIN, quotable(case.forms))
