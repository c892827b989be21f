"""The backbone against slow versions and networkx, and a pool, a fandom and a script planted."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from itertools import combinations

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from zhenzan.features.coengagement import (
    CoengagementFamily,
    analysis,
    backbone,
    graphs,
    kernels,
    permuted,
)
from zhenzan.features.family import Entity, FeatureConfig

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000


def acts(seed: int, n: int = 500, accounts: int = 40, streams: int = 12) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(seed)
    stream = rng.integers(0, streams, n)
    t = rng.integers(0, 6 * DAY, n)
    account = rng.integers(0, accounts, n)
    order = np.lexsort((account, t, stream))
    stream, t, account = (x[order].astype(np.int64) for x in (stream, t, account))
    return account, stream // 2, stream, t, kernels.content_ranks(account, stream, t, 40, streams)


def test_exchange_keeps_everybodys_acts_a_day_and_draws_who_acts_where():
    account, _, stream, t, ranks = acts(0)
    drawn = permuted.exchanged(account, stream, t, ranks, 0)
    assert Counter(zip(t // DAY, account, strict=True)) == Counter(
        zip(t // DAY, drawn, strict=True)
    )
    assert (drawn != account).mean() > 0.9
    assert (permuted.exchanged(account, stream, t, ranks, 1) != drawn).mean() > 0.9


def test_exchange_does_not_feel_names_weeks_or_rows():
    account, _, stream, t, ranks = acts(1)
    drawn = permuted.exchanged(account, stream, t, ranks, 3)
    new = np.random.default_rng(0).permutation(40)
    other_ranks = np.empty_like(ranks)
    other_ranks[new] = ranks
    weeks = t + 21 * DAY
    renamed = permuted.exchanged(new[account], stream, weeks, other_ranks, 3)
    np.testing.assert_array_equal(new[drawn], renamed)
    mixed = np.random.default_rng(1).permutation(len(t))
    shuffled = permuted.exchanged(account[mixed], stream[mixed], t[mixed], ranks, 3)
    np.testing.assert_array_equal(drawn[mixed], shuffled)


def test_sample_of_pairs_is_a_part_of_all_pairs():
    account, section, stream, t, ranks = acts(2, n=1500)

    def met(parts, room=10**6):
        return permuted.sampled_meetings(
            account, section, stream, t, 6, DAY, 40, ranks, parts, room
        )

    whole = Counter(met(1).tolist())
    expected = kernels.section_pairs(account, section, stream, t, 6, DAY, 40, 0, 1, 10**6)
    assert whole == Counter(expected.tolist())
    part = Counter(met(3).tolist())
    assert all(whole[pair] == often for pair, often in part.items())
    assert 0.2 < len(part) / len(whole) < 0.5
    assert len(met(1, room=100)) <= 100


def slow_threshold(bits, null, weight):
    for level in sorted(set(bits)):
        false = (sum(x >= level for x in null) + 1) * weight
        if false <= 0.05 * sum(x >= level for x in bits):
            return level
    return math.inf


def test_threshold_agrees_with_the_slow_version():
    rng = np.random.default_rng(3)
    found = set()
    for _ in range(50):
        null = rng.exponential(2, rng.integers(0, 200)).round(1)
        bits = np.r_[rng.exponential(2, 100), rng.exponential(9, rng.integers(0, 60))].round(1)
        weight = float(rng.choice([0.125, 1.0, 3.0]))
        level = permuted.fdr_threshold(bits, null, weight)
        assert level == slow_threshold(bits.tolist(), null.tolist(), weight)
        found.add(math.isinf(level))
    assert found == {True, False}


def graph(seed: int, n: int = 30, p: float = 0.2) -> tuple[nx.Graph, np.ndarray]:
    made = nx.gnp_random_graph(n, p, seed=seed)
    made.add_edges_from(combinations(range(6), 2))
    codes = np.array(sorted(min(e) * n + max(e) for e in made.edges), dtype=np.int64)
    return made, codes


@pytest.mark.parametrize("seed", range(4))
def test_cores_and_clustering_agree_with_networkx(seed):
    made, codes = graph(seed)
    ranks = np.random.default_rng(seed).integers(0, 2**63, 30).astype(np.uint64)
    others, starts = graphs.neighbours(codes, 30, ranks)
    core = nx.core_number(made)
    assert graphs.core_numbers(others, starts).tolist() == [core[v] for v in range(30)]
    slow = nx.clustering(made)
    fast = graphs.clustering(others, starts, codes, ranks)
    for v in range(30):
        if made.degree[v] < 2:
            assert np.isnan(fast[v])
        else:
            assert fast[v] == pytest.approx(slow[v])


def test_sampled_clustering_is_near_the_exact_one():
    made, codes = graph(9, n=200, p=0.3)
    ranks = np.arange(200, dtype=np.uint64) * np.uint64(7919)
    others, starts = graphs.neighbours(codes, 200, ranks)
    fast, slow = graphs.clustering(others, starts, codes, ranks), nx.clustering(made)
    apart = fast - np.array([slow[v] for v in range(200)])
    assert np.abs(apart).max() < 0.2 and abs(apart.mean()) < 0.01


def test_empty_graph_has_no_figures():
    none = np.empty(0, dtype=np.int64)
    others, starts = graphs.neighbours(none, 0, none.astype(np.uint64))
    assert not len(graphs.core_numbers(others, starts))
    assert not len(graphs.clustering(others, starts, none, none.astype(np.uint64)))


def slow_visits(account, section, stream, t, wanted):
    """First-comers by pair and section, counted over all neighbouring acts of the pair there."""
    lead = defaultdict(int)
    for i in range(len(t)):
        for j in range(i + 1, min(i + analysis.PLACES + 1, len(t))):
            if stream[i] != stream[j] or t[j] - t[i] > DAY:
                break
            pair = tuple(sorted((int(account[i]), int(account[j]))))
            if pair in wanted:
                first = 0 if t[i] == t[j] else (1 if account[i] == pair[0] else -1)
                lead[pair, int(section[i])] += first
    return {key: int(np.sign(value)) for key, value in lead.items()}


def network_of(engine, canonical, frames):
    network = analysis.analyse(engine, canonical.load(engine, frames))
    return network, backbone.backbone(network)


def test_figures_of_the_backbone_agree_with_counting(engine, canonical):
    network, found = network_of(engine, canonical, canonical.world(3))
    pairs = list(zip(found.lower.tolist(), found.higher.tolist(), strict=True))
    assert len(pairs) > 50
    met = slow_visits(network.account, network.section, network.stream, network.at_ms, set(pairs))
    creator = network.creator
    accounts = backbone.account_shapes(found, network)
    sections = backbone.section_shapes(found, network)
    visits = defaultdict(dict)
    for (pair, section), first in met.items():
        visits[pair][section] = first
    for a in range(network.n_accounts):
        own = [visits[p] for p in pairs if a in p]
        apart = sum(len({creator[s] for s in v if creator[s] >= 0}) >= 2 for v in own)
        assert accounts["strangers"][a] == apart
        tops = [Counter(creator[s] for s in v if creator[s] >= 0).most_common(1)[0][1] for v in own]
        alike = [x == y for v in own for x, y in combinations([f for f in v.values() if f], 2)]
        for name, seen, of in (
            ("one_creator_share", sum(tops), sum(len(v) for v in own)),
            ("order_agreement", sum(alike), len(alike)),
        ):
            if of:
                assert accounts[name][a] == pytest.approx(seen / of)
            else:
                assert np.isnan(accounts[name][a])
    for s in range(len(network.section_ids)):
        here = [p for p in pairs if s in visits[p]]
        apart = [p for p in here if len({creator[x] for x in visits[p]}) >= 2]
        people = {a for p in here for a in p}
        total = network.section_acts[s]
        assert sections["stranger_share"][s] == pytest.approx(
            len({a for p in apart for a in p}) / total
        )
        assert sections["core"][s] == pytest.approx(sum(int(found.core[a]) for a in people) / total)
        same = [
            visits[p][x] == visits[p][s]
            for p in here for x in visits[p] if x != s and visits[p][x] and visits[p][s]
        ]  # fmt: skip
        if same:
            assert sections["order_agreement"][s] == pytest.approx(np.mean(same))
        else:
            assert np.isnan(sections["order_agreement"][s])


def test_pool_fans_and_script_differ(engine, canonical):
    frames = canonical.world(4)
    rng = np.random.default_rng(4)
    rows = []
    for s in (7, 17, 27):  # three sections of one creator: his fans, in whatever order
        for k, a in enumerate(rng.permutation(15)):
            at = canonical.START + (s + 3) * HOUR + k * 20_000
            rows.append({"section_id": f"s{s}", "account_id": f"fan{a:02d}", "ts_ms": at})
    for s in (8, 11, 13, 19):  # four creators: a script with one list
        for k in range(15):
            at = canonical.START + (s + 2) * HOUR + k * 9_000
            rows.append({"section_id": f"s{s}", "account_id": f"list{k:02d}", "ts_ms": at})
    frames["engagement"] = pd.concat([frames["engagement"], pd.DataFrame(rows).assign(kind="like")])
    made = CoengagementFamily().compute(engine, canonical.load(engine, frames), FeatureConfig())
    found = engine.fetch(made[Entity.ACCOUNT]).to_pandas().set_index("account_id")
    kind = found.groupby(found.index.str.replace(r"\d+$", "", regex=True)).median()
    assert kind.strangers["pool"] >= 10 and kind.strangers["list"] >= 10
    assert kind.strangers["fan"] == 0 and kind.strangers["a"] == 0
    assert kind.one_creator_share["fan"] == 1 and kind.one_creator_share["pool"] < 0.5
    assert kind.order_agreement["list"] == 1 and 0.3 < kind.order_agreement["pool"] < 0.7
    assert kind.core["pool"] >= 10 and kind.clustering["list"] > 0.9 and kind.core["a"] == 0


def test_independent_accounts_have_no_backbone(engine, canonical):
    rng = np.random.default_rng(5)
    rows = [
        {
            "section_id": f"s{rng.integers(60)}",
            "account_id": f"a{int(rng.pareto(1.2) * 60) % 3000}",
            "ts_ms": int(canonical.START + rng.integers(0, 20 * DAY)),
        }
        for _ in range(8000)
    ]
    _, found = network_of(engine, canonical, {"engagement": pd.DataFrame(rows)})
    assert len(found.lower) <= 2
