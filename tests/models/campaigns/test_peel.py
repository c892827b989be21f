"""The peel and the core against slow versions that rescan everything."""

from __future__ import annotations

import math
import time

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from zhenzan.models.campaigns.kernels import core, peel

Edges = list[tuple[int, int, float]]


def slow_peel(edges: Edges, n_left: int, n_right: int) -> set[int]:
    """Removes the lightest node (the last of equals) by full scans; nodes as in `peel`."""
    alive = {a for a, _, _ in edges} | {n_left + b for _, b, _ in edges}
    best, kept = -1.0, set[int]()
    while alive:
        inside = [(a, n_left + b, w) for a, b, w in edges if a in alive and n_left + b in alive]
        density = sum(w for _, _, w in inside) / len(alive)
        if density > best + 1e-12:
            best, kept = density, set(alive)
        weight = dict.fromkeys(alive, 0.0)
        for a, b, w in inside:
            weight[a] += w
            weight[b] += w
        alive.remove(min(alive, key=lambda node: (weight[node], -node)))
    return kept


@st.composite
def graphs(draw: st.DrawFn) -> tuple[Edges, int, int]:
    n_left, n_right = draw(st.integers(1, 7)), draw(st.integers(1, 6))
    pairs = draw(
        st.sets(st.tuples(st.integers(0, n_left - 1), st.integers(0, n_right - 1)), min_size=1)
    )
    # Multiples of 1/8 add without rounding, so both versions see the same ties.
    return (
        [(a, b, draw(st.integers(1, 16)) / 8) for a, b in sorted(pairs)],
        n_left,
        n_right,
    )


@settings(max_examples=150, deadline=None)
@given(graphs())
def test_peel_agrees_with_the_slow_version(graph: tuple[Edges, int, int]) -> None:
    edges, n_left, n_right = graph
    left, right, weight = (np.array(column) for column in zip(*edges, strict=True))
    found = peel(left, right, weight.astype(np.float64), n_left, n_right)
    assert set(np.flatnonzero(found)) == slow_peel(edges, n_left, n_right)


@settings(max_examples=100, deadline=None)
@given(graphs(), st.integers(1, 3), st.integers(1, 3))
def test_core_agrees_with_the_slow_version(
    graph: tuple[Edges, int, int], least_left: int, least_right: int
) -> None:
    edges, n_left, n_right = graph
    left, right, _ = (np.array(column) for column in zip(*edges, strict=True))
    kept = set(range(len(edges)))
    while True:
        of_left = {a: sum(left[e] == a for e in kept) for a in range(n_left)}
        of_right = {b: sum(right[e] == b for e in kept) for b in range(n_right)}
        smaller = {
            e for e in kept
            if of_left[left[e]] >= least_left and of_right[right[e]] >= least_right
        }  # fmt: skip
        if smaller == kept:
            break
        kept = smaller
    found = core(left, right, n_left, n_right, least_left, least_right)
    assert set(np.flatnonzero(found)) == kept


def test_no_edge_no_block() -> None:
    none = np.zeros(0, dtype=np.int64)
    assert not peel(none, none, np.zeros(0), 3, 2).any()
    assert not core(none, none, 3, 2, 2, 5).any()


def test_camouflage_on_popular_columns_does_not_hide_a_block() -> None:
    """FRAUDAR's protocol: a 200 x 200 block of density 0.3 in 24,000 x 4,000, camouflaged."""
    rng = np.random.default_rng(0)
    n_left, n_right = 24_000, 4_000
    popularity = rng.pareto(1.2, n_right) + 0.05
    popularity /= popularity.sum()
    background = np.column_stack(
        [rng.integers(0, n_left, 126_000), rng.choice(n_right, 126_000, p=popularity)]
    )
    block = np.argwhere(rng.random((200, 200)) < 0.3) + np.array([n_left, n_right])
    camouflage = np.column_stack(
        [
            rng.integers(n_left, n_left + 200, len(block)),
            rng.choice(n_right, len(block), p=popularity),
        ]
    )
    edges = np.unique(np.vstack([background, block, camouflage]), axis=0)
    degree = np.bincount(edges[:, 1], minlength=n_right + 200)
    weight = 1 / np.log(degree[edges[:, 1]] + 5.0)
    inside = peel(edges[:, 0].copy(), edges[:, 1].copy(), weight, n_left + 200, n_right + 200)
    found = np.flatnonzero(inside[: n_left + 200])
    hits = np.count_nonzero(found >= n_left)
    assert 2 * hits / (len(found) + 200) >= 0.95


def test_cost_grows_with_the_edges() -> None:
    rng = np.random.default_rng(1)

    def cost(n: int) -> float:
        ends = (rng.integers(0, n // 5, n), rng.integers(0, n // 50, n))
        edges = np.unique(np.column_stack(ends), axis=0)
        left, right = edges[:, 0].copy(), edges[:, 1].copy()
        weight = rng.random(len(edges))
        start = time.process_time()
        inside = peel(left, right, weight, n // 5, n // 50)
        spent = time.process_time() - start
        assert math.isfinite(weight.sum()) and inside.any()
        return spent

    cost(1_000)  # compiles
    assert cost(1_000_000) < 10**1.5 * cost(100_000)
