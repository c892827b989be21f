"""What attribution says of a section, account or comment, as features with specs.

The trained scorers read them beside the matrices of the families, under the name `attribution`.
Each has the words in which a reader is told of it.
"""

from __future__ import annotations

from typing import Final, Literal

import numpy as np
from zhenzan.features.family import Entity, FeatureSpec, Text

__all__ = ["ATTRIBUTION", "ATTRIBUTION_SPECS", "ATTRIBUTION_TITLE", "ATTRIBUTION_VERSION"]

ATTRIBUTION: Final = "attribution"
"""The name that stands for a family's in columns: `attribution__n_purchased`."""
ATTRIBUTION_VERSION: Final = 1
"""Raised where a figure below changes its meaning; bundles of another version are refused."""
ATTRIBUTION_TITLE: Final = Text(zh="逐次归因", en="Attribution act by act")

_SOURCE: Final = "the attribution model, docs/attribution.md"
_INF: Final = float(np.inf)


def _spec(
    entity: Entity,
    name: str,
    unit: str,
    span: tuple[float, float],
    direction: Literal[-1, 0, 1],
    zh: str,
    en: str,
) -> FeatureSpec:
    return FeatureSpec(name, entity, unit, *span, direction, Text(zh, en), _SOURCE)


_S, _A, _C = Entity.SECTION, Entity.ACCOUNT, Entity.COMMENT
_COUNT: Final = (0.0, _INF)
_SHARE: Final = (0.0, 1.0)
_BITS: Final = (-_INF, _INF)

ATTRIBUTION_SPECS: Final = (
    _spec(_S, "n_purchased", "count", _COUNT, 1,
          "估计有多少互动是由订单送达的。",
          "How many engagements were likely delivered by an order."),
    _spec(_S, "n_purchased_lo", "count", _COUNT, 1,
          "该估计的 90% 区间下端。",
          "Lower end of the 90 % interval of that number."),
    _spec(_S, "share_purchased", "share", _SHARE, 1,
          "估计由订单送达的互动占全部互动的比例。",
          "Share of the engagements that were likely delivered by an order."),
    _spec(_S, "n_engagements", "count", _COUNT, 0,
          "该评论区收到的互动数。",
          "How many engagements the section received."),
    _spec(_S, "surprise", "log10", _COUNT, 1,
          "互动到达之快，在没有订单时有多罕见（概率的负对数）。",
          "How rare so fast an arrival is without an order (minus the logarithm of its chance)."),
    _spec(_S, "excess_bits", "bits", _BITS, 1,
          "仅到达时间本身对“送达”的支持程度（比特）。",
          "How much the arrival times alone speak for delivery (bits)."),
    _spec(_S, "company_bits", "bits", _BITS, 1,
          "仅“谁与谁同来”对“送达”的支持程度（比特）。",
          "How much the company of the accounts alone speaks for delivery (bits)."),
    _spec(_S, "propensity_bits", "bits", _BITS, 1,
          "仅这些账号在别处的行为对“送达”的支持程度（比特）。",
          "How much the accounts' acts elsewhere alone speak for delivery (bits)."),
    _spec(_S, "audience_coherence", "share", _SHARE, -1,
          "被归因的账号在多大程度上属于同一批受众（粉丝圈接近 1）。",
          "How far the attributed accounts are one audience (fan clubs are near 1)."),
    _spec(_A, "nats", "nats", _COUNT, 1,
          "该账号“至多送达一次互动”的可能性有多小（奈特）。",
          "How unlikely it is that the account delivered at most one engagement (nats)."),
    _spec(_A, "n_attributed", "count", _COUNT, 1,
          "该账号的互动中估计有多少是按订单送达的。",
          "How many of the account's engagements were likely delivered by an order."),
    _spec(_A, "n_engagements", "count", _COUNT, 0,
          "该账号的互动数。",
          "How many engagements the account gave."),
    _spec(_A, "n_sections", "count", _COUNT, 0,
          "该账号到过多少个评论区。",
          "In how many sections the account acted."),
    _spec(_A, "propensity", "share", _SHARE, 1,
          "该账号的互动落入异常增量时段的比例。",
          "Share of the account's acts that fall into unexplained excess."),
    _spec(_A, "company", "nats", _BITS, 1,
          "该账号可疑的互动旁边，同来者比偶然情形更可疑多少（奈特）。",
          "How much more suspicious than chance the company of its suspected acts is (nats)."),
    _spec(_A, "excess", "nats", _BITS, 1,
          "该账号可疑的互动在时间与其他行为上比偶然情形更可疑多少（奈特）。",
          "How much more suspicious than chance its suspected acts are in time and elsewhere."),
    _spec(_A, "audience_coherence", "share", _SHARE, -1,
          "与该账号同行者在多大程度上是同一批受众（粉丝圈接近 1）。",
          "How far the account's companions are one audience (fan clubs are near 1)."),
    _spec(_C, "n_likes", "count", _COUNT, 0,
          "该评论收到的点赞数。",
          "How many likes the comment received."),
    _spec(_C, "n_likes_purchased", "count", _COUNT, 1,
          "该评论的点赞中估计有多少是按订单送达的。",
          "How many of the comment's likes were likely delivered by an order."),
    _spec(_C, "share_likes_purchased", "share", _SHARE, 1,
          "该评论的点赞中估计由订单送达的比例。",
          "Share of the comment's likes that were likely delivered by an order."),
    _spec(_C, "company_bits", "bits", _BITS, 1,
          "给该评论点赞的账号“谁与谁同来”对“送达”的支持程度（比特）。",
          "How much the company of its likers speaks for delivery (bits)."),
    _spec(_C, "p_written", "share", _SHARE, 1,
          "写下该评论这一行为本身由订单送达的可能性。",
          "How likely the act of writing the comment was itself delivered by an order."),
    _spec(_C, "author_nats", "nats", _COUNT, 1,
          "评论作者“至多送达一次互动”的可能性有多小（奈特）。",
          "How unlikely it is that its author delivered at most one engagement (nats)."),
)  # fmt: skip
"""Every figure, with the direction that a monotone model must keep."""
