"""Hours of activity by weekday: when comments and likes come, in the local zone.

Only times known to the hour count. Activity follows publication, so it says when the audience
answers what was published when it was, not when it would answer best.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Final, TypeAlias

import numpy as np
import pandas as pd
from zhenzan.detector.insights.base import LEAST_FOR_SHARE, Insight, Maker, Series, Subject
from zhenzan.detector.insights.known import Codes, Known
from zhenzan.detector.insights.reduce import QUARTER_MS
from zhenzan.detector.insights.say import both, count, share
from zhenzan.features.family import Text

__all__ = ["ActiveHours", "hour_of_week"]

Array: TypeAlias = np.ndarray[Any, Any]

_WEEK: Final = 168
_SPAN: Final = 3  # hours of the window that is named: long enough to plan with


class ActiveHours(Maker):
    """The three hours of the day in which most of what looks genuine arrives; 24 × 7 behind it.

    The series holds the hours of the week in which anything came; weekday 0 is Monday.
    """

    name: ClassVar[str] = "active_hours"
    title: ClassVar[Text] = Text("活跃时段", "Hours of activity")
    needs: ClassVar[Text] = Text(
        "时间精确到小时的点赞或留言", "likes or comments whose time is known to the hour"
    )
    noun: ClassVar[Text] = Text("次互动", "acts")
    unit: ClassVar[str] = "share"
    least: ClassVar[int] = LEAST_FOR_SHARE

    def make(self, known: Known) -> Iterator[Insight]:
        """Every described section, then every creator."""
        raw, genuine = _weeks(known)
        for row, (_, section_id) in enumerate(known.subjects()):
            yield self._told(known, ("section", section_id), raw[row], genuine[row])
        creator = known.sections.creator[known.sections.described]
        for at, creator_id in known.creators():
            own = creator == at
            subject: Subject = ("creator", creator_id)
            yield self._told(known, subject, raw[own].sum(axis=0), genuine[own].sum(axis=0))

    def _told(self, known: Known, subject: Subject, raw: Array, genuine: Array) -> Insight:
        n, kept = float(raw.sum()), float(genuine.sum())
        if n < self.least or kept < self.least:
            return self.few(subject, n, kept)
        by_hour = genuine.reshape(7, 24).sum(axis=0)
        window = sum(np.roll(by_hour, -k) for k in range(_SPAN))
        first = int(np.argmax(np.round(window, 6)))
        inside = [(first + k) % 24 for k in range(_SPAN)]
        part = float(by_hour[inside].sum() / kept)
        part_raw = float(raw.reshape(7, 24)[:, inside].sum() / n)
        shown = both(part, part_raw, share)
        clock = f"{first:02d}–{(first + _SPAN) % 24 or 24:02d}"
        zone = known.zone_name
        zh = (
            f"{clock} 时最活跃：{count(n)} 次互动中占 {shown.zh}（{zone} 时间）。"
            "发布时刻也会影响它。"
        )
        en = (
            f"Most active between {clock} h ({zone}): {shown.en} of {count(n)} acts."
            " When you publish shapes this, too."
        )
        if not known.zone_known:
            zh += "文件没有说明时区：用 --timezone 指定。"
            en += " The files name no time zone: say --timezone."
        rows = tuple(
            (hour // 24, hour % 24, int(raw[hour]), round(float(genuine[hour]), 1))
            for hour in np.flatnonzero(raw).tolist()
        )
        series = Series("week", ("weekday", "hour", "raw", "genuine"), rows)
        return self.say(subject, n, part_raw, part, zh, en, [series])


def hour_of_week(quarters: Codes, zone: Any) -> Codes:
    """Hour of the local week, 0 = Monday 00 h, of quarters of an hour since 1970 UTC."""
    distinct, inverse = np.unique(quarters, return_inverse=True)
    stamps = pd.DatetimeIndex(pd.to_datetime(distinct * QUARTER_MS, unit="ms", utc=True))
    local = stamps.tz_convert(zone)
    hours = local.day_of_week.to_numpy() * 24 + local.hour.to_numpy()
    found: Codes = hours.astype(np.int64)[inverse]
    return found


def _weeks(known: Known) -> tuple[Array, Array]:
    """Acts by described section and hour of the week: all, and what looks genuine."""
    chosen = known.sections.described
    row = np.cumsum(chosen) - 1
    acts, comments = known.acts, known.comments
    timed = np.flatnonzero(comments.precise & comments.received)
    timed = timed[chosen[comments.section[timed]]]
    section = np.r_[acts.section, comments.section[timed]]
    written = np.floor(comments.created_ms[timed] / QUARTER_MS).astype(np.int64)
    hour = hour_of_week(np.r_[acts.quarter, written], known.zone)
    n = np.r_[acts.n, np.ones(len(timed))]
    genuine = np.r_[acts.genuine, comments.weight[timed]]
    shape = (int(chosen.sum()), _WEEK)
    cells, size = row[section] * _WEEK + hour, shape[0] * _WEEK
    return (
        np.bincount(cells, n, minlength=size).reshape(shape),
        np.bincount(cells, genuine, minlength=size).reshape(shape),
    )
