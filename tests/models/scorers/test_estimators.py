"""Estimators keep the contract of scikit-learn, learn what is planted, the same each time."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.model_selection import GroupKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import parametrize_with_checks
from zhenzan.models.metrics import auc
from zhenzan.models.scorers.outliers import OutlierForest
from zhenzan.models.scorers.trees import TreeScorer, booster_from_text, raw_scores


@parametrize_with_checks([TreeScorer(n_trees=30, n_leaves=7), OutlierForest(n_trees=20)])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
def test_the_contract_of_scikit_learn(estimator, check) -> None:  # type: ignore[no-untyped-def]
    check(estimator)


def planted(n: int = 400, seed: int = 0) -> tuple[pd.DataFrame, np.ndarray]:
    rng = np.random.default_rng(seed)
    bought = rng.random(n) < 0.25
    strong = np.where(bought, 2.0, 0.0) + rng.normal(size=n)
    gaps = np.where(rng.random(n) < 0.3, np.nan, strong)
    return pd.DataFrame({"a__x": gaps, "a__y": strong, "b__noise": rng.normal(size=n)}), bought


def test_what_is_planted_is_found_and_rises_with_its_column() -> None:
    frame, bought = planted()
    fresh, truth = planted(seed=1)
    made = TreeScorer(monotone={"a__x": 1, "a__y": 1}).fit(frame, bought)
    assert auc(made.decision_function(fresh), truth) > 0.85
    ladder = pd.DataFrame({"a__x": 0.0, "a__y": np.linspace(-4, 6, 200), "b__noise": 0.3})
    assert (np.diff(made.decision_function(ladder)) >= 0).all()
    falling = TreeScorer(monotone={"a__y": -1}).fit(frame[["a__y"]], bought)
    assert (np.diff(falling.decision_function(ladder[["a__y"]])) <= 0).all()


@pytest.mark.parametrize("as_frame", [True, False])
def test_what_binds_may_be_named_or_numbered_and_nothing_else(as_frame: bool) -> None:
    frame, bought = planted()
    given = frame if as_frame else frame.to_numpy()
    ladder = np.column_stack([np.zeros(200), np.linspace(-4, 6, 200), np.full(200, 0.3)])
    ladder = pd.DataFrame(ladder, columns=frame.columns) if as_frame else ladder
    for column in (1, np.int64(1), "a__y") if as_frame else (1, np.int64(1)):
        made = TreeScorer(monotone={column: -1}).fit(given, bought)
        assert (np.diff(made.decision_function(ladder)) <= 0).all()
    wrong = [{"nowhere": 1}, {3: 1}, {-1: 1}, {1: 2}, {True: 1}]
    wrong += [{"a__y": 1, 1: 1}] if as_frame else [{"a__y": 1}]
    for monotone in wrong:
        with pytest.raises(ValueError, match="monotone"):
            TreeScorer(monotone=monotone).fit(given, bought)


def test_held_out_rows_have_the_columns_and_classes_that_are_learnt_from() -> None:
    frame, bought = planted()
    held, truth = planted(seed=5)
    model = TreeScorer(n_trees=5)
    with pytest.raises(ValueError, match="feature names"):
        model.fit_watched(frame, bought, held[held.columns[::-1]], truth)
    with pytest.raises(ValueError, match="features"):
        model.fit_watched(frame.to_numpy(), bought, held.to_numpy()[:, :2], truth)
    with pytest.raises(ValueError, match="inconsistent"):
        model.fit_watched(frame, bought, held, truth[:-1])
    words, others = np.where(bought, "yes", "no"), np.where(truth, "yes", "perhaps")
    with pytest.raises(ValueError, match=r"not learnt from: \['perhaps'\]"):
        model.fit_watched(frame, words, held, others)


def test_contributions_sum_to_the_log_odds() -> None:
    frame, bought = planted()
    made = TreeScorer().fit(frame, bought)
    parts = made.contributions(frame)
    assert parts.shape == (len(frame), 4)
    np.testing.assert_allclose(parts.sum(axis=1), made.decision_function(frame), atol=1e-9)


def test_random_cuts_come_again_whatever_the_order_and_keep_what_binds() -> None:
    frame, bought = planted()
    options = {"columns_share": 0.6, "random_cuts": True, "monotone": {"a__y": 1}}
    made = TreeScorer(**options).fit(frame, bought)
    back = np.arange(len(frame))[::-1]
    again = TreeScorer(**options).fit(frame.iloc[back], bought[back])
    assert made.booster_.model_to_string() == again.booster_.model_to_string()
    other = TreeScorer(**options, seed=1).fit(frame, bought)
    assert other.booster_.model_to_string() != made.booster_.model_to_string()
    fresh, truth = planted(seed=1)
    assert auc(made.decision_function(fresh), truth) > 0.85
    ladder = pd.DataFrame({"a__x": 0.0, "a__y": np.linspace(-4, 6, 200), "b__noise": 0.3})
    assert (np.diff(made.decision_function(ladder)) >= 0).all()


@pytest.mark.parametrize("random_cuts", [False, True])
def test_the_first_trees_of_a_watched_run_are_those_of_a_shorter_one(random_cuts: bool) -> None:
    frame, bought = planted()
    fresh, truth = planted(seed=1)
    options = {"columns_share": 0.6 if random_cuts else 1.0, "random_cuts": random_cuts}
    long = TreeScorer(n_trees=60, **options)
    long.fit_watched(frame, bought, fresh, truth, patience=60)
    short = TreeScorer(n_trees=17, **options).fit(frame, bought)
    np.testing.assert_array_equal(long.first(fresh, 17), short.decision_function(fresh))
    assert long.first(fresh, 61) is None
    begun = TreeScorer(start=short.booster_.model_to_string(), **options).fit(frame, bought)
    assert begun.first(fresh, 5) is None  # its first trees are another's


def test_same_rows_same_trees_and_text_is_the_whole_model() -> None:
    frame, bought = planted()
    one, two = (TreeScorer(seed=3).fit(frame, bought).booster_.model_to_string() for _ in "ab")
    assert one == two
    made = TreeScorer(seed=3).fit(frame, bought)
    back = raw_scores(booster_from_text(one), frame.to_numpy())
    np.testing.assert_array_equal(back, made.decision_function(frame))
    assert len(raw_scores(booster_from_text(one), np.zeros((0, 3)))) == 0


@pytest.mark.parametrize("text", ["", "tree", "import os", "tree\nversion=v4\nnonsense"])
def test_what_is_no_model_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not the text"):
        booster_from_text(text)


def test_weights_pipelines_groups_and_early_stopping() -> None:
    frame, bought = planted()
    weight = np.random.default_rng(2).integers(0, 3, len(frame))
    weighed = TreeScorer().fit(frame, bought, sample_weight=weight)
    again = frame.loc[frame.index.repeat(weight)]
    repeated = TreeScorer().fit(again, np.repeat(bought, weight))
    np.testing.assert_array_equal(
        weighed.decision_function(frame), repeated.decision_function(frame)
    )
    mixed = np.random.default_rng(4).permutation(len(frame))
    shuffled = TreeScorer().fit(frame.iloc[mixed], bought[mixed], sample_weight=weight[mixed])
    assert shuffled.booster_.model_to_string() == weighed.booster_.model_to_string()
    pipe = make_pipeline(FunctionTransformer(), clone(TreeScorer(n_trees=20)))
    groups = np.arange(len(frame)) % 8
    scores = cross_val_score(pipe, frame, bought, groups=groups, cv=GroupKFold(4),
                             scoring="roc_auc")  # fmt: skip
    assert scores.mean() > 0.8
    held, truth = planted(seed=5)
    stopped = TreeScorer(n_trees=2000, learning_rate=0.3).fit_watched(frame, bought, held, truth)
    assert 0 < stopped.booster_.best_iteration < 500


def test_without_labels_the_odd_ones_stand_out() -> None:
    frame, _ = planted()
    odd = pd.DataFrame({"a__x": [9.0], "a__y": [9.0], "b__noise": [-7.0]})
    made = OutlierForest().fit(frame)
    assert made.score_samples(odd)[0] < np.quantile(made.score_samples(frame), 0.01)
    assert made.predict(odd)[0] == -1
