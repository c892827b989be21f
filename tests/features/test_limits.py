"""Every gap of the data is named, and nothing else is."""

from __future__ import annotations

from typing import Any

import pytest
from zhenzan.features.limits import limits, partial

FULL = {
    "n_likes": 500, "n_timed": 500, "n_accounts": 400, "time_precision_s": 1.0, "n_snapshots": 0,
    "n_comments": 80, "n_texts": 80, "share_account_age": 0.9, "share_region": 0.0,
    "coverage_share": 1.0, "selection": "all", "n_sections_in_set": 50, "share_name_only": 0.0,
}  # fmt: skip


def names(**changes: Any) -> list[str]:
    return [limit.name for limit in limits(FULL | changes)]


def test_full_data_has_no_limits() -> None:
    assert names() == []


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"n_timed": 0}, "untimed"),
        ({"n_timed": 0, "n_snapshots": 2}, "untimed"),
        ({"n_timed": 0, "n_snapshots": 3}, "counts_only"),
        ({"n_timed": 19}, "few_likes"),
        ({"time_precision_s": 3600.0}, "coarse_times"),
        ({"n_texts": 14}, "few_comments"),
        ({"n_accounts": 0, "share_name_only": None}, "names_only"),
        ({"share_name_only": 1.0}, "names_only"),
        ({"n_sections_in_set": 1}, "one_section"),
        ({"coverage_share": 0.49}, "partial"),
        ({"selection": "top"}, "partial"),
        ({"selection": "selected_by_creator"}, "partial"),
    ],
)
def test_each_gap_is_one_limit(change: dict[str, Any], name: str) -> None:
    assert names(**change) == [name]
    (limit,) = limits(FULL | change)
    assert limit.text.zh.endswith("。") and limit.text.en.endswith(".")


def test_times_of_ten_minutes_are_fine_enough() -> None:
    assert names(time_precision_s=600.0) == [] and names(time_precision_s=None) == []


def test_what_is_not_known_is_no_selection() -> None:
    assert not partial({}) and not partial({"coverage_share": float("nan")})


def test_an_empty_row_has_nothing_to_go_by() -> None:
    assert [limit.name for limit in limits({})] == ["untimed", "few_comments", "names_only"]
