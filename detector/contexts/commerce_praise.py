"""H18, stock praise after deliveries: generic words, over days, beside talk of parcels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np
from zhenzan.detector.contexts.base import PLAIN, Finding
from zhenzan.detector.contexts.case import HOUR_MS, Case
from zhenzan.detector.contexts.shapes import clock_share
from zhenzan.detector.contexts.words import fold, holds, is_phrase, quotable
from zhenzan.detector.contexts.world import World
from zhenzan.features.family import Text

__all__ = ["CommercePraise"]

_LEAST: float = 0.7
_PARCELS: float = 0.1
_DAY_MS: int = 24 * HOUR_MS
_SUDDEN: float = 0.6  # of the praise on one day: that is no run of deliveries
_SHOP: tuple[str, ...] = ("product", "app", "item", "review", "goods")


class CommercePraise:
    """A product's page or talk of parcels, and praise spread over days, without an excess."""

    kinds: ClassVar[tuple[str, ...]] = ("commerce_praise",)
    needs: ClassVar[tuple[str, ...]] = ("comment.text", "comment.created_ms")
    sign: ClassVar[Text] = Text(
        "商品页或谈到物流，惯用好评分散在多日，且没有集中送达的点赞",
        "a product's page or talk of parcels, with stock praise spread over days and no excess",
    )

    def find(self, case: Case, world: World) -> Iterator[Finding]:
        """Praise is what sellers of comments deliver, too: with any excess it abstains."""
        if case.said.sum() < 10 or float(case.sums.get("n_purchased") or 0.0) >= 10:
            return
        parcels = np.array([holds(t, "delivery") is not None for t in case.folded], dtype=bool)
        praise = np.array([is_phrase(t, "praise", "delivery") for t in case.folded], dtype=bool)
        shop = fold(case.section.get("kind")) in _SHOP or case.fitting(parcels) >= _PARCELS
        at = case.told
        if not shop or case.fitting(praise | parcels) < _LEAST or len(at) < 10:
            return
        whole = float(at[-1] - at[0]) + 1.0
        if whole <= 2 * _DAY_MS or clock_share(at - at[0], 2 * whole, _DAY_MS) > _SUDDEN:
            return
        start, end = case.span(at)
        yield Finding("commerce_praise", start, end, PLAIN, quotable(case.forms))
