"""Each detector finds what was planted, and nothing where its sign is missing."""

from __future__ import annotations

import pytest
from zhenzan.detector.contexts import KINDS, detectors

KINDS_FOUND = sorted({kind for detector in detectors() for kind in detector.kinds})


def here(rows: list) -> dict:
    return {row["kind"]: row for row in rows if row["section_id"] == "t:0"}


def test_every_kind_of_the_table_has_a_detector_a_plant_and_near_misses(planted) -> None:
    assert set(KINDS_FOUND) == set(KINDS) == set(planted.GOOD) == set(planted.NEAR)


@pytest.mark.parametrize("kind", KINDS_FOUND)
def test_what_was_planted_is_found(kind: str, planted, search) -> None:
    found = here(search(planted.GOOD[kind]()))
    assert kind in found
    row = found[kind]
    assert row["declared_by"] == "auto" and 0 < row["confidence"] <= 1


@pytest.mark.parametrize("kind", KINDS_FOUND)
def test_a_purchased_burst_without_the_sign_is_not_excused(kind: str, planted, search) -> None:
    for make in planted.NEAR[kind]:
        assert kind not in here(search(make())), make
    plain = planted.Plant().section().burst().talk([planted.PACK])
    assert here(search(plain)) == {}


def test_untimed_rows_are_read_in_one_order_whatever_the_engine_gives(planted, search) -> None:
    """Of many notes of the creator the first twenty are read: always the same twenty."""
    plant = planted.Plant().section().burst().talk(["好看", "抽我", "来了"], 40)
    for i in range(40):
        note = "抽三位送书，关注并评论" if i in (0, 39) else f"更新记录 {i}"
        plant.comments.append(
            {"section_id": "t:0", "text": note, "at": None, "account_id": "t:c0",
             "by_creator": True, "surprising": False}
        )  # fmt: skip
    made = [search(plant, shuffle=seed) for seed in range(4)]
    assert all(rows == made[0] for rows in made)


def test_eight_hours_off_is_a_clock_and_not_a_late_start(planted, search) -> None:
    assert "measurement_artefact" in here(search(planted.shifted(8)))


def test_a_window_covers_what_it_explains_and_no_more(planted, search) -> None:
    plant = planted.giveaway()
    row = here(search(plant))["giveaway"]
    at = [a["at"] for a in plant.acts] + [c["at"] for c in plant.comments]
    assert row["start_ms"] == min(at) and row["end_ms"] == max(at) + 1


@pytest.mark.parametrize("crowd", [True, False])
def test_a_deadline_counts_where_people_came_from_the_start(crowd: bool, planted, search) -> None:
    plant = planted.Plant().section(text="抽五位送书，周五晚八点截止")
    end = planted.START + 4 * planted.DAY
    for i in range(60):
        plant.act(end - (i % 30) * planted.MINUTE - 7 * i, f"t:w{i}")
    for i in range(40):
        plant.act(planted.START + i * planted.HOUR, f"t:v{i}", p=0.9 if crowd else 0.1)
    plant.act(end + 40 * planted.HOUR, "t:late", p=0.0)
    found = here(search(plant))
    assert ("giveaway" in found) == crowd  # a late flash ends abruptly, too
    if crowd:
        assert abs(found["giveaway"]["end_ms"] - end) <= planted.MINUTE


def test_quiet_sections_are_not_looked_at(planted, search) -> None:
    plant = planted.giveaway()
    for act in plant.acts:
        act["p"] = 0.0
    plant.acts = [dict(a, section_id="t:9") for a in plant.acts]
    plant.comments = [dict(c, surprising=False) for c in plant.comments]
    assert here(search(plant)) == {}
