"""What the conversation features of accounts and of comments are called and mean."""

from __future__ import annotations

from math import inf
from typing import Final

from zhenzan.features.conversation.sources import LADDER, LAGS, QUESTIONS, THREADS
from zhenzan.features.family import Entity, FeatureSpec, Text

__all__ = ["MEMBER_SPECS"]

MEMBER_SPECS: Final = (
    FeatureSpec(
        "reply_share",
        Entity.ACCOUNT,
        "share",
        0,
        1,
        -1,
        Text(
            "该账号的评论中属于回复的比例（至少三条评论）。",
            "Share of the account's comments that answer another (three comments or more).",
        ),
        THREADS,
    ),
    FeatureSpec(
        "answered_share",
        Entity.ACCOUNT,
        "share",
        0,
        1,
        -1,
        Text(
            "该账号的主评论中得到他人回复的比例（至少三条）。",
            "Share of the account's top comments that anybody else answered (three or more).",
        ),
        THREADS,
    ),
    FeatureSpec(
        "liked_share",
        Entity.ACCOUNT,
        "share",
        0,
        1,
        0,
        Text(
            "该账号评论过的内容中也点了赞的比例（至少三个）。",
            "Share of the sections that the account commented on which it liked, too (three or"
            " more).",
        ),
        LADDER,
    ),
    FeatureSpec(
        "ladder_share",
        Entity.ACCOUNT,
        "share",
        0,
        1,
        1,
        Text(
            "该账号评论或转发过的内容中，点赞、评论、转发都做了的比例（至少三个）。",
            "Share of the sections that the account commented on or shared where it did all"
            " three: like, comment, share (three or more).",
        ),
        LADDER,
    ),
    FeatureSpec(
        "order_fixedness",
        Entity.ACCOUNT,
        "share",
        0.5,
        1,
        1,
        Text(
            "该账号在同一内容上做的两种互动中，按多数次序进行的比例（至少五对）。",
            "Of two acts of the account on one section, how many come in the order of its"
            " majority (five pairs or more).",
        ),
        LADDER,
    ),
    FeatureSpec(
        "ladder_lag",
        Entity.ACCOUNT,
        "seconds",
        0,
        inf,
        0,
        Text(
            "该账号从点赞到评论相隔的时间（中位数；至少五次）。",
            "Time from the account's like to its comment (median; five times or more).",
        ),
        LAGS,
    ),
    FeatureSpec(
        "lag_spread",
        Entity.ACCOUNT,
        "nats",
        0,
        inf,
        -1,
        Text(
            "该账号点赞到评论的间隔有多分散（对数的四分位距；至少五次）。",
            "How varied the account's times from like to comment are (interquartile range of"
            " their logarithm; five times or more).",
        ),
        LAGS,
    ),
    FeatureSpec(
        "depth",
        Entity.COMMENT,
        "count",
        0,
        inf,
        0,
        Text(
            "评论的层数：0 为主评论，1 为回复。",
            "Depth of the comment: 0 for a top comment, 1 for a reply.",
        ),
        THREADS,
    ),
    FeatureSpec(
        "n_answers",
        Entity.COMMENT,
        "count",
        0,
        inf,
        0,
        Text(
            "该评论得到的他人回复数。",
            "Answers by others that the comment received.",
        ),
        THREADS,
    ),
    FeatureSpec(
        "reply_latency",
        Entity.COMMENT,
        "seconds",
        0,
        inf,
        0,
        Text(
            "到第一条他人回复的时间。",
            "Time to the first answer by somebody else.",
        ),
        THREADS,
    ),
    FeatureSpec(
        "question",
        Entity.COMMENT,
        "share",
        0,
        1,
        -1,
        Text(
            "该评论是否提问（1 是，0 否）。",
            "Whether the comment asks something (1 yes, 0 no).",
        ),
        QUESTIONS,
    ),
    FeatureSpec(
        "after_like",
        Entity.COMMENT,
        "seconds",
        -inf,
        inf,
        0,
        Text(
            "该评论比作者自己给内容的点赞晚多少（负数为先评论后点赞）。",
            "How long after the author's own like of the section the comment came (negative:"
            " before it).",
        ),
        LAGS,
    ),
)
