"""Times as sites, mail and Excel write them; what a source knows of a column counts."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from zhenzan.detector.ingest.clock import Clock
from zhenzan.detector.ingest.spellings import as_iso
from zhenzan.detector.sources.base import TimeHint


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("Sat Dec 23 17:12:54 +0800 2023", "2023-12-23 17:12:54+0800"),
        ("Tue Mar  5 01:02:03 +0000 2024", "2024-03-05 01:02:03+0000"),
        ("Sat, 23 Dec 2023 17:12:54 GMT", "2023-12-23 17:12:54GMT"),
        ("2023/1/5 9:05", "2023-01-05 09:05"), ("2023-1-15", "2023-01-15"),
        ("2023年12月3日 17:12:01", "2023-12-03 17:12:01"), ("2023.12.03", "2023-12-03"),
        ("2023-12-23T17:12:54Z", "2023-12-23T17:12:54Z"), ("1700000000", "1700000000"),
        ("17/12/2023", "17/12/2023"), ("Decent", "Decent"), ("", ""), (None, None),
    ],
)  # fmt: skip
def test_spellings(text: str | None, iso: str | None) -> None:
    assert as_iso(pa.array([text], pa.string())).to_pylist() == [iso]


def test_mixed_spellings_of_one_moment() -> None:
    texts = ["Sat Dec 23 17:12:54 +0800 2023", "2023-12-23 09:12:54Z", "2023/12/23 09:12:54"]
    times = Clock(ZoneInfo("UTC")).read("x", pa.array(texts))
    assert set(times.ms.tolist()) == {1_703_322_774_000}
    assert (times.naive, times.zone) == (1, "UTC")


def test_hints_name_unit_and_zone_and_the_user_overrules_the_zone() -> None:
    hint = TimeHint("ms", "Asia/Shanghai")
    text = pa.array(["2024-05-01 08:00:00"])
    assert Clock(ZoneInfo("UTC")).read("x", text, hint).ms[0] == 1_714_521_600_000
    told = Clock(ZoneInfo("UTC"), told=True).read("x", text, hint)
    assert (told.ms[0], told.zone) == (1_714_550_400_000, "UTC")
    clock = Clock(ZoneInfo("UTC"))
    assert clock.read("x", pa.array([1_700_000_000]), hint).ms[0] == 1_700_000_000
    assert clock.settled() == {}


@given(st.lists(st.text(max_size=30), max_size=5))
def test_nothing_else_is_touched_but_dates(texts: list[str]) -> None:
    out = as_iso(pa.array(texts, pa.string())).to_pylist()
    for before, after in zip(texts, out, strict=True):
        assert (
            after == before or before[:4].isdigit() or before[:3].isalpha() or before[0].isdigit()
        )
