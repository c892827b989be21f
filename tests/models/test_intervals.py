"""Intervals of the number purchased hold it as often as they say, and no more than they may."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from zhenzan.models.intervals import LEVEL, Ends, Widening, fit_widening


def sections(n: int, seed: int, off: float = 0.6) -> tuple[Ends, np.ndarray]:
    """Trees that are too sure of themselves, attribution that finds a tenth, some improbable."""
    rng = np.random.default_rng(seed)
    amount = np.round(np.exp(rng.normal(4.0, 0.8, n))) + 1
    guess = np.log(amount) + rng.normal(0, off, n)
    p = rng.choice([0.01, 0.3, 0.99], n, p=[0.02, 0.38, 0.6])
    own = amount * rng.uniform(0, 0.2, n)
    made = Ends(guess - 0.3, guess + 0.3, p, own * 0.5, own, own * 2, amount * rng.uniform(1, 9, n))
    return made, amount


def test_nine_in_ten_ordered_sections_hold_their_number() -> None:
    how = fit_widening(*sections(4_000, 0))
    assert how.nats > 0.3 and how.least <= 0.05
    ends, amount = sections(4_000, 1)
    low, high = ends.interval(how)
    inside = np.mean((low <= amount) & (amount <= high))
    assert abs(inside - LEVEL) < 0.02
    plain = ends.interval(Widening(0.0, how.least, 1))
    assert np.mean((plain[0] <= amount) & (amount <= plain[1])) < LEVEL - 0.1


def test_what_is_needed_is_just_enough() -> None:
    ends, amount = sections(300, 2)
    for least in (0.0, 0.05):
        needed = ends.needed(amount, least)
        for more, expected in ((1e-9, True), (-1e-6, False)):
            for i in np.flatnonzero(np.isfinite(needed)):
                low, high = ends.interval(Widening(float(needed[i] + more), least, 1))
                assert (low[i] <= amount[i] <= high[i]) == expected
        never = ends.interval(Widening(30.0, least, 1))
        lost = np.isposinf(needed)
        assert not ((never[0] <= amount) & (amount <= never[1]))[lost].any()


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.floats(0, 1) | st.just(float("nan")), st.floats(-1, 3), st.floats(0, 500), st.floats(0, 1)
)
def test_ends_hold_the_estimate_and_stay_among_the_acts(
    p: float, nats: float, middle: float, least: float
) -> None:
    one = np.ones(1)
    ends = Ends(one * 2, one * 5, one * p, one * middle * 0.9, one * middle, one * middle * 1.1,
                one * 600)  # fmt: skip
    low, high = ends.interval(Widening(nats, least, 50))
    assert 0 <= low[0] <= middle <= high[0] <= 600
    if not p >= 0.95 and not p < least:
        assert low[0] == 0
    if p < least:
        assert (low[0], high[0]) == (middle * 0.9, middle * 1.1)


def test_plain_values_come_back_and_others_are_refused() -> None:
    how = Widening(0.25, 0.05, 60)
    assert Widening.from_json(how.to_json()) == how
    for wrong in ({"nats": float("nan")}, {"least": 2.0}):
        with pytest.raises(ValueError):
            Widening.from_json({**how.to_json(), **wrong})
    with pytest.raises(ValueError, match="no ordered"):
        fit_widening(sections(1, 0)[0], [])
