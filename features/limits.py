"""What the data of a section cannot show, what is done instead, and how far a result may go.

One rule a gap; the numbers are those that families and scorers abide by. Reports and
`zhenzan doctor` say them in these words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from zhenzan.features.family import FeatureConfig, Text

__all__ = ["BURST_PRECISION_S", "LEAST_SNAPSHOTS", "SELECTED", "Limit", "limits", "partial"]

BURST_PRECISION_S: Final = 600.0
"""Times coarser than ten minutes cannot show a burst (the design's table of substitutes)."""
LEAST_SNAPSHOTS: Final = 3
"""Readings of a counter that make two intervals, so that one has another to differ from."""
SELECTED: Final = frozenset({"top", "selected_by_creator", "sample"})
"""Samples of which a share of the whole says nothing."""
_HALF: Final = 0.5


@dataclass(frozen=True, slots=True)
class Limit:
    """One gap.

    Attributes:
        name: `untimed`, `counts_only`, `few_likes`, `coarse_times`, `few_comments`, `names_only`,
            `one_section` or `partial`.
        text: What is missing, what is done instead, and how far a result may go.
    """

    name: str
    text: Text


def limits(row: Mapping[str, Any]) -> tuple[Limit, ...]:
    """The limits of one section, from its capability row (columns of `CAPABILITY`)."""
    said = (_likes(row), _times(row), _comments(row), _people(row), _others(row), _sample(row))
    return tuple(limit for limit in said if limit is not None)


def partial(row: Mapping[str, Any]) -> bool:
    """Whether the data is a selection, or less than half of what the platform counts."""
    share = _number(row, "coverage_share")
    return row.get("selection") in SELECTED or (share is not None and share < _HALF)


def _likes(row: Mapping[str, Any]) -> Limit | None:
    least = FeatureConfig().min_likes
    if _count(row, "n_timed") >= least:
        return None
    if _count(row, "n_timed"):
        return Limit(
            "few_likes",
            Text(
                f"带时间的互动不足 {least} 次：不做时间检验。",
                f"Fewer than {least} timed engagements: times are not tested.",
            ),
        )
    if _count(row, "n_snapshots") >= LEAST_SNAPSHOTS:
        return Limit(
            "counts_only",
            Text(
                "没有逐次点赞，只有多次读数：按两次读数之间的增量估计，区间较宽；"
                "没有另一类独立迹象时，评级最高为“有异常”。",
                "No single likes, but readings of a counter: what came between two of them is"
                " judged, with wide intervals; the band is at most `unusual` unless two"
                " independent families agree.",
            ),
        )
    return Limit(
        "untimed",
        Text(
            f"没有带时间的点赞，也没有哪个计数读过 {LEAST_SNAPSHOTS} 次以上："
            "只能依据评论的时间与文字；"
            "没有另一类独立迹象时，评级最高为“有异常”。",
            f"No timed likes, nor a counter read {LEAST_SNAPSHOTS} times or more: times and texts"
            " of comments are what is left; the band is at most `unusual` unless two independent"
            " families agree.",
        ),
    )


def _times(row: Mapping[str, Any]) -> Limit | None:
    precision = _number(row, "time_precision_s")
    if precision is None or precision <= BURST_PRECISION_S:
        return None
    return Limit(
        "coarse_times",
        Text(
            "时间的精度低于 10 分钟，太粗，无法检验突增：按区间估计，结果区间更宽。",
            "Times are coarser than ten minutes: too coarse for a burst test; acts are spread over"
            " their interval, and results have wider intervals.",
        ),
    )


def _comments(row: Mapping[str, Any]) -> Limit | None:
    least = FeatureConfig().min_comments
    if _count(row, "n_texts") >= least:
        return None
    return Limit(
        "few_comments",
        Text(
            f"有文字的评论不足 {least} 条：不检查文字是否雷同。",
            f"Fewer than {least} comments with a text: templates are not looked for.",
        ),
    )


def _people(row: Mapping[str, Any]) -> Limit | None:
    accounts, names = _count(row, "n_accounts"), _number(row, "share_name_only")
    if accounts and (names is None or names < 1.0):
        return None
    return Limit(
        "names_only",
        Text(
            "没有账号标识（至多有昵称）：只看文字与时间，不给账号评分。",
            "No account ids (names at best): texts and times only, no account scores.",
        ),
    )


def _others(row: Mapping[str, Any]) -> Limit | None:
    if _count(row, "n_sections_in_set") != 1:
        return None
    return Limit(
        "one_section",
        Text(
            "只有一个评论区：没有比较对象，不检查账号是否在别处同行。",
            "A single section: nothing to compare with, no co-engagement.",
        ),
    )


def _sample(row: Mapping[str, Any]) -> Limit | None:
    if not partial(row):
        return None
    return Limit(
        "partial",
        Text(
            "数据是节选，或不到平台所计总数的一半：区间加宽，不给占比。",
            "A selection, or less than half of what the platform counts: wide intervals, and no"
            " shares are stated.",
        ),
    )


def _number(row: Mapping[str, Any], name: str) -> float | None:
    value = row.get(name)
    return None if value is None or value != value else float(value)


def _count(row: Mapping[str, Any], name: str) -> int:
    return int(_number(row, name) or 0)
