"""The whole path on real stars: sold ones reach the top band, launches do not."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from zhenzan.detector import Scan, scan

STARS = Path(__file__).parents[2].parent / "shared" / "data" / "stars" / "stars.parquet"
MIN_STARS = 50  # from here on the issue asks for a band

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not STARS.exists(), reason="no real stars beside the checkout"),
]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Scan:
    return scan(STARS, tmp_path_factory.mktemp("stars") / "out")


@pytest.fixture(scope="module")
def judged(found: Scan) -> pd.DataFrame:
    """Band by repository, with where the stars came from."""
    stars = pd.read_parquet(STARS, columns=["repo", "origin"])
    known = stars.groupby("repo").agg(origin=("origin", "first"), n=("origin", "size"))
    known.index = "github:" + known.index
    joined = found.sections.merge(known, left_on="section_id", right_index=True)
    assert len(joined) == len(found.sections)
    return joined[joined.n >= MIN_STARS]


def test_every_star_is_accounted_for(found: Scan) -> None:
    assert found.run["rows"]["read"] == found.run["rows"]["kept"] == 206_836
    assert found.engagements.p_purchased.between(0, 1).all()


def test_nine_of_ten_ring_repositories_reach_the_top_band(judged: pd.DataFrame) -> None:
    ring = judged[judged.origin == "ghost_network"]
    assert len(ring) > 20
    assert (ring.band == "likely_purchased").mean() >= 0.9


def test_no_organic_repository_does(judged: pd.DataFrame) -> None:
    organic = judged[judged.origin == "organic"]
    assert len(organic) > 50
    assert not (organic.band == "likely_purchased").any()


def test_within_memory(found: Scan) -> None:
    peak = found.run["peak_memory_bytes"]
    if peak is None:
        pytest.skip("this system does not tell the peak of memory")
    assert peak < 2e9
