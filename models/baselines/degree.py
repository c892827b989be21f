"""Degree: accounts that act under many targets first. What a benchmark must not be solved by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from zhenzan.models.attribution.events import Events
from zhenzan.models.baselines.base import Ranking, by_act, distinct_edges

__all__ = ["Degree"]


@dataclass(frozen=True, slots=True)
class Degree:
    """Ranks accounts by their number of distinct streams, acts by their account."""

    name: ClassVar[str] = "degree"
    source: ClassVar[str] = "none: a count"

    def rank(self, events: Events) -> Ranking:
        """See `Baseline`."""
        edges = distinct_edges(events)
        accounts = np.bincount(edges.account, minlength=edges.n_accounts).astype(np.float64)
        return Ranking(by_act(events, accounts), accounts)
