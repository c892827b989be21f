"""Benign explanations: which families each kind excuses, and how much.

First version: contexts declared in the canonical `context` table. An excuse can only lower a band.
What a kind cannot explain it does not excuse: news brings a crowd, but not the same strangers
together in section after section; so `coengagement` keeps speaking.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import pandas as pd
from zhenzan.features.family import Text
from zhenzan.models.scorers.base import EXCUSES

__all__ = ["KINDS", "Explanation", "context_text", "declared_contexts"]


@dataclass(frozen=True, slots=True)
class Explanation:
    """What one kind of context explains.

    Attributes:
        case: The hard negative of the design that it answers (H1 to H22).
        text: Its name for readers.
        timing, coengagement, template: Part of each family's evidence that it explains.
        review: It is also a market for bought likes: a person has to look.
    """

    case: str
    text: Text
    timing: float
    coengagement: float
    template: float
    review: bool = False


# Starting values, read off hard-negatives.md: 0.9 where that shape is what the case looks like,
# 0.6 where it often is, 0.3 where it may be, 0 where the case does not produce it. Never 1: a
# context is an explanation, not an exemption.
_FULL, _MUCH, _SOME, _NONE = 0.9, 0.6, 0.3, 0.0


def _kind(
    case: str, zh: str, en: str, timing: float, pairs: float, text: float, review: bool = False
) -> Explanation:
    return Explanation(case, Text(zh, en), timing, pairs, text, review)


KINDS: Final = MappingProxyType(
    {
        "giveaway": _kind("H1", "抽奖", "giveaway", _FULL, _MUCH, _FULL),
        "vote_prompt": _kind("H2", "投票或接龙", "call and response", _FULL, _NONE, _FULL),
        "like_contest": _kind("H3", "集赞比赛", "like contest", _FULL, _FULL, _NONE, True),
        "fan_ritual": _kind("H4", "粉丝活动", "fan ritual", _FULL, _FULL, _FULL),
        "news": _kind("H5", "新闻或热搜", "news", _FULL, _NONE, _SOME),
        "push": _kind("H6", "推送", "push message", _FULL, _NONE, _NONE),
        "assignment": _kind("H7", "集体任务", "assignment", _FULL, _FULL, _FULL),
        "livestream": _kind("H8", "直播", "livestream", _FULL, _SOME, _FULL),
        "external_link": _kind("H9", "被大号或社群转发", "outside link", _FULL, _SOME, _NONE),
        "meme": _kind("H10", "流行梗", "meme", _SOME, _NONE, _FULL),
        "formula": _kind("H11", "节日或悼念用语", "set phrases", _SOME, _NONE, _FULL),
        "friends_family": _kind("H12", "亲友支持", "friends and family", _MUCH, _MUCH, _SOME),
        "featured": _kind("H13", "平台推荐", "featured", _FULL, _NONE, _NONE),
        "pinned": _kind("H13", "置顶", "pinned", _FULL, _NONE, _NONE),
        "selected": _kind("H13", "精选", "selected", _FULL, _NONE, _NONE),
        "daily_ritual": _kind("H14", "每日打卡", "daily ritual", _FULL, _FULL, _FULL),
        "regional": _kind("H15", "地区社群", "regional community", _NONE, _MUCH, _SOME),
        "new_users": _kind("H16", "新用户潮", "wave of new users", _MUCH, _SOME, _NONE),
        "declared_bot": _kind("H17", "公开的自动账号", "declared automation", _MUCH, _FULL, _FULL),
        "commerce_praise": _kind("H18", "默认好评", "stock praise", _SOME, _NONE, _FULL),
        "measurement_artefact": _kind("H19", "测量误差", "measurement", _FULL, _NONE, _MUCH),
        "platform_purge": _kind("H20", "平台清理", "platform purge", _SOME, _NONE, _NONE),
        "advert": _kind("H21", "公开的广告投放", "disclosed advert", _FULL, _SOME, _SOME),
        "sabotage": _kind("H22", "他人恶意投放", "sabotage", _NONE, _NONE, _NONE, True),
    }
)

# Who says so: platforms and reviewers looked, a rule may err, and a creator has an interest: a
# creator's word can explain what is unusual, but the scorer never lets it undo a top band.
_TRUST: Final = MappingProxyType({"platform": 1.0, "reviewer": 1.0, "auto": 0.7, "creator": 0.6})
_FAMILIES: Final = ("timing", "coengagement", "template")


def declared_contexts(contexts: pd.DataFrame) -> pd.DataFrame:
    """What the rows of the canonical `context` table excuse; columns `EXCUSES`.

    One row per context and family, kinds without an effect on it included (excuse 0), so that a
    reader sees what was considered. Contexts without a section (account-wide) and unknown kinds
    are left out. A NULL confidence counts as certain.
    """
    kept = contexts[contexts["section_id"].notna() & contexts["kind"].isin(list(KINDS))]
    trust = kept["declared_by"].map(dict(_TRUST)).fillna(0.0).astype("float64")
    sure = pd.to_numeric(kept["confidence"]).astype("float64").fillna(1.0).clip(0.0, 1.0)
    parts = [
        kept[["section_id", "comment_id", "kind", "start_ms", "end_ms"]].assign(
            family=family,
            excuse=kept["kind"].map({k: getattr(e, family) for k, e in KINDS.items()}).astype(float)
            * trust
            * sure,
            review=kept["kind"].map({k: e.review for k, e in KINDS.items()}).astype(bool),
            own_word=kept["declared_by"].eq("creator").astype(bool),
        )
        for family in _FAMILIES
    ]
    made = pd.concat(parts, ignore_index=True)[list(EXCUSES)]
    return made.astype({"start_ms": "Int64", "end_ms": "Int64"}).sort_values(
        ["section_id", "kind", "family", "start_ms", "end_ms", "comment_id", "excuse"],
        ignore_index=True,
        kind="stable",
    )


def context_text(kind: str) -> Text:
    """The name of a kind for readers; an unknown kind names itself."""
    return KINDS[kind].text if kind in KINDS else Text(kind, kind)
