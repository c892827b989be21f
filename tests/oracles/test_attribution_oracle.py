"""The compiled attribution model against slow versions that say the same in plain loops."""

from __future__ import annotations

import math
from collections import defaultdict
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from scipy.special import expit
from scipy.stats import false_discovery_control, nbinom
from zhenzan.models.attribution import AttributionConfig
from zhenzan.models.attribution.coherence import coherence
from zhenzan.models.attribution.company import Neighbours, company, meet_neighbours
from zhenzan.models.attribution.curve import AGE_STEP, N_AGES, fit_curves
from zhenzan.models.attribution.events import Events
from zhenzan.models.attribution.kernels import (
    age_share,
    expected_count,
    expected_share,
    look_up,
    organic_total,
    steady,
)
from zhenzan.models.attribution.meeting import WITHIN
from zhenzan.models.attribution.null import (
    COUNT_STEPS,
    GRID,
    RATE_OFFSET,
    RATE_STEPS,
    default_multipliers,
    evidence_tables,
    fit_multipliers,
    log_likelihood_table,
    log_tail_table,
)
from zhenzan.models.attribution.sums import significant
from zhenzan.models.attribution.windowkernels import WINDOW_FIELDS, scan_windows

CONFIG = AttributionConfig()
WEEK_S = 604_800.0
EDGES = np.concatenate([[0.0], np.exp(np.arange(N_AGES) * AGE_STEP)])
MULTIPLIERS = np.exp(np.arange(-5.0, 16.01, 0.5))


def make_events(
    rng: np.random.Generator, streams: int = 9, accounts: int = 25, longest: int = 40
) -> Events:
    """Random streams, two a section now and then, with unknown accounts and ties."""
    sizes = rng.integers(1, longest, streams)
    section_of = np.sort(rng.integers(0, max(streams * 2 // 3, 1), streams))
    section_of = np.unique(section_of, return_inverse=True)[1]
    stream = np.repeat(np.arange(streams), sizes)
    age = np.concatenate(
        [np.sort(np.round(rng.lognormal(9, 3, n).clip(0.5, 3e7), 1)) for n in sizes]
    )
    account = rng.integers(-1, accounts, len(stream))
    section = section_of[stream]
    n_sections = np.array(
        [len(set(section[account == a])) + int(rng.random() < 0.1) for a in range(accounts)]
    )
    visit = np.full(len(stream), -1, np.int64)
    known = account >= 0
    key = account * 1000 + section
    visit[known] = np.unique(key[known], return_inverse=True)[1]
    offsets = np.append(0, np.cumsum(sizes)).astype(np.int64)
    return Events(
        stream=stream, section=section, account=account, age_s=age, offsets=offsets,
        origin_week_s=rng.uniform(0, WEEK_S, streams),
        horizon_s=np.array([age[e - 1] + rng.uniform(1, 1e6) for e in offsets[1:]]),
        group=np.sort(rng.integers(0, 2, streams)),
        resolution_s=rng.choice([1e-3, 1.0, 60.0], streams),
        stream_section=section_of, n_sections=n_sections, visit=visit,
        origin_ms=np.zeros(streams, np.int64), acts=pa.table({}), n_groups=2,
    )  # fmt: skip


def slow_age_share(age: float, curve: Any) -> float:
    """Linear between the bin edges."""
    return float(np.interp(age, EDGES, curve))


def slow_expected_share(start: float, end: float, origin: float, curve: Any, week: Any) -> float:
    """Share by age times the mean hour factor of the window, added up hour by hour."""
    if end <= start:
        return 0.0
    share = slow_age_share(end, curve) - slow_age_share(start, curve)
    if end - start < WEEK_S:
        factor, at = 0.0, origin + start
        while at < origin + end - 1e-9:
            stop = min((math.floor(at / 3600.0 + 1e-12) + 1) * 3600.0, origin + end)
            hour = int((at + 1e-7) // 3600) % 168
            factor += (week[hour + 1] - week[hour]) * (stop - at)
            at = stop
        share *= factor / (end - start)
    return max(share, 1e-12)


def slow_look_up(table: Any, count: float, rate: float) -> float:
    x = min(math.log(1 + count) * COUNT_STEPS, GRID - 1.0)
    y = min(max((math.log(rate) + RATE_OFFSET) * RATE_STEPS, 0.0), GRID - 1.0)
    along = [np.interp(y, np.arange(GRID), row) for row in table[[int(x), min(int(x) + 1, 109)]]]
    return float(along[0] + (along[1] - along[0]) * (x - int(x)))


SHARES = (0.01, 0.03, 0.07, 0.15, 0.3, 0.5, 0.7, 0.85, 0.95, 0.99)
CELLS = (0.02, 0.03, 0.055, 0.115, 0.175, 0.2, 0.175, 0.125, 0.07, 0.035)


class SlowPass:
    """One scale at one shift, window by window, every sum from all acts of the stream."""

    def __init__(self, case: dict[str, Any]) -> None:
        self.case = case
        events: Events = case["events"]
        self.q = case["q"].copy()
        self.timing = np.full(events.n, -20.0)
        self.best = np.zeros(events.n_streams)
        self.n_windows = np.zeros(events.n_streams, np.int64)
        self.histogram = np.zeros((2, GRID, GRID))
        self.moments = np.zeros((2, 2))
        self.records: list[list[float]] = []
        for s in range(events.n_streams):
            if case["width"] >= events.resolution_s[s]:
                self.stream(s)

    def stream(self, s: int) -> None:
        case, events = self.case, self.case["events"]
        width, shift = case["width"], case["shift"]
        mine = np.arange(events.offsets[s], events.offsets[s + 1])
        cells = [math.floor((events.age_s[i] + shift) / width) for i in mine]
        last = max(events.horizon_s[s], 1.0)
        organic = case["organic"][mine].sum()
        g, squares = events.group[s], []
        ordered = [*sorted(set(cells)), math.floor((last + shift) / width)]
        for cell, following in pairwise(ordered):
            acts = [i for i, c in zip(mine, cells, strict=True) if c == cell]
            rate, square = self.rate(s, cell, mine, acts, last)
            if square is not None:
                squares.append(square)
            self.window(s, cell, acts, rate)
            rest = sum(1.0 - self.q[i] for i in acts)
            x = min(int(math.log1p(rest) * COUNT_STEPS), GRID - 1)
            y = min(max(int((math.log(rate) + RATE_OFFSET) * RATE_STEPS), 0), GRID - 1)
            weight = case["weight"][s]
            self.histogram[g, x, y] += weight * rest / len(acts)
            empty = min(max(following - cell - 1, 0), 16)
            self.histogram[g, 0, y] += weight * organic / len(mine) * empty
            tail = slow_look_up(case["tail"][g], len(acts), rate)
            self.best[s] = min(self.best[s], tail)
            self.n_windows[s] += 1
        if squares and case["weight"][s] > 0:
            self.moments[g] += np.array([np.mean(squares), 1.0]) * organic / len(mine)

    def rate(
        self, s: int, cell: int, mine: Any, acts: list[int], last: float
    ) -> tuple[float, float | None]:
        case, events = self.case, self.case["events"]
        width, shift, g = case["width"], case["shift"], events.group[s]
        start, stop = max(cell * width - shift, 0.0), (cell + 1) * width - shift
        sides = [
            (max(start - 8 * width, 0.0), max(start - width, 0.0)),
            (min(stop + width, last), min(stop + 8 * width, last)),
        ]
        around = sum(
            case["organic"][i] for i in mine for lo, hi in sides if lo <= events.age_s[i] < hi
        )

        def share(lo: float, hi: float) -> float:
            return slow_expected_share(
                lo, hi, events.origin_week_s[s], case["curve"][g], case["week"][g]
            )

        whole = max(slow_age_share(last, case["curve"][g]), 1e-12)
        window = share(start, min(stop, last)) / whole
        outside = sum(case["organic"][i] for i in mine if i not in acts)
        total = len(mine) * (3.0 + outside) / (3.0 + len(mine) * (1.0 - min(window, 1.0)))
        pooled = total * sum(share(lo, hi) for lo, hi in sides) / whole
        agreement = case["agreement"][g]
        rate = max(total * window * (agreement + around) / (agreement + pooled), 1e-5)
        square = math.log((around + 0.5) / (pooled + 0.5)) ** 2 - 1 / pooled if pooled > 5 else None
        return rate, square

    def by_share(self, g: int, kept: float, rate: float, any_share: bool = False) -> Any:
        """Evidence of a count: at the nearest counts and rates of the table, then in between."""
        x = min(math.log(1 + kept) * COUNT_STEPS, GRID - 1.0)
        y = min(max((math.log(rate) + RATE_OFFSET) * RATE_STEPS, 0.0), GRID - 1.0)
        result = 0.0
        for i, along in ((int(x), 1 - x % 1), (int(x) + 1, x % 1)):
            for j, across in ((int(y), 1 - y % 1), (int(y) + 1, y % 1)):
                if not along * across:
                    continue
                k, e = math.expm1(i / COUNT_STEPS), math.exp(j / RATE_STEPS - RATE_OFFSET)
                evidence = [
                    slow_look_up(self.case["table"][g], (1 - share) * k, e)
                    - slow_look_up(self.case["table"][g], k, e)
                    + math.log(k * size / ((k * share + 1) * math.log(1e4)) + 1e-12)
                    for share, size in zip(SHARES, CELLS, strict=True)
                ]
                node = np.logaddexp.reduce(evidence) if any_share else np.array(evidence)
                result = result + along * across * node
        return result

    def window(self, s: int, cell: int, acts: list[int], rate: float) -> None:
        case = self.case
        g, mark = case["events"].group[s], case["mark"]
        left = {i: 1.0 - self.q[i] for i in acts}
        kept = sum(left.values())
        if kept < 1.5 and max(mark[i] for i in acts) <= 1.5:
            return
        odds = []
        for share, log_count in zip(SHARES, self.by_share(g, kept, rate), strict=True):
            # Weights within 0.02 of 0 and of 1 count as 0 and 1.
            marks = sum(
                (1.0 if left[i] > 0.98 else left[i]) * math.log(1 - share + share * mark[i])
                for i in acts
                if left[i] > 0.02
            )
            odds.append(log_count + marks / (1 + max(kept - 1, 0) * case["correlation"]))
        count_evidence = float(self.by_share(g, kept, rate, any_share=True))
        for i in acts:
            self.timing[i] = max(self.timing[i], count_evidence)
        reach = math.log(max(*(mark[i] for i in acts), 1.0)) * min(kept, 1 / case["correlation"])
        if count_evidence + reach + case["prior"] <= -9.0:
            return
        total = float(np.logaddexp.reduce(odds))
        weights = np.exp(np.array(odds) - total)
        lit, delivered = float(expit(min(total + case["prior"], 40.0))), 0.0
        for i in acts:
            member = sum(
                w * share * mark[i] / (1 - share + share * mark[i])
                for w, share in zip(weights, SHARES, strict=True)
            )
            self.q[i] += left[i] * member * lit
            delivered += left[i] * member * lit
        if total + case["prior"] > 0 and len(acts) >= 5:
            width, shift = case["width"], case["shift"]
            begin, end = max(cell * width - shift, 0.0), (cell + 1) * width - shift
            self.records.append([s, begin, end, len(acts), rate, delivered, total + case["prior"]])


def _cumulated(parts: Any) -> Any:
    return np.hstack([np.zeros((len(parts), 1)), np.cumsum(parts, axis=1)])


def make_case(seed: int, scales: tuple[int, int] = (2, 11)) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    events = make_events(rng)
    width = float(4 ** rng.integers(*scales))
    share = default_multipliers()
    return {
        "events": events,
        "organic": rng.choice([1.0, 1.0, 0.6, 0.0], events.n),
        "q": rng.choice([0.0, 0.0, 0.01, 0.5, 0.99], events.n),
        "weight": rng.choice([0.0, 0.3, 1.0, 1.0], events.n_streams),
        "curve": _cumulated(rng.dirichlet(np.ones(N_AGES), 2)),
        "week": _cumulated(168 * rng.dirichlet(np.full(168, 5.0), 2)),
        "agreement": np.array([0.5, 12.0]),
        "table": np.stack([log_likelihood_table(share)] * 2),
        "tail": np.stack([log_tail_table(share)] * 2),
        "mark": np.exp(rng.normal(0.5, 1.5, events.n)),
        "width": width,
        "shift": float(rng.choice([0.0, width / 2])),
        "prior": math.log(1e-2),
        "correlation": 0.1,
    }


def run_pass(case: dict[str, Any], *, final: bool) -> tuple[Any, ...]:
    """Posteriors, timing, tails, numbers of windows, histogram, moments and records."""
    events = case["events"]
    tables = [np.stack(t) for t in zip(*map(evidence_tables, case["table"]), strict=True)]
    q, timing = case["q"].copy(), np.full(events.n, -20.0)
    best, n_windows = np.zeros(events.n_streams), np.zeros(events.n_streams, np.int64)
    histogram, moments = np.zeros((2, GRID, GRID)), np.zeros((2, 2))
    record = np.zeros((200, WINDOW_FIELDS))
    found = scan_windows(
        events.age_s, events.offsets, events.origin_week_s, events.horizon_s, events.group,
        events.resolution_s, np.add.reduceat(case["organic"], events.offsets[:-1]), case["weight"],
        np.append(0.0, np.cumsum(case["organic"])), case["curve"], case["week"],
        case["agreement"], *tables, case["tail"], case["mark"], case["width"], case["shift"],
        case["prior"], case["correlation"], final, q, timing, best, n_windows, histogram, moments,
        record, 0,
    )  # fmt: skip
    return q, timing, best, n_windows, histogram, moments, record[:found]


@pytest.mark.parametrize("seed", range(8))
def test_window_pass(seed: int) -> None:
    case = make_case(seed) if seed < 6 else make_case(seed, (0, 4))  # narrow ones: straight lines
    slow = SlowPass(case)
    q, timing, best, n_windows, histogram, moments, record = run_pass(case, final=True)
    np.testing.assert_allclose(q, slow.q, rtol=1e-7, atol=1e-12)
    np.testing.assert_allclose(timing, slow.timing, rtol=1e-7)
    np.testing.assert_allclose(best, slow.best, rtol=1e-7, atol=1e-12)
    np.testing.assert_array_equal(n_windows, slow.n_windows)
    np.testing.assert_allclose(histogram, slow.histogram, rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(moments, slow.moments, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(record, np.reshape(slow.records, (-1, 7)), rtol=1e-6)
    assert n_windows.sum() > 10 and (q > case["q"]).any()  # the pass had something to do


@pytest.mark.parametrize("seed", range(3))
def test_a_pass_that_is_not_the_last_leaves_out_results_only(seed: int) -> None:
    """What the next round reads is the same to the last bit."""
    whole, part = (run_pass(make_case(seed), final=final) for final in (True, False))
    for k in (0, 1, 4, 5):
        np.testing.assert_array_equal(part[k], whole[k])
    assert not part[2].any() and not part[3].any() and not len(part[6])


def test_evidence_of_a_count_says_what_exact_sums_say() -> None:
    """In between the cells of its tables it strays by a twentieth of a nat at most."""
    table = log_likelihood_table(default_multipliers())
    by_count, _ = evidence_tables(table)
    for kept in (1.0, 1.6, 2.0, 3.0, 7.0, 40.0, 700.0):
        for rate in (1e-5, 3e-4, 0.02, 0.7, 5.0, 80.0):
            evidence = [
                slow_look_up(table, (1 - share) * kept, rate) - slow_look_up(table, kept, rate)
                + math.log(kept * size / ((kept * share + 1) * math.log(1e4)) + 1e-12)
                for share, size in zip(SHARES, CELLS, strict=True)
            ]  # fmt: skip
            expected = np.logaddexp.reduce(evidence)
            assert look_up(by_count, kept, rate) == pytest.approx(expected, abs=0.05), (kept, rate)


def test_lines_of_the_expected_curve() -> None:
    rng = np.random.default_rng(11)
    curve = np.append(0.0, np.cumsum(rng.dirichlet(np.ones(N_AGES))))
    factors = rng.uniform(0.3, 2.0, 168)
    week = np.append(0.0, np.cumsum(factors / factors.mean()))
    for _ in range(200):
        age, origin = float(rng.choice([0.3, rng.lognormal(9, 3)])), float(rng.uniform(0, WEEK_S))
        line = np.zeros(3)
        steady(age, origin, curve, week, line)
        low, high = max(line[0], 0.0), min(line[1], line[0] + 3600.0)
        assert low <= age < high
        start, stop = np.sort(rng.uniform(low, high, 2))
        expected = slow_expected_share(start, stop, origin, curve, week)
        assert line[2] * (stop - start) == pytest.approx(expected, rel=1e-6, abs=2e-12)


def slow_meetings(events: Events, a: int, b: int, here: int) -> list[int]:
    """Sections but `here` in which two accounts met within each number of places, five at most."""
    closest: dict[int, int] = {}
    for s in range(events.n_streams):
        section = int(events.stream_section[s])
        first = int(events.offsets[s])
        mine = events.account[first : int(events.offsets[s + 1])]
        # The first act with the first, and so on.
        pairs = zip(np.flatnonzero(mine == a), np.flatnonzero(mine == b), strict=False)
        for i, j in pairs:
            if section != here:
                closest[section] = min(closest.get(section, 10**9), abs(int(i) - int(j)))
    return [min(sum(c <= most for c in closest.values()), 5) for most in WITHIN]


@pytest.mark.parametrize(("seed", "accounts"), [(0, 60), (1, 60), (2, 60), (3, 700), (4, 700)])
def test_meetings(seed: int, accounts: int) -> None:
    """A few accounts are so busy that their lives are searched instead of walked through.

    Of few accounts each comes to a stream several times, of many most come once.
    """
    rng = np.random.default_rng(seed)
    events = make_events(rng, streams=14, accounts=accounts, longest=200)
    busy = (rng.random(events.n) < 0.3) & (events.account >= 0)
    events.account[busy] = 0
    _, times = np.unique(np.stack([events.account, events.stream]), axis=1, return_counts=True)
    assert (times.max(initial=0) > 1) and ((times == 1).mean() > 0.5) == (accounts > 60)
    met = compare_meetings(events, AttributionConfig(neighbours=4, within_s=3e5))
    assert met[:, 0].max() > 0 and (met[:, 2] > met[:, 0]).any()


@pytest.mark.parametrize("seed", range(3))
def test_meetings_of_one_who_came_everywhere_once(seed: int) -> None:
    """Beside short lives, of which several together are worth marking the long one."""
    rng = np.random.default_rng(seed)
    events = make_events(rng, streams=60, accounts=150, longest=12)
    events.account[:] = np.where(events.account == 0, 1, events.account)
    events.account[events.offsets[:-1] + rng.integers(0, np.diff(events.offsets))] = 0
    sections = [len(set(events.section[events.account == a])) for a in range(150)]
    met = compare_meetings(events, AttributionConfig(neighbours=6), np.array(sections))
    assert met[:, 0].max() > 0 and sections[0] > 8 * np.median(sections)


def compare_meetings(events: Events, config: AttributionConfig, n_sections: Any = None) -> Any:
    if n_sections is not None:
        events.n_sections[:] = n_sections
    social = [
        i
        for i in range(events.n)
        if events.account[i] >= 0 and events.n_sections[events.account[i]] > 1
    ]
    came: dict[int, set[int]] = {}
    for i in social:
        came.setdefault(int(events.stream[i]), set()).add(int(events.account[i]))
    alone = [i for i in social if len(came[int(events.stream[i])]) == 1]
    life = np.bincount(events.account[[i for i in social if i not in alone]])
    met, exposure = np.zeros((events.n, len(WITHIN))), np.zeros(events.n)
    for x, i in enumerate(social):
        for j in social[x + 1 : x + 1 + config.neighbours]:
            close = events.age_s[j] - events.age_s[i] <= config.within_s
            a, b = int(events.account[i]), int(events.account[j])
            if a == b or not close or events.stream[i] != events.stream[j]:
                continue
            both = slow_meetings(events, a, b, int(events.section[i]))
            for k in (i, j):
                met[k] += both
                exposure[k] += (life[a] - 1) * (life[b] - 1)
    found = meet_neighbours(events, config)
    assert found.acts.tolist() == social
    np.testing.assert_array_equal(found.met, met[social])
    np.testing.assert_array_equal(found.exposure, exposure[social])
    return met


@pytest.mark.parametrize("seed", range(3))
def test_company(seed: int) -> None:
    """Surprise of the counts, by a mean of organic acts in each doubling of the exposure."""
    rng = np.random.default_rng(seed)
    n = 400
    exposure = np.where(rng.random(n) < 0.1, 0.0, np.exp(rng.uniform(0, 9, n)).round())
    met = rng.poisson(np.outer(exposure, [0.002, 0.004, 0.01])).astype(float)
    q = rng.choice([0.0, 0.5, 1.0], n)
    acts = np.sort(rng.choice(2 * n, n, replace=False))
    every = np.zeros(2 * n)
    every[acts] = q
    expected = np.full(2 * n, np.nan)
    expected[acts] = 0.0
    bins = [min(int(math.log2(max(x, 1.0))), 63) for x in exposure]
    for column in met.T:
        sums = np.zeros((64, 3))
        for i, b in enumerate(bins):
            sums[b] += (1 - q[i]) * np.array([1.0, column[i], exposure[i]])
        rate = (sums[:, 1].sum() + 1) / max(sums[:, 2].sum(), 1.0)
        typical = [2 ** (b + 0.5) for b in range(64)]
        weight = [sums[b, 0] + 20 for b in range(64)]
        relative = [math.log((sums[b, 1] + 20 * rate * typical[b]) / weight[b] / typical[b])
                    for b in range(64)]  # fmt: skip
        log_mean, highest = [], -math.inf
        for b in range(64):
            near = [max(b - 1, 0), b, b, min(b + 1, 63)]
            smooth = sum(weight[k] * relative[k] for k in near) / sum(weight[k] for k in near)
            highest = max(highest, smooth + math.log(typical[b]))
            log_mean.append(highest)
        for i, x in enumerate(exposure):
            if column[i] > 0:
                mean = math.exp(np.interp(math.log2(x), np.arange(64) + 0.5, log_mean))
                tail = nbinom.sf(column[i] - 1, 5.0, 5.0 / (5.0 + mean))
                expected[acts[i]] -= math.log(tail) / 3
    values = company(2 * n, [Neighbours(acts, met, exposure)], every, np.ones(2 * n))
    np.testing.assert_allclose(values, expected, rtol=1e-6, atol=1e-9)
    assert np.nanmax(values) > 1


def test_pooled_age_curve() -> None:
    rng = np.random.default_rng(3)
    events = make_events(rng, streams=15)
    organic = rng.uniform(0, 1, events.n)
    curves = fit_curves(events, organic, CONFIG)
    for g in range(2):
        bins = np.full(N_AGES, 1 / N_AGES)
        for i in range(events.n):
            s = events.stream[i]
            size = events.offsets[s + 1] - events.offsets[s]
            if events.group[s] == g and size >= CONFIG.min_curve_acts:
                bins[np.searchsorted(EDGES, events.age_s[i], side="right") - 1] += organic[i] / size
        smooth = bins.copy()
        for b in range(1, N_AGES):
            before, after = bins[b - 1] if b > 1 else 0.0, bins[b + 1] if b + 1 < N_AGES else 0.0
            smooth[b] = 0.25 * before + 0.5 * bins[b] + 0.25 * after
        expected = np.append(0.0, np.cumsum(smooth) / smooth.sum())
        np.testing.assert_allclose(curves.age[g], expected, rtol=1e-9, atol=1e-12)


def test_hours_of_the_week() -> None:
    """Days twice as busy as nights, by publication and by age alike, are found; mean factor 1."""
    rng = np.random.default_rng(4)
    streams, each = 1200, 60
    origin = rng.uniform(0, WEEK_S, streams)
    age = rng.uniform(1, 6 * WEEK_S, (streams, 4 * each))
    day = ((origin[:, None] + age) / 3600 % 24) < 12
    keep = rng.random(age.shape) < np.where(day, 1.0, 0.5)
    rows = [np.sort(a[k][:each]) for a, k in zip(age, keep, strict=True)]
    sizes = np.array([len(r) for r in rows])
    offsets = np.append(0, np.cumsum(sizes))
    n = int(offsets[-1])
    events = Events(
        stream=np.repeat(np.arange(streams), sizes), section=np.zeros(n, np.int64),
        account=np.full(n, -1), age_s=np.concatenate(rows), offsets=offsets, origin_week_s=origin,
        horizon_s=np.full(streams, 6 * WEEK_S), group=np.zeros(streams, np.int64),
        resolution_s=np.full(streams, 1.0), stream_section=np.zeros(streams, np.int64),
        n_sections=np.zeros(0, np.int64), visit=np.full(n, -1),
        origin_ms=np.zeros(streams, np.int64), acts=pa.table({}), n_groups=1,
    )  # fmt: skip
    factor = np.diff(fit_curves(events, np.ones(n), CONFIG).week[0])
    by_hour = factor.reshape(7, 24)
    assert factor.mean() == pytest.approx(1.0)
    assert by_hour[:, 3:9].mean() == pytest.approx(4 / 3, rel=0.05)
    assert by_hour[:, 15:21].mean() == pytest.approx(2 / 3, rel=0.05)


def test_expected_shares() -> None:
    rng = np.random.default_rng(5)
    curve = np.append(0.0, np.cumsum(rng.dirichlet(np.ones(N_AGES))))
    factors = rng.uniform(0.3, 2.0, 168)
    week = np.append(0.0, np.cumsum(factors / factors.mean()))
    for _ in range(100):
        start = float(rng.choice([0.0, 0.4, rng.lognormal(9, 3)]))
        end = start + float(rng.lognormal(8, 3))
        origin = float(rng.uniform(0, WEEK_S))
        assert age_share(end, curve) == pytest.approx(slow_age_share(end, curve), rel=1e-9)
        assert expected_share(start, end, origin, curve, week) == pytest.approx(
            slow_expected_share(start, end, origin, curve, week), rel=1e-6
        )
    assert age_share(-1.0, curve) == 0.0 and expected_share(5.0, 5.0, 0.0, curve, week) == 0.0


def test_expectations_of_windows() -> None:
    """Pooled where streams agree with the pool, their own surroundings where they do not."""
    assert expected_count(10.0, 400.0, 100.0, 1e9) == pytest.approx(10.0, rel=1e-6)
    assert expected_count(10.0, 400.0, 100.0, 1e-9) == pytest.approx(40.0, rel=1e-6)
    assert expected_count(10.0, 0.0, 100.0, 1e-12) == pytest.approx(1e-5)
    # A stream as long as its life outside the window tells; all of it inside says nothing.
    assert organic_total(1000.0, 300.0, 0.5) == pytest.approx(1000 * 303 / 503)
    assert organic_total(50.0, 0.0, 0.0) == pytest.approx(50.0)


@pytest.mark.parametrize("where", ["prior", "narrow", "bursty"])
def test_null_tables_are_sums_over_multipliers(where: str) -> None:
    share = {
        "prior": default_multipliers(),
        "narrow": np.eye(len(MULTIPLIERS))[10],
        "bursty": (np.eye(len(MULTIPLIERS))[10] * 9 + np.eye(len(MULTIPLIERS))[16]) / 10,
    }[where]
    table, tail = log_likelihood_table(share), log_tail_table(share)
    for j in (0, 20, 48, 60, 75):
        rate = math.exp(j / RATE_STEPS - RATE_OFFSET)
        law = nbinom(8.0, 8.0 / (8.0 + rate * MULTIPLIERS))
        for i in (0, 6, 17, 40, 70):
            k = math.expm1(i / COUNT_STEPS)
            mean = rate * MULTIPLIERS
            each = [
                math.lgamma(k + 8) - math.lgamma(8) - math.lgamma(k + 1)
                - 8 * math.log1p(m / 8) + k * (math.log(m) - math.log(8 + m))
                for m in mean
            ]  # fmt: skip
            assert table[i, j] == pytest.approx(_log_mix(each, share), rel=1e-9)
            low, high = (math.log(max(share @ law.sf(x - 1), 1e-300))
                         for x in (math.ceil(k), math.floor(k)))  # fmt: skip
            assert low - 1e-9 <= tail[i, j] <= high + 1e-9
        counts = np.arange(3000)
        total = sum(math.exp(look_up(table, float(k), rate)) for k in counts)
        assert total == pytest.approx(share @ law.cdf(2999), rel=0.03)


def _log_mix(each: list[float], share: Any) -> float:
    return float(np.logaddexp.reduce(np.array(each) + np.log(np.maximum(share, 1e-300))))


def test_look_up_interpolates() -> None:
    rng = np.random.default_rng(6)
    table = rng.normal(size=(GRID, GRID))
    for _ in range(200):
        count, rate = float(rng.lognormal(1, 2)), float(np.exp(rng.uniform(-14, 14)))
        assert look_up(table, count, rate) == pytest.approx(slow_look_up(table, count, rate))


def test_multipliers_are_learnt() -> None:
    """Windows drawn from two known multipliers put nearly all weight near those two."""
    rng = np.random.default_rng(7)
    histogram = np.zeros((GRID, GRID))
    for _ in range(20_000):
        rate = math.exp(rng.uniform(-1, 3))
        mean = rate * (1.0 if rng.random() < 0.9 else math.exp(3.0)) * rng.gamma(8) / 8
        k = rng.poisson(mean)
        x = int(math.log1p(k) * COUNT_STEPS)
        histogram[x, int((math.log(rate) + RATE_OFFSET) * RATE_STEPS)] += 1
    share = fit_multipliers(histogram)
    near = np.abs(np.log(MULTIPLIERS)) < 0.8
    burst = np.abs(np.log(MULTIPLIERS) - 3.0) < 0.8
    assert share.sum() == pytest.approx(1.0)
    assert share[near].sum() == pytest.approx(0.9, abs=0.04)
    assert share[burst].sum() == pytest.approx(0.1, abs=0.03)
    np.testing.assert_array_equal(fit_multipliers(np.zeros((GRID, GRID))), default_multipliers())


@pytest.mark.parametrize("seed", range(4))
def test_coherence(seed: int) -> None:
    """TF-IDF of creators by a dense matrix, then every pair of an account's suspicious visits."""
    rng = np.random.default_rng(seed)
    events = make_events(rng, streams=14, accounts=30, longest=60)
    q = rng.choice([0.0, 0.05, 0.6, 0.95], events.n, p=[0.4, 0.2, 0.2, 0.2])
    creator = rng.integers(0, 7, int(events.section.max()) + 1)
    creator = np.unique(creator, return_inverse=True)[1]
    n_accounts, n_creators = len(events.n_sections), int(creator.max()) + 1
    visits: dict[tuple[int, int], float] = defaultdict(float)
    for i in range(events.n):
        if events.account[i] >= 0:
            key = (int(events.account[i]), int(events.section[i]))
            visits[key] = max(visits[key], q[i])
    seen, came = np.zeros((n_creators, n_accounts)), np.zeros((n_creators, n_accounts))
    for (a, s), p in visits.items():
        seen[creator[s], a] += 1.0 - p
        came[creator[s], a] += 1
    vectors = np.zeros_like(seen)
    reached = (seen > 0).sum(axis=0)
    for c in range(n_creators):
        if seen[c, reached > 1].sum() >= max(5.0, 0.25 * came[c, reached > 1].sum()):
            for a in np.flatnonzero(reached > 1):
                vectors[c, a] = math.sqrt(seen[c, a]) * math.log1p(n_creators / reached[a])
            vectors[c] /= np.linalg.norm(vectors[c])
    mass = seen[:, reached > 1].sum(axis=1)
    chance = min(float(np.sum((mass / mass.sum() @ vectors) ** 2)), 0.9)
    expected = np.full(n_accounts, np.nan)
    for a in range(n_accounts):
        mine = [(creator[s], p) for (b, s), p in visits.items() if b == a]
        if sum(p for _, p in mine) < CONFIG.coherence_min or sum(p > 0.1 for _, p in mine) < 2:
            continue
        top = bottom = 0.0
        for x, (c, p) in enumerate(mine):
            for y, (d, r) in enumerate(mine):
                if x != y:
                    alike = 1.0 if c == d else float(vectors[c] @ vectors[d])
                    top, bottom = top + p * r * alike, bottom + p * r
        expected[a] = np.clip((top / bottom - chance) / (1 - chance), 0, 1)
    found = coherence(events, q, creator, CONFIG)
    np.testing.assert_allclose(found.account, expected, rtol=1e-7, atol=1e-9)
    assert (~np.isnan(expected)).sum() >= 5
    assert ((found.community >= 0) & (found.community <= 1)).all()
    for i in range(events.n):
        a = events.account[i]
        if a < 0 or np.isnan(expected[a]):
            assert found.community[i] == 0.0


@pytest.mark.parametrize("seed", range(5))
def test_false_discovery_control(seed: int) -> None:
    rng = np.random.default_rng(seed)
    p = np.concatenate([rng.random(60), rng.random(25) ** 6, [0.0, 1.0, 0.03, 0.03]])
    largest = max((k for k in range(1, len(p) + 1) if np.sort(p)[k - 1] <= 0.05 * k / len(p)),
                  default=0)  # fmt: skip
    found = significant(p, 0.05)
    np.testing.assert_array_equal(found, false_discovery_control(p) <= 0.05)
    assert found.sum() == largest
    assert not significant(np.ones(5), 0.05).any() and len(significant(np.zeros(0), 0.05)) == 0
