from __future__ import annotations

from typing import Any

import pytest
from zhenzan.detector.report.checks import CHECKS, incomplete, section_checks
from zhenzan.detector.report.texts import load_texts
from zhenzan.detector.report.wording import Wording, zone_of

TEXTS = load_texts("en")
WORDING = Wording(TEXTS, zone_of(None)[0])
ALL = {"timing", "coengagement", "template", "account"}
FULL = {
    "n_likes": 500, "n_timed": 500, "n_accounts": 400, "time_precision_s": 0.0, "n_snapshots": 0,
    "n_comments": 80, "n_texts": 80, "share_account_age": 0.9, "share_region": 0.0,
    "coverage_share": 1.0, "selection": "all", "n_sections_in_set": 50,
}  # fmt: skip


def states(used: set[str] = ALL, **changes: Any) -> dict[str, str]:
    found = section_checks(FULL | changes, used, TEXTS, WORDING)
    assert [c.name for c in found] == list(CHECKS)
    if used == ALL:
        assert all((c.remedy is None) == (c.state == "yes") for c in found)
    return {c.name: c.state for c in found}


def test_full_data_and_all_families_check_everything() -> None:
    assert set(states().values()) == {"yes"}


def test_without_a_capability_row_nothing_was_checked() -> None:
    found = section_checks({}, ALL, TEXTS, WORDING)
    assert {c.state for c in found} == {"no"}
    assert all(c.remedy for c in found)


@pytest.mark.parametrize(("timed", "said"), [(0, "no engagement has"), (1, "only one comment with"),
    (7, "only 7 comments with"), (40, "40 comments have a time")])  # fmt: skip
def test_times_of_comments_that_were_not_judged_are_told(timed: int, said: str) -> None:
    row = FULL | {"n_timed": 0}
    found = section_checks(row, ALL - {"timing"}, TEXTS, WORDING, timed)[0]
    assert (found.name, found.state) == ("times", "no")
    assert found.detail.startswith(said)


@pytest.mark.parametrize(
    ("check", "change", "state"),
    [
        ("times", {"n_timed": 0, "n_comments": 0}, "no"),
        ("times", {"n_timed": 0}, "partly"),  # what has a time is the comments
        ("times", {"n_timed": 0, "n_snapshots": 3}, "partly"),
        ("times", {"n_timed": 19}, "no"),
        ("times", {"time_precision_s": 3600.0}, "partly"),
        ("company", {"n_accounts": 0}, "no"),
        ("company", {"n_sections_in_set": 1}, "no"),
        ("company", {"n_sections_in_set": 5}, "partly"),
        ("texts", {"n_texts": 14}, "no"),
        ("ages", {"share_account_age": None}, "no"),
        ("ages", {"share_account_age": 0.2}, "partly"),
        ("coverage", {"coverage_share": None, "selection": None}, "no"),
        ("coverage", {"coverage_share": 0.3}, "partly"),
        ("coverage", {"selection": "top"}, "partly"),
    ],
)
def test_each_gap_shows_in_its_check_only(check: str, change: dict[str, Any], state: str) -> None:
    assert states(**change) == dict.fromkeys(CHECKS, "yes") | {check: state}


def test_data_that_no_family_read_was_not_checked() -> None:
    assert states(used=ALL - {"account"})["ages"] == "no"
    assert states(used=set())["times"] == states(used=set(), n_timed=0)["times"] == "no"


def test_a_selection_or_half_the_data_is_incomplete() -> None:
    assert not incomplete(FULL)
    assert not incomplete({})
    assert incomplete(FULL | {"selection": "selected_by_creator"})
    assert incomplete(FULL | {"coverage_share": 0.4})
