"""Presets must be hard: easy methods fail on them. And the yardsticks must be right."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from zhenzan.detector.simulate import simulate
from zhenzan.detector.simulate.peeling import densest_accounts
from zhenzan.detector.simulate.validity import LIMITS, Validity, auc, validity


@pytest.mark.parametrize("seed", [0, 1])
def test_easy_methods_fail_on_the_default_preset(tmp_path, seed):
    pytest.importorskip("sklearn", reason="the isolation forest is scikit-learn's")
    simulate(tmp_path, scenario="default", scale=200_000, seed=seed)
    found = validity(tmp_path)
    assert found.failures == ()
    assert min(found.camouflage_of.values()) >= LIMITS["share_camouflage"]


@pytest.mark.parametrize("broken", sorted(LIMITS))
def test_each_limit_bites(broken):
    good = Validity(0.6, 0.6, 0.1, 10, 0.04, 0.7, {})
    worse = {broken: 0.4 if broken == "share_camouflage" else LIMITS[broken] + 0.01}
    assert good.failures == ()
    assert dataclasses.replace(good, **worse).failures == (broken,)


@given(
    scores=st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=2, max_size=40).filter(
        lambda rows: len({flag for _, flag in rows}) == 2
    )
)
def test_auc_counts_pairs_won_and_half_of_ties(scores):
    value = np.array([s for s, _ in scores], float)
    flag = np.array([f for _, f in scores])
    won = value[flag][:, None] - value[~flag][None, :]
    assert auc(value, flag) == pytest.approx(((won > 0) + 0.5 * (won == 0)).mean())


def _slow(edges: set[tuple[int, int]], n: int, m: int) -> float:
    """The best density that greedy peeling meets, recomputed from scratch at every step."""
    degree = [sum(1 for _, s in edges if s == k) for k in range(m)]
    weight = {e: 1 / np.log(degree[e[1]] + 5) for e in edges}
    alive = {("a", i) for i in range(n)} | {("s", j) for j in range(m)}
    best = -1.0
    while alive:
        inside = [e for e in edges if ("a", e[0]) in alive and ("s", e[1]) in alive]
        best = max(best, sum(weight[e] for e in inside) / len(alive))
        mass = {
            node: sum(weight[e] for e in inside if e[0 if node[0] == "a" else 1] == node[1])
            for node in alive
        }
        alive.remove(min(alive, key=lambda x: (mass[x], x)))
    return best


@settings(max_examples=40, deadline=None)
@given(
    edges=st.sets(st.tuples(st.integers(0, 7), st.integers(0, 5)), min_size=3, max_size=30),
)
def test_peeling_finds_a_block_about_as_dense_as_the_slow_way(edges):
    account, section = (np.array(x) for x in zip(*sorted(edges), strict=True))
    kept = densest_accounts(account, section, 8, 6)
    assert len(kept)
    degree = np.bincount(section, minlength=6)
    weight = 1 / np.log(degree[section] + 5)
    best = max(
        weight[np.isin(account, kept) & np.isin(section, chosen)].sum() / (len(kept) + len(chosen))
        for chosen in _subsets(6)
    )
    assert best >= _slow(edges, 8, 6) * 0.9


def _subsets(m: int) -> list[list[int]]:
    return [[j for j in range(m) if mask >> j & 1] for mask in range(2**m)]


def test_peeling_finds_a_planted_block():
    rng = np.random.default_rng(0)
    background = np.stack([rng.integers(0, 500, 1500), rng.integers(0, 200, 1500)])
    block = np.stack(np.meshgrid(np.arange(20), np.arange(20))).reshape(2, -1)
    both = np.unique(np.concatenate([background, block], axis=1), axis=1)
    kept = densest_accounts(both[0], both[1], 500, 200)
    assert set(range(20)) <= set(kept.tolist())
    assert len(kept) < 30
