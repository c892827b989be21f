"""A world as written: canonical tables, truth that adds up, the same bytes for the same seed."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from zhenzan.detector.simulate import PRESETS, simulate
from zhenzan.detector.simulate.scenarios import FAMILIES, HARD_NEGATIVES
from zhenzan.features.errors import UsageError
from zhenzan.features.tables import TABLES


def _digests(folder: Path) -> dict[str, str]:
    return {
        str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }


def test_same_seed_same_bytes(tmp_path):
    for name in ("a", "b"):
        simulate(tmp_path / name, scenario="demo", scale=20_000, seed=3)
    simulate(tmp_path / "c", scenario="demo", scale=20_000, seed=4)
    first, again, other = (_digests(tmp_path / name) for name in ("a", "b", "c"))
    assert first == again
    assert first["engagement.parquet"] != other["engagement.parquet"]
    assert set(first) == set(other)


@pytest.mark.parametrize("name", sorted(set(TABLES) - {"decision", "dataset"}))
def test_tables_are_canonical(world, name):
    table = pq.read_table(world.world.path / f"{name}.parquet")
    expected = TABLES[name]
    for field in table.schema:
        assert field.type == expected.by_name[field.name].type, field.name
    assert set(expected.required) <= set(table.column_names)
    for column in expected.columns:
        if column.name not in table.column_names:
            continue
        values = table[column.name]
        if column.required:
            assert values.null_count == 0, column.name
        if column.choices:
            assert set(values.drop_null().to_pylist()) <= set(column.choices)
    keys = [k for k in expected.key if k in table.column_names]
    assert not table.select(keys).to_pandas().duplicated().any()


def test_references_resolve(world):
    engagement, comment = world("engagement"), world("comment")
    sections, accounts = set(world("section").section_id), set(world("account").account_id)
    comments = comment.set_index("comment_id")
    assert set(engagement.section_id) <= sections
    assert set(engagement.account_id) <= accounts
    assert set(world("follow").target_id) <= accounts
    liked = engagement.dropna(subset="comment_id")
    assert len(liked) > 1000
    assert (comments.section_id.loc[liked.comment_id].to_numpy() == liked.section_id).all()
    replies = comment.dropna(subset="parent_id")
    parents = comments.loc[replies.parent_id]
    assert (parents.section_id.to_numpy() == replies.section_id).all()
    assert parents.parent_id.isna().all()
    assert (parents.created_ms.to_numpy() <= replies.created_ms).all()


def test_every_engagement_has_its_truth_and_the_sums_agree(world):
    engagement, truth = world("engagement"), world.truth("engagement")
    assert engagement.engagement_id.equals(truth.engagement_id)
    rows = engagement.merge(truth, on="engagement_id")
    assert set(rows.label) == {"organic", "follow_on", "delivered"}
    assert (rows.order_id.notna() == (rows.label != "organic")).all()
    bought = rows[rows.label == "delivered"]
    section = world.truth("section").set_index("section_id")
    per = bought.section_id.value_counts().reindex(section.index).fillna(0)
    assert (per == section.n_delivered).all()
    account = world.truth("account").set_index("account_id")
    per = bought.account_id.value_counts().reindex(account.index).fillna(0)
    assert (per == account.n_delivered).all()
    assert account.n_engagements.sum() == len(engagement)
    orders = world.truth("order").set_index("order_id")
    likes = orders[orders.kind != "comment"]
    per = bought.order_id.value_counts().reindex(likes.index).fillna(0)
    assert (per == likes.delivered).all()
    texts = world.truth("comment")
    per = texts[texts.label == "delivered"].order_id.value_counts()
    written = orders[orders.kind == "comment"].delivered
    assert (per.reindex(written.index).fillna(0) == written).all()
    campaign = world.truth("campaign").set_index("campaign_id")
    per = bought.campaign_id.value_counts().reindex(campaign.index).fillna(0)
    assert (per == campaign.delivered).all()


def test_orders_are_round_and_over_delivered_by_a_tenth_at_most(world):
    orders = world.truth("order")
    orders = orders[(orders.kind == "like") & (orders.delivery != "hour")]
    assert set(orders.quantity) <= {20, 25, 30, 50, 75, 100, 200, 300, 500, 1000}
    assert (orders.delivered <= np.ceil(orders.quantity * 1.1) + orders.refilled).all()
    assert (orders.delivered / orders.quantity).median() > 0.95
    assert ((orders.delivered > orders.quantity).mean()) > 0.3
    assert (orders.first_ms >= orders.placed_ms).all()


def test_each_campaign_draws_on_one_pool(world):
    engagement, truth = world("engagement"), world.truth("engagement")
    rows = engagement.merge(truth[truth.label == "delivered"], on="engagement_id")
    campaign = world.truth("campaign").set_index("campaign_id").pool
    member = world.truth("account").set_index("account_id").pool
    sellers = campaign.loc[rows.campaign_id].to_numpy()
    assert (sellers == member.loc[rows.account_id].to_numpy()).all()
    assert campaign.nunique() > 5


def test_times_lie_in_the_window_and_after_publication(world):
    preset = PRESETS["default"]
    engagement, truth = world("engagement"), world.truth("section")
    day = 86_400_000
    assert engagement.ts_lo_ms.between(preset.start_ms - day, preset.end_ms + day).all()
    gone = engagement.dropna(subset="retracted_lo_ms")
    assert len(gone) > 100
    rows = engagement.merge(world("section"), on="section_id").merge(truth, on="section_id")
    exact = rows[rows.scenario != "measurement_artefact"]
    assert (exact.ts_lo_ms >= exact.published_ms).all()
    assert (exact.ts_lo_ms == exact.ts_hi_ms).all()
    coarse = rows[rows.ts_lo_ms < rows.ts_hi_ms]
    assert set(coarse.scenario) == {"measurement_artefact"}


def test_scale_and_bought_share(world):
    assert abs(world.world.n_engagements / 100_000 - 1) < 0.05
    assert world.world.n_delivered / world.world.n_engagements <= 0.05
    summary = json.loads((world.world.truth / "world.json").read_text())
    assert summary["n_delivered"] == world.world.n_delivered


def test_at_least_half_of_what_bought_accounts_do_is_their_own(world):
    account = world.truth("account")
    bought = account[account.n_delivered > 0]
    own = 1 - bought.groupby("role").n_delivered.sum() / bought.groupby("role").n_engagements.sum()
    assert (own >= 0.5).all(), own


def test_ids_tell_nothing(world):
    """Neither account numbers nor section numbers separate the bought from the rest."""
    account = world.truth("account")
    number = account.account_id.str.removeprefix("sim:a").astype(int)
    bought = account.n_delivered > 0
    assert abs(number[bought].rank().mean() / number.max() - bought.mean() / 2) < 1
    spread = number[bought].mean() / number[~bought].mean()
    assert 0.93 < spread < 1.07


def test_organic_preset_sells_nothing(tmp_path):
    found = simulate(tmp_path, scenario="organic", scale=20_000)
    assert found.n_delivered == found.n_orders == found.n_campaigns == 0
    labels = pd.read_parquet(tmp_path / "truth" / "engagement.parquet").label
    assert set(labels) == {"organic"}


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 2**31), scale=st.integers(5_000, 25_000))
def test_any_seed_gives_a_world(tmp_path_factory, seed, scale):
    folder = tmp_path_factory.mktemp("any")
    found = simulate(folder, scenario="demo", scale=scale, seed=seed)
    assert abs(found.n_engagements / scale - 1) < 0.25
    rows = pd.read_parquet(folder / "truth" / "engagement.parquet")
    assert len(rows) == found.n_engagements
    assert (rows.label == "delivered").sum() == found.n_delivered


@pytest.mark.parametrize("options", [{"scenario": "nope"}, {"scale": 10}, {"scale": -1}])
def test_what_cannot_be_is_refused(tmp_path, options):
    with pytest.raises(UsageError):
        simulate(tmp_path / "w", **options)
    assert not (tmp_path / "w").exists()


def test_counts_are_those_of_the_likes(world):
    counts, likes = world("count_snapshot"), world("engagement")
    likes = likes[(likes.kind == "like") & likes.comment_id.isna()]
    assert counts.section_id.nunique() > 10
    for row in counts.sample(60, random_state=0).itertuples():
        mine = likes[likes.section_id == row.section_id]
        slow = (mine.ts_lo_ms < row.observed_ms).sum()
        slow -= (mine.retracted_lo_ms < row.observed_ms).sum()
        assert slow == row.value_lo == row.value_hi


def test_likes_of_comments_come_after_the_comment(world):
    rows = world("engagement").merge(
        world("comment")[["comment_id", "created_ms"]], on="comment_id"
    )
    rows = rows.merge(world.truth("section"), on="section_id")
    exact = rows[rows.scenario != "measurement_artefact"]
    assert len(exact) > 1000
    assert (exact.ts_lo_ms >= exact.created_ms).all()


def test_an_earlier_world_leaves_nothing_behind(tmp_path):
    simulate(tmp_path / "a", scenario="demo", scale=10_000)
    simulate(tmp_path / "a", scenario="drip", scale=10_000, seed=1)
    simulate(tmp_path / "b", scenario="drip", scale=10_000, seed=1)
    assert _digests(tmp_path / "a") == _digests(tmp_path / "b")


@pytest.mark.parametrize("name", sorted([*FAMILIES, *HARD_NEGATIVES]))
def test_each_scenario_can_be_had_alone(tmp_path, name):
    found = simulate(tmp_path, scenario=name, scale=20_000, seed=2)
    truth = pd.read_parquet(tmp_path / "truth" / "section.parquet")
    if name in FAMILIES:
        ordered = truth.families.dropna()
        assert set(ordered) == {name}
        campaigns = pd.read_parquet(tmp_path / "truth" / "campaign.parquet")
        assert set(campaigns.kind) == {name}
        assert (truth.n_delivered + truth.n_comments_delivered).sum() > 0
    else:
        assert found.n_delivered == 0
        everywhere = {"new_users", "platform_purge"}  # they have no sections of their own
        assert name in everywhere or (truth.scenario == name).sum() >= 2
        assert set(truth.scenario) <= {"organic", name}


def test_sections_that_were_bought_whole_have_no_public(tmp_path):
    simulate(tmp_path, scenario="whole", scale=40_000, seed=4)
    truth = pd.read_parquet(tmp_path / "truth" / "section.parquet")
    whole = truth.families.eq("whole").fillna(False)
    assert whole.sum() >= 5
    shares = truth.n_delivered / truth.n_engagements
    assert shares[whole].min() > 0.75 and shares[whole].median() > 0.9
    assert truth.n_follow_on[whole].sum() == 0, "nobody was there to be drawn"
    assert truth.n_delivered[~whole].sum() == 0
    orders = pd.read_parquet(tmp_path / "truth" / "order.parquet")
    assert orders.section_id.is_unique


def test_ladders_climb_in_order(tmp_path):
    simulate(tmp_path, scenario="ladder", scale=60_000, seed=3)
    acts = pd.read_parquet(tmp_path / "engagement.parquet")
    acts = acts.merge(pd.read_parquet(tmp_path / "truth" / "engagement.parquet"))
    acts = acts[acts.label == "delivered"]
    text = pd.read_parquet(tmp_path / "comment.parquet").merge(
        pd.read_parquet(tmp_path / "truth" / "comment.parquet"), on="comment_id"
    )
    text = text[text.label == "delivered"]
    key = ["section_id", "account_id"]
    climbed = text.merge(acts[acts.kind == "like"], on=key, suffixes=("_text", ""))
    assert len(climbed) == len(text) > 10
    lag = (climbed.created_ms - climbed.ts_lo_ms) / 3_600_000
    assert lag.between(1 / 6 - 0.001, 6.001).all()
    shared = acts[acts.kind == "share"].merge(text, on=key, suffixes=("", "_text"))
    assert len(shared) == (acts.kind == "share").sum() > 0
    assert (shared.ts_lo_ms > shared.created_ms).all()


def test_subscribers_get_likes_for_one_post_after_another(tmp_path):
    simulate(tmp_path, scenario="subscription", scale=100_000, seed=4)
    orders = pd.read_parquet(tmp_path / "truth" / "order.parquet")
    assert set(orders.quantity) == {100}
    creator = pd.read_parquet(tmp_path / "section.parquet").set_index("section_id").creator_id
    per = creator.loc[orders.section_id].value_counts()
    assert per.max() >= 3


def test_larger_worlds_have_more_pools_not_busier_ones(tmp_path, monkeypatch):
    monkeypatch.setattr("zhenzan.detector.simulate.world.FULL_SCALE", 20_000)
    simulate(tmp_path, scenario="small", scale=60_000, seed=5)
    campaigns = pd.read_parquet(tmp_path / "truth" / "campaign.parquet")
    assert {"real_500", "real_500#2", "real_500#3"} <= set(campaigns.pool)
    account = pd.read_parquet(tmp_path / "truth" / "account.parquet")
    per_pool = account.groupby("pool").n_delivered.sum()
    assert per_pool.max() < 2.5 * per_pool[per_pool > 0].min()
