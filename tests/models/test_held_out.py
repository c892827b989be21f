"""Figures stated apart: slices share a threshold, diagrams say what was stated and observed."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from zhenzan.models.held_out import class_figures, main_class, reliability, sliced
from zhenzan.models.splits import split_figures


def rows(n: int = 4_000, seed: int = 0) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    found = rng.random(n) < 0.2
    hard = rng.random(n) < 0.3
    raw = rng.normal(size=n) + np.where(found, np.where(hard, 0.0, 9.0), 0.0)
    facts = pd.DataFrame(
        {
            "positive": found, "group": [f"w{i % 8}" for i in range(n)], "rules": np.nan,
            "slice": np.where(found, np.where(hard, "order:drip", "order:flash"), "organic"),
            "amount": np.where(found, 50.0, 0.0), "n_engagements": np.where(hard, 60.0, 2_000.0),
            "pool": np.where(found, np.where(hard, "real", "fresh"), None),
            "delivery": None, "language": np.where(hard, "zh", "en"),
            "time_ms": rng.permutation(n).astype(float),
        }
    )  # fmt: skip
    stated = np.where(found, 0.9, 0.1)
    return facts, raw, stated


def test_a_slice_that_is_missed_is_not_hidden_by_one_that_is_found() -> None:
    made = {(r["facet"], r["name"]): r for r in sliced(*rows())}
    assert made["order", "flash"]["found"][0] > 0.99 > 0.1 > made["order", "drip"]["found"][0]
    assert made["life", "organic"]["found"] is None
    value, low, high = made["life", "organic"]["wrong"]
    assert low <= value <= 0.005 < high
    assert made["pool", "fresh"]["wrong"] is None and made["pool", "real"]["n"] > 100
    assert {name for facet, name in made if facet == "size"} == {"50+", "1000+"}
    assert ("delivery", "") not in made
    assert made["language", "zh"]["observed"] == pytest.approx(0.2, abs=0.05)


def test_figures_of_a_class() -> None:
    facts, raw, stated = rows()
    low, high = np.where(facts["positive"], 40.0, 0.0), np.where(facts["positive"], 49.0, 3.0)
    high[::2] += 10
    made = class_figures(facts, raw, stated, (low, high))
    assert 0.03 < made["calibration_error"] < 0.11 and made["groups"] == 8
    assert made["interval_coverage"] == pytest.approx(0.5, abs=0.05)
    assert made["interval_coverage_free"] == 1.0
    assert made["auc_rules"] == pytest.approx(0.5)  # they said nothing
    none = class_figures(facts, raw, np.full(len(raw), np.nan))
    assert none["calibration_error"] is None and none["reliability"] == []


def test_points_of_a_diagram_hold_all_rows() -> None:
    rng = np.random.default_rng(0)
    p = np.where(rng.random(5_000) < 0.5, 0.01, rng.random(5_000))
    points = reliability(p, rng.random(5_000) < p)
    assert sum(n for _, _, n in points) == 5_000 and len(points) == 11
    assert all(abs(stated - observed) < 0.12 for stated, observed, _ in points)
    assert [stated for stated, *_ in points] == sorted(stated for stated, *_ in points)


def test_the_class_of_full_events_is_the_main_one() -> None:
    assert main_class(np.array(["counts", "counts", "events"])) == "events"
    assert main_class(np.array(["counts", "counts", "comments"])) == "counts"


def test_splits_hold_out_what_they_say() -> None:
    facts, raw, _ = rows()
    seen: list[np.ndarray] = []

    class Known:
        """Ranks as the rows were made; what is tested is who is learnt from and who is judged."""

        def decision_function(self, frame: pd.DataFrame) -> np.ndarray:
            seen.append(frame["at"].to_numpy())
            return raw[seen[-1]]

    learnt: list[np.ndarray] = []

    def grown(at: np.ndarray) -> Known:
        learnt.append(at)
        return Known()

    frame = pd.DataFrame({"at": np.arange(len(raw))})
    made = {r["name"]: r for r in split_figures(facts, frame, grown)}
    assert list(made) == ["later days", "fresh", "real"]
    assert made["fresh"]["recall_at_0.5pct"] > 0.99 > made["real"]["recall_at_0.5pct"]
    for train, test in zip(learnt, seen, strict=True):
        assert not set(train) & set(test)
    days = facts["time_ms"].to_numpy()
    groups = facts["group"].to_numpy()
    early, late = learnt[0], seen[0]
    for group in np.unique(groups):
        mine = [days[at[groups[at] == group]] for at in (early, late)]
        assert mine[0].max() < mine[1].min()
    assert not (facts["pool"].to_numpy()[learnt[1]] == "fresh").any()
    assert not set(groups[learnt[1]]) & set(groups[seen[1]])
    assert "complete" not in made["fresh"] and "complete" not in made["later days"]


def test_a_kind_of_pool_is_held_out_wherever_it_delivered_anything() -> None:
    facts, raw, _ = rows()
    main = facts["pool"].fillna("").to_numpy(str)
    both = np.where((main == "real") & (np.arange(len(main)) % 3 == 0), "fresh,real", main)
    facts = facts.assign(pools=pd.Series(both, facts.index).replace("", None))
    learnt: list[np.ndarray] = []

    def grown(at: np.ndarray) -> Any:
        learnt.append(at)
        return SimpleNamespace(decision_function=lambda part: raw[part["at"]])

    made = split_figures(facts, pd.DataFrame({"at": np.arange(len(raw))}), grown)
    assert [row["name"] for row in made] == ["later days", "fresh", "real"]
    assert [row.get("complete") for row in made] == [None, True, True]
    assert "real" in both[learnt[1]] and not {"fresh", "fresh,real"} & set(both[learnt[1]])
    assert "fresh" in both[learnt[2]] and not {"real", "fresh,real"} & set(both[learnt[2]])
