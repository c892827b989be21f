"""Values as WeChat's pages and the scripts around them write them."""

from __future__ import annotations

import html
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

__all__ = [
    "CHINA",
    "day_end_ms",
    "flag",
    "moment",
    "plain",
    "region_of",
    "seconds",
    "when",
    "whole",
]

CHINA: Final = timezone(timedelta(hours=8))  # one zone, without summer time since 1991
_DAY_MS: Final = 86_400_000
# Seconds have ten or eleven digits until the year 5138, milliseconds thirteen.
_LARGEST_SECOND: Final = 10**11
_LARGEST_MS: Final = 10**14
_PREFIXES: Final = ("IP属地", "IP 属地", "来自")


def whole(value: object) -> int | None:
    """A whole number, also as text; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return int(value) if value == value and abs(value) < 2**53 and value == int(value) else None
    if isinstance(value, str):
        text = value.strip()
        digits = text.removeprefix("-")
        return int(text) if digits.isascii() and digits.isdigit() and len(digits) < 21 else None
    return None


def flag(value: object) -> bool | None:
    """0, 1 and their spellings; None where nothing is said."""
    if isinstance(value, bool):
        return value
    number = whole(value)
    return None if number is None else number != 0


def seconds(value: object) -> int | None:
    """A time of a comment in seconds since 1970; times without a zone are China's."""
    number = whole(value)
    if number is not None:
        if number > _LARGEST_MS:
            return number // 1_000_000
        return number // 1000 if number > _LARGEST_SECOND else number or None
    if not isinstance(value, str):
        return None
    try:
        read = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    return int((read if read.tzinfo else read.replace(tzinfo=CHINA)).timestamp())


def when(value: object) -> int | str | None:
    """A time as ingest reads it: seconds, or the text, whose zone the user may name."""
    second = seconds(value)
    if second is not None and isinstance(value, str) and whole(value) is None:
        return value.strip()
    return second


def moment(value: object) -> object:
    """When something was fetched, as ingest reads it: milliseconds, or the text that stands."""
    number = whole(value)
    if number is None:
        return value.strip() or None if isinstance(value, str) else None
    if number <= 0:
        return None
    return number * 1000 if number < _LARGEST_SECOND else number


def day_end_ms(date: object) -> int | None:
    """The end of a day in China, in milliseconds; None where it is no date."""
    if not isinstance(date, str):
        return None
    try:
        day = datetime.strptime(date.strip()[:10], "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return None
    offset = CHINA.utcoffset(None)
    return int((day - offset).timestamp()) * 1000 + _DAY_MS


def region_of(value: object) -> str | None:
    """Province, else country; of a city nothing is kept."""
    if isinstance(value, Mapping):
        for name in ("province_name", "country_name"):
            if isinstance(value.get(name), str) and value[name].strip():
                return str(value[name]).strip()
        return None
    if not isinstance(value, str):
        return None
    text = value.strip()
    for prefix in _PREFIXES:
        text = text.removeprefix(prefix).lstrip("\uff1a: ")
    return text or None


def plain(value: object) -> str | None:
    """Text without entities; None where there is none."""
    return html.unescape(value) if isinstance(value, str) and value else None
