"""H12, friends and family: few people who know the creator and are known back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from zhenzan.detector.contexts.base import CLEAR, Finding
from zhenzan.detector.contexts.case import Case, truths
from zhenzan.detector.contexts.world import World
from zhenzan.features.family import Text

__all__ = ["FriendsFamily"]

_MOST: int = 30
_MUTUAL: float = 0.5
_SERVE: float = 0.1


class FriendsFamily:
    """At most thirty accounts, most of whom follow the creator and are followed back."""

    kinds: ClassVar[tuple[str, ...]] = ("friends_family",)
    needs: ClassVar[tuple[str, ...]] = ("follow",)
    sign: ClassVar[Text] = Text(
        "不到三十个账号，多数与作者互相关注，且不为他人集中送达",
        "at most thirty accounts, most of whom follow the creator and are followed back",
    )

    def find(self, case: Case, world: World) -> Iterator[Finding]:
        """Circles that like each other's posts follow each other, too, but serve many creators."""
        n = float(case.history.get("n_members") or 0)
        if not 0 < n <= _MOST or float(case.history.get("n_served") or 0) / n > _SERVE:
            return
        chosen = case.acts[case.likely].drop_duplicates("account_id")
        mutual = truths(chosen["follows"]) & truths(chosen["followed"])
        if len(chosen) and float(mutual.mean()) >= _MUTUAL:
            start, end = case.span(case.burst)
            yield Finding("friends_family", start, end, CLEAR)
