"""Metrics against their definitions, written out slowly."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from zhenzan.models.metrics import (
    auc,
    average_precision,
    bootstrap_recall,
    group_weights,
    interval,
    recall_at,
    threshold_at,
)

RANKED = st.lists(
    st.tuples(st.integers(0, 8), st.booleans(), st.integers(0, 3)), min_size=1, max_size=60
)


def slow_recall(score, positive, rate):
    """The best recall of any threshold that keeps the promise."""
    best = 0.0
    for t in [-np.inf, *sorted(set(score))]:
        organic = [s for s, p in zip(score, positive, strict=True) if not p]
        if sum(s > t for s in organic) <= rate * len(organic) + 1e-9:
            found = [s > t for s, p in zip(score, positive, strict=True) if p]
            best = max(best, sum(found) / len(found))
    return best


@given(RANKED, st.sampled_from([0.0, 0.1, 0.25, 0.5, 1.0]))
def test_recall_is_the_best_that_the_rate_allows(rows, rate) -> None:
    score = np.array([r[0] for r in rows], float)
    positive = np.array([r[1] for r in rows])
    if not positive.any():
        assert np.isnan(recall_at(score, positive, rate))
        return
    assert recall_at(score, positive, rate) == pytest.approx(slow_recall(score, positive, rate))


@settings(deadline=None)  # compiles once
@given(RANKED, st.integers(0, 5))
def test_bootstrap_equals_repeating_the_rows(rows, seed) -> None:
    score, positive, group = (np.array(c) for c in zip(*rows, strict=True))
    weights = group_weights(4, 3, seed)
    found = bootstrap_recall(score, positive, group, weights, [0.1, 0.5])
    for row, weight in enumerate(weights):
        again = np.repeat(np.arange(len(score)), weight[group])
        for column, rate in enumerate([0.1, 0.5]):
            expected = recall_at(score[again], positive[again], rate)
            assert found[row, column] == pytest.approx(expected, nan_ok=True)


@given(RANKED)
def test_auc_and_average_precision_are_what_they_are_defined_as(rows) -> None:
    score = np.array([r[0] for r in rows], float)
    positive = np.array([r[1] for r in rows])
    up, down = score[positive], score[~positive]
    if len(up) and len(down):
        wins = [(u > d) + 0.5 * (u == d) for u in up for d in down]
        assert auc(score, positive) == pytest.approx(np.mean(wins))
    if len(up):
        precisions = [positive[score >= u].mean() for u in up]
        assert average_precision(score, positive) == pytest.approx(np.mean(precisions))


def test_a_tie_is_never_split() -> None:
    score, positive = np.ones(100), np.arange(100) < 50
    assert recall_at(score, positive, 0.5) == 0.0
    assert auc(score, positive) == 0.5
    assert threshold_at(score, positive, 0.01) == 1.0


def test_a_whole_allowance_counts_despite_rounding() -> None:
    score = np.append(np.arange(300.0), 296.5)
    positive = np.append(np.zeros(300, bool), True)
    assert recall_at(score, positive, 0.01) == 1.0  # 0.01 x 300 is three
    assert recall_at(score, positive, 0.009) == 0.0


def test_nobody_ranked_or_found() -> None:
    empty = np.zeros(0)
    assert np.isnan(auc(empty, empty.astype(bool)))
    assert np.isnan(average_precision(empty, empty.astype(bool)))
    assert np.isnan(recall_at(empty, empty.astype(bool), 0.1))


def test_scores_must_be_numbers_and_as_many_as_labels() -> None:
    with pytest.raises(ValueError, match="NaN"):
        auc([0.1, np.nan], [True, False])
    with pytest.raises(ValueError, match="match"):
        auc([0.1], [True, False])


def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(4)
    hits = 0
    for trial in range(60):
        group = np.repeat(np.arange(60), 20)
        positive = np.tile(np.arange(20) < 10, 60)
        shift = rng.normal(0, 0.7, 60)[group]  # rows of a group move together
        score = np.where(positive, 2.0 + shift, 0.0) + rng.normal(size=len(group))
        weights = group_weights(60, 100, trial)
        got = interval(bootstrap_recall(score, positive, group, weights, [0.1])[:, 0], 0.9)
        true = 0.7219  # P(N(2, 1 + 0.49) > 1.2816)
        hits += got.low <= true <= got.high
    assert 45 <= hits <= 60


def test_weights_are_drawn_whole_and_the_first_row_is_the_data() -> None:
    weights = group_weights(7, 5, 1)
    assert weights.shape == (6, 7)
    assert (weights[0] == 1).all()
    assert (weights.sum(axis=1) == 7).all()
    assert np.isnan(interval([0.5]).low)
