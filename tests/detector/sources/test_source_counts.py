"""Counts as platforms write them: the interval holds every number that is shown so."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from zhenzan.detector.sources.counts import count_interval


@pytest.mark.parametrize(
    ("text", "interval"),
    [
        ("1.2万", (11_500, 12_999)), ("3.4w", (33_500, 34_999)), ("10万+", (100_001, None)),
        ("1.2K", (1150, 1299)), ("10+", (10, None)), ("赞", (0, 0)), ("0", (0, 0)),
        ("1,234", (1234, 1234)), ("１２", (12, 12)), (" 7 ", (7, 7)),
        ("1.5亿", (145_000_000, 159_999_999)),
        ("1万", (10_000, 19_999)), ("1,2 mil", (1150, 1299)), ("2.5M", (2_450_000, 2_599_999)),
        ("12 likes", (12, 12)), ("12.0", (12, 12)), ("1万+", (10_000, None)),
        ("1千+", (1000, None)),
        (5, (5, 5)), (5.0, (5, 5)), (100_001, (100_001, 100_001)), ("3.1415K", (3141, 3141)),
    ],
)  # fmt: skip
def test_known_spellings(text: object, interval: tuple[int, int | None]) -> None:
    assert count_interval(text) == interval


@pytest.mark.parametrize(
    "text",
    ["", None, " ", "absent", "-3", -3, 1.5, "1.5", True, "1.2.3万", "12x", float("nan"),
     float("inf"), [], {}, "9" * 30, "+", "万", "𝟏\x00", "<b>1</b>", 10**16],
)  # fmt: skip
def test_what_is_no_count(text: object) -> None:
    assert count_interval(text) is None


def shown(count: int, unit: str, scale: int, *, rounded: bool) -> str:
    tenths = (count * 10 + (scale // 2 if rounded else 0)) // scale
    return f"{tenths // 10}.{tenths % 10}{unit}"


@given(st.integers(10_000, 10**9), st.booleans(), st.sampled_from([("万", 10**4), ("K", 10**3)]))
def test_the_true_count_lies_inside(count: int, rounded: bool, unit: tuple[str, int]) -> None:
    found = count_interval(shown(count, *unit, rounded=rounded))
    assert found is not None
    low, high = found
    assert high is not None
    assert low <= count <= high


@given(st.text(max_size=12))
def test_never_raises(text: str) -> None:
    found = count_interval(text)
    assert found is None or (found[0] >= 0 and (found[1] is None or found[1] >= found[0]))
