"""Order sizes and delivery shapes on deliveries made by the sellers' grammar."""

from __future__ import annotations

import numpy as np
import pytest
from zhenzan.models.campaigns.config import QUANTA
from zhenzan.models.campaigns.delivery import campaign_shape, order_size, quantum, shape

HOUR = 3_600_000


@pytest.mark.parametrize("size", QUANTA)
def test_an_order_with_some_on_top_keeps_its_size(size: int) -> None:
    for extra in (0.0, 0.05, 0.1):
        found = quantum(size * (1 + extra), 0.1)
        # 25 is also 25 % above 20, 30 is 20 % above 25: ranges up to 10 % do not meet.
        assert found == size


@pytest.mark.parametrize("n", [0, 5, 19, 23.5, 40, 62, 90, 150, 250, 400, 700, 1200])
def test_other_numbers_fit_no_order(n: float) -> None:
    assert quantum(n, 0.1) is None


def test_order_size_needs_half_of_the_deliveries() -> None:
    assert order_size(np.array([100.0, 104, 108, 61]), 0.1) == (100, 3)
    assert order_size(np.array([100.0, 61, 62, 150]), 0.1) == (None, 1)
    assert order_size(np.array([]), 0.1) == (None, 0)


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
        at = rng.exponential(12 * HOUR, n)
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
