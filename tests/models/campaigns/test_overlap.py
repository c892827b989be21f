"""Common accounts beyond chance, staged acts, taken-back acts, and costs."""

from __future__ import annotations

from math import comb
from typing import Any

import numpy as np
import pandas as pd
import pytest
from zhenzan.models.campaigns import find_campaigns
from zhenzan.models.campaigns.overlap import shared_accounts
from zhenzan.models.campaigns.prices import OTHER, PRICES_USD, cost


def members(groups: dict[str, range]) -> pd.DataFrame:
    rows = [(name, "account", f"a{i}", 1.0) for name, own in groups.items() for i in own]
    return pd.DataFrame(rows, columns=["campaign_id", "member_kind", "member_id", "weight"])


def tail(n: int, a: int, b: int, shared: int) -> float:
    """P(at least `shared` common members), counted out."""
    return sum(comb(a, k) * comb(n - a, b - k) for k in range(shared, min(a, b) + 1)) / comb(n, b)


def test_common_accounts_are_weighed_against_chance() -> None:
    found = shared_accounts(members({"x": range(20), "y": range(15, 35), "z": range(90, 99)}), 200)
    (row,) = found.to_dict("records")
    assert (row["campaign_id"], row["other_id"], row["n_shared"]) == ("x", "y", 5)
    assert row["expected"] == pytest.approx(20 * 20 / 200)
    assert row["p_value"] == pytest.approx(min(1, 3 * tail(200, 20, 20, 5)))


def test_halves_of_everybody_share_nothing_worth_telling() -> None:
    rng = np.random.default_rng(0)
    halves = [pd.Series(rng.choice(400, 200, replace=False)) for _ in range(6)]
    parts = [
        pd.DataFrame({"campaign_id": f"k{i}", "member_id": "a" + half.astype(str)})
        for i, half in enumerate(halves)
    ]
    own = pd.concat(parts).assign(member_kind="account", weight=1.0)
    found = shared_accounts(own, 400)
    assert len(found) == 15 and (found["p_value"] > 0.01).all()


def test_passers_by_and_nobody_share_nothing() -> None:
    light = members({"x": range(5), "y": range(5)}).assign(weight=0.01)
    assert shared_accounts(light, 100).empty
    assert shared_accounts(members({}), 0).empty


def test_two_sellers_with_common_workers_are_told(made_up: Any) -> None:
    left = made_up.pool_world(n_sections=12, orders=8, size=40, pool=60, seed=1)
    right = made_up.pool_world(n_sections=12, orders=8, size=40, pool=60, seed=2, prefix="x")
    # Fifteen of the second pool's accounts are the first pool's.
    same = {f"xw{i:03d}": f"w{i:03d}" for i in range(15)}
    right["account_id"] = right.account_id.replace(same)
    both = pd.concat([left, right], ignore_index=True)
    both["engagement_id"] = [f"e{i:07d}" for i in range(len(both))]
    found = find_campaigns(made_up.attribution(both))
    assert len(found.campaigns) == 2
    (row,) = found.shared.to_dict("records")
    assert 10 <= row["n_shared"] <= 15
    assert {row["campaign_id"], row["other_id"]} == set(found.campaigns.campaign_id)


def test_what_follows_a_like_and_what_is_taken_back(made_up: Any) -> None:
    world = made_up.pool_world()
    bought = world[world.p_purchased > 0.5]
    early = bought.groupby("section_id").head(5)
    comments = pd.DataFrame(
        {
            "section_id": early.section_id,
            "account_id": early.account_id,
            "created_ms": early.ts_lo_ms + made_up.HOUR,
        }
    )
    before = comments.head(3).assign(created_ms=comments.created_ms.head(3) - 30 * made_up.HOUR)
    organic = world[world.p_purchased < 0.5].head(20)
    strangers = pd.DataFrame(
        {
            "section_id": organic.section_id,
            "account_id": organic.account_id,
            "created_ms": organic.ts_lo_ms + made_up.HOUR,
        }
    )
    found = find_campaigns(
        made_up.attribution(world),
        comments=pd.concat([comments, before, strangers]),
        retracted=[*bought.engagement_id.head(7), *organic.engagement_id],
    )
    (row,) = found.details.to_dict("records")
    assert (row["n_further"], row["n_staged"]) == (len(comments) + 3, len(comments))
    assert row["n_dropped"] == 7
    assert found.orders.n_dropped.sum() == 7


def test_shares_after_likes_are_staged(made_up: Any) -> None:
    world = made_up.pool_world()
    bought = world[world.p_purchased > 0.5]
    shares = bought.groupby("section_id").head(6)
    shares = shares.assign(
        kind="share", ts_lo_ms=shares.ts_lo_ms + made_up.HOUR, ts_hi_ms=shares.ts_hi_ms
    )
    both = pd.concat([world, shares], ignore_index=True)
    both["engagement_id"] = [f"e{i:07d}" for i in range(len(both))]
    found = find_campaigns(made_up.attribution(both))
    row = found.details.iloc[0]
    assert row["n_staged"] == row["n_further"] == len(shares)


def test_costs_cover_the_list_and_grow_with_the_acts() -> None:
    assert cost([], 0.1) == (0.0, 0.0)
    low, high = cost([("like", 1100.0, 1100.0)], 0.1)
    assert low == pytest.approx(1000 * PRICES_USD["like"][0])
    assert high == pytest.approx(1100 * PRICES_USD["like"][1])
    # Farms of the largest study asked 15-190 dollars a thousand in 2014; prices fell since.
    assert low < 15 < high < 190
    assert cost([("star", 100.0, 100.0)], 0.0) == (OTHER[0] * 100, OTHER[1] * 100)
    both = cost([("like", 10.0, 20.0), ("share", 10.0, 20.0)], 0.0)
    assert both[0] > cost([("like", 10.0, 20.0)], 0.0)[0]
