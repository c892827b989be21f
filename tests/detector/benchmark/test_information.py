"""Adjusted mutual information against scikit-learn's, and its fixed points."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from zhenzan.detector.benchmark.information import adjusted_mutual_information

labels = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=2, max_size=40)


@settings(max_examples=100, deadline=None)
@given(labels)
def test_it_is_what_scikit_learn_computes(pairs: list[tuple[int, int]]) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    one, two = (np.array(side) for side in zip(*pairs, strict=True))
    wanted = metrics.adjusted_mutual_info_score(one, two)
    assert adjusted_mutual_information(one, two) == pytest.approx(wanted, abs=1e-9)


def test_the_same_grouping_under_other_names_is_one() -> None:
    one = np.repeat(["a", "b", "c"], [5, 20, 9])
    two = np.repeat([3, 1, 2], [5, 20, 9])
    assert adjusted_mutual_information(one, two) == pytest.approx(1)
    assert adjusted_mutual_information(one, np.zeros(34)) == pytest.approx(0, abs=1e-9)


def test_chance_is_nothing() -> None:
    rng = np.random.default_rng(0)
    one, two = rng.integers(0, 8, (2, 20_000))
    assert abs(adjusted_mutual_information(one, two)) < 0.002
