"""H5, an event: posts of several creators burst at once over one word, with strangers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from zhenzan.detector.contexts.base import PLAIN, Finding
from zhenzan.detector.contexts.case import HOUR_MS, Case
from zhenzan.detector.contexts.words import quotable
from zhenzan.detector.contexts.world import World
from zhenzan.features.family import Text

__all__ = ["News"]

_SERVE: float = 0.3  # at most: members who are likely delivered at other creators, too
_TAIL_MS: int = 72 * HOUR_MS  # secondary peaks come for days


class News:
    """Shared onset, shared rare word, and no shared crowd."""

    kinds: ClassVar[tuple[str, ...]] = ("news",)
    needs: ClassVar[tuple[str, ...]] = ("section.title", "section.creator_id")
    sign: ClassVar[Text] = Text(
        "几位作者含同一少见词的内容在几小时内同时升温，来者并非同一批人",
        "posts of several creators over one rare word rise within hours, with different people",
    )

    def find(self, case: Case, world: World) -> Iterator[Finding]:
        """Orders of one pool start together, too; their crowd is shared, or the word is not."""
        event = world.arrived.get(case.section_id)
        if event is None:
            return
        n = float(case.history.get("n_members") or 0)
        if n and float(case.history.get("n_served") or 0) / n > _SERVE:
            return
        onset, word = event
        start = int(onset)
        yield Finding("news", start, start + _TAIL_MS, PLAIN, quotable([word]))
