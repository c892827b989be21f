"""Order sizes and delivery shapes on deliveries made by the sellers' grammar."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from zhenzan.models.campaigns.config import QUANTA
from zhenzan.models.campaigns.shapes import campaign_shape, shape
from zhenzan.models.campaigns.sizes import count_of_size, main_size, named_sizes, size_posterior

HOUR = 3_600_000


def sizes(delivered: list[float], error: float = 1.0) -> list[int | None]:
    posterior = size_posterior(np.array(delivered), np.full(len(delivered), error), 0.1)
    assert np.allclose(posterior.sum(axis=1), 1)
    return [one and one[0] for one in named_sizes(posterior)]


@pytest.mark.parametrize("size", QUANTA)
def test_an_order_with_some_on_top_keeps_its_size(size: int) -> None:
    for extra in (0.01, 0.05, 0.09):
        # 25 is also 25 % above 20, 30 is 20 % above 25: ranges up to 10 % do not meet.
        assert sizes([size * (1 + extra)], 0.5) == [size]


@pytest.mark.parametrize("n", [12, 15, 40, 62, 90, 150, 250, 400, 700, 1500])
def test_other_numbers_fit_no_order(n: float) -> None:
    assert sizes([n]) == [None]


def test_an_uncertain_number_has_no_size() -> None:
    assert sizes([104], 2) == [100]
    assert sizes([104], 60) == [None]


def test_orders_of_a_campaign_lend_each_other_their_size() -> None:
    # 95 of 100: four out of a hundred were missed. Alone it says little, among its like a lot.
    assert sizes([95.5], 8) == [None]
    assert sizes([95.5, 103, 101, 106, 104], 8) == [100] * 5


def test_the_main_size_needs_half_of_the_deliveries() -> None:
    def main(*delivered: float) -> int | None:
        return main_size(size_posterior(np.array(delivered), np.full(len(delivered), 1.0), 0.1))

    assert main(102, 104, 108, 61) == 100
    assert main(104, 61, 62, 150) is None
    assert main() is None


def test_numbers_of_a_size_are_counted_as_they_stand() -> None:
    delivered = np.array([99.4, 99.6, 105, 110.4, 110.6])
    assert count_of_size(delivered, 100, 0.1) == 3
    assert count_of_size(delivered, None, 0.1) == 0


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(10, 1200), min_size=1, max_size=8), st.randoms())
def test_sizes_do_not_depend_on_the_order_of_deliveries(n: list[float], r: random.Random) -> None:
    shuffled = list(range(len(n)))
    r.shuffle(shuffled)
    error = np.full(len(n), 2.0)
    one = size_posterior(np.array(n), error, 0.1)
    two = size_posterior(np.array(n)[shuffled], error, 0.1)
    assert np.allclose(one[shuffled], two)


def test_the_mixed_shape_is_the_absence_of_a_main_one() -> None:
    assert campaign_shape([]) is None
    assert campaign_shape([("flash", 60.0), ("linear", 40.0)]) == "flash"
    assert campaign_shape([("flash", 40.0), ("linear", 30.0), ("decay", 30.0)]) == "mixed"


def times(kind: str, rng: np.random.Generator, n: int = 200) -> np.ndarray:
    if kind == "flash":
        at = np.minimum(rng.exponential(HOUR * 0.4, n), 2 * HOUR)
    elif kind == "steps":
        at = np.repeat(np.arange(10) * HOUR, n // 10) + rng.uniform(0, 0.05 * HOUR, n)
    elif kind == "linear":
        at = rng.uniform(0, 15 * 24 * HOUR, n)
    elif kind == "diurnal":
        at = rng.integers(0, 6, n) * 24 * HOUR + (9 + 12 * rng.beta(2, 2, n)) * HOUR
    else:
        at = 3 * HOUR * ((1 - rng.random(n)) ** (-1 / 1.1) - 1)
    return (1_760_000_000_000 + at).astype(np.int64)


@pytest.mark.parametrize("kind", ["flash", "steps", "linear", "diurnal", "decay"])
def test_most_deliveries_are_named_rightly_whatever_their_order(kind: str) -> None:
    rng = np.random.default_rng(7)
    found = []
    for _ in range(40):
        at = times(kind, rng)
        rng.shuffle(at)
        found.append(shape(at))
        assert shape(at + 7 * 24 * HOUR) == found[-1]
    assert found.count(kind) >= 34, found


def test_few_acts_have_no_shape() -> None:
    assert shape(np.arange(9) * HOUR) is None
    assert shape(np.zeros(50, dtype=np.int64)) == "flash"
