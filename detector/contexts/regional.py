"""H15, a regional community: as much from one place as this creator always has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from zhenzan.detector.contexts.base import PLAIN, Finding
from zhenzan.detector.contexts.case import Case
from zhenzan.detector.contexts.shapes import top_share
from zhenzan.detector.contexts.world import World
from zhenzan.features.family import Text

__all__ = ["Regional"]

_ONE: float = 0.6
_HISTORY: int = 50  # everyday acts of the creator's other sections


class Regional:
    """One place brings most of the excess, and most of the creator's other visitors."""

    kinds: ClassVar[tuple[str, ...]] = ("regional",)
    needs: ClassVar[tuple[str, ...]] = ("engagement.region", "section.creator_id")
    sign: ClassVar[Text] = Text(
        "来者多在同一地区，而该作者其他内容的日常受众也来自那里",
        "most come from one region, and so do the everyday visitors of the creator's other posts",
    )

    def find(self, case: Case, world: World) -> Iterator[Finding]:
        """Compared with the creator's own history, never with the whole country."""
        region, share = top_share(case.acts.loc[case.likely, "region"])
        if region is None or share < _ONE or case.likely.sum() < 10:
            return
        creator = str(case.section.get("creator_id"))
        usual = dict(world.regions.get(creator, {}))
        for place, n in world.own_regions.get(case.section_id, {}).items():
            usual[place] = usual.get(place, 0) - n
        total = sum(usual.values())
        if total < _HISTORY or usual.get(region, 0) < _ONE * total:
            return
        start, end = case.span(case.burst)
        yield Finding("regional", start, end, PLAIN, None)
