"""Rhythm, shape, levels and hours against slow, obvious versions, and planted shapes recovered."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from zhenzan.features.capability import complete
from zhenzan.features.family import Entity, FeatureConfig
from zhenzan.features.timing import TimingFamily, hours, levels, rhythm, shapes

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
SIZES = (20, 25, 30, 50, 75, 100, 200, 300, 500, 1000, 2000, 5000, 10_000)


def slow_ticks(t, unit):
    tick = max(unit, 1000)
    return [(b - a + tick // 2) // tick for a, b in pairwise(t)], tick


def slow_grid(ticks, tick):
    positive = [k for k in ticks if k > 0]
    found = []
    for grid in (5, 10, 15, 30, 60, 300, 600):
        m, rest = divmod(grid * 1000, tick)
        if rest == 0 and m >= 5 and len(positive) >= 19:
            on = sum(k % m == 0 for k in positive) / len(positive)
            found.append(max(0.0, (on - 1 / m) / (1 - 1 / m)))
    return max(found, default=math.nan)


def slow_digits(ticks):
    seen, expected, n = [0.0] * 10, [0.0] * 10, 0
    for i, k in enumerate(ticks):
        if k < 10:
            continue
        n += 1
        seen[k % 10] += 1
        around = ticks[max(0, i - 5) : i] + ticks[i + 1 : i + 6]
        pace = max(sum(around) / max(len(around), 1), 1.0)
        weights = [math.exp(-d / pace) for d in range(10)]
        for d in range(10):
            expected[d] += weights[d] / sum(weights)
    if n < 30:
        return math.nan
    nats = sum(s / n * math.log(s / e) for s, e in zip(seen, expected, strict=True) if s)
    return max(0.0, (nats - 9 / (2 * n)) / math.log(2))


def slow_round(ticks):
    if len(ticks) < 51:
        return math.nan
    pause = {i: ticks[i] / (sum(ticks[i - 10 : i]) / 10 + 1) for i in range(10, len(ticks))}
    tails = []
    for total in (50, 100, 200, 300, 500, 1000):
        for last in (total, total + total // 10):
            if total <= len(ticks):
                places = range(total - 1, min(last, len(ticks)))
                longest = max(pause[i] for i in places)
                tail = sum(p >= longest for p in pause.values()) / len(pause)
                tried = min(last, len(ticks)) - total + 1
                tails.append(1 - (1 - tail) ** tried)
    return max(0.0, -math.log2(max(min(tails), 1e-12)) - math.log2(len(tails)))


def slow_step(t, unit):
    n, mean = len(t), (t[-1] - t[0]) / (len(t) - 1)
    gain = [math.log(8) - 7 * (b - a) / mean for a, b in pairwise(t)]
    sums = np.concatenate([[0.0], np.cumsum(gain)])
    runs = [(sums[j] - sums[i], i, j) for i in range(n) for j in range(i + 1, n)]
    best, first, last = max(runs, key=lambda run: run[0])
    acts = last - first + 1 if best > 0 else 1
    if acts < 20:
        return 0.0, math.nan, math.nan
    edges = []
    if first > 0:
        outside = np.mean(np.diff(t[max(0, first - 5) : first + 1]))
        edges.append((outside, np.mean(np.diff(t[first : min(last, first + 5) + 1]))))
    if last < n - 1:
        outside = np.mean(np.diff(t[last : last + 6]))
        edges.append((outside, np.mean(np.diff(t[max(first, last - 5) : last + 1]))))
    sharp = min((math.log2((o + unit) / (i + unit)) for o, i in edges), default=math.nan)
    span = t[last] - t[first]
    rest = t[-1] - t[0] - span
    size = acts - ((n - acts) * span / rest if rest else 0)
    residual = min(abs(size - 1.05 * s) / s for s in SIZES) if size >= 20 else math.nan
    return acts / n, sharp, residual


def slow_decay(t):
    life = t[-1] - t[0]
    x = np.linspace(0, life, 2_000_001)
    best = 0.0
    for p in (0.5, 1.0, 1.5, 2.0, 3.0):
        norm = np.trapezoid((x + HOUR / 2) ** -p, x)
        logs = [math.log((a - t[0] + HOUR / 2) ** -p / norm * life) for a in t]
        best = max(best, float(np.mean(logs)))
    return best / math.log(2)


def slow_collapse(t):
    found = []
    for span in (HOUR // 3, 2 * HOUR):
        if t[-1] - t[0] < 4 * span:
            continue
        found.append(0.0)
        for end in t:
            if end - 3 * span < t[0] or end + span > t[-1]:
                continue
            one, two, three, after = (
                sum(end + (k - 1) * span < x <= end + k * span for x in t) for k in (-2, -1, 0, 1)
            )
            if 3 <= one < two < three and three >= 10 and max(two / one, three / two) <= 4:
                found.append(math.log2((three + 0.5) / (after + 0.5)))
    return max(found, default=math.nan)


def streams() -> list[np.ndarray]:
    rng = np.random.default_rng(8)
    made = []
    for k in range(18):
        n = int(rng.integers(25, 260))
        scale = 10.0 ** rng.uniform(3.5, 7)
        grid = int(rng.choice([1, 1000, 5000, 60_000]))
        t = np.cumsum(rng.exponential(scale, n)).astype(np.int64)
        if k % 3 == 0:
            t = np.concatenate([t, t[n // 2] + rng.integers(0, int(scale), 40)])
        if k % 3 == 1:
            t = t[-1] - t * t // max(int(t[-1]), 1)
            t = np.concatenate([t, t.max() + np.cumsum(rng.exponential(HOUR, 6)).astype(np.int64)])
        made.append(np.sort(t) // grid * grid + 1_700_000_000_000 // grid * grid)
    return made


@pytest.mark.parametrize("index", range(18))
def test_kernels_agree_with_the_slow_versions(index):
    t = streams()[index]
    plain = [int(x) for x in t]
    unit = math.gcd(*(b - a for a, b in pairwise(plain)))
    ticks, tick = rhythm.ticks_of(t, unit)
    slow, slow_tick = slow_ticks(plain, unit)
    assert ticks.tolist() == slow and tick == slow_tick
    np.testing.assert_allclose(rhythm.grid_share(ticks, tick), slow_grid(slow, tick), atol=1e-12)
    np.testing.assert_allclose(rhythm.digit_divergence(ticks), slow_digits(slow), atol=1e-9)
    np.testing.assert_allclose(rhythm.round_stop(ticks), slow_round(slow), atol=1e-9)
    np.testing.assert_allclose(shapes.step(t, unit), slow_step(plain, unit), rtol=1e-9)
    np.testing.assert_allclose(shapes.decay_gain(t), slow_decay(plain), atol=1e-3)
    np.testing.assert_allclose(shapes.deadline_collapse(t), slow_collapse(plain), rtol=1e-9)
    assert shapes.tenth(t) == plain[math.ceil(len(t) / 10) - 1]


def test_slow_versions_were_asked_something():
    known = [rhythm.round_stop(rhythm.ticks_of(t, 1)[0]) for t in streams()]
    falls = [shapes.deadline_collapse(t) for t in streams()]
    steps = [shapes.step(t, 1)[2] for t in streams()]
    assert np.nanmax(known) > 1 and np.nanmax(falls) > 1 and np.isfinite(steps).sum() >= 3


def test_waits_on_a_grid_stand_out_and_random_ones_do_not():
    rng = np.random.default_rng(3)
    waits = rng.integers(1, 6, 200) * 15_000
    random = rng.exponential(45_000, 200).astype(np.int64) // 1000 * 1000
    for gaps, grid, bits in ((waits, (0.99, 1), (0.8, 4)), (random, (0, 0.15), (0, 0.2))):
        ticks, tick = rhythm.ticks_of(np.concatenate([[0], np.cumsum(gaps)]), 1000)
        assert grid[0] <= rhythm.grid_share(ticks, tick) <= grid[1]
        assert bits[0] <= rhythm.digit_divergence(ticks) <= bits[1]


def test_fast_crowd_on_a_second_clock_is_no_grid():
    rng = np.random.default_rng(4)
    for pace in (2_000, 6_000, 20_000):
        t = np.cumsum(rng.exponential(pace, 3000)).astype(np.int64) // 1000 * 1000
        ticks, tick = rhythm.ticks_of(t, 1000)
        assert rhythm.grid_share(ticks, tick) < 0.06
        assert not rhythm.digit_divergence(ticks) > 0.1


def test_delivery_that_stops_at_a_round_total_is_a_surprise():
    rng = np.random.default_rng(5)
    quiet = np.cumsum(rng.exponential(HOUR, 80)).astype(np.int64)
    stops = {}
    for size in (100, 137):
        order = np.cumsum(rng.exponential(MINUTE, size)).astype(np.int64)
        t = np.concatenate([order, order[-1] + 20 * HOUR + quiet])
        stops[size] = rhythm.round_stop(rhythm.ticks_of(t, 1)[0])
    assert stops[100] > 3 and stops[137] < 2


def test_block_has_hard_edges_and_the_size_of_an_order_and_a_launch_has_not():
    rng = np.random.default_rng(6)
    organic = rng.integers(0, 10 * DAY, 60)
    block = 4 * DAY + rng.integers(0, HOUR, 105)
    share, sharp, residual = shapes.step(np.sort(np.r_[organic, block]), 1)
    assert share > 0.6 and sharp > 4 and residual < 0.02
    launch = np.sort(rng.pareto(0.6, 400) * HOUR / 2).astype(np.int64)
    assert shapes.step(launch[launch < 20 * DAY], 1)[1] < 4


def test_drip_does_not_decay_and_a_launch_does():
    rng = np.random.default_rng(7)
    drip = np.sort(rng.integers(0, 15 * DAY, 500))
    launch = np.sort(rng.exponential(DAY, 500)).astype(np.int64)
    assert shapes.decay_gain(drip) < 0.02 < 0.2 < shapes.decay_gain(launch)


def test_deadline_is_seen_and_a_flat_order_is_none():
    rng = np.random.default_rng(9)
    tail = 24 * HOUR + rng.integers(0, 40 * HOUR, 30)
    sprint = (24 * HOUR * (rng.random(400) ** 0.15)).astype(np.int64)
    flat = 22 * HOUR + rng.integers(0, 30 * MINUTE, 400)
    before = rng.integers(0, 24 * HOUR, 60)
    assert shapes.deadline_collapse(np.sort(np.r_[before, sprint, tail])) > 3
    assert shapes.deadline_collapse(np.sort(np.r_[before, flat, tail])) < 2


def slow_fall(lo, hi):
    best = (0.0, 0, 0, 0)
    for j in range(len(lo)):
        top = max(lo[:j], default=0)
        if top >= 20 and hi[j] < top and (top - hi[j]) / top > best[0]:
            best = ((top - hi[j]) / top, top, hi[j], j)
    drop, top, low, at = best
    refill = math.nan
    if top - low >= 10:
        refill = max([0.0, *((min(x, top) - low) / (top - low) for x in lo[at + 1 :])])
    judged = len(lo) > 1 and max(lo) >= 20
    return (drop if judged else math.nan), refill


def test_falls_agree_with_the_slow_version():
    rng = np.random.default_rng(10)
    for _ in range(200):
        lo = np.abs(np.cumsum(rng.integers(-12, 16, rng.integers(1, 30))))
        hi = lo + rng.integers(0, 4, len(lo))
        fast = levels.fall(lo, hi, 20)
        np.testing.assert_allclose(fast, slow_fall(lo.tolist(), hi.tolist()), rtol=1e-12)


def falls_of(engine, canonical, frames):
    tables = complete(engine, canonical.load(engine, frames))
    return engine.fetch(levels.falls(engine, tables, FeatureConfig())).to_pandas()


def test_drop_and_refill_from_acts_and_from_totals(engine, canonical):
    start = canonical.START
    acts = [
        {"section_id": "kept", "account_id": f"a{k}", "ts_ms": start + k * 1000} for k in range(30)
    ]
    acts += [
        {
            "section_id": "lost", "account_id": f"a{k}", "ts_ms": start + k * 1000,
            "retracted_lo_ms": start + DAY if k < 20 else None,
        }
        for k in range(40)
    ]  # fmt: skip
    acts += [
        {"section_id": "lost", "account_id": f"b{k}", "ts_ms": start + 2 * DAY} for k in range(15)
    ]
    acts.append({"section_id": "few", "account_id": "a0", "ts_ms": start})
    totals = pd.DataFrame({"value_lo": [100, 80, 90], "value_hi": [100, 80, 90]})
    totals = totals.assign(section_id="read", metric="like", scene="all", dataset_id="d")
    totals["observed_ms"] = [start, start + DAY, start + 2 * DAY]
    vague = totals.assign(section_id="vague", value_hi=None)
    frames = {"engagement": pd.DataFrame(acts), "count_snapshot": pd.concat([totals, vague])}
    found = falls_of(engine, canonical, frames).set_index("section_id")
    assert found.drop_share.to_dict() == pytest.approx(
        {"kept": 0.0, "lost": 0.5, "read": 0.2, "vague": 0.0}
    )
    assert found.refill_share.dropna().to_dict() == pytest.approx({"lost": 0.75, "read": 0.5})


def test_without_recorded_retractions_nothing_is_said_of_falls(engine, canonical):
    frames = canonical.world()
    kept = frames["engagement"].drop(
        columns=["retracted_lo_ms", "retracted_hi_ms"], errors="ignore"
    )
    assert falls_of(engine, canonical, {"engagement": kept}).empty


def test_hours_agree_with_the_slow_version():
    rng = np.random.default_rng(11)
    counts = rng.poisson(rng.gamma(0.5, 4, (9, 24))).astype(np.int64)
    counts[4] = 0
    starts = np.array([0, 4, 5, 9])
    pool = np.floor(1e6 * counts / np.maximum(counts.sum(1), 1)[:, None])
    pool[counts.sum(1) < 20] = 0
    night, bits = hours.hour_figures(counts, starts, pool.sum(0), 20)
    for s in range(9):
        a, b = next((a, b) for a, b in pairwise(starts) if a <= s < b)
        own = counts[s]
        others = sum((counts[k] for k in range(a, b) if k != s), np.zeros(24))
        if own.sum() < 20 or others.sum() < 50:
            assert np.isnan(night[s]) and np.isnan(bits[s])
            continue
        everybody = pool.sum(0) - pool[s]
        expected = others + 50 * everybody / everybody.sum() + 0.5
        expected = expected / expected.sum()
        six = [sum(expected[(h + k) % 24] for k in range(6)) for h in range(24)]
        at = int(np.argmin(six))
        here = sum(own[(at + k) % 24] for k in range(6)) / own.sum()
        p = own / own.sum()
        nats = sum(x * math.log(x / e) for x, e in zip(p, expected, strict=True) if x)
        assert night[s] == pytest.approx(here - six[at])
        assert bits[s] == pytest.approx(max(0, nats - 23 / (2 * own.sum())) / math.log(2))
    assert np.isfinite(night).sum() >= 6


def likes_around(rng, section, peak, n, start):
    """Acts of a week whose hours rise and fall around a peak."""
    hour = rng.choice(24, n, p=(1.05 + np.cos((np.arange(24) - peak) * math.tau / 24)) / 25.2)
    at = rng.integers(0, 7, n) * DAY + hour * HOUR + rng.integers(0, HOUR, n)
    return [
        {"section_id": section, "account_id": f"a{k}", "ts_ms": int(start + t)}
        for k, t in enumerate(at)
    ]


def test_night_of_one_audience_is_another_ones_evening(engine, canonical):
    rng = np.random.default_rng(12)
    acts = []
    for s in range(4):
        acts += likes_around(rng, f"east{s}", 12, 80, canonical.START)
        acts += likes_around(rng, f"west{s}", 0, 80, canonical.START)
    for name in ("odd", "new"):
        acts += likes_around(rng, name, 0, 80, canonical.START)
    ids = [f"{name}{s}" for s in range(4) for name in ("east", "west")]
    sections = pd.DataFrame(
        {"section_id": [*ids, "odd", "new"], "creator_id": [*(i[:4] for i in ids), "east", "new"]}
    )
    tables = canonical.load(engine, {"engagement": pd.DataFrame(acts), "section": sections})
    made = TimingFamily().compute(engine, tables, FeatureConfig())
    found = engine.fetch(made[Entity.SECTION]).to_pandas().set_index("section_id")
    assert found.night_excess["odd"] > 0.3 and found.hours_divergence["odd"] > 0.5
    assert found.night_excess[ids].abs().max() < 0.2
    assert np.isnan(found.night_excess["new"]), "no history, no expectation"


def test_start_delay_counts_from_publication(engine, canonical):
    start = canonical.START
    acts = [
        {"section_id": s, "account_id": f"a{k}", "ts_ms": start + HOUR + k * MINUTE}
        for s in ("known", "vague", "later")
        for k in range(40)
    ]
    sections = pd.DataFrame(
        {
            "section_id": ["known", "vague", "later"],
            "published_ms": [start, start, start + DAY],
            "published_precision_s": [60, 86_400, 60],
        }
    )
    tables = canonical.load(engine, {"engagement": pd.DataFrame(acts), "section": sections})
    made = TimingFamily().compute(engine, tables, FeatureConfig())
    found = engine.fetch(made[Entity.SECTION]).to_pandas().set_index("section_id").start_delay
    assert found.dropna().to_dict() == {"known": 3600 + 3 * 60}
