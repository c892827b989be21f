"""The timing kernels against slow, obvious versions, and planted shapes recovered."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from zhenzan.features.timing import kernels

HOUR, DAY = 3_600_000, 86_400_000


def slow_peak(t: list[int], unit: int) -> tuple[float, float, float]:
    best, largest, excess = -math.inf, dict[int, float](), [0.0] * len(t)
    for width in kernels.WIDTHS_MS:
        if width < 2 * unit:
            continue
        for i, at in enumerate(t):
            start = at - width // 2
            end = start + width
            left_from, right_to = max(t[0], start - 4 * width), min(t[-1], end + 4 * width)
            left_ms, right_ms = start - left_from, right_to - end
            if left_ms < width or right_ms < width:
                continue
            here = sum(start <= x < end for x in t)
            left = sum(start - 4 * width <= x < start for x in t)
            right = sum(end <= x < end + 4 * width for x in t)
            expected = width * max((left + 0.5) / left_ms, (right + 0.5) / right_ms)
            z = (here - expected) / math.sqrt(max(expected, 1) + 0.3 * expected**2)
            best = max(best, z)
            largest[width] = max(largest.get(width, 0.0), z)
            if z > 2.5:
                excess[i] = max(excess[i], 1 - expected / here)
    if not largest:
        return math.nan, math.nan, math.nan
    return best, sum(largest.values()) / len(largest), sum(excess) / len(t)


def slow_cv(gaps: list[int]) -> float:
    return float(np.std(gaps) / np.mean(gaps))


def slow_even(t: list[int], unit: int) -> tuple[float, float]:
    blocks = []
    for i in range(len(t) - 19):
        gaps = [b - a for a, b in pairwise(t[i : i + 20])]
        if sum(gaps) > 0 and sum(gaps) >= 4 * unit * 19:
            blocks.append((sum(gaps), slow_cv(gaps)))
    even, judged = set[int](), False
    for i in range(len(t) - 10):
        gaps = [b - a for a, b in pairwise(t[i : i + 11])]
        if sum(gaps) > 0 and sum(gaps) >= 4 * unit * 10:
            judged = True
            if slow_cv(gaps) < 0.4:
                even |= set(range(i, i + 11))
    cv = min(blocks)[1] if blocks else math.nan
    return cv, len(even) / len(t) if judged else math.nan


def slow_repeat(t: list[int], unit: int) -> float:
    tick = max(unit, 1000)
    gaps = [b - a for a, b in pairwise(t)]
    ticks = [g // tick for g in gaps]
    known = sorted({k for k in ticks if k > 0}, key=lambda k: (-ticks.count(k), k))
    if not known:
        return math.nan
    mode = known[0]
    expected = 0.0
    for i in range(len(gaps)):
        around = gaps[max(0, i - 5) : i] + gaps[i + 1 : i + 6]
        pace = max(sum(around) / max(len(around), 1) / tick, 1e-3)
        expected += math.exp(-mode / pace) * (1 - math.exp(-1 / pace))
    return max(0.0, (ticks.count(mode) - expected) / len(gaps))


def slow_allan(t: list[int]) -> float:
    bins = [0] * ((t[-1] - t[0]) // HOUR + 1)
    for x in t:
        bins[(x - t[0]) // HOUR] += 1
    if len(bins) < 24:
        return math.nan
    changes = [(b - a) ** 2 for a, b in pairwise(bins)]
    return float(np.mean(changes) / (2 * np.mean(bins)))


def slow_quiet(t: list[int]) -> float:
    if len(t) < 50 or t[-1] - t[0] < 2 * DAY:
        return math.nan
    hours = [x // HOUR % 24 for x in t]
    return min(sum((h - s) % 24 < 6 for h in hours) for s in range(24)) / len(t)


def streams() -> list[np.ndarray]:
    rng = np.random.default_rng(5)
    made = []
    for k in range(24):
        n = int(rng.integers(2, 160))
        scale = 10.0 ** rng.uniform(3, 8)
        grid = int(rng.choice([1, 1000, 60_000, 600_000]))
        t = np.cumsum(rng.exponential(scale, n)).astype(np.int64)
        if k % 3 == 0:  # a burst, some of it at once
            t = np.concatenate([t, t[n // 2] + rng.integers(0, 5000, 30)])
        t = np.sort(t) // grid * grid
        made.append(t + 1_700_000_000_000 // grid * grid)
    made.append(np.full(30, 1_700_000_000_000))
    return made


@pytest.mark.parametrize("index", range(25))
def test_kernels_agree_with_the_slow_versions(index):
    t = np.asarray(streams()[index], dtype=np.int64)
    plain = [int(x) for x in t]
    unit = math.gcd(*(b - a for a, b in pairwise(plain)))
    assert kernels.clock_unit(t) == unit
    if unit == 0:
        return
    z, *_, scales, share = kernels.peak(t, unit)
    np.testing.assert_allclose([z, scales, share], slow_peak(plain, unit), rtol=1e-9)
    cv, _, even = kernels.even_gaps(t, unit)
    np.testing.assert_allclose([cv, even], slow_even(plain, unit), rtol=1e-9)
    np.testing.assert_allclose(kernels.gap_repeat(t, unit), slow_repeat(plain, unit), atol=1e-9)
    np.testing.assert_allclose(kernels.allan_factor(t), slow_allan(plain), rtol=1e-9)
    np.testing.assert_allclose(kernels.quiet_hours_share(t), slow_quiet(plain), rtol=1e-9)
    densest = max(sum(x - HOUR < y <= x for y in plain) for x in plain) / len(t)
    assert kernels.densest_share(t) == pytest.approx(densest)


def test_planted_burst_is_found_where_it_is():
    rng = np.random.default_rng(1)
    organic = rng.integers(0, 20 * DAY, 400)
    burst = 9 * DAY + rng.integers(0, 30 * 60_000, 100)
    t = np.sort(np.concatenate([organic, burst])).astype(np.int64)
    z, start, width, n, expected, _, share = kernels.peak(t, 1)
    assert z > 10 and start <= 9 * DAY + HOUR and start + width >= 9 * DAY
    assert n > 5 * expected and 0.15 < share < 0.3


def test_steady_and_decaying_streams_have_no_peak():
    rng = np.random.default_rng(2)
    steady = np.sort(rng.integers(0, 20 * DAY, 2000)).astype(np.int64)
    launch = np.sort(rng.exponential(2 * DAY, 2000)).astype(np.int64)
    for t in (steady, launch):
        z, *_, share = kernels.peak(t, 1)
        assert z < 6 and share < 0.05


def test_timer_is_even_and_crowd_is_not():
    rng = np.random.default_rng(3)
    timer = np.arange(200) * 45_000 + rng.integers(0, 3000, 200)
    crowd = np.cumsum(rng.exponential(45_000, 200)).astype(np.int64)
    cv, _, even = kernels.even_gaps(np.sort(timer).astype(np.int64), 1)
    assert cv < 0.1 and even == 1.0
    cv, _, even = kernels.even_gaps(crowd, 1)
    assert cv > 0.4 and even < 0.25


def test_fixed_waits_repeat_and_random_ones_do_not():
    rng = np.random.default_rng(4)
    waits = np.where(rng.random(300) < 0.4, 30_000, rng.exponential(30_000, 300))
    script = np.cumsum(waits // 1000 * 1000).astype(np.int64)
    crowd = np.cumsum(rng.exponential(30_000, 300) // 1000 * 1000).astype(np.int64)
    assert kernels.gap_repeat(script, 1000) > 0.3
    assert kernels.gap_repeat(crowd, 1000) < 0.06


def test_even_batched_and_random_hours_differ_in_allan_factor():
    rng = np.random.default_rng(6)
    random = np.sort(rng.integers(0, 60 * DAY, 6000)).astype(np.int64)
    even = np.arange(6000, dtype=np.int64) * (60 * DAY // 6000)
    batched = np.sort(np.repeat(rng.integers(0, 60 * DAY, 300), 20)).astype(np.int64)
    assert kernels.allan_factor(random) == pytest.approx(1, abs=0.1)
    assert kernels.allan_factor(even) < 0.1
    assert kernels.allan_factor(batched) > 10
