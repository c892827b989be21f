"""H6, a push message: subscribers, from the minute of publication, fewer and fewer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np
from zhenzan.detector.contexts.base import CLEAR, PLAIN, Finding
from zhenzan.detector.contexts.case import HOUR_MS, Case, truths
from zhenzan.detector.contexts.shapes import fades, share_between
from zhenzan.detector.contexts.words import fold, is_phrase
from zhenzan.detector.contexts.world import World
from zhenzan.features.family import Text

__all__ = ["Push"]

_HOURS: int = 6
_EARLY: float = 0.7  # of the likely acts come within them
_SUBSCRIBERS: float = 0.5
_SERVE: float = 0.3


class Push:
    """A fading rate from publication on, of followers or of a subscription's readers."""

    kinds: ClassVar[tuple[str, ...]] = ("push",)
    needs: ClassVar[tuple[str, ...]] = ("section.published_ms", "follow or engagement.referrer")
    sign: ClassVar[Text] = Text(
        "互动从发布起逐步回落，且来者多为关注者或经推送、会话到达",
        "arrivals fade from publication on, and come from followers or through subscriptions",
    )

    def find(self, case: Case, world: World) -> Iterator[Finding]:
        """Without knowing who follows or where readers came from it abstains: orders fade, too."""
        begin, at = case.published, case.burst
        if np.isnan(begin) or len(at) < 20:
            return
        until = begin + _HOURS * HOUR_MS
        if share_between(at, begin, until) < _EARLY or not fades(at, begin, HOUR_MS / 2):
            return
        chosen = case.acts[case.likely] if case.likely.any() else case.acts
        follows = float(truths(chosen["follows"]).mean())
        known = [fold(v) for v in chosen["referrer"] if isinstance(v, str)]
        through = sum(is_phrase(v, "push_source") for v in known) / len(known) if known else 0.0
        n = float(case.history.get("n_members") or 0)
        if n and float(case.history.get("n_served") or 0) / n > _SERVE:
            return
        if max(follows, through) >= _SUBSCRIBERS:
            sure = CLEAR if min(follows, through) >= _SUBSCRIBERS else PLAIN
            yield Finding("push", int(begin), int(until), sure)
