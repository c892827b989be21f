"""Worlds with ground truth: organic life, hard negatives, orders and who delivered them."""

from __future__ import annotations

from zhenzan.detector.simulate.presets import PRESETS
from zhenzan.detector.simulate.world import World, simulate

__all__ = ["PRESETS", "World", "simulate"]
