"""Figures of campaigns: the truth itself is perfect, chance and lumps are not."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from zhenzan.detector.benchmark.campaigns import campaign_figures
from zhenzan.detector.simulate import simulate
from zhenzan.features.errors import InputError
from zhenzan.models.campaigns import Campaigns

STREAM = ["section_id", "comment_id", "kind"]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return simulate(tmp_path_factory.mktemp("world"), scenario="demo", scale=15_000, seed=1).path


@pytest.fixture(scope="module")
def acts(world: Path) -> pd.DataFrame:
    truth = pd.read_parquet(world / "truth" / "engagement.parquet")
    pool = pd.read_parquet(world / "truth" / "campaign.parquet").set_index("campaign_id")["pool"]
    bought = truth[truth["label"] == "delivered"]
    return bought.assign(pool=bought["campaign_id"].map(pool))


def campaigns(acts: pd.DataFrame, by: str) -> Campaigns:
    told = pd.DataFrame({"campaign_id": sorted(acts[by].unique()), "kind": "actor_cohort"})
    own = acts[["engagement_id"]].assign(campaign_id=acts[by])
    return Campaigns(told, pd.DataFrame(), acts=own)


def test_the_true_pools_are_perfect(world: Path, acts: pd.DataFrame) -> None:
    found = campaign_figures(world, campaigns(acts, "pool"))
    for name in ("precision", "recall", "purity", "completeness", "grouped_share"):
        assert found[name] == 1, name
    assert found["adjusted_mutual_information"] == pytest.approx(1)
    assert found["sized"] is None


def test_one_lump_is_complete_and_impure(world: Path, acts: pd.DataFrame) -> None:
    found = campaign_figures(world, campaigns(acts.assign(all="k"), "all"))
    largest = acts["pool"].value_counts(normalize=True).iloc[0]
    assert found["purity"] == pytest.approx(largest)
    assert found["completeness"] == 1
    assert found["adjusted_mutual_information"] == pytest.approx(0, abs=1e-6)
    assert found["recall"] is not None and found["recall"] < 1


def test_every_order_alone_is_pure_and_incomplete(world: Path, acts: pd.DataFrame) -> None:
    found = campaign_figures(world, campaigns(acts, "order_id"))
    assert found["purity"] == 1
    assert found["completeness"] is not None and found["completeness"] < 0.9


def test_organic_groups_are_no_precision(world: Path) -> None:
    truth = pd.read_parquet(world / "truth" / "engagement.parquet")
    organic = truth[truth["label"] == "organic"].head(200).assign(all="k")
    found = campaign_figures(world, campaigns(organic, "all"))
    assert found["precision"] == 0 and found["delivered_share"] == 0
    assert found["purity"] is None and found["adjusted_mutual_information"] is None


def test_sizes_and_shapes_are_compared_where_one_order_came(world: Path) -> None:
    orders = pd.read_parquet(world / "truth" / "order.parquet")
    likes = orders[orders["kind"] == "like"]
    alone = likes[~likes.duplicated(STREAM, keep=False)]
    right = alone[[*STREAM, "quantity"]].rename(columns={"quantity": "size"})
    right = right.assign(campaign_id="k", delivery="flash", size=right["size"].astype("Int64"))
    none = pd.DataFrame({"engagement_id": [], "campaign_id": []}, dtype="str")
    empty = pd.DataFrame({"campaign_id": [], "kind": []}, dtype="str")
    found = campaign_figures(world, Campaigns(empty, pd.DataFrame(), orders=right, acts=none))
    assert found["sized"] == 1 and found["size_right"] == 1
    flash = alone["delivery"].isin(["flash", "hour"]).mean()
    assert found["shape_right"] == pytest.approx(flash)


def test_another_directory_is_refused(tmp_path: Path) -> None:
    none = Campaigns(pd.DataFrame(), pd.DataFrame())
    with pytest.raises(InputError, match="simulated world"):
        campaign_figures(tmp_path, none)
