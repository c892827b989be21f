from __future__ import annotations

import math
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from zhenzan.detector.report.axes import count_ticks, nights, time_ticks
from zhenzan.detector.report.texts import load_texts
from zhenzan.detector.report.wording import Wording, finite, zone_of

ZH = Wording(load_texts("zh"), ZoneInfo("Asia/Shanghai"))
EN = Wording(load_texts("en"), ZoneInfo("America/New_York"))
DAY = 86_400_000


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.0, "0%"), (0.004, "<1%"), (0.31, "31%"), (0.997, ">99%"), (1.0, "100%"), (None, "–")],
)
def test_shares_never_round_to_nothing_or_all(value: float | None, shown: str) -> None:
    assert EN.share(value) == shown


def test_counts_and_spans() -> None:
    assert EN.count(1240) == "1,240"
    assert EN.count(9.24) == "9.2"
    assert ZH.length(29 * 60_000) == "29 分钟"
    assert EN.length(5_400_000) == "90 min"
    start = 1_717_336_920_000  # 2024-06-02 14:02 UTC
    assert ZH.span(start, start + 29 * 60_000) == "2024-06-02 22:02–22:31"
    assert EN.span(start, start + DAY) == "2024-06-02 10:02–2024-06-03 10:02"


def test_ends_of_short_spans_are_told_apart() -> None:
    start = 1_717_336_920_000
    assert EN.when(start, 20_000) == "2024-06-02 10:02:00"
    assert EN.when(start + 20_000, 20_000) == "2024-06-02 10:02:20"
    assert EN.when(start, 60_000) == "2024-06-02 10:02"


def test_missing_numbers_are_none() -> None:
    assert [finite(v) for v in (None, math.nan, math.inf, "x", 2)] == [None, None, None, None, 2.0]


def test_an_unknown_zone_is_utc_and_says_so() -> None:
    assert zone_of("Nowhere/Town")[1:] == ("UTC", False)
    assert zone_of(None)[1:] == ("UTC", False)
    assert zone_of("../../etc/passwd")[1:] == ("UTC", False)
    assert zone_of("Asia/Shanghai")[1:] == ("Asia/Shanghai", True)


@given(
    st.integers(-(10**15), 10**16),
    st.integers(0, 62).map(lambda k: 2**k),
    st.sampled_from((ZH, EN)),
)
def test_time_ticks_are_few_ordered_and_inside_whatever_the_span(
    start: int, span: int, wording: Wording
) -> None:
    ticks = time_ticks(start, min(start + span, 2 * 10**16), wording)
    at = [t for t, _ in ticks]
    assert len(at) <= 7
    assert at == sorted(set(at))


def test_ticks_of_days_stand_on_local_midnights_over_a_clock_change() -> None:
    start = 1_730_433_600_000  # 2024-11-01 04:00 UTC: midnight in New York, two days before
    labels = [EN.local(t).strftime("%H:%M") for t, _ in time_ticks(start, start + 5 * DAY, EN)]
    assert set(labels) == {"00:00"}
    for a, b in nights(start, start + 5 * DAY, EN):
        assert EN.local(a).hour == 0
        assert EN.local(b).hour == 6


@given(st.floats(1e-3, 1e12))
def test_count_ticks_start_at_zero_and_stay_below_the_top(top: float) -> None:
    ticks = count_ticks(top)
    assert ticks[0] == 0
    assert 2 <= len(ticks) <= 5 or top < 1
    assert ticks[-1] <= top * 1.001
