"""H21, a disclosed advertisement: said to be one, and shaped like one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np
from zhenzan.detector.contexts.base import CLEAR, PLAIN, Finding
from zhenzan.detector.contexts.case import HOUR_MS, Case
from zhenzan.detector.contexts.words import fold, holds, is_phrase, quote_around
from zhenzan.detector.contexts.world import World
from zhenzan.features.family import Text

__all__ = ["Advert"]

_PAID: float = 0.5
_DAY_MS: int = 24 * HOUR_MS
_EVEN: float = 0.5  # least to most of the full days of a flight


class Advert:
    """Paid placement is named as the source, or disclosed in the post with a flight of days."""

    kinds: ClassVar[tuple[str, ...]] = ("advert",)
    needs: ClassVar[tuple[str, ...]] = ("engagement.referrer, or section.text",)
    sign: ClassVar[Text] = Text(
        "来源标明为广告；或正文公开声明推广，且互动连续数日大致均匀",
        "advertising is named as the source, or the post discloses it and arrivals stay level for"
        " days",
    )

    def find(self, case: Case, world: World) -> Iterator[Finding]:
        """A disclosure alone is the creator's own word: it counts with the shape only."""
        known = [fold(v) for v in case.acts.loc[case.likely, "referrer"] if isinstance(v, str)]
        paid = sum(is_phrase(v, "advert_source") for v in known)
        start, end = case.span(case.burst)
        call = holds(case.post, "advert_call")
        if known and paid >= _PAID * int(case.likely.sum()):
            quote = None if call is None else quote_around(case.post, call)
            yield Finding("advert", start, end, CLEAR, quote)
        elif call is not None and _flight(case.burst):
            yield Finding("advert", start, end, PLAIN, quote_around(case.post, call))


def _flight(at: np.ndarray) -> bool:
    """Two to fourteen whole days of about the same number."""
    if len(at) < 40:
        return False
    days = int((at[-1] - at[0]) // _DAY_MS)
    if not 2 <= days <= 14:
        return False
    counts = np.bincount(((at - at[0]) // _DAY_MS).astype(np.int64), minlength=days)[:days]
    return bool(counts.min() >= _EVEN * counts.max())
