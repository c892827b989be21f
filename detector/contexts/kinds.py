"""The kinds of benign explanations: what each is called, and how much of a family it excuses.

An excuse can only lower a band. What a kind cannot explain it does not excuse: news brings a crowd,
but not the same strangers together in section after section; so `coengagement` keeps speaking.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from zhenzan.features.family import Text

__all__ = ["FAMILIES", "KINDS", "Explanation", "context_text"]

FAMILIES: Final = ("timing", "coengagement", "template")
"""Families of evidence that a context can explain, as fields of `Explanation`."""


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


# Starting values, read off the list of hard negatives: 0.9 where that shape is what the case looks
# like, 0.6 where it often is, 0.3 where it may be, 0 where the case does not produce it. Never 1:
# a context is an explanation, not an exemption. What they do on simulated worlds: docs/contexts.md.
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


def context_text(kind: str) -> Text:
    """The name of a kind for readers; an unknown kind names itself."""
    return KINDS[kind].text if kind in KINDS else Text(kind, kind)
