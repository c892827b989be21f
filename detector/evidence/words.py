"""Sentences that several statements share, and how numbers and times are written in them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from zhenzan.features.family import Text

__all__ = [
    "ACTIVE_PEOPLE",
    "COUNTED",
    "CROWDS",
    "FANDOM",
    "LIMITS",
    "NOT_THE_BUYER",
    "PEOPLE_TAKE_BACK",
    "READERS_COMMENT",
    "REGULARS",
    "ROUND_NUMBERS",
    "bounded",
    "span",
]

CROWDS: Final = Text(
    "社群转发、推送、抽奖截止、直播或新闻也会让互动集中到来。",
    "Being shared in a group, a push message, a giveaway's deadline, a live event or news brings"
    " engagements together as well.",
)
COUNTED: Final = Text(
    "只知道计数器的读数，不知道是哪些账号；缓慢的送达在计数中看不出来。",
    "Only readings of a counter are known, not which accounts acted; a slow delivery does not show"
    " in them.",
)
REGULARS: Final = Text(
    "同一粉丝群、班级或公司的人也会一起出现在多处；这里不判断他们为何在一起。",
    "People of one fan club, class or company also turn up together in several places; this does"
    " not say why they do.",
)
FANDOM: Final = Text(
    "这些账号大多属于同一受众：协同不等于购买。",
    "These accounts mostly share one audience: coordinated is not purchased.",
)
NOT_THE_BUYER: Final = Text(
    "这是内容收到的互动；谁促成了它，数据无从得知。",
    "This is activity received; the data cannot tell who brought it about.",
)
ROUND_NUMBERS: Final = Text(
    "约四分之一的任意数目也恰好落在某个常见订单数附近。",
    "About one number in four falls near some usual order size by chance.",
)
ACTIVE_PEOPLE: Final = Text(
    "兼职者会同时为多个卖家工作，活跃用户也会出现在许多地方；共有账号不等于同一卖家。",
    "Part-timers work for several sellers, and active people turn up in many places; common"
    " accounts do not make one seller.",
)
PEOPLE_TAKE_BACK: Final = Text(
    "人们也会撤回自己的赞，平台清理账号时也会使互动消失。",
    "People take back likes of their own, and engagement vanishes when a platform removes"
    " accounts.",
)
READERS_COMMENT: Final = Text(
    "先点赞再评论或转发，也是读者的日常。",
    "To like and then comment or share is also what readers do.",
)
LIMITS: Final = Text(
    "数目是模型的后验估计，不是逐条核实的结果。",
    "The number is a posterior estimate of a model, not a count of checked cases.",
)

# Strength is a log10 likelihood ratio; beyond a million to one, one statement is not believed.
_MOST_STRENGTH: Final = 6.0


def bounded(strength: float) -> float:
    """A strength in [0, 6], rounded so that ids and orders are stable."""
    return round(min(max(strength, 0.0), _MOST_STRENGTH), 4)


def span(start_ms: int, end_ms: int) -> str:
    """A window in UTC, the date once where both ends share it."""
    start, end = (datetime.fromtimestamp(ms / 1000, UTC) for ms in (start_ms, end_ms))
    left = start.strftime("%Y-%m-%d %H:%M:%S")
    right = end.strftime("%H:%M:%S" if start.date() == end.date() else "%Y-%m-%d %H:%M:%S")
    return f"{left}–{right} UTC"
