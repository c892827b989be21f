"""Baseline `same-minute`: accounts by the share of their acts at one minute of the hour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from zhenzan.models.attribution.events import Events
from zhenzan.models.baselines.base import Ranking, by_act

__all__ = ["SameMinute"]


@dataclass(frozen=True, slots=True)
class SameMinute:
    """A method from a paper gives its parameters as fields, with the paper's values."""

    name: ClassVar[str] = "same-minute"
    source: ClassVar[str] = "none: made up for a template"

    least: int = 5

    def rank(self, events: Events) -> Ranking:
        """See `zhenzan.models.baselines.base.Baseline`."""
        known = events.account >= 0
        origin = events.origin_ms[events.stream[known]] / 1e3
        minute = np.floor((events.age_s[known] + origin) / 60).astype(np.int64) % 60
        n = len(events.n_sections)
        counts = np.zeros((n, 60))
        np.add.at(counts, (events.account[known], minute), 1)
        acts = counts.sum(axis=1)
        share = np.divide(counts.max(axis=1, initial=0), acts, out=np.zeros(n), where=acts > 0)
        accounts = np.where(acts >= self.least, share, 0.0)
        return Ranking(by_act(events, accounts), accounts)
