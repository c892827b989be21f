"""Ratios of clues: learnt as counted by hand, bounded, 1 where nothing is known, kept and read."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from zhenzan.features.errors import UsageError
from zhenzan.models.attribution import AttributionConfig
from zhenzan.models.attribution.corroboration import Clue, apply, corroboration_ratio, learn

FEW = settings(max_examples=40, deadline=None, derandomize=True, database=None)


def made(seed: int, n: int = 4000, share: float = 0.1) -> tuple[tuple[Clue, ...], np.ndarray]:
    """Acts of which `share` was delivered: one clue differs, one does not, one is half known."""
    rng = np.random.default_rng(seed)
    delivered = rng.random(n) < share
    first = np.where(
        delivered, rng.choice(3, n, p=[0.1, 0.3, 0.6]), rng.choice(3, n, p=[0.6, 0.3, 0.1])
    )
    third = np.where(rng.random(n) < 0.5, -1, first)
    return (
        Clue("differs", first.astype(np.int16), 3),
        Clue("alike", rng.integers(0, 4, n).astype(np.int16), 4),
        Clue("half", third.astype(np.int16), 3),
    ), delivered.astype(float)


def by_hand(clue: Clue, q: np.ndarray) -> list[float]:
    """The definition in plain Python."""
    organic, delivered = [5.0] * clue.n_bins, [0.0] * clue.n_bins
    for code, p in zip(clue.codes.tolist(), q.tolist(), strict=True):
        if code >= 0:
            organic[code] += 1.0 - p
            delivered[code] += p if p >= 0.1 else 0.0
    mean = [o / sum(organic) for o in organic]
    delivered = [d + 100.0 * m for d, m in zip(delivered, mean, strict=True)]
    total = sum(delivered)
    table = [math.log((d + 5.0) / (m * total + 5.0)) for d, m in zip(delivered, mean, strict=True)]
    low, high = -50.0, 50.0
    for _ in range(100):  # the shift at which the cut ratios have mean 1
        shift = (low + high) / 2
        cut = [min(max(t + shift, -clue.least), clue.most) for t in table]
        above = sum(m * math.exp(t) for m, t in zip(mean, cut, strict=True)) > 1.0
        low, high = (low, shift) if above else (shift, high)
    return cut


@FEW
@given(seed=st.integers(0, 10**6), soft=st.booleans())
def test_learnt_as_by_hand(seed: int, soft: bool) -> None:
    clues, q = made(seed, n=300)
    if soft:
        q = np.random.default_rng(seed).beta(0.3, 1.0, len(q))
    tables = learn(clues, q)
    for clue in clues:
        np.testing.assert_allclose(tables[clue.name], by_hand(clue, q), atol=2e-6)


def test_what_differs_is_learnt_and_what_does_not_says_nothing() -> None:
    clues, q = made(1, n=60_000)
    tables = learn(clues, q)
    expected = np.log([0.1 / 0.6, 1.0, 0.6 / 0.1])
    np.testing.assert_allclose(tables["differs"], expected, atol=0.1)
    assert np.abs(tables["alike"]).max() < 0.1
    np.testing.assert_allclose(tables["half"], expected, atol=0.15)


def test_before_any_fit_every_ratio_is_one() -> None:
    clues, q = made(2)
    np.testing.assert_allclose(corroboration_ratio(clues, np.zeros(len(q))), 0.0, atol=1e-12)
    # Nor do acts at the background, however many.
    np.testing.assert_allclose(corroboration_ratio(clues, np.full(len(q), 0.02)), 0.0, atol=1e-9)


@FEW
@given(seed=st.integers(0, 10**6))
def test_mean_over_organic_acts_is_one(seed: int) -> None:
    clues, q = made(seed)
    ratio = corroboration_ratio(clues, q)
    assert np.average(np.exp(ratio), weights=1.0 - q) == pytest.approx(1.0, rel=1e-5)


def test_unknown_adds_nothing_and_no_clue_is_no_ratio() -> None:
    (differs, *_), q = made(3)
    unknown = Clue("unknown", np.full(len(q), -1, np.int16), 7)
    np.testing.assert_array_equal(
        apply([unknown, differs], learn([unknown, differs], q)),
        apply([differs], learn([differs], q)),
    )
    np.testing.assert_array_equal(corroboration_ratio((), q), np.zeros(len(q)))
    assert len(apply((), {})) == 0
    empty = Clue("empty", np.zeros(0, np.int16), 2)
    assert len(corroboration_ratio((empty,), np.zeros(0))) == 0


def test_one_and_all_are_bounded_and_the_background_stays_low() -> None:
    """Ten clues that each separate perfectly, in the worst case for an act without any excess."""
    q = np.r_[np.ones(5000), np.zeros(95_000)]
    sure = [Clue(f"c{i}", q.astype(np.int16), 2, most=9.0, least=9.0) for i in range(10)]
    tables = learn(sure, q)
    assert all(table.max() > 2.5 for table in tables.values())
    ratio = corroboration_ratio(sure, q)
    background = AttributionConfig().background
    odds = background / (1.0 - background) * np.exp(ratio.max())
    assert odds / (1.0 + odds) < 0.1
    one = Clue("one", q.astype(np.int16), 2, most=0.7)
    assert learn([one], q)["one"].max() <= 0.7


def test_kept_as_json_and_read_again() -> None:
    clues, q = made(4)
    tables = learn(clues, q)
    text = json.dumps({name: table.tolist() for name, table in tables.items()})
    read = {name: np.array(table) for name, table in json.loads(text).items()}
    np.testing.assert_array_equal(apply(clues, read), apply(clues, tables))
    others, _ = made(5)
    assert np.isfinite(apply(others, read)).all()


def test_a_reference_speaks_first_and_data_overrule_it() -> None:
    (differs, *_), q = made(6, n=60_000)
    reference = {"differs": learn([differs], q)["differs"]}
    organic = Clue("differs", differs.codes[q == 0], 3)
    again = learn([organic], np.zeros(len(organic.codes)), reference)["differs"]
    np.testing.assert_allclose(again, reference["differs"], atol=0.05)
    wrong = {"differs": -reference["differs"]}
    np.testing.assert_allclose(
        learn([differs], q, wrong)["differs"], reference["differs"], atol=0.1
    )
    assert learn([differs], np.zeros(len(q)), wrong)["differs"][2] < -1.0


@pytest.mark.parametrize("table", [np.zeros(2), np.array([0.0, np.nan, 0.0]), np.zeros((3, 1))])
def test_a_reference_that_does_not_fit_is_refused(table: np.ndarray) -> None:
    (differs, *_), q = made(7, n=100)
    with pytest.raises(UsageError, match="differs"):
        apply([differs], {"differs": table})
    with pytest.raises(UsageError, match="3 finite"):
        corroboration_ratio([differs], q, {"differs": table})


def test_a_clue_without_a_table_adds_nothing() -> None:
    clues, q = made(8)
    tables = {"differs": learn(clues, q)["differs"], "of another version": np.zeros(4)}
    np.testing.assert_array_equal(apply(clues, tables), apply(clues[:1], tables))
