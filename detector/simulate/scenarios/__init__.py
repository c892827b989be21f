"""Scenarios: hard negatives (one class each) and families of orders, by name."""

from __future__ import annotations

from typing import Final

from zhenzan.detector.simulate.scenarios.attacks import FAMILIES
from zhenzan.detector.simulate.scenarios.base import HardNegative
from zhenzan.detector.simulate.scenarios.fan_ritual import FanRitual
from zhenzan.detector.simulate.scenarios.giveaway import Giveaway
from zhenzan.detector.simulate.scenarios.prompts import VotePrompt
from zhenzan.detector.simulate.scenarios.surges import HugOfDeath, News, Push

__all__ = ["FAMILIES", "HARD_NEGATIVES"]

HARD_NEGATIVES: Final[dict[str, HardNegative]] = {
    scenario.name: scenario
    for scenario in (Giveaway(), VotePrompt(), FanRitual(), News(), Push(), HugOfDeath())
}
