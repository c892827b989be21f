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


def test_one_world_in_three_is_held_in_every_way() -> None:
    assert [views_of(seed) for seed in (9, 10, 11)] == [VIEWS, ("events",), ("events",)]
