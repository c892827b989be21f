"""Each baseline against its own definition: small cases by hand, planted ones, slow versions."""

from __future__ import annotations

import importlib.util
from itertools import combinations
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from zhenzan.models.baselines.base import distinct_edges
from zhenzan.models.baselines.catchsync import CatchSync, least_synchronicity
from zhenzan.models.baselines.company import Company
from zhenzan.models.baselines.copycatch import CopyCatch
from zhenzan.models.baselines.coshare import CoShare
from zhenzan.models.baselines.fraudar import Fraudar
from zhenzan.models.baselines.isolation import (
    describe_accounts,
    outlier_scores,
    unsuccessful_search,
)
from zhenzan.models.baselines.linkage import group_levels
from zhenzan.models.baselines.meetings import find_meetings
from zhenzan.models.baselines.synchrotrap import SynchroTrap

SKETCH = Path(__file__).parents[3].parent / "shared/design/sketch_attribution.py"
DAY = 86_400


def by_name(events, values) -> dict[str, float]:
    names = events.acts["account_id"].to_pylist()
    return {n: values[c] for n, c in zip(names, events.account, strict=True) if c >= 0}


def crowd(seed: int, n_accounts: int, n_sections: int, n: int, days: float = 2) -> list[tuple]:
    rng = np.random.default_rng(seed)
    pairs = {(int(a), int(s)) for a, s in rng.integers(0, (n_accounts, n_sections), (n, 2))}
    times = rng.permutation(int(days * DAY * 4))[: len(pairs)] / 4  # no two at one moment
    return [(a, s, t) for (a, s), t in zip(sorted(pairs), times, strict=True)]


def slow_pairs(rows, reach, within):
    """All pairs of acts in reach, by definition."""
    for section in {r[1] for r in rows}:
        acts = sorted((r for r in rows if r[1] == section), key=lambda r: r[2])
        for i, j in combinations(range(len(acts)), 2):
            if j - i <= reach and acts[j][2] - acts[i][2] <= within:
                yield acts[i], acts[j]


@pytest.mark.parametrize(("reach", "within"), [(3, 7200), (30, 3600), (1000, 1800)])
def test_meetings_are_all_pairs_that_meet_twice(make_events, reach, within) -> None:
    rows = crowd(1, 40, 12, 300)
    events = make_events(rows)
    met = find_meetings(events.stream, events.account, events.age_s, reach=reach, within_s=within)
    expected: dict[frozenset, int] = {}
    for one, two in slow_pairs(rows, reach, within):
        key = frozenset((str(one[0]), str(two[0])))
        expected[key] = expected.get(key, 0) + 1
    names = by_name(events, np.arange(len(events.n_sections)))
    name = {code: n for n, code in names.items()}
    got = {
        frozenset((name[a], name[b])): c
        for a, b, c in zip(met.low, met.high, met.count, strict=True)
    }
    assert got == {k: c for k, c in expected.items() if c > 1}
    assert met.degree.sum() == 2 * sum(expected.values())
    assert np.array_equal(met.shared_streams(events.stream), met.count)  # one act a section here


def test_company_is_that_of_the_sketch(make_events) -> None:
    if not SKETCH.exists():
        pytest.skip("no sketch beside the checkout")
    spec = importlib.util.spec_from_file_location("sketch_attribution", SKETCH)
    sketch = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sketch)
    events = make_events(crowd(2, 60, 25, 900))
    hours = events.age_s / 3600
    expected = sketch.company(events.account, events.stream, hours)
    assert np.allclose(Company().rank(events).acts, expected)
    assert (expected > 0).sum() > 100


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(1, 5)), max_size=25),
    st.integers(2, 4),
)
@settings(deadline=None)  # compiles once
def test_levels_are_the_components_of_every_threshold(edges, least) -> None:
    edges = [e for e in edges if e[0] != e[1]]
    low, high, similarity = (np.array([e[k] for e in edges], np.int64) for k in range(3))
    levels = group_levels(low, high, similarity.astype(float), 10, least)
    for threshold in range(1, 6):
        graph = nx.Graph()
        graph.add_nodes_from(range(10))
        graph.add_edges_from((a, b) for a, b, s in edges if s >= threshold)
        grouped = {n for c in nx.connected_components(graph) if len(c) >= least for n in c}
        assert set(np.flatnonzero(levels >= threshold)) == grouped


def test_synchrotrap_similarity_is_jaccard_of_matched_acts(make_events) -> None:
    # a and b match in three targets of 3 + 5 - 3 = 5; c comes two hours later each time.
    rows = [(who, s, s * DAY + lag) for s in range(3) for who, lag in (("a", 0), ("b", 900))]
    rows += [("b", 7, 0.0), ("b", 8, 0.0)] + [("c", s, s * DAY + 7200) for s in range(3)]
    events = make_events(rows)
    level = by_name(events, SynchroTrap(least=2).rank(events).accounts)
    assert level == pytest.approx({"a": 0.6, "b": 0.6, "c": 0.0})
    assert not SynchroTrap(least=3).rank(events).accounts.any()


def test_co_share_needs_two_targets_within_the_minute_and_three_members(make_events) -> None:
    rows = [(who, s, s * DAY + 20 * i) for s in range(2) for i, who in enumerate("abc")]
    rows += [("late", s, s * DAY + 200) for s in range(2)]
    rows += [("once", 0, 30.0), ("once", 5, 5 * DAY)]
    events = make_events(rows)
    level = by_name(events, CoShare().rank(events).accounts)
    assert level == {"a": 2.0, "b": 2.0, "c": 2.0, "late": 0.0, "once": 0.0}


@pytest.mark.parametrize("camouflage", ["none", "random", "popular"])
def test_fraudar_finds_an_injected_block_despite_camouflage(make_events, camouflage) -> None:
    rng = np.random.default_rng(3)
    popularity = rng.pareto(1.5, 300) + 0.2
    popularity /= popularity.sum()
    rows = {(f"o{rng.integers(2000)}", int(rng.choice(300, p=popularity))) for _ in range(8000)}
    block = {(f"w{a}", 300 + s) for a in range(60) for s in range(60) if rng.random() < 0.5}
    extra = {"none": None, "random": np.full(300, 1 / 300), "popular": popularity}[camouflage]
    if extra is not None:
        rows |= {(f"w{i % 60}", int(rng.choice(300, p=extra))) for i in range(len(block))}
    rows |= block
    events = make_events([(a, s, float(i)) for i, (a, s) in enumerate(sorted(rows))])
    accounts = by_name(events, Fraudar().rank(events).accounts)
    found = {a for a, score in accounts.items() if score == Fraudar().blocks}
    right = sum(a[0] == "w" for a in found)
    precision, recall = right / len(found), right / 60
    assert 2 * precision * recall / (precision + recall) > 0.9


@given(st.integers(0, 10_000))
@settings(max_examples=30, deadline=None)
def test_synchronicity_never_falls_below_the_parabola(seed) -> None:
    rng = np.random.default_rng(seed)
    share = rng.dirichlet(np.full(rng.integers(2, 9), 0.5))
    share = np.maximum(share, 1e-4) / np.maximum(share, 1e-4).sum()
    targets = rng.dirichlet(np.full(len(share), rng.uniform(0.1, 5)), 50)  # over the cells
    bound = least_synchronicity(targets @ share, share)
    assert ((targets**2).sum(axis=1) >= bound - 1e-9).all()


def test_catchsync_ranks_those_whose_targets_are_alike(make_events) -> None:
    rng = np.random.default_rng(8)
    popularity = 1 / np.arange(1, 301) ** 0.8
    popularity /= popularity.sum()
    rows = {
        (f"o{a}", int(s))
        for a in range(1500)
        for s in rng.choice(300, 8, replace=False, p=popularity)
    }
    # Workers serve 30 customers that nobody else visits: all alike in degree and authority.
    rows |= {(f"w{a}", 300 + int(s)) for a in range(80) for s in rng.choice(30, 8, replace=False)}
    events = make_events([(a, s, float(i)) for i, (a, s) in enumerate(sorted(rows))])
    score = by_name(events, CatchSync().rank(events).accounts)
    workers = [v for a, v in score.items() if a[0] == "w"]
    strangers = [v for a, v in score.items() if a[0] == "o"]
    assert np.median(workers) > np.quantile(strangers, 0.99)
    synchronicity, normality, _ = CatchSync().coordinates(distinct_edges(events))
    assert (synchronicity <= 1 + 1e-9).all() and (normality <= 1 + 1e-9).all()


def lockstep(seed: int, days_apart: float) -> list[tuple]:
    """60 users, 12 targets, each user under 8 of them within `days_apart` of its centre."""
    rng = np.random.default_rng(seed)
    rows = [
        (f"w{a}", f"t{s}", float(s * 40 + 200 + rng.uniform(-days_apart, days_apart)) * DAY)
        for a in range(60)
        for s in rng.choice(12, 8, replace=False)
    ]
    for s in range(12):
        rows += [(f"o{a}", f"t{s}", float(rng.uniform(0, 900)) * DAY)
                 for a in rng.choice(3000, 100, replace=False)]  # fmt: skip
    return rows


def test_copycatch_finds_a_lockstep_and_its_targets(make_events) -> None:
    events = make_events(lockstep(1, 10))
    ranking = CopyCatch().rank(events)
    accounts = by_name(events, ranking.accounts)
    found = {a for a, v in accounts.items() if v > 0}
    assert ranking.info["locksteps"] > 0
    assert sum(a[0] == "w" for a in found) >= 54
    assert sum(a[0] == "o" for a in found) <= 3


def test_copycatch_leaves_alone_those_who_come_at_different_times(make_events) -> None:
    ranking = CopyCatch().rank(make_events(lockstep(1, 190)))
    assert not ranking.acts.any()
    assert ranking.info["locksteps"] == 0


def test_copycatch_counts_targets_not_acts(make_events) -> None:
    rows = [(f"w{a}", "t0", a + 1000.0 * k) for a in range(60) for k in range(12)]
    rows += [(f"w{a}", f"t{s}", float(a)) for a in range(60) for s in range(1, 4)]
    rows += [(f"o{s}", f"x{s}", float(s)) for s in range(9)]
    assert not CopyCatch().rank(make_events(rows)).acts.any()


def test_isolation_scores_follow_the_paper() -> None:
    assert unsuccessful_search(1) == 0.0
    assert unsuccessful_search(2) == 1.0
    assert unsuccessful_search(256) == pytest.approx(10.2448, abs=1e-3)
    rng = np.random.default_rng(2)
    points = rng.normal(size=(2000, 3))
    points[:10] += 9.0  # a small cluster far away
    score = outlier_scores(points, 100, 256, 0)
    assert (score > 0).all() and (score <= 1).all()
    assert score[:10].min() > np.quantile(score[10:], 0.99)
    assert np.median(score) < 0.5
    assert np.allclose(outlier_scores(np.ones((300, 3)), 20, 256, 0), 0.5)  # nothing to cut


def test_isolation_describes_accounts_in_figures_that_can_be_checked(make_events) -> None:
    rows = [("a", "s", 0.0), ("a", "t", 3 * DAY), ("b", "s", 30.0), ("c", "u", 5 * DAY)]
    events = make_events(rows)
    found = by_name(events, describe_accounts(events))
    assert found["a"][0] == pytest.approx(np.log1p(2))  # acts
    assert found["a"][2] == pytest.approx(np.log1p(3 * DAY))  # gap
    assert found["b"][6] == 1.0 and found["c"][6] == 0.0  # within a minute of another act
    assert found["a"][6] == 0.5
    assert found["a"][7] == pytest.approx(1.0)  # always the same hour
