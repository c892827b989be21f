"""H2, call and response: short answers that the post asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np
from zhenzan.detector.contexts.base import CLEAR, PLAIN, Finding
from zhenzan.detector.contexts.case import Case
from zhenzan.detector.contexts.words import holds, quote_around
from zhenzan.detector.contexts.world import World
from zhenzan.features.family import Text

__all__ = ["VotePrompt"]

_LEAST: float = 0.5
_SHORT: int = 4  # characters of an answer without its marks: "1", "111", "A", "想要"


class VotePrompt:
    """The post asks for a token or a choice, and half of the comments are it."""

    kinds: ClassVar[tuple[str, ...]] = ("vote_prompt",)
    needs: ClassVar[tuple[str, ...]] = ("section.text", "comment.text")
    sign: ClassVar[Text] = Text(
        "正文请读者扣 1、投票或接龙，且多数评论就是这种短答或复述正文",
        "the post asks for a token or a vote, and most comments are such short answers or echoes",
    )

    def find(self, case: Case, world: World) -> Iterator[Finding]:
        """Echoes of the prompt fit; other short texts only if the prompt asks for tokens."""
        call = holds(case.post, "prompt_call")
        if call is None or case.said.sum() < 10:
            return
        post = case.post
        short = np.array([_answers(text, post) for text in case.folded], dtype=bool)
        share = case.fitting(short | case.flag("echo"))
        if share < _LEAST:
            return
        fits = (short | case.flag("echo")) & case.said
        at = case.comments["at"].to_numpy(np.float64)[fits]
        start, end = case.span(np.sort(at[~np.isnan(at)]))
        sure = CLEAR if share >= 0.8 else PLAIN
        yield Finding("vote_prompt", start, end, sure, quote_around(post, call))


def _answers(folded: str, post: str) -> bool:
    """A short text whose every token stands in the post."""
    words = "".join(c if c.isalnum() or c == "+" else " " for c in folded).split()
    if not words or sum(map(len, words)) > 3 * _SHORT:
        return False
    tokens = {w if w != w[0] * len(w) else w[0] for w in words}
    return all(len(token) <= _SHORT and token in post for token in tokens)
