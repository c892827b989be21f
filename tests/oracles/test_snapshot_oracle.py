"""The window pass over polled intervals against a slow version in plain Python."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from zhenzan.models.attribution.countkernels import (
    COUNT_FIELDS,
    REACH,
    SURE,
    TAIL,
    VARIANCE,
    WINDOWS,
    scan_counts,
)
from zhenzan.models.attribution.kernels import age_share, expected_share, look_up
from zhenzan.models.attribution.null import (
    GRID,
    default_multipliers,
    log_likelihood_table,
    log_tail_table,
)

WIDTHS = [4.0**k for k in range(12)]
CURVE = np.concatenate([[0.0], np.cumsum(np.full(101, 1 / 101))])
WEEK = np.arange(169, dtype=float)
TABLE, TAILS = log_likelihood_table(default_multipliers()), log_tail_table(default_multipliers())
AGREEMENT, PRIOR = 3.0, 4.0
SHARES = [0.01, 0.03, 0.07, 0.15, 0.3, 0.5, 0.7, 0.85, 0.95, 0.99, 0.997, 0.999, 0.9997]
# Edges half way between the shares; a cell is what lies between two.
EDGES = [0.0, 0.02, 0.05, 0.105, 0.22, 0.395, 0.595, 0.77, 0.9, 0.975, 0.9945, 0.998, 0.9994, 1.0]


class SlowStream:
    """One stream: singles, then runs at two shifts, scale by scale."""

    def __init__(self, start: Any, end: Any, acts: Any) -> None:
        self.start, self.end, self.acts = list(start), list(end), list(acts)
        self.q = [0.0] * len(self.acts)
        self.tail = self.windows = self.variance = self.reach = self.sure = 0.0

    def upto(self, age: float) -> float:
        return sum(
            a * min(max((age - s) / (e - s), 0.0), 1.0)
            for s, e, a in zip(self.start, self.end, self.acts, strict=True)
        )

    def rate(self, i: int, j: int) -> float:
        low, high, born, last = self.start[i], self.end[j - 1], self.start[0], self.end[-1]
        width, every, inside = high - low, sum(self.acts), sum(self.acts[i:j])
        whole = age_share(last, CURVE) - age_share(born, CURVE)
        share = expected_share(low, high, 0.0, CURVE, WEEK) / whole
        total = every * (3 + every - inside) / (3 + every * (1 - min(share, 1.0)))
        far = min(high + 8 * width, last)
        flanks = (
            (max(low - 8 * width, born), max(low - width, born)),
            (min(high + width, far), far),
        )
        around = sum(self.upto(b) - self.upto(a) for a, b in flanks)
        pooled = sum(expected_share(a, b, 0.0, CURVE, WEEK) for a, b in flanks) * total / whole
        return max(total * share * (AGREEMENT + around) / (AGREEMENT + pooled), 1e-5)

    def settle(self, i: int, j: int) -> None:
        rate = self.rate(i, j)
        kept = sum(self.acts[u] * (1 - self.q[u]) for u in range(i, j))
        self.tail = min(self.tail, look_up(TAILS, sum(self.acts[i:j]), rate))
        self.windows += 1
        if kept < 1.5 or kept <= rate:
            return
        base = look_up(TABLE, kept, rate)
        odds = np.array(
            [
                math.exp(look_up(TABLE, (1 - s) * kept, rate) - base)
                * (kept * (b - a) / ((kept * s + 1) * math.log(1e4)) + 1e-12)
                for s, (a, b) in zip(SHARES, pairwise(EDGES), strict=True)
            ]
        )
        mean = float((odds * SHARES).sum() / odds.sum())
        square = float((odds * np.square(SHARES)).sum() / odds.sum())
        p = 1 / (1 + 1 / (odds.sum() * math.exp(PRIOR)))
        wide = 1.645 * math.sqrt(max(square - mean**2, 0.0))
        self.variance += kept**2 * (p * square - (p * mean) ** 2)
        if p > 0.05:
            self.reach = max(self.reach, kept * min(mean + wide, 1.0))
        if p > 0.95:
            self.sure += kept * max(mean - wide, 0.0)
        for u in range(i, j):
            self.q[u] += (1 - self.q[u]) * p * mean

    def scan(self, width: float) -> None:
        for i in range(len(self.acts)):
            if width / 2 < self.end[i] - self.start[i] <= 2 * width:
                self.settle(i, i + 1)
        for shift in (0.0, width / 2):
            runs: dict[int, list[int]] = {}
            for i, start in enumerate(self.start):
                runs.setdefault(math.floor((start + shift) / width), []).append(i)
            for run in runs.values():
                span = self.end[run[-1]] - self.start[run[0]]
                if len(run) > 1 and width / 2 < span <= 2 * width:
                    self.settle(run[0], run[-1] + 1)


@pytest.mark.parametrize("seed", range(6))
def test_scan_of_counts(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = 25
    edges = 1.0 + np.cumsum(np.append(0.0, rng.choice([600.0, 3600.0, 7200.0, 21_600.0], n)))
    acts = rng.poisson(4.0, n).astype(float)
    acts[7] += 200.0 * (seed % 3)
    slow = SlowStream(edges[:-1], edges[1:], acts)
    q, spread, done = np.zeros(n), np.zeros((1, 5)), 0
    histogram, moments = np.zeros((4, 1, GRID, GRID)), np.zeros((1, 2))
    record = np.zeros((500, COUNT_FIELDS))
    for width in WIDTHS:
        slow.scan(width)
        for shift in (0.0, width / 2):
            done = scan_counts(
                np.array([0, n]), edges[:-1].copy(), edges[1:].copy(), acts, np.zeros(1),
                np.zeros(1, np.int64), np.append(0.0, np.cumsum(acts)), CURVE[None], WEEK[None],
                np.array([AGREEMENT]), np.tile(TABLE, (4, 1, 1, 1)), np.tile(TAILS, (4, 1, 1, 1)),
                width, shift, np.array([PRIOR]), np.zeros(1, np.int64), q, spread, histogram,
                moments, record, done,
            )  # fmt: skip
    np.testing.assert_allclose(q, slow.q, rtol=1e-6, atol=1e-12)
    expected = np.zeros(5)
    for column, value in (
        (TAIL, slow.tail), (WINDOWS, slow.windows), (VARIANCE, slow.variance),
        (REACH, slow.reach), (SURE, slow.sure),
    ):  # fmt: skip
        expected[column] = value
    np.testing.assert_allclose(spread[0], expected, rtol=1e-6)
    assert histogram.sum() == slow.windows
    if acts[7] > 100:
        assert done and (record[:done, 6] > 0).all()
