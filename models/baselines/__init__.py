"""Methods that others published, behind one interface, for comparison only."""

from __future__ import annotations

from zhenzan.models.baselines.base import Baseline, Ranking
from zhenzan.models.baselines.registry import baselines, get_baseline

__all__ = ["Baseline", "Ranking", "baselines", "get_baseline"]
