"""D-Cube against its definition: densities by hand, a slow version, its paper's bound."""

from __future__ import annotations

import itertools
import math
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from zhenzan.models.baselines.dcube import MEASURES, DCube, dense_blocks, density

# Who edited which page on which day, how often: a relation of the shape that the paper explains
# its measures with. The block of both editors, both pages and the first day has mass 19.
EDITS = [
    ("alice", "a", 29, 4), ("alice", "b", 29, 5), ("bob", "a", 29, 3), ("bob", "b", 29, 7),
    ("carol", "c", 30, 1), ("alice", "c", 30, 1), ("carol", "a", 31, 1),
]  # fmt: skip


def relation(rows):
    codes = [sorted({r[n] for r in rows}) for n in range(3)]
    tuples = np.array([[codes[n].index(r[n]) for n in range(3)] for r in rows])
    return tuples, np.array([float(r[3]) for r in rows])


def test_densities_by_hand() -> None:
    sizes, widths = np.array([2, 2, 1]), np.array([3, 3, 3])
    assert density("arithmetic", 19, sizes, 22, widths) == pytest.approx(19 / (5 / 3))
    assert density("geometric", 19, sizes, 22, widths) == pytest.approx(19 / 4 ** (1 / 3))
    cells = 4 / 27
    expected = 19 * (math.log(19 / 22) - 1) + 22 * cells - 19 * math.log(cells)
    assert density("suspiciousness", 19, sizes, 22, widths) == pytest.approx(expected)


@pytest.mark.parametrize("policy", ["cardinality", "density"])
@pytest.mark.parametrize("measure", MEASURES)
def test_the_block_of_the_small_relation_is_found(measure, policy) -> None:
    first, *_ = dense_blocks(*relation(EDITS), 1, measure, policy)
    assert first.tolist() == [True] * 4 + [False] * 3


def after(n, now, held, light, sizes, measure, total, widths):
    """Density once dimension n has lost what is light in it."""
    left = now - sum(held[n][a] for a in light[n])
    sizes = np.array([size - (len(light[n]) if m == n else 0) for m, size in enumerate(sizes)])
    return density(measure, left, sizes, total, widths)


def slow_block(tuples, mass, measure, policy):
    """The algorithm of the paper with sets and dictionaries; which tuples the block holds."""
    n_dims = tuples.shape[1]
    rows = [tuple(map(int, row)) for row in tuples]
    alive = [sorted({row[n] for row in rows}) for n in range(n_dims)]
    widths = np.array([len(a) for a in alive])
    total = now = float(mass.sum())
    order, best, best_at, step = {}, -math.inf, 0, 0
    best = density(measure, now, widths, total, widths)
    while all(alive):
        inside = [k for k, row in enumerate(rows) if all(row[n] in alive[n] for n in range(n_dims))]
        held = [{a: sum(mass[k] for k in inside if rows[k][n] == a) for a in alive[n]}
                for n in range(n_dims)]  # fmt: skip
        now = sum(mass[k] for k in inside)
        light = [[a for a in alive[n] if held[n][a] <= now / len(alive[n]) * (1 + 1e-12)]
                 for n in range(n_dims)]  # fmt: skip
        if policy == "cardinality":
            chosen = max(range(n_dims), key=lambda n: (len(alive[n]), -n))
        else:
            sizes = [len(a) for a in alive]
            scores = [
                after(n, now, held, light, sizes, measure, total, widths) for n in range(n_dims)
            ]
            chosen = scores.index(max(scores))
        for a in sorted(light[chosen], key=lambda a: (held[chosen][a], a)):
            now = max(now - held[chosen][a], 0.0)
            alive[chosen].remove(a)
            order[chosen, a] = step
            step += 1
            found = density(measure, now, np.array([len(x) for x in alive]), total, widths)
            if found > best:
                best, best_at = found, step
    return [all(order.get((n, row[n]), step) >= best_at for n in range(n_dims)) for row in rows]


@given(
    st.integers(0, 10_000), st.sampled_from(MEASURES), st.sampled_from(["cardinality", "density"])
)
@settings(max_examples=60, deadline=None)  # compiles once
def test_the_first_block_is_that_of_the_slow_version(seed, measure, policy) -> None:
    rng = np.random.default_rng(seed)
    tuples = np.unique(
        rng.integers(0, rng.integers(2, 7, 3), (int(rng.integers(1, 40)), 3)), axis=0
    )
    tuples = np.stack([np.unique(tuples[:, n], return_inverse=True)[1] for n in range(3)], axis=1)
    mass = rng.integers(1, 6, len(tuples)).astype(float)
    (first,) = dense_blocks(tuples, mass, 1, measure, policy)
    assert first.tolist() == slow_block(tuples, mass, measure, policy)


@given(st.integers(0, 10_000), st.sampled_from(["cardinality", "density"]))
@settings(max_examples=40, deadline=None)
def test_the_arithmetic_block_is_within_the_bound_of_the_paper(seed, policy) -> None:
    """At least 1 / (dimensions x theta) of the densest block there is (theorem 1)."""
    rng = np.random.default_rng(seed)
    tuples = np.unique(rng.integers(0, 3, (12, 3)), axis=0)
    tuples = np.stack([np.unique(tuples[:, n], return_inverse=True)[1] for n in range(3)], axis=1)
    mass = rng.integers(1, 9, len(tuples)).astype(float)
    widths = tuples.max(axis=0) + 1

    def dense(inside):
        sizes = np.array([len(set(tuples[inside, n])) for n in range(3)])
        return density("arithmetic", mass[inside].sum(), sizes, mass.sum(), widths)

    subsets = [
        [s for r in range(1, w + 1) for s in itertools.combinations(range(w), r)] for w in widths
    ]
    best = 0.0
    for chosen in itertools.product(*subsets):
        inside = np.all([np.isin(tuples[:, n], chosen[n]) for n in range(3)], axis=0)
        sizes = np.array([len(c) for c in chosen])
        best = max(best, density("arithmetic", mass[inside].sum(), sizes, mass.sum(), widths))
    (first,) = dense_blocks(tuples, mass, 1, "arithmetic", policy)
    assert dense(first) >= best / 3 - 1e-9


def test_blocks_share_no_tuple_and_end_with_the_tuples() -> None:
    found = dense_blocks(*relation(EDITS), 10, "geometric", "density")
    assert np.sum(found, axis=0).max() == 1
    assert np.sum(found) == len(EDITS)
    assert dense_blocks(np.zeros((0, 3), np.int64), np.zeros(0), 3, "geometric", "density") == []


def test_acts_of_the_block_come_first(make_events) -> None:
    rng = np.random.default_rng(3)
    rows = {(f"o{a}", f"s{s}", float(h) * 3600) for a, s, h in
            zip(rng.integers(0, 2000, 6000), rng.integers(0, 100, 6000), rng.integers(0, 700, 6000),
                strict=True)}  # fmt: skip
    rows |= {(f"w{a}", f"s{s}", 3600.0 * (40 + s) + a) for a in range(40) for s in range(15)}
    events = make_events(sorted(rows))
    ranking = DCube().rank(events)
    ids = np.array(events.acts["account_id"].to_pylist())
    worker = np.char.startswith(ids, "w")
    assert (ranking.acts[worker] > 0).mean() > 0.95
    assert worker[ranking.acts == ranking.acts.max()].all()


@pytest.mark.slow
def test_cost_grows_with_the_tuples() -> None:
    rng = np.random.default_rng(0)
    tuples = np.stack(
        [rng.zipf(1.5, 1_000_000) % 200_000, rng.zipf(1.4, 1_000_000) % 20_000,
         rng.integers(0, 2000, 1_000_000)], axis=1,
    )  # fmt: skip

    def cost(n: int) -> float:
        start = time.process_time()
        dense_blocks(tuples[:n], np.ones(n), 5, "geometric", "density")
        return time.process_time() - start

    cost(100)  # compiles
    assert cost(1_000_000) < 10**1.5 * cost(100_000)
