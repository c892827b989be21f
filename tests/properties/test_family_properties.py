"""Invariants of kernels, normal forms and groups under arbitrary input."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from zhenzan.features.coengagement import chance, kernels
from zhenzan.features.template.groups import group_forms
from zhenzan.features.template.normal import MAX_CHARACTERS, normal_form
from zhenzan.features.template.surprise import surprise_bits
from zhenzan.features.timing import kernels as timing

DAY = 86_400_000
times = st.lists(st.integers(0, 60 * DAY), min_size=2, max_size=80).map(
    lambda t: np.sort(np.array(t, dtype=np.int64)) + 1_600_000_000_000
)
ordinary = settings(max_examples=60, deadline=None)
comments = st.text(st.sampled_from("支持好看哈1+!?@#a b[]doge:/<>扣👍\u200b\ue000"), max_size=30)


def figures(t):
    return timing.stream_figures(t, np.array([0, len(t)], dtype=np.int64), 600_000)


@ordinary
@given(times, st.integers(-200, 200))
def test_timing_does_not_feel_whole_days(t, days):
    reals, counts = figures(t)
    moved, counted = figures(t + days * DAY)
    np.testing.assert_array_equal(reals, moved)
    np.testing.assert_array_equal(counts[:, [0, 2, 3]], counted[:, [0, 2, 3]])
    np.testing.assert_array_equal(counts[:, 6] + days * DAY, counted[:, 6])


@ordinary
@given(times)
def test_timing_stays_in_range(t):
    reals, counts = figures(t)
    (_, expected, excess, densest, cv, even, repeat, allan, quiet, *shape), counts = (
        reals[0],
        counts[0],
    )
    scales, grid, digits, stop, in_step, _, residual, decay, collapse = shape
    for share in (grid, in_step):
        assert math.isnan(share) or 0 <= share <= 1
    for bits in (scales, digits, stop, residual, decay, collapse):
        assert math.isnan(bits) or 0 <= bits < math.inf
    for share in (excess, densest, even, repeat):
        assert math.isnan(share) or 0 <= share <= 1
    assert math.isnan(quiet) or 0 <= quiet <= 0.25
    assert math.isnan(expected) or expected > 0
    assert math.isnan(cv) or cv >= 0
    assert math.isnan(allan) or allan >= 0
    assert counts[0] == len(t) and counts[3] <= len(t)


@ordinary
@given(times, times)
def test_streams_do_not_see_each_other(a, b):
    together, _ = timing.stream_figures(
        np.concatenate([a, b]), np.array([0, len(a), len(a) + len(b)], dtype=np.int64), 600_000
    )
    np.testing.assert_array_equal(together, np.concatenate([figures(a)[0], figures(b)[0]]))


@ordinary
@given(st.text(max_size=200))
def test_normal_form_takes_any_text(text):
    form = normal_form(text)
    assert len(form) <= 20 * MAX_CHARACTERS and not form.startswith(" ")


@ordinary
@given(comments)
def test_normal_form_ignores_width_case_space_and_zero_width(text):
    assume(":" not in text and "[" not in text and "<" not in text)
    spread = "".join(c + "\u200b" for c in text) + "  "
    assert normal_form(text) == normal_form(spread)
    assert normal_form(text) == normal_form(text.upper())


@ordinary
@given(st.lists(comments.map(normal_form).filter(bool), unique=True, max_size=40), st.randoms())
def test_groups_do_not_depend_on_order(forms, random):
    weight = {f: 1 + len(f) % 3 for f in forms}
    mixed = forms.copy()
    random.shuffle(mixed)

    def by_form(order):
        leader = group_forms(order, np.array([weight[f] for f in order], dtype=np.int64))
        return {order[i]: order[k] for i, k in enumerate(leader)}

    assert by_form(forms) == by_form(mixed)
    leads = by_form(forms)
    assert all(leads[lead] == lead for lead in leads.values()), "leaders lead themselves"


@ordinary
@given(
    st.integers(1, 50), st.integers(0, 200), st.integers(0, 500), st.integers(0, 5000),
    st.floats(1e-4, 0.02),
)  # fmt: skip
def test_surprise_is_never_negative_and_grows_with_use(here, more, elsewhere, others, prior):
    total, everyone = here + more, elsewhere + others

    def bits(k):
        return surprise_bits(*(np.array([x]) for x in (k, total, elsewhere, everyone, prior)))[0][0]

    assert bits(here) >= 0 and math.isfinite(bits(here))
    if here < total:
        assert bits(here + 1) >= bits(here) - 1e-9


@ordinary
@given(st.integers(2, 60), st.integers(2, 12), st.integers(1, 6), st.randoms(use_true_random=False))
def test_slots_and_meetings_agree(n, accounts, places, random):
    stream = np.sort(np.array([random.randrange(3) for _ in range(n)], dtype=np.int64))
    t = np.arange(n, dtype=np.int64) * 1000
    account = np.array([random.randrange(accounts) for _ in range(n)], dtype=np.int64)
    slots = kernels.count_slots(account, stream, t, places, DAY, accounts)
    codes = kernels.section_pairs(
        account, stream, stream, t, places, DAY, accounts, 0, 1, int(slots.sum()) // 2
    )
    assert slots.sum() % 2 == 0 and len(codes) <= slots.sum() // 2
    assert ((codes // accounts) < (codes % accounts)).all()


@ordinary
@given(st.lists(st.integers(0, 3000), min_size=1, max_size=200))
def test_expected_repeats_are_finite_and_fewer_than_slots(slots):
    values = np.array(slots, dtype=np.int64)
    expected = chance.expected_repeats(values)
    assert np.isfinite(expected).all() and (expected >= -1e-9).all()
    assert (expected <= values + 1e-6).all()


@pytest.mark.parametrize("text", ["<b>" * 100_000, "@" * 10**6, "a\n" * 10**6, "[" * 10**6])
def test_a_huge_comment_costs_no_more_than_another(text):
    assert len(normal_form(text)) <= MAX_CHARACTERS
