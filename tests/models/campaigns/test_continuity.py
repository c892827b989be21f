"""Ids live on: same, moved on, split, merged, gone; one to one, and never a clash."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from zhenzan.models.campaigns import Campaigns, find_campaigns
from zhenzan.models.campaigns.continuity import LEAST_LIKENESS, continue_ids

COLUMNS = ["campaign_id", "member_kind", "member_id", "weight"]


def members(groups: dict[str, tuple[str, str]], weight: float = 1.0) -> pd.DataFrame:
    """Campaigns by id: letters of their accounts, letters of their sections."""
    rows = [
        (name, kind, f"{kind}:{letter}", weight)
        for name, parts in groups.items()
        for kind, letters in zip(("account", "section"), parts, strict=True)
        for letter in letters
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def campaigns(groups: dict[str, tuple[str, str]]) -> Campaigns:
    own = members(groups)
    shared = pd.DataFrame({"campaign_id": list(groups)[:1], "other_id": list(groups)[-1:]})
    return Campaigns(pd.DataFrame({"campaign_id": list(groups)}), own, shared=shared)


def follow(now: dict[str, tuple[str, str]], before: dict[str, tuple[str, str]]) -> Any:
    done = continue_ids(campaigns(now), members(before))
    found = done.campaigns
    assert set(found.members.campaign_id) == set(found.campaigns.campaign_id)
    ids = dict(zip(now, found.campaigns.campaign_id, strict=True))
    assert len(set(ids.values())) == len(ids)
    told = done.related
    return ids, set(zip(told.campaign_id, told.previous_id, told.relation, strict=True))


def test_the_same_group_keeps_its_id_though_members_change() -> None:
    ids, told = follow({"new": ("abcdefgx", "XY")}, {"old": ("abcdefgh", "XYZ")})
    assert ids == {"new": "old"} and told == {("old", "old", "same")}


def test_a_pool_on_new_targets_and_new_workers_on_old_targets_go_on() -> None:
    assert follow({"n": ("abcdefgh", "UV")}, {"o": ("abcdefgh", "XY")})[0] == {"n": "o"}
    assert follow({"n": ("stuvw", "XYZ")}, {"o": ("abcde", "XYZ")})[0] == {"n": "o"}


def test_strangers_get_ids_of_their_own_even_if_one_is_taken() -> None:
    ids, told = follow({"one": ("stu", "UV"), "two": ("abc", "XY")}, {"one": ("abc", "XY")})
    assert ids["two"] == "one" and ids["one"] not in {"one", "two"}
    assert told == {("one", "one", "same")}


def test_splits_and_mergers_are_told() -> None:
    ids, told = follow({"p": ("abcdef", "XY"), "q": ("ghi", "Z")}, {"o": ("abcdefghi", "XYZ")})
    assert ids == {"p": "o", "q": "q"}
    assert told == {("o", "o", "same"), ("q", "o", "split")}
    ids, told = follow({"n": ("abcdefghi", "XYZ")}, {"p": ("abcdef", "XY"), "q": ("ghi", "Z")})
    assert ids == {"n": "p"}
    assert told == {("p", "p", "same"), ("p", "q", "merged")}


def test_nothing_before_and_nothing_now() -> None:
    assert follow({"n": ("abc", "X")}, {}) == ({"n": "n"}, set())
    assert continue_ids(campaigns({}), members({"o": ("abc", "X")})).related.empty


groups = st.dictionaries(
    st.sampled_from(["k1", "k2", "k3", "k4"]),
    st.tuples(st.text("abcdefgh", min_size=1, max_size=6), st.text("XYZ", min_size=1, max_size=3)),
    max_size=4,
)


def jaccard(one: str, two: str) -> float:
    return len(set(one) & set(two)) / len(set(one) | set(two))


@settings(max_examples=80, deadline=None)
@given(groups, groups)
def test_the_assignment_is_the_best_of_all(now: Any, before: Any) -> None:
    now, before = (
        {k: ("".join(sorted(set(a))), "".join(sorted(set(s)))) for k, (a, s) in g.items()}
        for g in (now, before)
    )
    ids, _ = follow(now, before)
    like = {
        (n, b): (jaccard(now[n][0], before[b][0]) + jaccard(now[n][1], before[b][1])) / 2
        for n in now
        for b in before
    }
    like = {pair: v if v >= LEAST_LIKENESS else 0.0 for pair, v in like.items()}
    # Padded to a square, every injection is a permutation.
    size = max(len(now), len(before))
    padded = [*before, *[None] * (size - len(before))]
    best = max(
        sum(like.get((n, b), 0.0) for n, b in zip(now, chosen, strict=False))
        for chosen in itertools.permutations(padded)
    )
    reached = sum(like[n, b] for n, b in ids.items() if b in before)
    assert abs(best - reached) < 1e-6


@settings(max_examples=20, deadline=None)
@given(groups, groups, st.integers(0, 1000))
def test_order_of_rows_does_not_matter(now: Any, before: Any, seed: int) -> None:
    one = continue_ids(campaigns(now), members(before))
    mixed = members(before).sample(frac=1, random_state=seed)
    two = continue_ids(campaigns(now), mixed)
    pd.testing.assert_frame_equal(one.related, two.related)
    pd.testing.assert_frame_equal(one.campaigns.members, two.campaigns.members)


def test_ids_survive_a_later_scan_with_a_tenth_of_the_acts_gone(made_up: Any) -> None:
    for seed in range(5):
        world = made_up.pool_world(n_sections=20, orders=12, seed=seed)
        fewer = world[np.random.default_rng(seed).random(len(world)) > 0.1]
        first, then = (find_campaigns(made_up.attribution(w)) for w in (world, fewer))
        known = first.members.assign(campaign_id=first.members.campaign_id + "_kept")
        done = continue_ids(then, known).campaigns.campaigns.campaign_id
        assert done.iloc[0] == first.campaigns.campaign_id.iloc[0] + "_kept"
