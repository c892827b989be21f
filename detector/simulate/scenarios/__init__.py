"""Scenarios: hard negatives (a file each) and families of orders (a line each), by name.

A new hard negative is one file with one class and one line below; `tests/detector/simulate` checks
whatever stands here.
"""

from __future__ import annotations

from typing import Final

from zhenzan.detector.simulate.scenarios.advert import Advert
from zhenzan.detector.simulate.scenarios.artefact import Artefact
from zhenzan.detector.simulate.scenarios.assignment import Assignment
from zhenzan.detector.simulate.scenarios.base import HardNegative
from zhenzan.detector.simulate.scenarios.commerce_praise import CommercePraise
from zhenzan.detector.simulate.scenarios.daily_ritual import DailyRitual
from zhenzan.detector.simulate.scenarios.declared_bot import DeclaredBot
from zhenzan.detector.simulate.scenarios.external_link import ExternalLink
from zhenzan.detector.simulate.scenarios.families import FAMILIES
from zhenzan.detector.simulate.scenarios.fan_ritual import FanRitual
from zhenzan.detector.simulate.scenarios.featured import Featured
from zhenzan.detector.simulate.scenarios.formula import Formula
from zhenzan.detector.simulate.scenarios.friends_family import FriendsFamily
from zhenzan.detector.simulate.scenarios.giveaway import Giveaway
from zhenzan.detector.simulate.scenarios.like_contest import LikeContest
from zhenzan.detector.simulate.scenarios.livestream import Livestream
from zhenzan.detector.simulate.scenarios.meme import Meme
from zhenzan.detector.simulate.scenarios.new_users import NewUsers
from zhenzan.detector.simulate.scenarios.news import News
from zhenzan.detector.simulate.scenarios.purge import Purge
from zhenzan.detector.simulate.scenarios.push import Push
from zhenzan.detector.simulate.scenarios.regional import Regional
from zhenzan.detector.simulate.scenarios.vote_prompt import VotePrompt

__all__ = ["FAMILIES", "HARD_NEGATIVES"]

# H22, likes bought for somebody else, is the family `sabotage`; pools like popular posts to look
# human in every preset (`pools.camouflage`).
HARD_NEGATIVES: Final[dict[str, HardNegative]] = {
    scenario.name: scenario
    for scenario in (
        Giveaway(),  # H1
        VotePrompt(),  # H2
        LikeContest(),  # H3
        FanRitual(),  # H4
        News(),  # H5
        Push(),  # H6
        Assignment(),  # H7
        Livestream(),  # H8
        ExternalLink(),  # H9
        Meme(),  # H10
        Formula(),  # H11
        FriendsFamily(),  # H12
        Featured(),  # H13
        DailyRitual(),  # H14
        Regional(),  # H15
        NewUsers(),  # H16
        DeclaredBot(),  # H17
        CommercePraise(),  # H18
        Artefact(),  # H19
        Purge(),  # H20
        Advert(),  # H21
    )
}
