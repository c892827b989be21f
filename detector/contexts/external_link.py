"""H9, shared elsewhere: one source of visitors that is not the usual one, or new followers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from zhenzan.detector.contexts.base import CLEAR, PLAIN, Finding
from zhenzan.detector.contexts.case import HOUR_MS, Case
from zhenzan.detector.contexts.shapes import fades, top_share
from zhenzan.detector.contexts.words import fold, is_phrase
from zhenzan.detector.contexts.world import World
from zhenzan.features.family import Text

__all__ = ["ExternalLink"]

_ONE: float = 0.5
_USUAL: float = 0.2
_OWN: tuple[str, ...] = ("push_source", "featured_source", "advert_source")


class ExternalLink:
    """Most of the excess names one outside source that the rest of the section does not."""

    kinds: ClassVar[tuple[str, ...]] = ("external_link",)
    needs: ClassVar[tuple[str, ...]] = ("engagement.referrer",)
    sign: ClassVar[Text] = Text(
        "多出的互动多半来自同一外部来源，其余互动却不是，且从转发起逐步回落",
        "most of the excess comes through one outside source, the rest does not, and it fades",
    )

    def find(self, case: Case, world: World) -> Iterator[Finding]:
        """Without a source of visitors a share elsewhere looks like an order: it abstains."""
        if not case.likely.any() or len(case.burst) < 20:
            return
        source, share = top_share(case.acts.loc[case.likely, "referrer"])
        if source is None or share < _ONE or is_phrase(fold(source), *_OWN):
            return
        rest = case.acts.loc[~case.likely, "referrer"].dropna()
        if len(rest) and float((rest == source).mean()) > _USUAL:
            return
        start, end = case.span(case.burst)
        if start is None or not fades(case.burst, float(case.burst[0]), 2 * HOUR_MS):
            return
        yield Finding("external_link", start, end, CLEAR if len(rest) else PLAIN)
