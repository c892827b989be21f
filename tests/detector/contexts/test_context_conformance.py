"""What holds for every detector: valid rows, no order, no ids, no calendar, hostile texts."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from zhenzan.detector.contexts import KINDS, detectors

WEEK = 7 * 86_400_000
KINDS_FOUND = sorted({kind for detector in detectors() for kind in detector.kinds})
HOSTILE = (
    "\u202e抽奖\x00<script>alert(1)</script> \u200b\ud800 @someone a@b.example https://x.example/1",
    "=HYPERLINK(1)抽奖\x1b[31m 13800138000",
    "抽" * 100_000,
    "𝟏" * 50 + "🕯" * 500,
    "((((((((((" * 2000 + "抽奖",
    "",
    "\n\t ",
)


def test_detectors_say_what_they_need_in_both_languages() -> None:
    assert len({type(d).__name__ for d in detectors()}) == len(detectors())
    for detector in detectors():
        assert detector.kinds and set(detector.kinds) <= set(KINDS)
        assert detector.needs and all("." in n or n == "follow" for n in detector.needs)
        assert detector.sign.zh and detector.sign.en
        assert type(detector).__doc__ and type(detector).find.__doc__


def proper(quote: str | None) -> None:
    if quote is None:
        return
    assert 0 < len(quote) <= 60
    assert not any(unicodedata.category(c).startswith("C") for c in quote)
    assert "@" not in quote and "://" not in quote and "138001" not in quote


def shifted(plant: Any, by: int) -> Any:
    for row in (*plant.acts, *plant.comments):
        row["at"] += by
        if row.get("retracted") is not None:
            row["retracted"] += by
    for row in plant.sections:
        row["published_ms"] += by
    for facts in plant.accounts.values():
        if "created_ms" in facts:
            facts["created_ms"] += by
    plant.onsets = {key: at + by for key, at in plant.onsets.items()}
    return plant


def renamed(plant: Any) -> Any:
    """All ids spelled otherwise, so that they sort the other way round."""

    def other(key: str) -> str:
        return "u:" + "".join(chr(0x21 + 0x7E - ord(c)) for c in key)

    for row in (*plant.acts, *plant.comments, *plant.sections):
        for name in ("account_id", "comment_id", "creator_id"):
            if row.get(name) is not None:
                row[name] = other(row[name])
    plant.accounts = {other(key): facts for key, facts in plant.accounts.items()}
    plant.follows = [(other(a), other(b)) for a, b in plant.follows]
    return plant


@pytest.mark.parametrize("kind", KINDS_FOUND)
def test_rows_are_valid_and_know_no_order_no_ids_and_no_calendar(
    kind: str, planted, search
) -> None:
    plain = search(planted.GOOD[kind]())
    assert plain
    for row in plain:
        assert row["kind"] in KINDS and row["declared_by"] == "auto"
        assert 0 < row["confidence"] <= 1
        assert row["start_ms"] is None or row["start_ms"] < row["end_ms"]
        proper(row["quote"])
    other = search(renamed(shifted(planted.GOOD[kind](), 3 * WEEK)), shuffle=1)
    for row in other:
        for name in ("start_ms", "end_ms"):
            row[name] = None if row[name] is None else row[name] - 3 * WEEK
    for row in (*plain, *other):
        row["comment_id"] = row["comment_id"] is not None
    assert other == plain


def test_the_same_input_gives_the_same_rows(planted, search) -> None:
    assert search(planted.ritual()) == search(planted.ritual())


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_end_in_rows_that_can_be_shown(text: str, planted, search) -> None:
    safe = text.encode("utf-8", "ignore").decode("utf-8")  # Arrow holds no lone surrogates
    plant = planted.Plant().section(title=safe, text=safe + " 抽三位送书").burst()
    plant.talk([safe, "求抽 " + safe[:5]])
    for row in search(plant):
        proper(row["quote"])


def test_empty_tables_and_missing_columns_give_nothing(planted, search) -> None:
    bare = planted.Plant()
    bare.burst()
    bare.acts = [{k: v for k, v in a.items() if k != "region"} for a in bare.acts]
    assert search(bare) == []
