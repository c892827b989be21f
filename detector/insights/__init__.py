"""What a creator learns from a scan, whatever it found: figures raw and on what looks genuine."""

from __future__ import annotations

from zhenzan.detector.insights.base import Insight, Maker, Series
from zhenzan.detector.insights.best import best_insight
from zhenzan.detector.insights.collect import collect_insights, insight_lines
from zhenzan.detector.insights.material import MAX_SECTIONS, load_known

__all__ = [
    "MAX_SECTIONS",
    "Insight",
    "Maker",
    "Series",
    "best_insight",
    "collect_insights",
    "insight_lines",
    "load_known",
]
