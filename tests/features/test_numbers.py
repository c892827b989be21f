"""Counts in statements."""

from __future__ import annotations

import pytest
from zhenzan.features.numbers import about, count


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0, "0"), (0.001, "<0.1"), (0.049, "<0.1"), (0.05, "0.1"), (3.24, "3.2"), (9.94, "9.9"),
     (9.95, "10"), (1234.4, "1234")],
)  # fmt: skip
def test_counts_read_as_people_write_them(value: float, shown: str) -> None:
    assert count(value) == shown


def test_a_bound_is_no_estimate() -> None:
    assert about(0.01).en == "<0.1"
    assert f"预计{about(0.01).zh} 次" == "预计 <0.1 次"
    assert about(3.24).en == "about 3.2"
    assert f"预计{about(3.24).zh} 次" == "预计约 3.2 次"
