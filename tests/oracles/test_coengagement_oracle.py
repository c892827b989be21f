"""The co-engagement network against a slow one with dictionaries, and a planted pool recovered."""

from __future__ import annotations

import math
from collections import defaultdict
from itertools import combinations

import numpy as np
import pytest
from scipy.stats import poisson
from zhenzan.features.coengagement import analysis, chance, kernels
from zhenzan.features.coengagement.family import creator_diversity

HOUR, DAY = 3_600_000, 86_400_000


def acts(seed: int, n: int = 600, accounts: int = 60, streams: int = 12) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(seed)
    stream = rng.integers(0, streams, n)
    t = rng.integers(0, 9 * DAY, n) // 60_000 * 60_000
    account = rng.integers(0, accounts, n)
    order = np.lexsort((account, t, stream))
    stream, t, account = (x[order].astype(np.int64) for x in (stream, t, account))
    return account, stream // 2, stream, t


def slow_meetings(account, section, stream, t, places, within):
    slots, met = defaultdict(int), defaultdict(set)
    for i in range(len(t)):
        for j in range(i + 1, min(i + places + 1, len(t))):
            if stream[i] == stream[j] and t[j] - t[i] <= within and account[i] != account[j]:
                slots[int(account[i])] += 1
                slots[int(account[j])] += 1
                pair = tuple(sorted((int(account[i]), int(account[j]))))
                met[pair].add(int(section[i]))
    return slots, met


@pytest.mark.parametrize(("seed", "places", "within"), [(0, 3, DAY), (1, 20, DAY), (2, 5, HOUR)])
@pytest.mark.parametrize("parts", [1, 4])
def test_meetings_agree_with_the_slow_version(seed, places, within, parts):
    account, section, stream, t = acts(seed)
    n = int(account.max()) + 1
    slots, met = slow_meetings(account, section, stream, t, places, within)
    fast = kernels.count_slots(account, stream, t, places, within, n)
    assert {a: int(k) for a, k in enumerate(fast) if k} == dict(slots)
    room = int(fast.sum()) // 2 + 1
    codes = np.concatenate(
        [
            kernels.section_pairs(account, section, stream, t, places, within, n, p, parts, room)
            for p in range(parts)
        ]
    )
    pairs, counts = np.unique(codes, return_counts=True)
    found = {(int(c // n), int(c % n)): int(k) for c, k in zip(pairs, counts, strict=True)}
    assert found == {pair: len(sections) for pair, sections in met.items()}


def test_parts_do_not_change_the_result(monkeypatch):
    account, section, stream, t = acts(3, n=4000)
    slots = int(kernels.count_slots(account, stream, t, 20, DAY, 60).sum())
    whole = analysis._repeated(account, section, stream, t, slots, 60)
    monkeypatch.setattr(analysis, "_PAIRS_AT_ONCE", 5000)
    split = analysis._repeated(account, section, stream, t, slots, 60)
    for a, b in zip(whole, split, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("at_once", [300, 1100, 1500, 3000])
def test_two_that_act_side_by_side_everywhere_fit_into_one_part(monkeypatch, at_once):
    """Their meetings are all of one part, which then is far longer than the others."""
    section = np.repeat(np.arange(3000), 2)
    account, t = np.tile([1, 0], 3000), np.tile([0, 1], 3000)
    others = 2 + np.random.default_rng(0).integers(0, 40, 600)
    account = np.append(account, others)
    section = np.append(section, np.repeat([3000, 3001, 3002], 200))
    t = np.append(t, np.arange(600))
    slots = int(kernels.count_slots(account, section, t, 20, DAY, 42).sum())
    whole = analysis._repeated(account, section, section, t, slots, 42)
    monkeypatch.setattr(analysis, "_PAIRS_AT_ONCE", at_once)
    split = analysis._repeated(account, section, section, t, slots, 42)
    for a, b in zip(whole, split, strict=True):
        np.testing.assert_array_equal(a, b)
    assert split[0][0] == 1 and split[1][0] == 3000


@pytest.mark.parametrize("parts", [1, 2, 7])
def test_parts_are_counted_exactly_and_never_overrun(parts):
    account, _, stream, t = acts(5)
    rooms = kernels.count_parts(account, stream, t, 5, DAY, 60, parts).tolist()
    assert 2 * sum(rooms) == kernels.count_slots(account, stream, t, 5, DAY, 60).sum()
    for part, room in enumerate(rooms):
        # Each act counts as a section of its own, so that nothing is joined.
        each = (account, np.arange(len(t)), stream, t, 5, DAY, 60, part, parts)
        whole = kernels.section_pairs(*each, 2 * room)
        np.testing.assert_array_equal(kernels.section_pairs(*each, room), whole)
        with pytest.raises(ValueError, match="room"):
            kernels.section_pairs(*each, len(whole) - 1)


def test_acts_beside_partners_agree_with_the_slow_version():
    account, _, stream, t = acts(4)
    n, partners = 60, {(1, 5), (2, 9), (7, 30)}
    codes = np.array(sorted(a * n + b for a, b in partners), dtype=np.int64)
    busy = np.zeros(n, dtype=bool)
    busy[[a for pair in partners for a in pair]] = True
    fast = kernels.mark_acts(account, stream, t, 5, DAY, n, codes, busy)
    slow = [
        any(
            j != i and stream[i] == stream[j] and abs(t[i] - t[j]) <= DAY
            and tuple(sorted((int(account[i]), int(account[j])))) in partners
            for j in range(max(0, i - 5), min(len(t), i + 6))
        )
        for i in range(len(t))
    ]  # fmt: skip
    assert fast.tolist() == slow and any(slow)


def test_expected_repeats_agree_with_the_sum_over_all_accounts():
    rng = np.random.default_rng(0)
    slots = rng.zipf(1.4, 3000).clip(max=5000).astype(np.int64)
    total = slots.sum()
    exact = [sum(math.expm1(-(e := a * b / total)) + e for b in slots) for a in slots[:40]]
    np.testing.assert_allclose(chance.expected_repeats(slots)[:40], exact, rtol=0.02, atol=1e-6)


def test_random_company_repeats_as_chance_predicts():
    rng = np.random.default_rng(1)
    n, accounts = 40_000, 8000
    stream = np.sort(rng.integers(0, 200, n)).astype(np.int64)
    t = np.arange(n, dtype=np.int64) * 60_000
    activity = rng.lognormal(0, 1, accounts)
    account = rng.choice(accounts, n, p=activity / activity.sum()).astype(np.int64)
    slots = kernels.count_slots(account, stream, t, 20, DAY, accounts)
    pairs, meetings, tested = analysis._repeated(
        account, stream, stream, t, int(slots.sum()), accounts
    )
    kept, _, repeats = chance.partners(slots, pairs // accounts, pairs % accounts, meetings, tested)
    ratio = repeats.sum() / chance.expected_repeats(slots).sum()
    assert 0.7 < ratio < 1.2
    assert kept.mean() < 1e-3


def test_poisson_tail_in_bits():
    often, expected = np.array([0, 1, 3, 10]), np.array([0.5, 0.5, 0.5, 0.5])
    tails = [1.0, *(1 - sum(math.exp(-0.5) * 0.5**k / math.factorial(k) for k in range(m))
                    for m in (1, 3, 10))]  # fmt: skip
    np.testing.assert_allclose(chance.surprise(often, expected), -np.log2(tails), rtol=1e-4)
    assert poisson.sf(2, 0.5) == pytest.approx(tails[2])


def test_creator_diversity_agrees_with_counting_pairs():
    rng = np.random.default_rng(2)
    account, section = rng.integers(0, 30, 400), rng.integers(0, 25, 400)
    creator = rng.integers(-1, 6, 25)
    fast = creator_diversity(account, section, creator, 30)
    for a in range(30):
        seen = [s for s in sorted(set(section[account == a])) if creator[s] >= 0]
        pairs = [creator[x] != creator[y] for x, y in combinations(seen, 2)]
        if pairs:
            assert fast[a] == pytest.approx(np.mean(pairs))
        else:
            assert np.isnan(fast[a])


def test_planted_pool_is_found_and_a_crowd_is_not(engine, canonical):
    network = analysis.analyse(engine, canonical.load(engine, canonical.world(3)))
    names = network.account_ids.to_pylist()
    n = network.n_accounts
    partners = {names[c] for c in np.concatenate([network.pairs // n, network.pairs % n])}
    assert len({p for p in partners if p.startswith("pool")}) >= 15
    assert len({p for p in partners if not p.startswith("pool")}) <= 2
