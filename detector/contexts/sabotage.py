"""H22, sabotage or camouflage: a burst that its creator never had before, by a pool of many."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from zhenzan.detector.contexts.base import PLAIN, Finding
from zhenzan.detector.contexts.case import Case
from zhenzan.detector.contexts.world import World
from zhenzan.features.family import Text

__all__ = ["Sabotage"]

_MEMBERS: int = 20
_STRANGERS: float = 0.1  # at most: members who ever came to three posts of this creator
_SERVE: float = 0.5  # at least: members who deliver for other creators


class Sabotage:
    """Accounts that serve many others and never came back to this creator.

    It excuses nothing. It reminds whoever reads the report that others order engagement, too.
    """

    kinds: ClassVar[tuple[str, ...]] = ("sabotage",)
    needs: ClassVar[tuple[str, ...]] = ("engagement.account_id", "section.creator_id")
    sign: ClassVar[Text] = Text(
        "送达的账号为许多他人服务，除这一次外从未来过该作者处",
        "the accounts serve many others and came to this creator on this one occasion only",
    )

    def find(self, case: Case, world: World) -> Iterator[Finding]:
        """Where the creator has no other sections in the set, nothing can be told."""
        h = case.history
        n = float(h.get("n_members") or 0)
        creator = str(case.section.get("creator_id"))
        if n < _MEMBERS or creator not in world.hour_gap:
            return
        if float(h.get("n_regular") or 0) > _STRANGERS * n:
            return
        if float(h.get("n_served") or 0) >= _SERVE * n:
            start, end = case.span(case.burst)
            yield Finding("sabotage", start, end, PLAIN)
