"""Shares of trees: those of LightGBM, those of the definition, whatever is looked up or not."""

from __future__ import annotations

from itertools import combinations
from math import factorial
from typing import Any

import lightgbm
import numpy as np
import pytest
from zhenzan.models.scorers import shares as module
from zhenzan.models.scorers.shares import TreeShares
from zhenzan.models.scorers.trees import TreeScorer


def rows(n: int = 1500, d: int = 8, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(n, d)).round(1)
    values[rng.random((n, d)) < 0.15] = np.nan
    known = np.nan_to_num(values)
    line = known[:, 0] * 2 - known[:, 1] * known[:, 2] + (np.isnan(values[:, 3]) * 2.0)
    return values, rng.random(n) < 1 / (1 + np.exp(-line))


@pytest.fixture(scope="module", params=[4, 15, 40])
def booster(request: Any) -> lightgbm.Booster:
    values, found = rows()
    made = TreeScorer(n_trees=30, n_leaves=request.param, learning_rate=0.2, min_leaf=0.1)
    return made.fit(values, found).booster_


def test_they_are_those_of_lightgbm(booster: lightgbm.Booster) -> None:
    values = rows(400, seed=1)[0]
    theirs = np.asarray(booster.predict(values, pred_contrib=True, num_threads=1))
    ours = TreeShares.of(booster)
    np.testing.assert_allclose(ours.shares(values), theirs[:, :-1], atol=1e-10)
    assert ours.average == pytest.approx(theirs[0, -1])
    raw = np.asarray(booster.predict(values, raw_score=True, num_threads=1))
    np.testing.assert_allclose(ours.shares(values).sum(axis=1) + ours.average, raw, atol=1e-9)


def test_groups_are_sums_of_their_columns(booster: lightgbm.Booster) -> None:
    values = rows(200, seed=2)[0]
    group = [0, 1, 1, 2, 0, 2, 2, 3]
    alone, together = TreeShares.of(booster).shares(values), TreeShares.of(booster, group)
    expected = np.stack([alone[:, [i for i in range(8) if group[i] == g]].sum(1) for g in range(4)])
    np.testing.assert_allclose(together.shares(values), expected.T, atol=1e-12)


def test_what_finds_no_place_is_computed_all_the_same(
    booster: lightgbm.Booster, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = rows(300, seed=3)[0]
    before = TreeShares.of(booster).shares(values)
    monkeypatch.setattr(module, "_PLACES", 2)
    monkeypatch.setattr(module, "_TRIES", 1)
    monkeypatch.setattr(module, "_TABLED", 2)
    monkeypatch.setattr(module, "_ROWS", 7)
    np.testing.assert_allclose(TreeShares.of(booster).shares(values), before, atol=1e-12)


def expectation(node: dict[str, Any], row: np.ndarray, known: set[int]) -> float:
    """What the tree gives on average over what is not known, by the training rows' paths."""
    if "split_feature" not in node:
        return float(node["leaf_value"])
    sides = (node["left_child"], node["right_child"])
    if node["split_feature"] in known:
        x = row[node["split_feature"]]
        left = node["default_left"] if np.isnan(x) else x <= node["threshold"]
        return expectation(sides[0 if left else 1], row, known)
    counts = [side.get("internal_count", side.get("leaf_count")) for side in sides]
    values = [expectation(side, row, known) for side in sides]
    return float(np.dot(counts, values) / sum(counts))


def test_they_are_shapley_values_by_definition() -> None:
    values, found = rows(600, 5, seed=4)
    booster = TreeScorer(n_trees=3, n_leaves=7).fit(values, found).booster_
    trees = [tree["tree_structure"] for tree in booster.dump_model()["tree_info"]]
    ours, d = TreeShares.of(booster).shares(values[:6]), 5
    for at, row in enumerate(values[:6]):
        worth = {
            s: sum(expectation(t, row, set(s)) for t in trees)
            for k in range(d + 1) for s in combinations(range(d), k)
        }  # fmt: skip
        for j in range(d):
            share = sum(
                factorial(len(s)) * factorial(d - 1 - len(s)) / factorial(d)
                * (worth[tuple(sorted((*s, j)))] - v)
                for s, v in worth.items() if j not in s
            )  # fmt: skip
            assert ours[at, j] == pytest.approx(share, abs=1e-12)


@pytest.mark.parametrize("how", [{"use_missing": False}, {"zero_as_missing": True}])
def test_other_ways_of_missing_are_read_as_lightgbm_reads_them(how: dict[str, bool]) -> None:
    values, found = rows(seed=5)
    values[:, 4] = np.where(np.arange(len(values)) % 3 == 0, 0.0, values[:, 4])
    settings = {"objective": "binary", "verbosity": -1, "num_threads": 1, "num_leaves": 12, **how}
    booster = lightgbm.train(settings, lightgbm.Dataset(values, found), 10)
    theirs = np.asarray(booster.predict(values[:200], pred_contrib=True, num_threads=1))
    np.testing.assert_allclose(
        TreeShares.of(booster).shares(values[:200]), theirs[:, :-1], atol=1e-10
    )


def test_no_rows_no_splits_and_what_cannot_be_explained() -> None:
    values, found = rows()
    flat = TreeScorer(n_trees=2, min_leaf=1e9).fit(values, found).booster_
    none = TreeShares.of(flat)
    assert none.shares(values[:3]).tolist() == [[0.0] * 8] * 3
    assert none.average == pytest.approx(flat.predict(values[:1], raw_score=True)[0])
    with pytest.raises(ValueError, match="columns"):
        none.shares(values[:, :2])
    with pytest.raises(ValueError, match="groups"):
        TreeShares.of(flat, [0, 1])
    large = TreeScorer(n_trees=1, n_leaves=100, min_leaf=0.01).fit(values, found).booster_
    with pytest.raises(ValueError, match="63 leaves"):
        TreeShares.of(large)
    small = TreeScorer(n_trees=2).fit(values, found).booster_
    assert TreeShares.of(small).shares(values[:0]).shape == (0, 8)
    kinds = lightgbm.Dataset(
        np.nan_to_num(np.abs(values)).astype(int), found, categorical_feature=[0]
    )
    with_kinds = lightgbm.train({"objective": "binary", "verbosity": -1, "num_threads": 1},
                                kinds, 3)  # fmt: skip
    with pytest.raises(ValueError, match="categories"):
        TreeShares.of(with_kinds)
