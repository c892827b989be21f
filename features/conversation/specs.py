"""What the conversation features are called and mean: sections, then all."""

from __future__ import annotations

from math import inf
from typing import Final

from zhenzan.features.conversation.member_specs import MEMBER_SPECS
from zhenzan.features.conversation.sources import LADDER, LAGS, QUESTIONS, RATIO, THREADS
from zhenzan.features.family import Entity, FeatureSpec, Text

__all__ = ["SPECS"]

_OF_SECTIONS: Final = (
    FeatureSpec(
        "reply_share",
        Entity.SECTION,
        "share",
        0,
        1,
        -1,
        Text(
            "他人评论中属于回复的比例。",
            "Share of the comments by others that answer another comment.",
        ),
        THREADS,
    ),
    FeatureSpec(
        "reply_depth",
        Entity.SECTION,
        "count",
        1,
        inf,
        0,
        Text(
            "回复的平均层数（回复评论为 1，回复的回复为 2）。",
            "Mean depth of the replies (1 answers a comment, 2 answers an answer).",
        ),
        THREADS,
    ),
    FeatureSpec(
        "thread_share",
        Entity.SECTION,
        "share",
        0,
        1,
        0,
        Text(
            "回复最多的一条评论之下的回复占全部回复的比例（至少五条回复）。",
            "Share of the replies that stand under the one comment with most of them (five"
            " replies or more).",
        ),
        THREADS,
    ),
    FeatureSpec(
        "answered_share",
        Entity.SECTION,
        "share",
        0,
        1,
        -1,
        Text(
            "他人的主评论中得到他人回复的比例。",
            "Share of the top comments by others that anybody else answered.",
        ),
        THREADS,
    ),
    FeatureSpec(
        "creator_reply_share",
        Entity.SECTION,
        "share",
        0,
        1,
        0,
        Text(
            "他人的主评论中得到作者回复的比例。",
            "Share of the top comments by others that the creator answered.",
        ),
        THREADS,
    ),
    FeatureSpec(
        "reply_latency",
        Entity.SECTION,
        "seconds",
        0,
        inf,
        0,
        Text(
            "评论到第一条他人回复的时间（中位数）。",
            "Time from a comment to the first answer by somebody else (median).",
        ),
        THREADS,
    ),
    FeatureSpec(
        "exchange_share",
        Entity.SECTION,
        "share",
        0,
        1,
        -1,
        Text(
            "回复他人的评论中，对方在此处也回复过自己的比例（至少五条）。",
            "Share of the replies to others whose addressee answered back in this section (five"
            " replies or more).",
        ),
        THREADS,
    ),
    FeatureSpec(
        "addressed_share",
        Entity.SECTION,
        "share",
        0,
        1,
        0,
        Text(
            "文字中用 @ 提到别人的评论比例。",
            "Share of the texts that name somebody with an @.",
        ),
        "giveaways ask for names, hard negative H1",
    ),
    FeatureSpec(
        "question_share",
        Entity.SECTION,
        "share",
        0,
        1,
        -1,
        Text(
            "提问的评论比例（有问号，或“吗、怎么、为什么、请问”）。",
            "Share of the texts that ask something (a question mark, or a Chinese word that asks).",
        ),
        QUESTIONS,
    ),
    FeatureSpec(
        "question_answered_share",
        Entity.SECTION,
        "share",
        0,
        1,
        0,
        Text(
            "提问的评论中得到回复的比例（至少五个提问）。",
            "Share of the questions that anybody answered (five questions or more).",
        ),
        QUESTIONS,
    ),
    FeatureSpec(
        "liked_share",
        Entity.SECTION,
        "share",
        0,
        1,
        0,
        Text(
            "评论账号中也给该内容点了赞的比例。",
            "Share of the commenting accounts that liked the section, too.",
        ),
        LADDER,
    ),
    FeatureSpec(
        "ladder_share",
        Entity.SECTION,
        "share",
        0,
        1,
        1,
        Text(
            "在此评论或转发的账号中，点赞、评论、转发三样都做了的比例。",
            "Share of the accounts that commented or shared here which did all three: like,"
            " comment, share.",
        ),
        LADDER,
    ),
    FeatureSpec(
        "order_fixedness",
        Entity.SECTION,
        "share",
        0.5,
        1,
        1,
        Text(
            "同一账号在此先后做的两种互动中，按多数次序进行的比例（0.5 为不分先后，1 为次序固定"
            "）。",
            "Of two acts of one account here, how many come in the order of the majority: 0.5"
            " for any order, 1 for a fixed one.",
        ),
        LADDER,
    ),
    FeatureSpec(
        "ladder_lag",
        Entity.SECTION,
        "seconds",
        0,
        inf,
        0,
        Text(
            "同一账号从点赞到评论相隔的时间（中位数）。",
            "Time from an account's like to its comment (median).",
        ),
        LAGS,
    ),
    FeatureSpec(
        "lag_spread",
        Entity.SECTION,
        "nats",
        0,
        inf,
        -1,
        Text(
            "点赞到评论的间隔有多分散（对数的四分位距）：接近 0 则间隔几乎相同。",
            "How varied the times from like to comment are (interquartile range of their"
            " logarithm): near 0 if all are alike.",
        ),
        LAGS,
    ),
    FeatureSpec(
        "like_comment_excess",
        Entity.SECTION,
        "nats",
        -inf,
        inf,
        1,
        Text(
            "发布后三天内每条评论对应的点赞数，与同一作者其他内容的中位数之比（对数）。",
            "Likes for each comment in the first three days, against the median of the same"
            " creator's other sections (logarithm of the ratio).",
        ),
        RATIO,
    ),
)

SPECS: Final = (*_OF_SECTIONS, *MEMBER_SPECS)
