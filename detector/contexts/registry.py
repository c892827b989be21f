"""The detectors of benign explanations, one line each, in the order of the hard negatives."""

from __future__ import annotations

from zhenzan.detector.contexts.advert import Advert
from zhenzan.detector.contexts.assignment import Assignment
from zhenzan.detector.contexts.base import Detector
from zhenzan.detector.contexts.commerce_praise import CommercePraise
from zhenzan.detector.contexts.daily_ritual import DailyRitual
from zhenzan.detector.contexts.declared_bot import DeclaredBot
from zhenzan.detector.contexts.external_link import ExternalLink
from zhenzan.detector.contexts.fan_ritual import FanRitual
from zhenzan.detector.contexts.formula import Formula
from zhenzan.detector.contexts.friends_family import FriendsFamily
from zhenzan.detector.contexts.giveaway import Giveaway
from zhenzan.detector.contexts.like_contest import LikeContest
from zhenzan.detector.contexts.livestream import Livestream
from zhenzan.detector.contexts.measurement_artefact import MeasurementArtefact
from zhenzan.detector.contexts.meme import Meme
from zhenzan.detector.contexts.new_users import NewUsers
from zhenzan.detector.contexts.news import News
from zhenzan.detector.contexts.platform_purge import PlatformPurge
from zhenzan.detector.contexts.push import Push
from zhenzan.detector.contexts.regional import Regional
from zhenzan.detector.contexts.sabotage import Sabotage
from zhenzan.detector.contexts.uplift import Uplift
from zhenzan.detector.contexts.vote_prompt import VotePrompt

__all__ = ["detectors"]


def detectors() -> tuple[Detector, ...]:
    """All of them, H1 to H22."""
    return (
        Giveaway(),
        VotePrompt(),
        LikeContest(),
        FanRitual(),
        News(),
        Push(),
        Assignment(),
        Livestream(),
        ExternalLink(),
        Meme(),
        Formula(),
        FriendsFamily(),
        Uplift(),
        DailyRitual(),
        Regional(),
        NewUsers(),
        DeclaredBot(),
        CommercePraise(),
        MeasurementArtefact(),
        PlatformPurge(),
        Advert(),
        Sabotage(),
    )
