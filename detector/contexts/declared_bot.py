"""H17, declared automation: accounts that say what they are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from zhenzan.detector.contexts.base import CLEAR, Finding
from zhenzan.detector.contexts.case import Case, truths
from zhenzan.detector.contexts.world import World
from zhenzan.features.family import Text

__all__ = ["DeclaredBot"]

_MOST: float = 0.7


class DeclaredBot:
    """Most of what needs an explanation was done by accounts that are marked as automated."""

    kinds: ClassVar[tuple[str, ...]] = ("declared_bot",)
    needs: ClassVar[tuple[str, ...]] = ("account.declared_bot",)
    sign: ClassVar[Text] = Text(
        "需要解释的互动或评论多半来自公开标明的自动账号",
        "most of what needs an explanation was done by accounts that are marked as automated",
    )

    def find(self, case: Case, world: World) -> Iterator[Finding]:
        """The mark is the platform's or the account's own; none is guessed."""
        texts = case.flag("declared_bot")[case.said]
        acts = truths(case.acts["declared_bot"])[case.likely]
        by_text = len(texts) >= 10 and float(texts.mean()) >= _MOST
        by_acts = len(acts) >= 10 and float(acts.mean()) >= _MOST
        if by_text or by_acts:
            times = [case.told] if by_text else []
            times += [case.burst] if by_acts else []
            start, end = case.span(*times)
            yield Finding("declared_bot", start, end, CLEAR)
