"""The shipped bundle on real stars: it states little there, and ranks sold ones before launches."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from zhenzan.detector import Scan, scan
from zhenzan.models.metrics import auc
from zhenzan.models.pretrained import PRETRAINED

STARS = Path(__file__).parents[2].parent / "shared" / "data" / "stars" / "stars.parquet"

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not STARS.exists(), reason="no real stars beside the checkout"),
]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Scan:
    return scan(STARS, tmp_path_factory.mktemp("stars") / "out", model=PRETRAINED)


@pytest.fixture(scope="module")
def judged(found: Scan) -> pd.DataFrame:
    """Judged repositories, with where their stars came from."""
    stars = pd.read_parquet(STARS, columns=["repo", "origin"])
    ring = stars.groupby("repo")["origin"].first().eq("ghost_network").rename("ring")
    ring.index = "github:" + ring.index
    joined = found.sections.merge(ring, left_on="section_id", right_index=True)
    return joined[joined["status"] == "scored"]


def test_sold_repositories_rank_before_launches(judged: pd.DataFrame) -> None:
    """Trees alone gave 0.85: none of their training worlds has sections that were bought whole."""
    ring = judged["ring"].to_numpy(bool)
    assert ring.sum() > 20 and (~ring).sum() > 50
    assert auc(judged["score"].to_numpy(), ring) > 0.92


def test_no_launch_gets_a_high_probability(judged: pd.DataFrame) -> None:
    organic = judged[~judged["ring"]]
    assert organic["probability"].notna().sum() > 20
    assert not (organic["probability"] > 0.5).any()
    assert not (organic["band"] == "likely_purchased").any()


def test_what_the_rules_ranked_is_counted(found: Scan, judged: pd.DataFrame) -> None:
    told = found.run["model"]["units"]["section"]
    assert told["n_ranked_by_rules"] == told["why_not"]["range"] + told["why_not"]["families"] > 0
    assert judged["score"].between(0, 1).all()
