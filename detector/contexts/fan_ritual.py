"""H4, a fan club: the same people at every post of one creator, with a life beside it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from zhenzan.detector.contexts.base import CLEAR, PLAIN, Finding
from zhenzan.detector.contexts.case import Case
from zhenzan.detector.contexts.words import is_phrase
from zhenzan.detector.contexts.world import World
from zhenzan.features.family import Text

__all__ = ["FanRitual"]

_MEMBERS: int = 20
_LOYAL: float = 0.6  # of them come to three or more posts of this creator
_SERVE: float = 0.1  # at most: likely delivered acts for other creators
_ALIVE: float = 0.5  # at least: everyday acts for other creators
_COHERENT: float = 0.75  # as the rules cut it


class FanRitual:
    """Loyal to one creator, delivering to nobody else, and alive elsewhere."""

    kinds: ClassVar[tuple[str, ...]] = ("fan_ritual",)
    needs: ClassVar[tuple[str, ...]] = ("engagement.account_id", "section.creator_id")
    sign: ClassVar[Text] = Text(
        "同一批账号每次都来支持同一作者，不为他人集中送达，平时另有日常互动",
        "the same accounts come to post after post of one creator, deliver to nobody else, and"
        " have an everyday life elsewhere",
    )

    def find(self, case: Case, world: World) -> Iterator[Finding]:
        """Where the set holds one creator only, nobody's other life is seen: it abstains."""
        h = case.history
        n = float(h.get("n_members") or 0)
        if n < _MEMBERS:
            return
        loyal, served, alive = (
            float(h.get(k) or 0) / n for k in ("n_regular", "n_served", "n_alive")
        )
        coherence = case.sums.get("audience_coherence")
        if loyal < _LOYAL or served > _SERVE or alive < _ALIVE:
            return
        if coherence is None or coherence < _COHERENT:
            return
        said = [case.folded[i] for i in case.said.nonzero()[0]]
        chants = sum(is_phrase(text, "fan_words", "counter") for text in said)
        sure = CLEAR if said and 2 * chants >= len(said) else PLAIN
        start, end = case.span(case.burst, case.told)
        yield Finding("fan_ritual", start, end, sure)
