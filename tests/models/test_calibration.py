"""Calibration: known frequencies come back, order is kept, intervals cover what they say."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize
from sklearn.isotonic import IsotonicRegression
from zhenzan.models.by_class import silent_classes
from zhenzan.models.calibration import (
    LOUD,
    Calibration,
    base_rate_at_hand,
    brier_skill,
    calibration_error,
    chance_error,
    conformal_widening,
    estimate_base_rate,
    fit_calibration,
    fit_conformal,
    shift_base_rate,
)


def stated(n: int, seed: int = 0, sharp: float = 2.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Log-odds that are overconfident by `sharp`, the true probability, and what happened."""
    rng = np.random.default_rng(seed)
    true = rng.normal(-2.0, 1.5, n)
    p = 1 / (1 + np.exp(-true))
    return sharp * true, p, rng.random(n) < p


@pytest.mark.parametrize("method", ["auto", "beta", "isotonic"])
def test_scores_that_are_none_are_refused(method: str) -> None:
    raw, _, found = stated(2_000)
    raw[7] = np.nan
    with pytest.raises(ValueError, match="1 scores are NaN"):
        fit_calibration(raw, found, method)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="shape"):
        fit_calibration(raw[8:], found, method)  # type: ignore[arg-type]


def test_unknown_methods_and_fits_that_do_not_settle_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    raw, _, found = stated(2_000)
    with pytest.raises(ValueError, match="unknown calibration 'platt'"):
        fit_calibration(raw, found, "platt")  # type: ignore[arg-type]
    known = fit_calibration(raw, found, "beta")

    def stopped(loss: Any, start: np.ndarray, **options: Any) -> Any:
        return minimize(loss, start, **options, options={"maxiter": rounds})

    monkeypatch.setattr("zhenzan.models.calibration.minimize", stopped)
    rounds = 1
    with pytest.raises(ValueError, match="does not settle"):
        fit_calibration(raw, found, "beta")
    rounds = 200
    assert fit_calibration(raw, found, "beta") == known


@pytest.mark.parametrize("method", ["beta", "isotonic"])
def test_an_overconfident_model_is_brought_back(method: str) -> None:
    raw, _, found = stated(20_000)
    made = fit_calibration(raw, found, method)  # type: ignore[arg-type]
    fresh_raw, fresh_p, fresh = stated(20_000, seed=1)
    told = made.probability(fresh_raw)
    assert np.abs(told - fresh_p).mean() < 0.01
    assert calibration_error(told, fresh) < 0.02
    naive = 1 / (1 + np.exp(-fresh_raw))
    assert calibration_error(told, fresh) < calibration_error(naive, fresh) / 3
    assert brier_skill(told, fresh) > brier_skill(naive, fresh)


@pytest.mark.parametrize("method", ["beta", "isotonic"])
def test_order_is_kept_and_nothing_is_certain(method: str) -> None:
    raw, _, found = stated(600)
    made = fit_calibration(raw, found, method)  # type: ignore[arg-type]
    told = made.probability(np.linspace(-50, 50, 501))
    assert (np.diff(told) >= 0).all()
    assert told.min() > 0 and told.max() < 1
    assert Calibration.from_json(json.loads(json.dumps(made.to_json()))) == made


def test_isotonic_agrees_with_the_pooling_of_scikit_learn() -> None:
    raw, _, found = stated(700, seed=3)
    made = fit_calibration(raw, found, "isotonic")
    slow = IsotonicRegression(out_of_bounds="clip").fit(np.clip(raw, -13.8, 13.8), found)
    middles, ours = np.asarray(made.knots[0::2]), np.asarray(made.knots[1::2])
    theirs = slow.predict(middles)
    inside = (theirs > 0) & (theirs < 1)  # ours keeps half a row away from certainty
    assert inside.sum() > 10
    np.testing.assert_allclose(ours[inside], theirs[inside], atol=1e-9)


def test_a_lone_row_at_an_end_does_not_speak_for_all() -> None:
    """The lowest row is organic and the next was delivered: once all were told one half."""
    raw = np.concatenate([[-12.0, -11.0], np.linspace(-10, -1, 5_000), np.linspace(0, 9, 700)])
    found = np.concatenate([[False, True], np.zeros(5_000, bool), np.ones(699, bool), [False]])
    made = fit_calibration(raw, found, "isotonic")
    told = made.probability([-13.0, -12.0, -6.0, 5.0, 8.9])
    assert told[:3].max() < 0.001 and told[3:].min() > 0.99
    assert (np.diff(told) >= 0).all()


def test_separated_scores_stay_finite_and_one_class_is_refused() -> None:
    made = fit_calibration([-9.0, -8.0, 8.0, 9.0], [False, False, True, True])
    assert np.isfinite(made.knots).all()
    with pytest.raises(ValueError, match="both classes"):
        fit_calibration([0.0, 1.0], [True, True])


@pytest.mark.parametrize(
    "change",
    [
        {"method": "code"}, {"base_rate": 1.0}, {"knots": [-1.0, 1.0, 0.0]}, {"knots": [1.0]},
        {"method": "isotonic", "knots": [1.0, 0.5, 0.0, 0.6]}, {"knots": [float("nan")] * 3},
        {"method": "isotonic", "knots": [0.0, 0.5, 1.0, 1.6]},
    ],
)  # fmt: skip
def test_hostile_calibrations_are_refused(change: dict[str, object]) -> None:
    raw, _, found = stated(300)
    with pytest.raises(ValueError, match="calibration"):
        Calibration.from_json({**fit_calibration(raw, found).to_json(), **change})


@given(st.floats(0.001, 0.999), st.floats(0.001, 0.999), st.floats(0.001, 0.999))
def test_a_shift_of_the_base_rate_is_bayes_and_can_be_undone(p: float, a: float, b: float) -> None:
    moved = shift_base_rate(p, a, b)
    odds = p / (1 - p) * (b / (1 - b)) / (a / (1 - a))
    assert moved == pytest.approx(odds / (1 + odds), rel=1e-9)
    assert shift_base_rate(moved, b, a) == pytest.approx(p, rel=1e-6)
    assert (moved >= p) == (b >= a) or moved == pytest.approx(p)


def test_the_base_rate_of_other_data_is_found_again() -> None:
    rng = np.random.default_rng(0)
    found = rng.random(40_000) < 0.05
    ratio = np.exp(np.where(found, 1.0, -1.0) * 2 + rng.normal(size=40_000) * 2)  # N(±2, 4) LR
    at_half = ratio / (1 + ratio)
    assert estimate_base_rate(at_half, 0.5) == pytest.approx(0.05, abs=0.01)
    assert estimate_base_rate([], 0.3) == 0.3
    with pytest.raises(ValueError, match="base rate"):
        shift_base_rate(0.5, 0.0, 0.5)


@pytest.mark.parametrize("scale", [0.4, 1.0, 3.0])
def test_intervals_cover_nine_tenths_whatever_they_were(scale: float) -> None:
    rng = np.random.default_rng(1)
    truth = rng.gamma(3.0, 20.0, 4000)
    middle = np.maximum(truth * rng.lognormal(0.0, 0.4, 4000), LOUD)
    low, high = middle * (1 - 0.3 * scale), middle * (1 + 0.3 * scale)
    factor = fit_conformal(low[:2000], high[:2000], truth[:2000])
    a, b = conformal_widening(low[2000:], middle[2000:], high[2000:], factor)
    assert np.mean((truth[2000:] >= a) & (truth[2000:] <= b)) == pytest.approx(0.9, abs=0.02)
    assert (a <= middle[2000:]).all() and (b >= middle[2000:]).all() and (a >= 0).all()
    quiet = conformal_widening([0.0], [1.0], [3.0], factor)
    assert [float(end[0]) for end in quiet] == [0.0, 3.0]


def test_errors_of_calibration_by_hand() -> None:
    assert calibration_error([0.5] * 4, [1, 1, 0, 0]) == 0
    assert calibration_error([0.9] * 4, [1, 1, 0, 0]) == pytest.approx(0.4)
    assert np.isnan(calibration_error([0.01], [0]))
    assert brier_skill([0.25, 0.25, 0.25, 0.25], [1, 0, 0, 0]) == pytest.approx(0)
    assert brier_skill([1, 0], [1, 0]) == 1
    assert np.isnan(brier_skill([0.2], [0]))


def test_a_base_rate_is_estimated_with_an_interval_that_covers_it() -> None:
    inside = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        happened = rng.random(300) < 0.04
        raw = rng.normal(np.where(happened, 2.5, 0.0))  # the ratio of the two is exp(2.5 x - 3.125)
        p = 1 / (1 + np.exp(-(2.5 * raw - 3.125 + np.log(0.2 / 0.8))))
        found = base_rate_at_hand(np.append(p, np.nan), 0.2)
        assert found is not None and found.n == 300
        assert 0 <= found.low <= found.value <= found.high <= 1
        if seed % 10 == 0:  # the maximum itself, by many more rounds
            assert found.value == pytest.approx(estimate_base_rate(p, 0.2, 2_000), abs=2e-3)
        inside += found.low <= 0.04 <= found.high
    assert 52 <= inside <= 60
    assert base_rate_at_hand([np.nan], 0.2) is None
    certain = base_rate_at_hand([1e-6] * 50, 0.2)
    assert certain is not None and certain.low < 0.02 and certain.high < 0.1


def test_chance_alone_misses_by_what_it_says() -> None:
    rng = np.random.default_rng(4)
    p = rng.random(600)
    found = [calibration_error(p, rng.random(600) < p) for _ in range(300)]
    assert chance_error(p) == pytest.approx(np.mean(found), rel=0.1)
    assert chance_error(np.tile(p, 16)) < 0.3 * chance_error(p)  # of n, as 1 over its root
    assert np.isnan(chance_error([0.01, 0.02]))


def test_classes_that_miss_keep_silent() -> None:
    """Off by more than is allowed, or with too few rows to show that it is right."""
    rng = np.random.default_rng(5)
    p = rng.uniform(0.1, 0.9, 8_060)
    kinds = np.array(["events"] * 4_000 + ["few"] * 60 + ["counts"] * 4_000)
    off = np.where(kinds == "counts", 0.15, 0.0)
    happened = rng.random(len(p)) < np.clip(p - off, 0, 1)
    assert silent_classes(kinds, p, happened, 0.03, "events") == ("counts", "few")
    assert silent_classes(kinds, p, happened, 0.03, "few") == ("counts",)  # chance is forgiven
    assert silent_classes(kinds, p, happened, 0.03, "counts") == ("counts", "few")
    assert silent_classes(kinds, p, happened, 0.2, "events") == ()
    assert silent_classes(kinds, np.full(len(p), np.nan), happened, 0.0, "events") == ()
