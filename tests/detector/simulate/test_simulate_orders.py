"""Orders: each delivery has its shape, workers keep their rules, drops and refills are recorded."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy import stats
from zhenzan.detector.simulate.acts import Acts
from zhenzan.detector.simulate.clock import DAY_MS, HOUR_MS
from zhenzan.detector.simulate.orders import DELIVERIES, Request, fulfil, shape, social_proof
from zhenzan.detector.simulate.pools import make_pool
from zhenzan.detector.simulate.stage import Campaign, Stage

START = 1_740_960_000_000


@pytest.fixture
def stage() -> Stage:
    stage = Stage(11, 6_000, 200, START, START + 35 * DAY_MS)
    stage.campaigns.append(Campaign("test", "p", "aged", 1))
    return stage


def _request(stage: Stage, delivery: str, quantity: int = 400, **more) -> Request:
    early = int(np.argmin(stage.sections.published_ms))
    placed = float(stage.sections.published_ms[early])
    return Request(0, 0, early, quantity, delivery, placed, **more)


def test_flash_is_over_in_two_hours(stage):
    ts, *_ = shape(stage, np.random.default_rng(0), _request(stage, "flash"), START, 500)
    assert ts.min() >= START
    assert ts.max() <= START + 2 * HOUR_MS
    assert np.median(ts - START) < 0.75 * HOUR_MS


def test_linear_is_uniform_over_days(stage):
    ts, *_ = shape(stage, np.random.default_rng(1), _request(stage, "linear"), START, 800)
    days = (ts - START) / DAY_MS
    length = min((3, 7, 15), key=lambda d: abs(d - days.max()))
    assert stats.kstest(days / length, "uniform").pvalue > 1e-3


def test_constant_has_even_gaps(stage):
    ts, *_ = shape(stage, np.random.default_rng(2), _request(stage, "constant"), START, 300)
    gaps = np.diff(ts)
    assert gaps.std() / gaps.mean() < 0.4  # a Poisson stream would have 1


def test_steps_come_in_runs(stage):
    ts, runs, interval = shape(
        stage, np.random.default_rng(3), _request(stage, "steps"), START, 600
    )
    assert runs >= 2
    assert interval % HOUR_MS == 0
    assert np.median((ts - START) % interval) < 0.3 * interval
    assert len(np.unique((ts - START) // interval)) >= runs - 1


def test_curve_decays_as_organic_sections_do(stage):
    ts, *_ = shape(stage, np.random.default_rng(4), _request(stage, "curve"), START, 2_000)
    hours = (ts - START) / HOUR_MS
    assert (hours < 24).mean() > 0.6
    assert stats.skew(hours) > 2


@pytest.mark.parametrize("delivery", DELIVERIES)
def test_every_delivery_is_fulfilled_and_recorded(stage, delivery):
    pool = make_pool(stage, "p", "aged", 900)
    request = _request(stage, delivery)
    acts = fulfil(stage, np.random.default_rng(5), pool, request)
    order = stage.orders[-1]
    assert len(acts) == order.delivered
    assert 400 <= len(acts) - order.refilled <= 440
    assert len(np.unique(acts.account)) == len(acts)
    assert np.isin(acts.account, pool.members).all()
    assert (acts.ts >= request.placed_ms - 1).all()
    assert (acts.ts < stage.end_ms).all()
    assert (order.first_ms, order.last_ms) == (acts.ts.min(), acts.ts.max())


def test_nobody_works_beyond_the_quota(stage):
    pool = make_pool(stage, "p", "compromised", 300)
    for section in range(24):
        request = dataclasses.replace(_request(stage, "flash", 200), section=section)
        fulfil(stage, np.random.default_rng(section), pool, request)
    assert pool.used.max() == pool.quota


def test_nobody_works_twice_on_a_section(stage):
    pool = make_pool(stage, "p", "aged", 300)
    twice = [
        fulfil(stage, np.random.default_rng(k), pool, _request(stage, "flash", 100))
        for k in range(2)
    ]
    both = np.concatenate([acts.account for acts in twice])
    assert len(np.unique(both)) == len(both) >= 200


def test_a_pool_that_is_too_small_delivers_less(stage):
    pool = make_pool(stage, "p", "fresh", 50)
    acts = fulfil(stage, np.random.default_rng(0), pool, _request(stage, "flash", 100))
    assert len(acts) - stage.orders[-1].refilled <= 50


def test_part_timers_work_when_they_are_awake(stage):
    pool = make_pool(stage, "p", "real", 2_000)
    acts = fulfil(stage, np.random.default_rng(6), pool, _request(stage, "diurnal", 1_000))
    zone = stage.people.zone[acts.account]
    local = ((acts.ts[zone == 0] - START) // HOUR_MS + 8) % 24
    night = ((local >= 2) & (local < 6)).mean()
    evening = ((local >= 19) & (local < 23)).mean()
    assert night < 0.08  # four hours of a day of even work would hold 0.17
    assert evening > 0.3


def test_matching_workers_are_preferred(stage):
    people, s = stage.people, stage.sections
    pool = make_pool(stage, "p", "real", 3_000)
    section = _request(stage, "flash").section

    def fits(accounts: np.ndarray) -> float:
        same = people.language[accounts] == s.language[section]
        same &= (people.interest[accounts] == s.vertical[section]).any(axis=1)
        return float(same.mean())

    plain = fulfil(stage, np.random.default_rng(7), pool, _request(stage, "flash"))
    matched = fulfil(stage, np.random.default_rng(8), pool, _request(stage, "flash", match=4.0))
    assert fits(matched.account) > 1.5 * fits(plain.account)
    assert fits(matched.account) > 0.4


def test_drops_come_later_and_refills_later_still(stage):
    pool = make_pool(stage, "p", "aged", 2_000)
    refilled = 0
    for k in range(12):
        acts = fulfil(stage, np.random.default_rng(100 + k), pool, _request(stage, "flash", 100))
        gone = acts.retracted >= 0
        assert (acts.retracted[gone] > acts.ts[gone]).all()
        assert gone.mean() <= 0.5
        if stage.orders[-1].refilled:
            refilled += 1
            late = acts.ts > stage.orders[-1].placed_ms + 7 * HOUR_MS
            assert late.sum() == stage.orders[-1].refilled <= gone.sum() + 20
    assert refilled >= 2


def test_people_take_likes_back_too(world):
    """Or else whatever is taken back would be bought."""
    rows = world("engagement").merge(world.truth("engagement"), on="engagement_id")
    organic = rows[rows.label == "organic"]
    share = organic.retracted_lo_ms.notna().mean()
    assert 0.01 < share < 0.08  # the purge included
    gone = organic.dropna(subset="retracted_lo_ms")
    assert (gone.retracted_lo_ms >= gone.ts_lo_ms - 8 * HOUR_MS).all()


def test_social_proof_follows_its_cause_and_is_organic_people(stage):
    pool = make_pool(stage, "p", "aged", 900)
    bought = fulfil(stage, np.random.default_rng(9), pool, _request(stage, "flash"))
    more = social_proof(stage, np.random.default_rng(10), bought)
    assert 0.02 < len(more) / len(bought) < 0.4
    assert (more.ts >= bought.ts.min()).all()
    assert np.isin(more.account, pool.members).mean() < 0.5
    none = social_proof(stage, np.random.default_rng(10), Acts.make([], [], []))
    assert len(none) == 0


@pytest.mark.parametrize("kind", ["fresh", "aged", "compromised", "real"])
def test_profiles_of_pools(stage, kind):
    before = stage.people.created_ms.copy()
    pool = make_pool(stage, kind, kind, 400)
    age = (START - stage.people.created_ms[pool.members]) / DAY_MS
    if kind == "fresh":
        assert age.max() <= 150
    elif kind == "aged":
        assert np.floor(age.min()) >= 200
        weeks = np.unique(np.floor(age / 7))
        assert len(weeks) < 25  # bought by the batch, not one by one
    else:
        assert (stage.people.created_ms == before).all()
