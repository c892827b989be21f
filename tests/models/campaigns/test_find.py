"""Planted groups come back; fans are a community; order, spelling and weeks do not matter."""

from __future__ import annotations

import hashlib
import tracemalloc
from typing import Any

import numpy as np
import pandas as pd
import pytest
from zhenzan.models.attribution.result import Attribution
from zhenzan.models.campaigns import CampaignConfig, Campaigns, find_campaigns


def run(made_up: Any, world: pd.DataFrame, **more: Any) -> Campaigns:
    sections = pd.DataFrame({"section_id": world.section_id.unique()})
    sections["creator_id"] = "by_" + sections.section_id
    return find_campaigns(made_up.attribution(world, **more), sections)


def members(found: Campaigns, campaign: str, kind: str = "account") -> set[str]:
    m = found.members
    return set(m.loc[(m.campaign_id == campaign) & (m.member_kind == kind), "member_id"])


def agreement(found: set[str], true: set[str]) -> tuple[float, float]:
    return len(found & true) / max(len(found), 1), len(found & true) / len(true)


def noisy(world: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Posteriors of a real model: workers sometimes low, passers-by sometimes high."""
    rng = np.random.default_rng(seed)
    bought = world.p_purchased > 0.5
    p = np.where(bought, rng.beta(6, 2, len(world)), rng.beta(0.4, 8, len(world)))
    return world.assign(p_purchased=p)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_planted_pool_comes_back(made_up: Any, seed: int) -> None:
    world = noisy(made_up.pool_world(n_sections=30, orders=12, size=50, pool=120, seed=seed), seed)
    found = run(made_up, world)
    assert len(found.campaigns) >= 1
    first = found.campaigns.iloc[0]
    true = {a for a in world.account_id.unique() if a.startswith("w")}
    precision, recall = agreement(members(found, first.campaign_id), true)
    assert precision >= 0.9 and recall >= 0.9
    assert members(found, first.campaign_id, "section") == {f"s{i:03d}" for i in range(12)}
    assert first.kind == "actor_cohort"
    assert first.coordination > 0.5 and first.confidence > 0.5
    assert first.delivery == "flash"
    assert first.estimated_cost_lo < first.estimated_cost_hi


def two_pools(made_up: Any, shared_accounts: int, same_sections: bool) -> pd.DataFrame:
    left = made_up.pool_world(n_sections=16, orders=8, size=40, pool=60, seed=1)
    right = made_up.pool_world(
        n_sections=16, orders=8, size=40, pool=60, seed=2, prefix="" if same_sections else "x",
        start=made_up.START + (40 * made_up.DAY if same_sections else 0),
    )  # fmt: skip
    bought = right.account_id.str.match(r"x?w")
    names = right.account_id.str.replace("xw", "w")
    number = names.str[1:].where(bought, "999").astype(int)
    right["account_id"] = np.where(
        bought,
        np.where(number < shared_accounts, names, "v" + number.astype(str)),
        right.account_id,
    )
    both = pd.concat([left, right], ignore_index=True)
    both["engagement_id"] = [f"e{i:07d}" for i in range(len(both))]
    return both


def test_two_pools_with_common_accounts_stay_apart(made_up: Any) -> None:
    world = two_pools(made_up, 10, same_sections=False)
    found = run(made_up, world)
    assert len(found.campaigns) == 2
    bought = world[world.p_purchased > 0.5]
    for campaign in found.campaigns.campaign_id:
        sections = members(found, campaign, "section")
        true = set(bought[bought.section_id.isin(sections)].account_id)
        assert len({s[0] for s in sections}) == 1 and len(sections) == 8
        precision, recall = agreement(members(found, campaign), true)
        assert precision >= 0.9 and recall >= 0.9


def test_two_pools_on_the_same_sections_at_other_times_stay_apart(made_up: Any) -> None:
    found = run(made_up, two_pools(made_up, 0, same_sections=True))
    assert len(found.campaigns) == 2
    assert found.campaigns.campaign_id.is_unique
    kinds = [{a[0] for a in members(found, c)} for c in found.campaigns.campaign_id]
    assert sorted(kinds, key=min) == [{"v"}, {"w"}]


def test_a_fan_club_is_a_community_without_price(made_up: Any) -> None:
    world = made_up.pool_world()
    fans = {a: 0.85 for a in world.account_id.unique() if a.startswith("w")}
    (row,) = run(made_up, world, coherence=fans).campaigns.to_dict("records")
    assert row["kind"] == "community"
    assert row["coordination"] > 0.5
    assert pd.isna(row["order_size"]) and pd.isna(row["estimated_cost_hi"])


def test_unknown_coherence_is_a_pool(made_up: Any) -> None:
    assert run(made_up, made_up.pool_world()).campaigns.kind.tolist() == ["actor_cohort"]


def test_round_orders_and_slow_delivery_are_read_off(made_up: Any) -> None:
    world = made_up.pool_world(size=103, pool=150, p=0.99, spread_ms=15 * made_up.DAY)
    (row,) = run(made_up, world).campaigns.to_dict("records")
    assert (row["order_size"], row["delivery"]) == (100, "linear")
    assert run(made_up, world).details["n_orders_fit"].tolist() == [8]


def test_one_delivery_by_passing_accounts_is_a_campaign_of_one_section(made_up: Any) -> None:
    world = made_up.pool_world(orders=1, size=50, pool=60)
    (row,) = run(made_up, world).campaigns.to_dict("records")
    assert (row["n_sections"], row["n_accounts"]) == (1, 50)
    assert row["coordination"] == 0 and row["confidence"] == 0


def test_likes_on_comments_name_comment_and_section(made_up: Any) -> None:
    world = made_up.pool_world()
    world["comment_id"] = np.where(world.p_purchased > 0.5, "c" + world.section_id, None)
    found = run(made_up, world)
    (campaign,) = found.campaigns.campaign_id
    assert members(found, campaign, "comment") == {f"cs{i:03d}" for i in range(8)}
    weights = found.members.groupby("member_kind")["weight"]
    assert weights.sum()["comment"] == pytest.approx(1)
    assert weights.max()["account"] <= 1


def test_nothing_attributed_gives_empty_tables(made_up: Any) -> None:
    quiet = made_up.pool_world(orders=0)
    for world in (quiet, quiet.iloc[:1]):
        found = run(made_up, world)
        assert found.campaigns.empty and found.members.empty and found.details.empty
    empty = made_up.attribution(quiet)
    none = Attribution(
        **{
            name: getattr(empty, name).slice(0, 0)
            for name in ("engagements", "streams", "sections", "accounts", "windows", "curves")
        }
    )
    assert find_campaigns(none).campaigns.empty


def test_untimed_acts_are_grouped_too(made_up: Any) -> None:
    world = made_up.pool_world()
    world["ts_lo_ms"] = world["ts_hi_ms"] = pd.array([None] * len(world), dtype="Int64")
    (row,) = run(made_up, world).campaigns.to_dict("records")
    assert row["n_accounts"] == 60
    assert pd.isna(row["first_ms"]) and pd.isna(row["delivery"])


def comparable(found: Campaigns, names: dict[str, str]) -> list[Any]:
    m = found.members.assign(member_id=found.members.member_id.map(lambda i: names.get(i, i)))
    plain = found.campaigns.drop(columns=["campaign_id"])
    rows = [repr(c) for c in plain.itertuples(index=False)]
    groups = [frozenset(part.member_id) for _, part in m.groupby("campaign_id")]
    return [sorted(rows), sorted(map(sorted, groups))]


def test_order_of_rows_spelling_of_ids_and_weeks_do_not_matter(made_up: Any) -> None:
    world = noisy(two_pools(made_up, 10, same_sections=False), 5)
    base = run(made_up, world)
    shuffled = run(made_up, world.sample(frac=1, random_state=2))
    pd.testing.assert_frame_equal(base.campaigns, shuffled.campaigns)
    pd.testing.assert_frame_equal(base.members, shuffled.members)
    ids = sorted(set(world.account_id) | set(world.section_id))
    renamed = {name: f"z{hash_of(name)}" for name in ids}
    other = world.assign(
        account_id=world.account_id.map(renamed), section_id=world.section_id.map(renamed)
    )
    back = {new: old for old, new in renamed.items()}
    assert comparable(run(made_up, other), back) == comparable(base, {})
    later = world.assign(ts_lo_ms=world.ts_lo_ms + 7 * made_up.DAY)
    later["ts_hi_ms"] = later.ts_lo_ms
    moved = run(made_up, later)
    pd.testing.assert_frame_equal(moved.members, base.members)
    assert (moved.campaigns.first_ms - base.campaigns.first_ms).eq(7 * made_up.DAY).all()


def hash_of(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:12]


def test_ids_survive_small_changes(made_up: Any) -> None:
    kept = 0
    for seed in range(10):
        world = made_up.pool_world(n_sections=20, orders=12, seed=seed)
        rng = np.random.default_rng(seed)
        fewer = world[rng.random(len(world)) > 0.05]
        one, two = (run(made_up, w).campaigns.campaign_id.iloc[0] for w in (world, fewer))
        kept += one == two
    assert kept >= 9


def test_a_strict_configuration_finds_less(made_up: Any) -> None:
    world = made_up.pool_world()
    strict = CampaignConfig(min_accounts=500)
    assert find_campaigns(made_up.attribution(world), config=strict).campaigns.empty


def test_a_crowd_of_strangers_does_not_join_the_few_who_come_back(made_up: Any) -> None:
    world = made_up.pool_world(n_sections=3, orders=3, size=15, pool=20)
    crowd = pd.concat([made_up.pool_world(n_sections=3, orders=0, organic=200, prefix="")])
    crowd = crowd.assign(
        account_id=[f"stranger{i}" for i in range(len(crowd))],
        ts_lo_ms=crowd.section_id.map(
            world[world.p_purchased > 0.5].groupby("section_id").ts_lo_ms.median()
        ).astype("int64"),
        p_purchased=0.8,
    )
    crowd["ts_hi_ms"] = crowd.ts_lo_ms
    both = pd.concat([world, crowd], ignore_index=True)
    both["engagement_id"] = [f"e{i:07d}" for i in range(len(both))]
    found = run(made_up, both)
    (campaign,) = found.campaigns.campaign_id
    assert not any(a.startswith("stranger") for a in members(found, campaign))


def test_one_very_long_id_costs_its_own_length_only(made_up: Any) -> None:
    world = made_up.pool_world(n_sections=16, orders=8, size=40, pool=60, seed=1)
    long = {world.account_id.iloc[0]: "w" * 100_000}
    tracemalloc.start()
    found = run(made_up, world.assign(account_id=world.account_id.replace(long)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(found.campaigns) == len(run(made_up, world).campaigns) >= 1
    # Ids padded to the longest would be 400 kB for each of a thousand accounts.
    assert world.account_id.nunique() * 400_000 > 2 * 64e6 > 2 * peak
