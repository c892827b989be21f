"""Acts without times: a planted pool is found, a fandom is not, and too little says nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from zhenzan.features.engine import open_engine
from zhenzan.models.attribution import AttributionConfig, attribute
from zhenzan.models.attribution.untimed import judge_untimed

PEOPLE, OBJECTS, BACKGROUND = 3000, 500, 0.002


def crowd(rng, topics=1, visits=16_000):
    """Organic visits with heavy tails; with topics, three of five stay in the account's own."""
    weight = (np.arange(OBJECTS) + 5.0) ** -0.7
    rng.shuffle(weight)
    topic_of, topic = rng.integers(0, topics, PEOPLE), rng.integers(0, topics, OBJECTS)
    activity = np.minimum(rng.pareto(1.6, PEOPLE) + 1, 60)
    account = rng.choice(PEOPLE, visits, p=activity / activity.sum())
    visited = rng.choice(OBJECTS, visits, p=weight / weight.sum())
    home = rng.random(visits) < (0.6 if topics > 1 else 0.0)
    for t in range(topics):
        own, mine = np.flatnonzero(topic == t), np.flatnonzero(home & (topic_of[account] == t))
        visited[mine] = rng.choice(own, len(mine), p=weight[own] / weight[own].sum())
    return np.stack([account, visited], axis=1), topic_of, topic, weight


def block(rng, accounts, objects, density):
    i, j = np.nonzero(rng.random((len(accounts), len(objects))) < density)
    return np.stack([accounts[i], objects[j]], axis=1)


def pool(rng, size=60, customers=60, density=0.2):
    """60 new accounts under 60 objects at random."""
    return block(rng, PEOPLE + np.arange(size), rng.choice(OBJECTS, customers, False), density)


def judged(pairs, creator=None, mark=None):
    n = len(pairs)
    creator = np.arange(OBJECTS) if creator is None else creator
    mark = np.zeros(n) if mark is None else mark
    prior = np.full(n, BACKGROUND)
    found = judge_untimed(pairs[:, 0], pairs[:, 1], creator, mark, prior, PEOPLE + 100)
    return found.q * (1 - found.community), found


@pytest.mark.parametrize("topics", [1, 10])
@pytest.mark.parametrize(("hidden", "least"), [(0, 0.85), (12, 0.75)])
def test_a_pool_is_found_whatever_else_it_does(topics, hidden, least) -> None:
    rng = np.random.default_rng(4)
    organic, *_ = crowd(rng, topics)
    bought = pool(rng)
    camouflage = np.stack(
        [np.repeat(PEOPLE + np.arange(60), hidden), rng.integers(0, OBJECTS, 60 * hidden)], axis=1
    )
    pairs = np.unique(np.concatenate([organic, camouflage, bought]), axis=0)
    truth = pd.MultiIndex.from_arrays(pairs.T).isin(pd.MultiIndex.from_arrays(bought.T))
    p, found = judged(pairs)
    assert (p[truth] > 0.5).mean() > least
    assert truth[p > 0.5].mean() > least + 0.1
    assert p.sum() == pytest.approx(truth.sum(), rel=0.2)
    named = np.bincount(pairs[p > 0.5, 0], minlength=PEOPLE + 100) >= 2
    mine = slice(PEOPLE, PEOPLE + 60)
    assert named[mine].mean() >= 0.9 and named.sum() - named[mine].sum() <= 3
    assert np.nanmax(found.coherence[mine]) < 0.3


def test_organic_life_keeps_its_background() -> None:
    for seed, topics in ((0, 1), (1, 1), (2, 10)):
        organic, *_ = crowd(np.random.default_rng(seed), topics)
        p, _ = judged(organic)
        assert p.max() < 0.5
        assert p.sum() < 0.005 * len(p)


def fan_club(rng):
    """80 people of a topic who visit each of its 15 best objects with probability one half."""
    organic, topic_of, topic, weight = crowd(rng, 10)
    liked = np.flatnonzero(topic == 3)
    liked = liked[np.argsort(-weight[liked])][:15]
    fans = rng.choice(np.flatnonzero(topic_of == 3), 80, False)
    return np.unique(np.concatenate([organic, block(rng, fans, liked, 0.5)]), axis=0), fans, liked


def test_a_fan_club_is_a_community_because_its_topic_has_an_audience() -> None:
    pairs, fans, _ = fan_club(np.random.default_rng(1))
    p, found = judged(pairs)
    assert found.info["untimed_blocks"] >= 1
    assert found.info["untimed_blocks_of_communities"] == found.info["untimed_blocks"]
    assert (p > 0.5).sum() == 0
    assert found.q[np.isin(pairs[:, 0], fans)].max() > 0.9  # seen, and explained
    assert np.nanmedian(found.coherence[fans]) > 0.3


def test_sections_of_one_creator_make_a_community_of_a_pool() -> None:
    rng = np.random.default_rng(5)
    organic, *_ = crowd(rng)
    bought = pool(rng)
    pairs = np.unique(np.concatenate([organic, bought]), axis=0)
    owner = np.arange(OBJECTS)
    owner[np.unique(bought[:, 1])] = OBJECTS
    assert (judged(pairs)[0] > 0.5).sum() > 500
    assert (judged(pairs, owner)[0] > 0.5).sum() == 0


def test_without_anybody_else_a_block_stays_below_one_half() -> None:
    rng = np.random.default_rng(6)
    organic, *_ = crowd(rng)
    alone = block(rng, PEOPLE + np.arange(60), OBJECTS + np.arange(40), 0.4)
    p, found = judged(np.concatenate([organic, alone]), np.arange(OBJECTS + 40))
    assert found.q[len(organic) :].mean() > 0.9  # a block for sure, of what kind nobody can say
    assert p.max() < 0.5


@pytest.mark.parametrize("size", [1, 2, 5, 9])
def test_a_handful_says_nothing(size) -> None:
    pairs = block(np.random.default_rng(0), np.arange(size), np.arange(40), 0.9)
    p, found = judged(pairs)
    assert p == pytest.approx(BACKGROUND)
    assert found.info["untimed_blocks"] == 0


def test_neither_order_nor_names_matter() -> None:
    rng = np.random.default_rng(8)
    organic, *_ = crowd(rng, 10)
    pairs = np.unique(np.concatenate([organic, pool(rng)]), axis=0)
    p, first = judged(pairs)
    order = rng.permutation(len(pairs))
    rename, move = rng.permutation(PEOPLE + 100), rng.permutation(OBJECTS)
    other = np.stack([rename[pairs[order, 0]], move[pairs[order, 1]]], axis=1)
    q, second = judged(other)
    assert q == pytest.approx(p[order], abs=1e-9)
    assert second.coherence[rename] == pytest.approx(first.coherence, nan_ok=True)
    assert second.info == first.info


def test_known_workers_raise_what_their_block_says() -> None:
    rng = np.random.default_rng(9)
    organic, *_ = crowd(rng)
    bought = pool(rng, size=40, customers=40, density=0.15)
    pairs = np.unique(np.concatenate([organic, bought]), axis=0)
    plain, _ = judged(pairs)
    mark = np.where(pairs[:, 0] >= PEOPLE, 3.0, 0.0)
    marked, _ = judged(pairs, mark=mark)
    assert (marked >= plain - 1e-12).all()
    alone = marked[(pairs[:, 0] >= PEOPLE) & (plain < 0.003)]
    assert len(alone) == 0 or alone.max() <= 1.0
    nobody = judged(organic[:50], mark=np.full(50, 3.0))[0]
    assert nobody == pytest.approx(1 / (1 + (1 / BACKGROUND - 1) * np.exp(-3.0)))


@given(
    st.lists(st.tuples(st.integers(-1, 30), st.integers(0, 12)), max_size=120),
    st.integers(0, 3),
)
@settings(max_examples=40, deadline=None)
def test_any_acts_get_a_probability(acts, repeated) -> None:
    pairs = np.array(acts * (1 + repeated), np.int64).reshape(-1, 2)
    p, found = judged(pairs)
    assert p.shape == (len(pairs),)
    assert ((p >= 0) & (p <= 1)).all() and ((found.community >= 0) & (found.community <= 1)).all()
    assert np.isnan(found.ratio[pairs[:, 0] < 0]).all()


def test_a_full_graph_is_no_block() -> None:
    full = np.stack([np.repeat(np.arange(60), 40), np.tile(np.arange(40), 60)], axis=1)
    p, _ = judged(full)
    assert p == pytest.approx(BACKGROUND)


def tables(engine, pairs, times):
    """Canonical engagements; NaN is untimed."""
    frame = pd.DataFrame(
        {
            "engagement_id": [f"e{i:06d}" for i in range(len(pairs))],
            "kind": "like",
            "section_id": [f"s{s:04d}" for s in pairs[:, 1]],
            "comment_id": pd.array([None] * len(pairs), dtype="string"),
            "account_id": [f"a{a:05d}" for a in pairs[:, 0]],
            "ts_lo_ms": pd.array(times, dtype="Int64"),
            "ts_hi_ms": pd.array(times, dtype="Int64"),
        }
    )
    import pyarrow as pa

    return {"engagement": engine.load("engagement", pa.Table.from_pandas(frame))}


@pytest.fixture(scope="module")
def world():
    rng = np.random.default_rng(11)
    organic, *_ = crowd(rng, 10)
    bought = pool(rng)
    pairs = np.unique(np.concatenate([organic, bought]), axis=0)
    truth = pd.MultiIndex.from_arrays(pairs.T).isin(pd.MultiIndex.from_arrays(bought.T))
    return pairs, truth


def run(pairs, times, **config):
    with open_engine() as engine:
        return attribute(engine, tables(engine, pairs, times), AttributionConfig(**config))


def test_attribution_judges_untimed_acts_and_says_so(world) -> None:
    pairs, truth = world
    result = run(pairs, [None] * len(pairs))
    p = result.engagements["p_purchased"].to_numpy()
    assert (p[truth] > 0.5).mean() > 0.85 and truth[p > 0.5].mean() > 0.95
    assert result.info["timed_engagements"] == 0
    assert result.info["untimed_blocks"] > result.info["untimed_blocks_of_communities"]
    assert result.info["n_purchased_untimed"] == pytest.approx(p.sum(), abs=1e-3)
    sections = result.sections.to_pandas().set_index("section_id")
    frame = pd.DataFrame({"section": [f"s{s:04d}" for s in pairs[:, 1]], "truth": truth})
    bought = frame.groupby("section")["truth"].sum()
    inside = sections["n_purchased_lo"].le(bought) & sections["n_purchased_hi"].ge(bought)
    assert inside[bought > 0].mean() > 0.85 and inside[bought == 0].mean() > 0.95
    assert (sections["n_purchased_lo"] <= sections["n_purchased"]).all()
    without = run(pairs, [None] * len(pairs), without=frozenset({"company"}))
    assert without.engagements["p_purchased"].to_numpy() == pytest.approx(BACKGROUND)


def test_timed_acts_do_not_change_by_untimed_ones_of_others(world) -> None:
    pairs, _ = world
    rng = np.random.default_rng(2)
    times = 1_700_000_000_000 + rng.integers(0, 30 * 86_400_000, len(pairs))
    apart = pairs[:, 1] < 250  # these sections are timed; accounts are those of both halves
    mixed = [int(t) if timed else None for t, timed in zip(times, apart, strict=True)]
    result = run(pairs, mixed)
    p = result.engagements["p_purchased"].to_numpy()
    assert np.isfinite(p).all()
    late = p[~apart]
    assert (late > 0.5).sum() > 100  # half of the pool's sections still make a block
    assert result.info["untimed_engagements"] == int((~apart).sum())
    widths = {}
    for name, table in (("mixed", result), ("untimed", run(pairs, [None] * len(pairs)))):
        frame = table.sections.to_pandas().set_index("section_id")
        widths[name] = (frame["n_purchased_hi"] - frame["n_purchased_lo"]).loc["s0000":"s0249"]
    assert widths["mixed"].mean() <= widths["untimed"].mean()
