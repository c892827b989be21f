"""Blocks without times against slow versions in plain Python."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest
from zhenzan.models.attribution.blockkernels import grow, mates, meeting_evidence, reach
from zhenzan.models.attribution.blocks import Block, find_blocks
from zhenzan.models.attribution.untimed import community_share
from zhenzan.models.attribution.visits import Visits, build_visits


def made(seed: int, accounts: int = 60, sections: int = 25, n: int = 400) -> Visits:
    rng = np.random.default_rng(seed)
    weight = 1 / np.arange(1, sections + 1) ** 0.6
    organic = np.stack([rng.integers(0, accounts, n),
                        rng.choice(sections, n, p=weight / weight.sum())], axis=1)  # fmt: skip
    i, j = np.nonzero(rng.random((25, 12)) < 0.5)
    pairs = np.concatenate([organic, np.stack([accounts + i, j + sections // 2], axis=1)])
    return build_visits(pairs[:, 0], pairs[:, 1])


def lives(visits: Visits) -> list[set[int]]:
    return [
        set(visits.section[a:b].tolist())
        for a, b in zip(visits.life[:-1], visits.life[1:], strict=True)
    ]


def audiences(visits: Visits) -> list[set[int]]:
    return [
        set(visits.account[visits.by_section[a:b]].tolist())
        for a, b in zip(visits.audience[:-1], visits.audience[1:], strict=True)
    ]


def arrays(visits: Visits):
    return visits.account, visits.section, visits.life, visits.audience, visits.by_section


@pytest.mark.parametrize("seed", [0, 1])
def test_visits_are_the_distinct_pairs_whatever_their_order(seed) -> None:
    rng = np.random.default_rng(seed)
    account, section = rng.integers(-1, 12, 80), rng.integers(5, 14, 80)
    visits = build_visits(account, section)
    known = account >= 0
    back = np.stack([visits.account_of[visits.account], visits.section_of[visits.section]], axis=1)
    assert np.array_equal(back[visits.edge[known]], np.stack([account, section], axis=1)[known])
    assert (visits.edge[~known] == -1).all()
    assert len(np.unique(back, axis=0)) == visits.n == len(back)
    for e in range(visits.n):
        s = visits.section[e]
        assert visits.by_section[visits.audience[s] + visits.place[e]] == e


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_meeting_evidence_is_its_formula(seed) -> None:
    visits, rate, share = made(seed), 0.1, 0.05
    life, audience = lives(visits), audiences(visits)
    explained = np.random.default_rng(seed).random(visits.n) < 0.1
    gone = {(int(visits.account[e]), int(visits.section[e])) for e in np.flatnonzero(explained)}
    found = meeting_evidence(
        *arrays(visits), visits.place, explained, 10_000, rate, share, 3
    )  # fmt: skip
    for a in range(len(life)):
        own = {s for s in life[a] if (a, s) not in gone}
        expected = 0.0
        for b in range(len(life)):
            both = [s for s in own & life[b] if (b, s) not in gone]
            if a == b or len(own) < 3 or len(both) < 2:
                continue
            weight = [
                math.log1p(rate * visits.n / (len(life[b]) * (len(audience[s]) - 1))) for s in both
            ]
            pair = sum(weight) * (1 - 1 / len(both)) - rate * len(own)
            expected += math.log(1 - share + share * math.exp(min(pair, 30.0)))
        assert found[a] == pytest.approx(expected, abs=1e-9)


def test_mates_are_those_whose_common_visits_outweigh_chance() -> None:
    visits, rate = made(3), 0.1
    life, audience = lives(visits), audiences(visits)
    for a in range(0, len(life), 7):
        found, _ = mates(
            a, *arrays(visits), np.zeros(visits.n, bool), 10_000, rate, np.zeros(len(life))
        )
        expected = {
            b
            for b in range(len(life))
            if sum(
                math.log1p(rate * visits.n / (len(life[b]) * len(audience[s])))
                for s in life[a] & life[b]
            )
            > rate * len(life[a])
        }
        assert set(found.tolist()) == expected


def test_reach_counts_visits_to_a_set_of_sections() -> None:
    visits = made(4)
    chosen = np.array([0, 3, 8, 20])
    who, times = reach(
        chosen, visits.account, visits.audience, visits.by_section, np.zeros(visits.n, bool),
        np.zeros(len(visits.account_of), np.int64),
    )  # fmt: skip
    expected = {a: len(life & set(chosen.tolist())) for a, life in enumerate(lives(visits))}
    assert dict(zip(who.tolist(), times.tolist(), strict=True)) == {
        a: n for a, n in expected.items() if n
    }


def surprise(count: float, expected: float) -> float:
    if count <= 2 * expected:
        return 0.0
    return count * math.log(count / expected) - count + expected


def slow_grow(visits: Visits, start: set[int], rounds: int, loose_rounds: int, loose: float):
    """The rounds of `grow` with sets, thresholds by the size of the block."""
    life, audience = lives(visits), audiences(visits)
    accounts, sections = set(start), set[int]()
    for r in range(rounds):
        is_loose = r < loose_rounds
        need = loose if is_loose else max(
            loose, 1 + math.log(len(audience) / max(len(sections), 1))
        )  # fmt: skip
        acts = sum(len(life[a]) for a in accounts)
        least = 2 if is_loose else 3
        counted = {s: sum(s in life[a] for a in accounts) for s in range(len(audience))}
        sections = {
            s for s, c in counted.items()
            if c >= least and surprise(c, acts * len(audience[s]) / visits.n) > need
        }  # fmt: skip
        if len(sections) < 3:
            return set(), set()
        need = loose if is_loose else max(
            loose, 1 + math.log(sum(len(x) > 1 for x in life) / len(accounts))
        )  # fmt: skip
        outside = sum(len(audience[s]) - counted[s] for s in sections)
        new = {
            b for b in range(len(life))
            if len(life[b] & sections) >= least
            and surprise(len(life[b] & sections),
                         len(life[b]) * max(outside, 1.0) / visits.n) > need
        }  # fmt: skip
        same, accounts = new == accounts, new
        if len(accounts) < 3:
            return set(), set()
        if same and not is_loose:
            break
    return accounts, sections


@pytest.mark.parametrize("seed", range(4))
def test_growth_is_that_of_the_slow_version(seed) -> None:
    visits = made(seed, 600, 200, 2500)
    rng = np.random.default_rng(seed)
    active = int((np.diff(visits.life) > 1).sum())
    grown = 0
    for _ in range(6):
        start = np.sort(rng.choice(len(visits.account_of), 12, replace=False))
        if rng.random() < 0.7:  # a corner of the planted block
            start = np.sort(np.flatnonzero(visits.account_of >= 600)[:10])
        accounts, sections, _ = grow(
            start, *arrays(visits), np.zeros(visits.n, bool), 30, 4, 4.0, active, False,
            np.zeros(len(visits.account_of), np.int64), np.zeros(len(visits.section_of), np.int64),
        )  # fmt: skip
        expected = slow_grow(visits, set(start.tolist()), 30, 4, 4.0)
        assert (set(accounts.tolist()), set(sections.tolist())) == expected
        grown += len(accounts) > 0
    assert grown


def test_returns_of_light_accounts_are_counted_as_pairs() -> None:
    rng = np.random.default_rng(7)
    people = 4000
    weight = 1 / np.arange(1, 301) ** 0.5
    organic = np.stack([rng.integers(0, people, 16_000),
                        rng.choice(300, 16_000, p=weight / weight.sum())], axis=1)  # fmt: skip
    i, j = np.nonzero(rng.random((50, 50)) < 0.3)
    pairs = np.concatenate([organic, np.stack([people + i, 5 * j], axis=1)])
    visits = build_visits(pairs[:, 0], pairs[:, 1])
    (block,) = find_blocks(visits).blocks
    life, inside = lives(visits), set(block.sections.tolist())
    own = np.array([len(life[a] & inside) for a in block.accounts])
    light = int(np.quantile(own, 0.05))
    members = set(block.accounts.tolist())
    others = [x for a, x in enumerate(life) if 1 < len(x) < light]
    returns = sum(
        len(list(combinations(x & inside, 2)))
        for a, x in enumerate(life) if 1 < len(x) < light and a not in members
    )  # fmt: skip
    assert block.returns == returns
    share = sum(len(x & inside) for x in others) / sum(len(x) for x in others)
    by_pairs = sum(len(x) * (len(x) - 1) / 2 for x in others) * share**2
    assert block.expected_returns == pytest.approx(by_pairs, rel=0.05)
    assert block.returns == pytest.approx(block.expected_returns, rel=0.25)  # strangers' sections


@pytest.mark.parametrize(
    ("returns", "expected", "lift", "share"),
    [
        (100.0, 100.0, 3.0, 0.0),
        (1000.0, 50.0, 3.0, 1.0),
        (0.0, 0.0, 3.0, 0.5),
        (50.0, 90.0, 2.0, 0.0),
    ],
)
def test_the_share_of_a_community_by_hand(returns, expected, lift, share) -> None:
    codes = np.arange(12)
    block = Block(codes, codes, codes, 1.0, lift, returns, expected)
    assert community_share(block, codes) == pytest.approx(share, abs=0.02)
    assert community_share(block, np.zeros(12, np.int64)) == 1.0
