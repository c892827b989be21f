"""Vectorised figures against slow, obvious versions on random worlds."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from types import ModuleType
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from zhenzan.detector.insights.active_hours import ActiveHours, hour_of_week
from zhenzan.detector.insights.conversation import depths
from zhenzan.detector.insights.creator_replies import CreatorReplies, threads
from zhenzan.detector.insights.growth import steps
from zhenzan.detector.insights.keywords import PRIOR, contrast, count_words
from zhenzan.detector.insights.returning import Returning
from zhenzan.detector.insights.tokens import words_of

WORDS = ("豆浆", "油条", "coffee", "beans", "早餐", "grinder", "面条", "西湖", "steam")
SPAN = 6 * 3_600_000


Rows = list[dict[str, Any]]


def made(world: ModuleType, seed: int, n: int = 400, days: int = 10) -> tuple[Any, Rows, Rows]:
    rng = np.random.default_rng(seed)
    sections = [{"id": f"s{i}", "creator": f"k{i % 3}" if i < 8 else None} for i in range(10)]
    comments: list[dict[str, Any]] = []
    for i in range(n):
        section = int(rng.integers(10))
        above = [c["id"] for c in comments if c["section"] == f"s{section}"]
        owner = sections[section]["creator"]
        mine = bool(rng.random() < 0.1) and owner is not None
        comments.append(
            {
                "id": f"c{i:04d}",
                "section": f"s{section}",
                "account": owner
                if mine
                else f"u{rng.integers(80)}"
                if rng.random() < 0.9
                else None,
                "by_creator": mine,
                "parent": str(rng.choice(above)) if above and rng.random() < 0.4 else None,
                "ms": world.START + int(rng.integers(days * world.DAY)),
                "weight": float(rng.choice([1.0, 0.5, 0.0])),
                "text": " ".join(rng.choice(WORDS, 3)) if rng.random() < 0.9 else None,
            }
        )
    likes = [
        {"section": f"s{rng.integers(10)}", "ms": world.START + int(rng.integers(20 * world.DAY)),
         "p": float(rng.choice([0.0, 0.25, 1.0])), "on_comment": bool(rng.random() < 0.3)}
        for _ in range(800)
    ]  # fmt: skip
    return world.make_known(sections, comments, likes), comments, likes


@pytest.mark.parametrize("seed", range(3))
def test_keywords_rank_as_the_formula_says(world: ModuleType, seed: int) -> None:
    known, comments, _ = made(world, seed)
    counts: dict[str, dict[str, float]] = {}
    users: dict[tuple[str, str], int] = {}
    for c in comments:
        if c["by_creator"] or c["text"] is None:
            continue
        for word in set(words_of(c["text"])):
            here = counts.setdefault(c["section"], {})
            here[word] = here.get(word, 0.0) + c["weight"]
    for section, word in {(s, w) for s, here in counts.items() for w in here}:
        wrote = [
            c["account"] for c in comments
            if c["section"] == section and not c["by_creator"] and word in words_of(c["text"] or "")
        ]  # fmt: skip
        users[section, word] = len({a for a in wrote if a}) + wrote.count(None)
    whole = {w: sum(here.get(w, 0.0) for here in counts.values()) for w in WORDS}
    total = sum(whole.values())
    found = count_words(known)
    scores = contrast(found, np.bincount(found.word, found.genuine, minlength=len(found.words)))
    assert len(scores) == sum(map(len, counts.values()))
    for at, score in enumerate(scores):
        section, word = known.sections.id[found.section[at]], found.words[found.word[at]]
        y, n = counts[section][word], sum(counts[section].values())
        prior = PRIOR * whole[word] / total
        other = whole[word] - y
        odds = math.log((y + prior) / (n + PRIOR - y - prior))
        odds -= math.log((other + prior) / (total - n + PRIOR - other - prior))
        assert score == pytest.approx(odds / math.sqrt(1 / (y + prior) + 1 / (other + prior)))
        assert found.users[at] == users[section, word]


@pytest.mark.parametrize("seed", range(3))
def test_hours_of_the_week_are_those_of_the_calendar(world: ModuleType, seed: int) -> None:
    known, comments, likes = made(world, seed)
    week: dict[str, dict[tuple[int, int], list[float]]] = {}
    acts = [(c["section"], c["ms"], c["weight"]) for c in comments if not c["by_creator"]]
    acts += [(a["section"], a["ms"], 1 - a["p"]) for a in likes]
    for section, ms, weight in acts:
        local = datetime.fromtimestamp(ms / 1000, UTC).astimezone(ZoneInfo("Asia/Shanghai"))
        cell = week.setdefault(section, {}).setdefault((local.weekday(), local.hour), [0, 0.0])
        cell[0] += 1
        cell[1] += weight
    told = {i.subject[1]: i for i in ActiveHours().make(known) if i.subject[0] == "section"}
    assert all(told[section].given for section in week)
    for section, cells in week.items():
        rows = {(d, h): (n, g) for d, h, n, g in told[section].series[0].rows}
        assert rows == {key: (n, round(g, 1)) for key, (n, g) in cells.items()}
        assert told[section].n == sum(n for n, _ in cells.values())


def test_hours_follow_the_clock_change() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    at = [datetime(2024, 3, 31, 0, 30, tzinfo=UTC), datetime(2024, 3, 31, 1, 30, tzinfo=UTC)]
    quarters = np.array([int(t.timestamp()) // 900 for t in at])
    assert hour_of_week(quarters, berlin).tolist() == [6 * 24 + 1, 6 * 24 + 3]
    assert hour_of_week(quarters, ZoneInfo("Asia/Kathmandu")).tolist() == [6 * 24 + 6, 6 * 24 + 7]


@pytest.mark.parametrize("seed", range(3))
def test_returning_commenters_counted_by_hand(world: ModuleType, seed: int) -> None:
    known, comments, _ = made(world, seed)
    creator = dict(zip(known.sections.id, known.sections.creator, strict=True))
    where: dict[tuple[int, str], dict[str, float]] = {}
    for c in comments:
        if not c["by_creator"] and c["account"] and creator[c["section"]] >= 0:
            here = where.setdefault((creator[c["section"]], c["account"]), {})
            here[c["section"]] = max(here.get(c["section"], 0.0), c["weight"])
    for told in Returning().make(known):
        if not told.given:
            continue
        kind, subject = told.subject
        if kind == "section":
            mine = [(here[subject], len(here)) for here in where.values() if subject in here]
        else:
            at = list(known.sections.creator_id).index(subject)
            mine = [(max(h.values()), len(h)) for (k, _), h in where.items() if k == at]
        assert told.n == len(mine)
        assert told.raw == pytest.approx(sum(k >= 2 for _, k in mine) / len(mine), rel=1e-5)
        kept = sum(w for w, _ in mine)
        assert told.genuine == pytest.approx(sum(w for w, k in mine if k >= 2) / kept, rel=1e-5)


@pytest.mark.parametrize("seed", range(3))
def test_threads_and_windows_around_replies_counted_by_hand(world: ModuleType, seed: int) -> None:
    known, comments, _ = made(world, seed, n=1200, days=15)
    by_id = {c["id"]: c for c in comments}

    def root(c: dict[str, Any]) -> str:
        while c["parent"]:
            c = by_id[c["parent"]]
        return str(c["id"])

    for at, section in enumerate(known.sections.id):
        here = sorted((c for c in comments if c["section"] == section), key=lambda c: c["ms"])
        expected = [0, 0, 0, 0]
        for top in (c for c in here if not c["parent"] and not c["by_creator"]):
            inside = [c for c in here if c["parent"] and root(c) == top["id"]]
            answers = [c["ms"] for c in inside if c["by_creator"]]
            others = [
                c for c in inside
                if not c["by_creator"] and (c["account"] is None or c["account"] != top["account"])
            ]  # fmt: skip
            if answers:
                expected[1] += 1
                expected[0] += any(c["ms"] > min(answers) for c in others)
            else:
                expected[3] += 1
                expected[2] += bool(others)
        assert threads(known)[at].tolist() == expected
    told = {i.subject: i for i in CreatorReplies().make(known)}
    given = [i for i in told.values() if i.given]
    assert given
    for insight in given:
        if insight.subject[0] != "section":
            continue
        here = sorted(
            (c for c in comments if c["section"] == insight.subject[1]), key=lambda c: c["ms"]
        )
        replies = [c["ms"] for c in here if c["by_creator"] and c["parent"]]
        runs: list[list[int]] = []
        for ms in replies:
            if runs and ms - runs[-1][-1] < SPAN:
                runs[-1].append(ms)
            else:
                runs.append([ms])
        before = after = 0
        for run in runs:
            if run[0] - SPAN < here[0]["ms"] or run[-1] + SPAN > here[-1]["ms"]:
                continue
            others = [c["ms"] for c in here if not c["by_creator"]]
            before += sum(run[0] - SPAN <= ms < run[0] for ms in others)
            after += sum(run[-1] <= ms < run[-1] + SPAN for ms in others)
        assert [row[1] for row in insight.series[0].rows] == [before, after]


@pytest.mark.parametrize("seed", range(3))
def test_depths_by_walking_up(world: ModuleType, seed: int) -> None:
    known, comments, _ = made(world, seed)
    by_id = {c["id"]: c for c in comments}
    for c, depth in zip(
        comments, depths(known.comments.parent, known.comments.is_reply), strict=True
    ):
        expected, at = 0, c
        while at["parent"]:
            expected, at = expected + 1, by_id[at["parent"]]
        assert depth == min(expected, 20)


def test_a_circle_of_replies_ends() -> None:
    assert depths(np.array([1, 0, 0]), np.array([True, True, True])).tolist() == [20, 20, 20]


def test_steps_of_several_comments_are_their_sum(world: ModuleType) -> None:
    rng = np.random.default_rng(0)
    readings = []
    for comment in ("a", "b", "c"):
        values = np.cumsum(rng.integers(0, 9, 12))
        for k, value in enumerate(values):
            if comment == "c" and k < 3:
                continue  # first read later than the others
            if rng.random() < 0.2 and k not in (0, 3):
                continue  # a poll that missed it
            readings.append({"section": "s", "comment": comment, "metric": "like",
                             "observed_ms": world.START + k * world.HOUR,
                             "value_lo": int(value), "value_hi": int(value) + 1})  # fmt: skip
    known = world.make_known([{"id": "s"}], counts=readings)
    made_steps = steps(known.counts)
    moments = sorted(
        {r["observed_ms"] for r in readings if r["observed_ms"] >= world.START + 3 * world.HOUR}
    )
    assert made_steps["at"].tolist() == moments
    for row in made_steps.itertuples():
        last = {}
        for r in readings:
            if r["observed_ms"] <= row.at:
                last[r["comment"]] = r
        assert row.low == sum(r["value_lo"] for r in last.values())
        assert row.high == sum(r["value_hi"] for r in last.values())


def test_steps_stay_open_to_above_while_any_count_is(world: ModuleType) -> None:
    """A count of 10+ that is read again and again, and one that is read exactly in the end."""
    open_end = {"a": (None, None, None, None), "b": (10, None, 12, 12), "c": (None, 9, 9, None)}
    readings = [
        {"section": "s", "comment": comment, "metric": "like", "value_lo": 9, "value_hi": high,
         "observed_ms": world.START + k * world.HOUR}
        for comment in ("c", "b", "a")
        for k, high in enumerate(open_end[comment])
    ]  # fmt: skip
    for left_out, expected in (("a", [np.inf, np.inf, 21, np.inf]), ("", [np.inf] * 4)):
        counts = [r for r in readings if r["comment"] != left_out]
        made_steps = steps(world.make_known([{"id": "s"}], counts=counts).counts)
        assert made_steps["high"].tolist() == expected
        assert made_steps["low"].tolist() == [9.0 * len({r["comment"] for r in counts})] * 4
