"""Times written relative to now, in Chinese, English, Japanese and Spanish: `2 weeks ago`.

Such a time is as coarse as its unit: hundreds of comments share one by construction.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

__all__ = ["Ago", "time_ago"]

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
# Months and years of 30 and 365 days: what is shown says no more than that.
_UNITS: Final = {
    1: ("秒", "秒钟", "秒鐘", "second", "seconds", "sec", "secs", "s", "segundo", "segundos"),
    _MINUTE: (
        "分", "分钟", "分鐘", "minute", "minutes", "min", "mins", "m", "minuto", "minutos",
    ),
    _HOUR: (
        "小时", "小時", "个小时", "個小時", "时间", "時間", "hour", "hours", "hr", "hrs", "h",
        "hora", "horas",
    ),
    _DAY: ("天", "日", "day", "days", "d", "día", "días", "dia", "dias"),
    7 * _DAY: (
        "周", "週", "週間", "周間", "星期", "个星期", "個星期", "礼拜", "week", "weeks", "w", "wk",
        "semana", "semanas",
    ),
    30 * _DAY: (
        "月", "个月", "個月", "か月", "ヶ月", "カ月", "ケ月", "箇月", "month", "months", "mo",
        "mes", "meses",
    ),
    365 * _DAY: ("年", "year", "years", "yr", "yrs", "y", "año", "años", "ano", "anos"),
}  # fmt: skip
_SECONDS: Final = {name: seconds for seconds, names in _UNITS.items() for name in names}
_ONE: Final = {"a": 1, "an": 1, "one": 1, "un": 1, "una": 1, "半": 0}
_COUNT: Final = r"(?P<n>\d{1,4}|an?|one|una?)"
_FORMS: Final = (
    re.compile(rf"{_COUNT}\s*(?P<unit>[^\W\d]+?)\s*(?:ago|以?前|之前)"),
    re.compile(rf"(?:hace|hacía)\s+{_COUNT}\s*(?P<unit>[^\W\d]+)"),
    re.compile(r"(?P<n>\d{1,4})(?P<unit>s|m|h|d|w|mo|y)"),
)
_NOW: Final = frozenset(
    {"刚刚", "剛剛", "刚才", "just now", "now", "たった今", "今", "ahora", "ahora mismo", "recién"}
)
_DAYS: Final = {
    "今天": 0, "今日": 0, "today": 0, "hoy": 0,
    "昨天": 1, "昨日": 1, "yesterday": 1, "ayer": 1,
    "前天": 2, "一昨日": 2, "おととい": 2, "anteayer": 2,
}  # fmt: skip
_ON_DAY: Final = re.compile(
    rf"(?P<day>{'|'.join(sorted(_DAYS, key=len, reverse=True))})"
    r"(?:\s*(?:at|a las)?\s*(?P<hour>\d{1,2})[:时時](?P<minute>\d{2})(?::\d{2})?"
    r"\s*(?P<half>[ap]m)?)?"
)
_EDITED: Final = re.compile(
    r"\s*[((（]\s*(?:edited|已编辑|已編輯|编辑过|編集済み|編輯過|editado)\s*[)）]\s*$"
)
# Words around the time itself: "发布于 3天前", "6小时前发布", "3 weeks ago via …" is none of them.
_AROUND: Final = re.compile(
    r"^(?:发布于|發布於|回复于|编辑于|edited|streamed|premiered)\s*|\s*(?:发布|發布|回复|回覆|编辑)$"
)


@dataclass(frozen=True, slots=True)
class Ago:
    """How long before the observation something was.

    Attributes:
        seconds: Before the observation, in whole units.
        precision_s: The unit: the true time lies up to this much further back.
        edited: The text says that it was edited; then the time is still that of the writing.
        clock_s: Seconds since midnight where the text names a day and a clock time (`昨天 12:30`),
            which `moment` uses; `seconds` is then whole days and as coarse as a day.
    """

    seconds: int
    precision_s: int
    edited: bool = False
    clock_s: int | None = None

    def moment(self, observed_ms: int, zone: ZoneInfo | None = None) -> tuple[int, int]:
        """The time in milliseconds and its precision in seconds, seen at `observed_ms`.

        Args:
            observed_ms: When the text was seen.
            zone: Of the site that wrote it, for clock times; UTC if not known.
        """
        if self.clock_s is None:
            return observed_ms - self.seconds * 1000, self.precision_s
        seen = datetime.fromtimestamp(observed_ms / 1000, UTC).astimezone(zone or UTC)
        day = seen.date() - timedelta(seconds=self.seconds)
        hour, rest = divmod(self.clock_s, _HOUR)
        told = datetime.combine(day, time(hour, rest // 60), tzinfo=seen.tzinfo)
        return int(told.timestamp()) * 1000, _MINUTE


def time_ago(text: str) -> Ago | None:
    """Reads a relative time; None where the text is none.

    Args:
        text: `刚刚`, `6小时前`, `2 weeks ago (edited)`, `hace 3 días`, `3 週間前`, `昨天 12:30`.
    """
    plain = unicodedata.normalize("NFKC", text).strip().lower()
    bare = _EDITED.sub("", plain)
    edited = bare != plain
    bare = _AROUND.sub("", bare).strip()
    if bare in _NOW:
        return Ago(0, _MINUTE, edited)
    for form in _FORMS:
        found = form.fullmatch(bare)
        if found and found["unit"] in _SECONDS:
            unit = _SECONDS[found["unit"]]
            n = _ONE.get(found["n"]) or int(found["n"])
            return Ago(n * unit, unit, edited)
    return _on_day(bare, edited)


def _on_day(text: str, edited: bool) -> Ago | None:
    found = _ON_DAY.fullmatch(text)
    if found is None:
        return None
    days = _DAYS[found["day"]]
    if found["hour"] is None:
        return Ago(days * _DAY, _DAY, edited)
    hour, minute = int(found["hour"]), int(found["minute"])
    if found["half"]:
        hour = hour % 12 + (12 if found["half"] == "pm" else 0)
    if hour > 23 or minute > 59:
        return None
    return Ago(days * _DAY, _DAY, edited, clock_s=hour * _HOUR + minute * _MINUTE)
