"""The insights in the order in which reports list them."""

from __future__ import annotations

from zhenzan.detector.insights.active_hours import ActiveHours
from zhenzan.detector.insights.audience import Levels, Regions, Sources
from zhenzan.detector.insights.bait import Bait
from zhenzan.detector.insights.base import Maker
from zhenzan.detector.insights.comment_rate import CommentRate
from zhenzan.detector.insights.conversation import Conversation
from zhenzan.detector.insights.creator_replies import CreatorReplies
from zhenzan.detector.insights.growth import LikeGrowth
from zhenzan.detector.insights.hooks import Hooks, Topics
from zhenzan.detector.insights.keywords import Keywords
from zhenzan.detector.insights.likes_per_comment import LikesPerComment
from zhenzan.detector.insights.reply_first import ReplyFirst
from zhenzan.detector.insights.returning import Returning

__all__ = ["makers"]


def makers() -> tuple[Maker, ...]:
    """One of each."""
    return (
        CommentRate(),
        LikesPerComment(),
        Returning(),
        Conversation(),
        ReplyFirst(),
        CreatorReplies(),
        ActiveHours(),
        LikeGrowth(),
        Keywords(),
        Hooks(),
        Topics(),
        Regions(),
        Levels(),
        Sources(),
        Bait(),
    )
