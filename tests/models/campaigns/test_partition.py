"""Deliveries find their pools: planted pools, two-pool sections, and the objective itself."""

from __future__ import annotations

import itertools
import time
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from zhenzan.models.campaigns import find_campaigns
from zhenzan.models.campaigns.kernels import local_moves
from zhenzan.models.campaigns.partition import partition


def orders(rng: np.random.Generator, pools: list[tuple[int, list[int]]]) -> Any:
    """Acts of pools `(accounts, sizes of their orders)` that share nobody."""
    cell, account, pool, base = [], [], [], 0
    for number, (members, sizes) in enumerate(pools):
        for size in sizes:
            cell.append(np.full(size, len(cell)))
            account.append(base + rng.choice(members, size, replace=False))
            pool.append(number)
        base += members
    return np.concatenate(cell), np.concatenate(account), np.array(pool)


def same(one: np.ndarray, two: np.ndarray) -> bool:
    return len(set(zip(one, two, strict=True))) == len(set(one)) == len(set(two))


@pytest.mark.parametrize("seed", range(5))
def test_orders_of_any_size_find_their_pool(seed: int) -> None:
    rng = np.random.default_rng(seed)
    pools = [(500, [20, 100, 300, 30, 200, 50]), (150, [20, 25, 50, 30]), (5000, [300, 500, 1000])]
    cell, account, pool = orders(rng, pools)
    assert same(partition(cell, account, np.ones(len(cell))), pool)


def test_strangers_stay_alone() -> None:
    cell, account = np.repeat(np.arange(6), 10), np.arange(60)
    assert partition(cell, account, np.ones(60)).tolist() == list(range(6))


def test_nothing_is_no_group() -> None:
    none = np.zeros(0, dtype=np.int64)
    assert len(partition(none, none, np.zeros(0))) == 0


def worth(shared: np.ndarray, load: np.ndarray, label: tuple[int, ...]) -> float:
    pairs = itertools.combinations(range(len(load)), 2)
    return sum(shared[i, j] - 0.4 * load[i] * load[j] for i, j in pairs if label[i] == label[j])


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 6), st.integers(0, 10_000))
def test_moves_end_where_no_single_move_gains(n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    upper = np.triu(rng.integers(0, 6, (n, n)), 1).astype(float)
    shared, load = upper + upper.T, rng.uniform(0.1, 3, n)
    index = [np.flatnonzero(row) for row in shared]
    indptr = np.r_[0, np.cumsum([len(i) for i in index])].astype(np.int64)
    indices = np.concatenate(index).astype(np.int64)
    data = shared[shared > 0]
    label = tuple(local_moves(indptr, indices, data, load, 0.4).tolist())
    reached = worth(shared, load, label)
    assert reached >= -1e-9
    for i, other in itertools.product(range(n), set(label)):
        moved = (*label[:i], other, *label[i + 1 :])
        assert worth(shared, load, moved) <= reached + 1e-6


def test_a_section_served_by_two_pools_is_divided(made_up: Any) -> None:
    left = made_up.pool_world(n_sections=16, orders=8, size=40, pool=60, seed=1)
    right = made_up.pool_world(n_sections=16, orders=8, size=40, pool=60, seed=2, prefix="x")
    # The second pool's first two orders land on sections that the first pool serves as well.
    right["section_id"] = right.section_id.replace({"xs000": "s000", "xs001": "s001"})
    world = made_up.pd.concat([left, right], ignore_index=True)
    world["engagement_id"] = [f"e{i:07d}" for i in range(len(world))]
    found = find_campaigns(made_up.attribution(world))
    assert len(found.campaigns) == 2
    who = found.members[found.members.member_kind == "account"]
    for _, part in who.groupby("campaign_id"):
        foreign = part.member_id.str.startswith("x").mean()
        assert min(foreign, 1 - foreign) <= 0.05, foreign
    where = found.members[found.members.member_kind == "section"]
    both = where[where.member_id.isin(["s000", "s001"])]
    assert both.groupby("member_id").size().tolist() == [2, 2]


def test_cost_grows_with_the_acts() -> None:
    rng = np.random.default_rng(0)

    def cost(cells: int) -> float:
        cell = np.repeat(np.arange(cells), 100)
        account = (cell // 25) * 300 + rng.integers(0, 300, len(cell))
        started = time.process_time()
        label = partition(cell, account, np.ones(len(cell)))
        spent = time.process_time() - started
        assert same(label, np.arange(cells) // 25)
        return spent

    cost(25)  # compiles
    assert cost(5000) < 10**1.5 * cost(500)


@pytest.mark.parametrize("seed", range(4))
def test_two_pools_that_served_the_same_sections_are_divided(seed: int) -> None:
    rng = np.random.default_rng(seed)
    # Each pool has three deliveries of its own; four sections were bought from both.
    cell, account, _ = orders(rng, [(200, [80] * 7), (200, [80] * 7)])
    place = {**{7 + i: 3 + i for i in range(4)}, **{11 + i: 7 + i for i in range(3)}}
    cell = np.array([place.get(c, c) for c in cell])
    label = partition(cell, account, np.ones(len(cell)))
    assert len(set(label[[0, 1, 2]])) == len(set(label[[7, 8, 9]])) == 1
    assert label[0] != label[7]


@pytest.mark.parametrize("seed", range(4))
def test_a_pool_of_the_busy_and_the_idle_stays_whole(seed: int) -> None:
    rng = np.random.default_rng(seed)
    busy = rng.lognormal(0, 1, 300)
    cell = np.repeat(np.arange(12), 90)
    account = np.concatenate(
        [rng.choice(300, 90, replace=False, p=busy / busy.sum()) for _ in range(12)]
    )
    assert len(set(partition(cell, account, np.ones(len(cell))))) == 1
