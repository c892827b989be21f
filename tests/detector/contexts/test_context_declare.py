"""What creators declare: dates in their zone, whole days, clear errors, and what it changes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from zhenzan.detector.contexts import KINDS, declared_contexts, declared_rows, parse_context
from zhenzan.detector.scan import scan
from zhenzan.features.errors import UsageError

SHANGHAI = ZoneInfo("Asia/Shanghai")


def ms(*when: int, zone: object = UTC) -> int:
    return round(datetime(*when, tzinfo=zone).timestamp() * 1000)  # type: ignore[arg-type, misc]


def test_dates_are_whole_days_of_the_zone() -> None:
    one = parse_context("giveaway@2024-05-01..2024-05-03", "Asia/Shanghai")
    assert one.kind == "giveaway" and one.section is None
    assert one.start_ms == ms(2024, 5, 1, zone=SHANGHAI)
    assert one.end_ms == ms(2024, 5, 4, zone=SHANGHAI)
    day = parse_context("push@2024-05-01@wechat:a@b:1")
    assert (day.start_ms, day.end_ms) == (ms(2024, 5, 1), ms(2024, 5, 2))
    assert day.section == "wechat:a@b:1"


def test_days_of_23_hours_are_whole_days() -> None:
    one = parse_context("news@2024-03-31", "Europe/Berlin")
    assert one.end_ms is not None and one.start_ms is not None
    assert one.end_ms - one.start_ms == 23 * 3_600_000


def test_times_and_open_ends() -> None:
    one = parse_context("livestream@2024-05-01T20:00..2024-05-01T22:00+08:00", "Asia/Shanghai")
    assert one.start_ms == ms(2024, 5, 1, 12) and one.end_ms == ms(2024, 5, 1, 14)
    assert parse_context("news@2024-05-01..").end_ms is None
    assert parse_context("news@..2024-05-01").start_ms is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("lottery@2024-05-01", "kinds are giveaway, vote_prompt"),
        ("giveaway", "names no time"),
        ("giveaway@", "names no time"),
        ("giveaway@..", "names no time"),
        ("giveaway@yesterday", "no date and no time"),
        ("giveaway@2024-13-01", "no date and no time"),
        ("giveaway@2024-05-03..2024-05-01", "ends before it begins"),
        ("giveaway@2024-05-01@", "names no section"),
        ("give\x1b[31maway@2024-05-01", "there is no kind"),
        ("", "there is no kind"),
    ],
)
def test_errors_say_what_would_be_right(text: str, says: str) -> None:
    with pytest.raises(UsageError, match=says) as error:
        parse_context(text)
    assert "\x1b" not in str(error.value)


def test_an_unknown_zone_is_named() -> None:
    with pytest.raises(UsageError, match="Asia/Shanghai"):
        parse_context("giveaway@2024-05-01", "Mars/Base")


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    for written in (text, f"giveaway@{text}", f"giveaway@2024-05-01..{text}"):
        try:
            found = parse_context(written)
        except UsageError:
            continue
        assert found.kind in KINDS


def test_sections_are_named_with_or_without_their_platform() -> None:
    one = parse_context("push@2024-05-01@8841")
    for ids in (["x:8841", "x:1"], ["8841"]):
        rows = declared_rows([one], ids, []).to_pylist()
        assert [row["section_id"] for row in rows] == [ids[0]]
    with pytest.raises(UsageError, match="not in the data"):
        declared_rows([one], ["x:1"], [])
    everywhere = declared_rows([parse_context("push@2024-05-01")], ["a", "b"], ["b"])
    assert everywhere["section_id"].to_pylist() == ["b"]


def test_a_declaration_is_on_record_and_a_wrong_one_stops_early(tmp_path: Path) -> None:
    lines = [
        f"like,x:1,u{i},{1_700_000_000_000 + i * 60_000}" for i in range(40)
    ]  # fmt: skip
    file = tmp_path / "likes.csv"
    file.write_text("kind,section_id,account_id,ts_ms\n" + "\n".join(lines), "utf-8")
    with pytest.raises(UsageError, match="there is no kind"):
        scan(file, tmp_path / "out", contexts=["lottery@2024-05-01"])
    assert not (tmp_path / "out").exists() and not (tmp_path / "out.partial").exists()
    done = scan(file, tmp_path / "out", contexts=["giveaway@2023-11-14..2023-11-16@1"])
    assert done.run["config"]["contexts"] == ["giveaway@2023-11-14..2023-11-16@1"]
    assert done.run["contexts"]["declared"] == {"giveaway": 1}
    row = done.reference("contexts").iloc[0]
    assert row["declared_by"] == "creator" and row["counted"]
    assert row["band_before"] == row["band_after"] or row["score_after"] <= row["score_before"]
    excuses = declared_contexts(done.reference("contexts"))
    assert excuses["own_word"].all()
