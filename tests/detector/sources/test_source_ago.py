"""Relative times in four languages, with the unit as their precision."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from zhenzan.detector.sources.ago import Ago, time_ago

DAY = 86_400


@pytest.mark.parametrize(
    ("text", "seconds", "unit"),
    [
        ("刚刚", 0, 60), ("5分钟前", 300, 60), ("6小时前", 21_600, 3600),
        ("6小时前发布", 21_600, 3600),
        ("3天前", 3 * DAY, DAY), ("2 周前", 14 * DAY, 7 * DAY), ("3个月前", 90 * DAY, 30 * DAY),
        ("1年前", 365 * DAY, 365 * DAY), ("10秒前", 10, 1), ("昨天", DAY, DAY),
        ("前天", 2 * DAY, DAY),
        ("1 second ago", 1, 1), ("2 weeks ago", 14 * DAY, 7 * DAY), ("an hour ago", 3600, 3600),
        ("a month ago", 30 * DAY, 30 * DAY), ("just now", 0, 60), ("Yesterday", DAY, DAY),
        ("3 週間前", 21 * DAY, 7 * DAY), ("2 か月前", 60 * DAY, 30 * DAY),
        ("5 時間前", 18_000, 3600),
        ("1 日前", DAY, DAY), ("7 分前", 420, 60), ("hace 3 días", 3 * DAY, DAY),
        ("hace 1 semana", 7 * DAY, 7 * DAY), ("hace un año", 365 * DAY, 365 * DAY),
        ("hace 20 minutos", 1200, 60), ("2d", 2 * DAY, DAY), ("5h", 18_000, 3600),
        ("１２ 小時前", 43_200, 3600),
    ],
)  # fmt: skip
def test_known_spellings(text: str, seconds: int, unit: int) -> None:
    assert time_ago(text) == Ago(seconds, unit)


@pytest.mark.parametrize(
    "text",
    ["2 days ago (edited)", "2天前（已编辑）", "2 日前（編集済み）", "hace 2 días (editado)"],
)
def test_edited(text: str) -> None:
    assert time_ago(text) == Ago(2 * DAY, DAY, edited=True)


@pytest.mark.parametrize(
    "text",
    ["", "2024-05-01", "ago", "in 3 days", "3 lightyears ago", "昨天 99:30", "12345 days ago x"],
)
def test_what_is_no_relative_time(text: str) -> None:
    assert time_ago(text) is None


def test_a_day_with_a_clock_time_is_exact_once_the_sighting_is_known() -> None:
    seen = 1_714_536_000_000  # 2024-05-01 12:00 in Shanghai
    shanghai = ZoneInfo("Asia/Shanghai")
    yesterday = time_ago("昨天 12:30")
    assert yesterday == Ago(DAY, DAY, clock_s=45_000)
    assert yesterday.moment(seen, shanghai) == (seen - DAY * 1000 + 1_800_000, 60)
    today = time_ago("今天 08:05")
    assert today is not None
    assert today.moment(seen, shanghai) == (seen - (3600 * 4 - 300) * 1000, 60)
    half = time_ago("Yesterday at 1:05 pm")
    assert half is not None
    assert half.clock_s == 13 * 3600 + 300


def test_others_count_back_from_the_sighting() -> None:
    week = time_ago("1 week ago")
    assert week is not None
    assert week.moment(10**12) == (10**12 - 7 * DAY * 1000, 7 * DAY)


@given(st.text(max_size=20))
def test_never_raises(text: str) -> None:
    time_ago(text)
