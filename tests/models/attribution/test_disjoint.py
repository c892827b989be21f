"""Windows that are kept: the strongest of those that overlap, at a cost that does not run away."""

from __future__ import annotations

import time

import numpy as np
import pytest
from zhenzan.models.attribution.curves import disjoint


def slow_disjoint(stream: list[int], start: list[float], end: list[float], most: int) -> list[bool]:
    kept: list[int] = []
    for i, s in enumerate(stream):
        mine = [j for j in kept if stream[j] == s]
        apart = all(start[i] >= end[j] or start[j] >= end[i] for j in mine)
        if len(mine) < most and apart:
            kept.append(i)
    return [i in kept for i in range(len(stream))]


@pytest.mark.parametrize("most", [1, 3, 20])
@pytest.mark.parametrize("seed", range(5))
def test_kept_windows_agree_with_the_slow_version(seed: int, most: int) -> None:
    rng = np.random.default_rng(seed)
    stream = np.sort(rng.integers(0, 5, 400))
    start = rng.integers(0, 150, 400).astype(float)  # some end where others start
    end = start + rng.integers(1, 9, 400)
    expected = slow_disjoint(stream.tolist(), start.tolist(), end.tolist(), most)
    assert disjoint(stream, start, end, most).tolist() == expected
    assert most < 20 or sum(expected) > 60


def test_many_windows_of_one_stream_cost_what_they_do_in_many_streams() -> None:
    """Measured: the same; a hundred times as much where each is compared with all before it."""
    n = 10_000
    start = np.arange(n) * 2.0

    def seconds(stream: np.ndarray) -> float:
        taken = []
        for _ in range(5):
            began = time.perf_counter()
            disjoint(stream, start, start + 1.0, 20)
            taken.append(time.perf_counter() - began)
        return min(taken)

    assert seconds(np.zeros(n, np.int64)) < 10 * seconds(np.arange(n) // 20)
