"""Facets and views of a world: what is told of its rows is what the world says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from zhenzan.detector.simulate import simulate
from zhenzan.detector.training.facets import FACETS, world_facets
from zhenzan.detector.training.gather import views_of
from zhenzan.detector.training.labels import LABELS, VIEWS, world_labels


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    simulate(folder, scenario="texts", scale=6_000, seed=3)
    return folder


def test_facets_are_what_the_world_says(world: Path) -> None:
    found = world_facets(world)["section"]
    assert list(found.columns) == list(FACETS)
    orders = pd.read_parquet(world / "truth" / "order.parquet")
    orders = orders[orders["delivered"] > 0]
    kinds = pd.read_parquet(world / "truth" / "campaign.parquet").set_index("campaign_id")
    assert set(found.index[found["pool"].notna()]) == set(orders["section_id"])
    for section, own in orders.groupby("section_id"):
        most = own[own["delivered"] == own["delivered"].max()]
        assert found.at[section, "pool"] in set(most["campaign_id"].map(kinds["pool_kind"]))
        assert found.at[section, "delivery"] in set(most["delivery"])
        every = ",".join(sorted(set(own["campaign_id"].map(kinds["pool_kind"]))))
        assert found.at[section, "pools"] == every
    assert found["pools"].str.contains(",").any(), "several kinds deliver to some"
    said = pd.read_parquet(world / "section.parquet").set_index("section_id")
    assert (found["time_ms"] == said["published_ms"].reindex(found.index)).all()


def test_comments_alone_are_judged_by_comments_alone(world: Path) -> None:
    whole, alone = (world_labels(world, "w", view) for view in ("events", "comments"))
    assert list(whole.columns) == [*LABELS, *FACETS]
    truth = pd.read_parquet(world / "truth" / "section.parquet").set_index("section_id")
    sections = alone[alone["unit"] == "section"].set_index("id")
    texts = truth["n_comments_delivered"].reindex(sections.index)
    assert texts.gt(0).any()
    np.testing.assert_array_equal(sections["amount"], texts)
    least = np.maximum(20, 0.05 * truth["n_comments"].reindex(sections.index))
    np.testing.assert_array_equal(sections["positive"], texts >= least)
    comments = alone[alone["unit"] == "comment"].set_index("id")
    wrote = pd.read_parquet(world / "truth" / "comment.parquet").set_index("comment_id")
    delivered = wrote["label"].eq("delivered").reindex(comments.index)
    np.testing.assert_array_equal(comments["positive"], delivered)


def test_likes_alone_are_judged_by_likes_alone(world: Path) -> None:
    alone = world_labels(world, "w", "likes")
    truth = {
        unit: pd.read_parquet(world / "truth" / f"{unit}.parquet").set_index(f"{unit}_id")
        for unit in ("section", "account", "comment")
    }
    own = {unit: part.set_index("id")["positive"] for unit, part in alone.groupby("unit")}
    n, bought = (truth["section"][name] for name in ("n_engagements", "n_delivered"))
    assert (
        own["section"] == (bought >= np.maximum(20, 0.05 * n)).reindex(own["section"].index)
    ).all()
    liked = truth["account"]["n_delivered"].reindex(own["account"].index)
    assert (own["account"] == (liked >= 2)).all()
    wrote = truth["comment"]["label"].eq("delivered").reindex(own["comment"].index)
    paid = truth["comment"]["n_likes_delivered"].reindex(own["comment"].index)
    assert wrote.any() and not own["comment"][paid == 0].any()


def test_one_world_in_three_is_held_in_every_way() -> None:
    some = [views_of(seed) for seed in (9, 10, 11)]
    assert some == [("events", "counts", "comments"), ("events", "acts", "likes"), ("events",)]
    assert set().union(*some) == set(VIEWS)
