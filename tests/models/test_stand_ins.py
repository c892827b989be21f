"""Rules stand in where the trees have not seen the like of a row, on the scale of the trees."""

from __future__ import annotations

import numpy as np
import pytest
from zhenzan.models.stand_ins import fit_stand_ins, stand_in


def ruled(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Scores of rules that rank well and are far too sure, and what happened."""
    rng = np.random.default_rng(seed)
    odds = rng.normal(-3.0, 2.0, n)
    found = rng.random(n) < 1 / (1 + np.exp(-odds))
    return 1 / (1 + np.exp(-3.0 * odds - 4.0)), found


def test_a_score_of_the_rules_is_worth_how_often_it_came_true() -> None:
    rules, found = ruled(20_000)
    kinds = np.full(len(rules), "events")
    made = fit_stand_ins(kinds, rules, found, 20, 200)
    fresh, happened = ruled(20_000, seed=1)
    raw = np.zeros(len(fresh))
    told, replaced = stand_in(raw, fresh, kinds, np.ones(len(fresh), bool), made)
    p = 1 / (1 + np.exp(-told))
    assert replaced.all()
    for low, high in ((0.02, 0.2), (0.2, 0.5), (0.5, 0.9)):
        part = (p > low) & (p < high)
        assert part.sum() > 100 and happened[part].mean() == pytest.approx(p[part].mean(), abs=0.04)
    order = np.argsort(fresh)
    assert (np.diff(told[order]) >= 0).all(), "the rules' own order is kept"


def test_only_rows_unlike_the_training_and_of_a_class_that_the_rules_rank() -> None:
    rules, found = ruled(3_000)
    blind = np.random.default_rng(5).random(3_000)  # says nothing of what happened
    kinds = np.repeat(["events", "comments"], 3_000)
    made = fit_stand_ins(kinds, np.r_[rules, blind], np.r_[found, found], 20, 200)
    assert set(made) == {"events"}
    raw = np.array([1.5, 1.5, 1.5, np.nan, 1.5])
    told, replaced = stand_in(
        raw,
        np.array([0.001, 0.001, 0.001, 0.001, np.nan]),
        np.array(["events", "events", "comments", "events", "events"]),
        np.array([True, False, True, True, True]),
        made,
    )
    assert replaced.tolist() == [True, False, False, False, False]
    assert told[0] < -2 and told[1] == told[2] == told[4] == 1.5 and np.isnan(told[3])


def test_scores_at_the_ends_stay_finite_and_few_rows_stand_in_for_nothing() -> None:
    rules, found = ruled(3_000)
    rules[:2] = 0.0, 1.0
    kinds = np.full(len(rules), "events")
    made = fit_stand_ins(kinds, rules, found, 20, 200)
    told, _ = stand_in(np.zeros(2), rules[:2], kinds[:2], np.ones(2, bool), made)
    assert np.isfinite(told).all() and told[0] < told[1]
    assert fit_stand_ins(kinds[:100], rules[:100], found[:100], 20, 200) == {}
    assert fit_stand_ins(kinds, np.full(len(rules), np.nan), found, 20, 200) == {}
