from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from zhenzan.detector.ingest.clock import DAY_MS, Clock

SOME_MS = 1_709_294_400_123


def ms(values: pa.Array, zone: str = "UTC", **units: str) -> list[int | None]:
    times = Clock(ZoneInfo(zone), dict(units)).read("t_ms", values)
    bad = times.missing | times.unreadable
    return [None if b else int(v) for v, b in zip(times.ms, bad, strict=True)]


@pytest.mark.parametrize(
    ("factor", "expected"), [(1e-3, SOME_MS // 1000 * 1000), (1, SOME_MS), (1e3, SOME_MS)]
)
def test_units_by_digits(factor: float, expected: int) -> None:
    assert ms(pa.array([int(SOME_MS * factor)] * 3)) == [expected] * 3
    assert ms(pa.array([str(int(SOME_MS * factor))] * 3)) == [expected] * 3


def test_unit_is_that_of_the_column_and_not_of_the_row() -> None:
    # In a column of milliseconds, seconds are 1970: the range check will lose the row.
    assert ms(pa.array([SOME_MS, SOME_MS, SOME_MS // 1000])) == [SOME_MS, SOME_MS, SOME_MS // 1000]


def test_fractions_of_seconds_are_rounded_and_not_lost() -> None:
    assert ms(pa.array([1709294400.123, 1709294400.001])) == [SOME_MS, SOME_MS - 122]
    assert ms(pa.array(["1709294400.123"])) == [SOME_MS]


def test_a_misleading_start_is_seen_at_the_end() -> None:
    clock = Clock(ZoneInfo("UTC"))
    clock.read("t_ms", pa.array([1_709_294_400] * 3))
    assert clock.units == {"t_ms": "s"}
    clock.read("t_ms", pa.array([SOME_MS] * 10))
    assert clock.settled() == {"t_ms": "ms"}


def test_spellings_of_iso() -> None:
    texts = [
        "2024-03-01T12:00:00.123Z", "2024-03-01t12:00:00.123z",
        "2024-03-01 12:00:00.123+00:00", "2024-03-01 12:00:00.123 UTC",
        "2024-03-01T20:00:00.123+0800", "2024-03-01T12:00:00,123", " 2024-03-01 12:00:00.123 ",
    ]  # fmt: skip
    assert ms(pa.array(texts)) == [SOME_MS] * 7


def test_naive_times_are_those_of_the_zone_and_counted() -> None:
    times = Clock(ZoneInfo("Asia/Shanghai")).read(
        "t_ms", pa.array(["2024-03-01 20:00:00", "2024-03-01T12:00:00Z"])
    )
    assert times.ms.tolist() == [SOME_MS - 123] * 2
    assert times.naive == 1


def test_precision_is_that_of_the_writing() -> None:
    texts = ["2024-03-01", "2024-03-01 12:00", "2024-03-01 12:00:00", "2024-03-01 12:00:00.5"]
    times = Clock(ZoneInfo("UTC")).read("t_ms", pa.array(texts))
    assert times.precision_ms.tolist() == [DAY_MS, 60_000, 1000, 1]
    assert times.ms[0] == 1_709_251_200_000


@pytest.mark.parametrize(
    "values",
    [
        pa.array([datetime(2024, 3, 1, 12, tzinfo=UTC)], pa.timestamp("us", tz="Asia/Shanghai")),
        pa.array([datetime(2024, 3, 1, 12)], pa.timestamp("ns")),
        pa.array(["2024-03-01T12:00:00Z"]).dictionary_encode(),
        pa.array(["2024-03-01T12:00:00Z"], pa.large_string()),
    ],
)
def test_types(values: pa.Array) -> None:
    assert ms(values) == [SOME_MS - 123]


def test_what_is_no_time() -> None:
    texts = ["2024-02-30", "2024-13-01T00:00:00Z", "nan", "12:00", "2024-03-01T25:00:00", "1e400"]
    assert ms(pa.array([*texts, "2024-03-01T12:00:00Z"])) == [None] * 6 + [SOME_MS - 123]
    assert ms(pa.array([[1]])) == [None]
    assert ms(pa.array([True])) == [None]


def test_the_hour_that_does_not_exist_is_no_error() -> None:
    assert ms(pa.array(["2024-03-31 02:30:00"]), "Europe/Berlin") == [1_711_846_800_000]


def test_numbers_of_which_the_first_digits_only_were_kept_are_marked() -> None:
    def marks(*texts: str | None) -> list[bool]:
        read = Clock(ZoneInfo("UTC")).read("t_ms", pa.array(texts, pa.string()))
        return [bool(flag) for flag in read.rounded]

    assert marks("1.71456E+12", "2E+12", None, "1714560123456") == [True, True, False, False]
    assert marks("1.71E+09", "2024-03-01") == [True, False]
    # Written in full, of which one ends in zeros.
    assert marks("1.7145601234567891e+18", "1.71456e+18") == [False, False]
    assert marks("1.714560123e+12", "0", "17.1e11") == [False, False, False]


@given(
    st.lists(
        st.datetimes(datetime(2005, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)),
        min_size=1,
        max_size=20,
    )
)
def test_iso_agrees_with_the_standard_library(moments: list[datetime]) -> None:
    expected = [int(m.timestamp() * 1000 // 1) if not m.microsecond else None for m in moments]
    found = ms(pa.array([m.isoformat() for m in moments]))
    for value, exact, moment in zip(found, expected, moments, strict=True):
        assert value is not None
        assert exact in (None, value)
        assert abs(value - moment.timestamp() * 1000) < 1 + 1e-3


@given(st.lists(st.one_of(st.text(max_size=30), st.floats(), st.integers()), max_size=20))
def test_nothing_makes_it_raise(values: list[object]) -> None:
    clock = Clock(ZoneInfo("UTC"))
    texts = pa.array([str(v).encode("utf-8", "replace").decode() for v in values], pa.string())
    assert len(clock.read("t_ms", texts).ms) == len(values)
    real = [float(v) for v in values if isinstance(v, float)]
    assert len(clock.read("r_ms", pa.array(real, pa.float64())).ms) == len(real)
    small = [v for v in values if isinstance(v, int) and abs(v) < 2**63]
    assert clock.read("i_ms", pa.array(small, pa.int64())).ms.dtype == np.int64
