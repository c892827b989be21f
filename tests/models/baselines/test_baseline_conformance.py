"""What every baseline must hold: shapes, no NaN, no order of rows, no names, hostile input."""

from __future__ import annotations

import numpy as np
import pytest
from zhenzan.models.baselines import baselines

ALL = {b.name: b for b in baselines()}
WEEK = 7 * 86_400


@pytest.fixture(scope="module")
def world() -> list[tuple]:
    """2,000 strangers under 40 targets; 60 workers under 20 of them, within half a minute each."""
    rng = np.random.default_rng(5)
    rows = set()
    for s in range(40):
        for a in rng.choice(2000, 150, replace=False):
            rows.add((f"o{a}", f"s{s}", float(round(rng.uniform(0, 30 * 86_400), 3))))
    for s in range(20):
        start = rng.uniform(0, 20 * 86_400)
        for a in rng.choice(60, 45, replace=False):
            rows.add((f"w{a}", f"s{s}", float(round(start + rng.uniform(0, 30), 3))))
    return sorted(rows)


def scores(events, ranking) -> dict[tuple, float]:
    """Act scores by content."""
    ids = events.acts["account_id"].to_pylist()[: events.n]
    sections = events.acts["section_id"].to_pylist()[: events.n]
    return dict(zip(zip(ids, sections, strict=True), ranking.acts, strict=True))


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize(
    "rows",
    [[], [("a", "s", 0)], [(None, "s", t) for t in range(5)], [("a", "s", 0)] * 4,
     [(f"a{i}", "s", 0) for i in range(80)], [("a", f"s{i}", i) for i in range(80)]],
    ids=["nothing", "one act", "nobody known", "one account again and again",
         "one moment", "one account everywhere"],
)  # fmt: skip
def test_odd_input_is_ranked_without_nan(name, rows, make_events) -> None:
    events = make_events(rows)
    ranking = ALL[name].rank(events)
    assert ranking.acts.shape == (events.n,)
    assert ranking.accounts.shape == (len(events.n_sections),)
    assert np.isfinite(ranking.acts).all() and np.isfinite(ranking.accounts).all()


@pytest.mark.parametrize("name", ALL)
def test_order_of_rows_and_whole_weeks_change_nothing(name, world, make_events) -> None:
    events = make_events(world)
    first = scores(events, ALL[name].rank(events))
    order = np.random.default_rng(1).permutation(len(world))
    moved = make_events([(world[i][0], world[i][1], world[i][2] + 3 * WEEK) for i in order])
    again = scores(moved, ALL[name].rank(moved))
    assert again.keys() == first.keys()
    assert all(again[k] == pytest.approx(first[k], abs=1e-9) for k in first)


@pytest.mark.parametrize("name", ALL)
def test_other_names_change_nothing(name, world, make_events) -> None:
    # Each account's first act differs, so content alone orders the codes.
    events = make_events(world)
    other = make_events([(a[::-1] + "x", s + "y", t) for a, s, t in world])
    assert np.allclose(ALL[name].rank(events).acts, ALL[name].rank(other).acts)


@pytest.mark.parametrize("name", ALL)
def test_the_same_input_gives_the_same_scores(name, world, make_events) -> None:
    events = make_events(world)
    assert np.array_equal(ALL[name].rank(events).acts, ALL[name].rank(events).acts)


@pytest.mark.parametrize("name", sorted(ALL.keys() - {"catchsync", "isolation-forest"}))
def test_workers_who_always_come_together_rank_above_strangers(name, world, make_events) -> None:
    events = make_events(world)
    accounts = ALL[name].rank(events).accounts
    code = dict(zip(events.acts["account_id"].to_pylist(), events.account, strict=True))
    workers = [accounts[c] for a, c in code.items() if a[0] == "w"]
    strangers = [accounts[c] for a, c in code.items() if a[0] == "o"]
    assert np.median(workers) > np.quantile(strangers, 0.99)
