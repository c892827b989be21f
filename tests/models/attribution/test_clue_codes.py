"""Codes of clues against slow versions, and what must not look odd: waves, classes, purges."""

from __future__ import annotations

import bisect

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from zhenzan.models.attribution import clue_codes
from zhenzan.models.attribution.clue_codes import (
    age_codes,
    birth_codes,
    follow_codes,
    gone_codes,
    profile_codes,
    talk_codes,
)

DAY = 86_400_000
START = 20_100 * DAY
FEW = settings(max_examples=30, deadline=None, derandomize=True, database=None)
RANKS = (0.002, 0.005, 0.01, 0.02, 0.04, 0.08, 0.15, 0.25, 0.4, 0.6, 0.8)


def slow_ranks(values: list[float], group: list[int]) -> list[int]:
    codes = []
    for v, g in zip(values, group, strict=True):
        peers = [w for w, h in zip(values, group, strict=True) if h == g]
        below = sum(w < v for w in peers)
        equal = sum(w == v for w in peers)
        codes.append(bisect.bisect_right(RANKS, (below + equal / 2) / len(peers)))
    return codes


@FEW
@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 3)), min_size=1, max_size=60))
def test_profiles_are_ranked_among_their_age(rows: list[tuple[int, int]]) -> None:
    full = [float(f) for f, _ in rows]
    age = [a - 1 for _, a in rows]
    codes, n_bins = profile_codes(np.array(age, np.int16), np.array(full))
    known = [i for i, a in enumerate(age) if a >= 0]
    slow = slow_ranks([full[i] for i in known], [age[i] for i in known])
    assert codes[known].tolist() == slow
    assert (np.delete(codes, known) == -1).all()
    assert codes.max() < n_bins


def test_ages_are_ranked_among_the_days() -> None:
    """On two of four days everybody is a hundred times younger: ranks are as on the others."""
    rng = np.random.default_rng(0)
    n = 6000
    when = START + np.sort(rng.integers(0, 4 * DAY, n))
    age = rng.lognormal(6.5, 1.0, n) * DAY
    young = when >= START + 2 * DAY
    age[young] = 100 * DAY + age[young] / 100.0
    codes, n_bins = age_codes(when - age, when, np.arange(n))
    for side in (young, ~young):
        share = np.bincount(codes[side], minlength=n_bins) / side.sum()
        np.testing.assert_allclose(share, np.diff((0.0, *RANKS, 1.0)), atol=0.01)
    born = np.array([np.nan, START + 1.0, START - 5.0 * DAY, START - 5.0 * DAY])
    who = np.array([0, 1, 2, -1])
    assert (age_codes(born, np.full(4, START), who)[0] >= 0).tolist() == [False, False, True, False]


def test_who_came_with_a_wave_has_no_age() -> None:
    """Sixty accounts of three days on everything; as many over two months are just young."""
    rng = np.random.default_rng(1)
    n = 3000
    born = START - rng.integers(60, 3000, n) * float(DAY)
    born[:60] = START - 10 * DAY + rng.integers(0, 3 * DAY, 60)
    born[60:120] = START - rng.integers(2, 60, 60) * float(DAY)
    codes, _ = age_codes(born, np.full(n, START + 5 * DAY), np.arange(n))
    assert (codes[:60] == -1).all()
    away = np.abs(born - (START - 9 * DAY)) > 6 * DAY
    assert (codes[60:120][away[60:120]] >= 0).all()
    assert (codes[60:120][away[60:120]] <= 4).all()
    # A hundred days later they are grown, and ranked like everybody.
    assert (age_codes(born, np.full(n, START + 120 * DAY), np.arange(n))[0] >= 0).all()
    # One account that acts sixty times is no wave.
    born[:60] = born[0]
    born[60:120] = START - 1000 * DAY
    one = np.r_[np.zeros(60, int), 1:2941]
    assert (age_codes(born, np.full(n, START + 5 * DAY), one)[0] >= 0).all()


def crowd(
    seed: int,
    *,
    batch: int = 0,
    everybody: bool = False,
    creator_too: bool = False,
    grown: int = 400,
) -> tuple[np.ndarray, ...]:
    """Forty streams of 50 acts; in stream 0 the last `batch` acts have accounts of one week."""
    rng = np.random.default_rng(seed)
    n = 2000
    stream = np.repeat(np.arange(40), 50)
    when = START + rng.integers(0, 7 * DAY // 2, n)
    born = START - rng.integers(100, 3000, n) * DAY - rng.integers(0, DAY, n)
    account = rng.permutation(n)
    creator = stream // 4
    joined = START - grown * DAY + rng.integers(0, 5 * DAY, n)
    chosen = (stream == 0) & (np.arange(n) >= 50 - batch)
    if everybody:
        chosen |= rng.random(n) < 0.5
    if creator_too:
        chosen |= (creator == 0) & (rng.random(n) < 0.6)
    born = np.where(chosen, joined, born).astype(float)
    return born, when, account, stream, stream.copy(), creator


def test_accounts_of_one_batch_stand_out() -> None:
    columns = crowd(1, batch=25)
    codes, n_bins = birth_codes(*columns)
    assert (codes[25:50] == n_bins - 1).all()
    assert (codes[50:] <= 2).mean() > 0.97
    assert (codes[:25] == 0).mean() > 0.7


@pytest.mark.parametrize("kind", [{"everybody": True}, {"creator_too": True}])
def test_what_is_common_around_is_no_batch(kind: dict[str, bool]) -> None:
    """Half of the platform joined that week; or the creator's community did, here and elsewhere."""
    columns = crowd(2, **kind)
    codes, _ = birth_codes(*columns)
    joined = np.abs(columns[0] - (START - 398 * DAY)) < 4 * DAY
    assert (joined & (columns[3] == 0)).sum() >= 20
    assert np.median(codes[joined]) <= 1
    assert (codes[joined] <= 2).mean() > 0.9


def test_new_accounts_are_no_batch_and_unknown_ones_neither() -> None:
    born, when, account, stream, section, creator = crowd(3, batch=25, grown=20)
    assert (birth_codes(born, when, account, stream, section, creator)[0][25:50] == -1).all()
    nobody = np.full(len(born), np.nan)
    assert (birth_codes(nobody, when, account, stream, section, creator)[0] == -1).all()
    strangers = np.full(len(born), -1)
    assert (birth_codes(born, when, strangers, stream, section, creator)[0] == -1).all()


def test_one_account_is_no_crowd() -> None:
    """Fifty acts of one account in a stream are one account born then."""
    born, when, account, stream, section, creator = crowd(4, batch=25)
    account[25:50] = account[25]
    born[25:50] = born[25]
    assert birth_codes(born, when, account, stream, section, creator)[0][25:50].max() <= 1


def test_births_do_not_depend_on_order_or_names() -> None:
    columns = crowd(5, batch=12)
    codes, _ = birth_codes(*columns)
    order = np.random.default_rng(9).permutation(len(codes))
    born, when, account, stream, section, creator = (c[order] for c in columns)
    renamed = birth_codes(born, when, 7 * account % 20_011, 41 - stream, 41 - section, 90 - creator)
    np.testing.assert_array_equal(renamed[0], codes[order])


def test_follows_by_when_they_began() -> None:
    when = np.full(6, 10 * DAY)
    since = np.array([0.0, 9.5 * DAY, 11.0 * DAY, np.nan, np.nan, 0.0])
    follows = np.array([True, True, True, True, False, True])
    known = np.array([True, True, True, True, True, False])
    assert follow_codes(follows, since, when, known)[0].tolist() == [1, 2, 3, 3, 0, -1]


def test_removal_by_its_delay_and_never_by_a_purge() -> None:
    n = 400
    when = np.full(n, START)
    section = np.arange(n)
    gone = np.full(n, np.nan)
    gone[:5] = START + np.array([0.5, 2.0, 10.0, 40.0, 30.0]) * DAY
    gone[100:200] = START + 20 * DAY  # a hundred sections in an hour
    gone[200:240] = START + 25 * DAY  # an order of forty on one section drops off
    section[200:240] = 200
    codes, n_bins = gone_codes(when, gone, section)
    assert codes[:5].tolist() == [1, 2, 3, 4, 4]
    assert (codes[100:200] == -1).all()
    assert (codes[200:240] == 4).all()
    assert codes[300] == 0 and n_bins == 5
    assert (gone_codes(when, np.full(n, np.nan), section)[0] == -1).all()


def slow_talk(visit: int, when: int, said: list[tuple[int, int, int]]) -> int:
    if visit < 0:
        return -1
    own = [(t, f) for v, t, f in said if v == visit]
    if not own:
        return 0
    later = [x for x in own if x[0] >= when]
    if not later:
        t, f = max(own, key=lambda x: (x[0], -x[1]))
        return 1 + 3 * 3 + f
    t, f = min(later, key=lambda x: (x[0], -x[1]))
    return 1 + 3 * bisect.bisect_right((60_000, 600_000, DAY), t - when) + f


@FEW
@given(
    acts=st.lists(st.tuples(st.integers(-1, 4), st.integers(0, 3 * DAY)), min_size=1, max_size=30),
    said=st.lists(
        st.tuples(st.integers(-1, 4), st.integers(0, 3 * DAY), st.integers(0, 2)), max_size=20
    ),
)
def test_talk_as_looked_up_by_hand(
    acts: list[tuple[int, int]], said: list[tuple[int, int, int]]
) -> None:
    told = np.array(said, np.int64).reshape(-1, 3)
    visit, when = np.array(acts, np.int64).T
    codes, n_bins = talk_codes(visit, when, told[:, 0], told[:, 1], told[:, 2])
    assert codes.tolist() == [slow_talk(v, t, said) for v, t in acts]
    assert codes.max() < n_bins


def test_talk_of_fifteen_million_visits_over_twenty_years() -> None:
    """The product of a visit's number and the span in milliseconds does not fit into 64 bits."""
    rng = np.random.default_rng(0)
    numbers = np.array([0, 1, 14_000_000, 15_000_000, 15_000_001])
    years = START - np.arange(21) * 365 * DAY
    visit, said = rng.choice(numbers, 300), rng.choice(numbers[1:], 60)
    when, at = (rng.choice(years, n) + rng.integers(0, DAY, n) for n in (300, 60))
    at[:30], said[:30] = when[:30] + 30_000, visit[:30]
    form = rng.integers(0, 3, 60)
    codes, _ = talk_codes(visit, when, said, at, form)
    told = list(zip(said.tolist(), at.tolist(), form.tolist(), strict=True))
    slow = [slow_talk(v, t, told) for v, t in zip(visit.tolist(), when.tolist(), strict=True)]
    assert codes.tolist() == slow
    assert len(set(slow)) > 8


def test_births_beside_each_other_in_many_groups_over_a_long_span() -> None:
    """Thousands of groups times the span do not fit into 64 bits, as millions times decades.

    Groups that are 2048 apart would fall together where the product wraps.
    """
    rng = np.random.default_rng(1)
    group = np.append(np.arange(3000), rng.integers(2990, 3000, 300))
    last = 2**53 - 7 * DAY - 2
    born = rng.choice([0, last], 3300) + rng.integers(0, 10, 3300) * DAY // 2
    born = np.minimum(born, last)
    person = rng.integers(0, 2500, 3300)
    near, size = clue_codes._near(group, clue_codes._births(born), group * 2500 + person)
    first = np.zeros(3300, bool)
    first[np.unique(group * 2500 + person, return_index=True)[1]] = True
    for i in range(2990, 3300):
        peers = first & (group == group[i])
        assert size[i] == peers.sum()
        assert near[i] == (peers & (np.abs(born - born[i]) <= 3.5 * DAY)).sum()
    assert (near > 1).any()
