"""H8, a broadcast: acts and exclamations in the same seconds, at uneven moments."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np
from zhenzan.detector.contexts.base import CLEAR, PLAIN, Finding
from zhenzan.detector.contexts.case import HOUR_MS, Case
from zhenzan.detector.contexts.shapes import moments
from zhenzan.detector.contexts.words import fold, holds, is_phrase, quote_around
from zhenzan.detector.contexts.world import World
from zhenzan.features.family import Text

__all__ = ["Livestream"]

_SECONDS: float = 10_000.0  # a moment: neighbours at most ten seconds apart
_MOMENTS: int = 4
_LEAST: float = 0.5
_LONG_MS: int = 8 * HOUR_MS
_UNEVEN: float = 0.3  # coefficient of variation of the gaps between moments; orders run evenly


class Livestream:
    """Exclamations bunch in seconds, several times within hours, where things happen."""

    kinds: ClassVar[tuple[str, ...]] = ("livestream",)
    needs: ClassVar[tuple[str, ...]] = ("comment.created_ms", "comment.text")
    sign: ClassVar[Text] = Text(
        "短促的感叹在几秒内齐发，几小时内多次，间隔不均，像直播中的瞬间",
        "short exclamations within the same seconds, several times in some hours at uneven gaps",
    )

    def find(self, case: Case, world: World) -> Iterator[Finding]:
        """Needs times finer than the moments; runs of an order come at even intervals."""
        at = case.comments["at"].to_numpy(np.float64)
        told = np.sort(at[case.others & ~np.isnan(at)])  # everybody talks at a moment
        if len(told) < 15 or np.all(told % 60_000 == 0):
            return
        short = np.array([is_phrase(t, "exclaim") or _mark(t) for t in case.folded], dtype=bool)
        if case.fitting(short | case.flag("everyday")) < _LEAST:
            return
        starts = moments(told, _SECONDS, 3)
        if len(starts) < _MOMENTS or starts[-1] - starts[0] > _LONG_MS:
            return
        near = np.searchsorted(starts, told, side="right") - 1
        inside = (near >= 0) & (told - starts[np.maximum(near, 0)] <= 3 * _SECONDS)
        gaps = np.diff(starts)
        if inside.mean() < _LEAST or np.std(gaps) < _UNEVEN * np.mean(gaps):
            return
        call = holds(case.post, "livestream_call")
        live = call is not None or "live" in fold(case.section.get("kind"))
        begin = float(np.nanmin(at)) if np.isnan(case.published) else case.published
        end = int(starts[-1]) + HOUR_MS
        quote = None if call is None else quote_around(case.post, call)
        yield Finding(
            "livestream", int(min(begin, starts[0])), end, CLEAR if live else PLAIN, quote
        )


def _mark(text: str) -> bool:
    """Nothing but marks and emoji: "???"."""
    return bool(text) and not any(c.isalnum() for c in text)
