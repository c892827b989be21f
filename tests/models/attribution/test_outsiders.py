"""One enormous section or account beside a small set does not change what is said of the set."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from zhenzan.detector.simulate import simulate
from zhenzan.features.engine.base import Engine
from zhenzan.models.attribution import attribute

COLUMNS = ["engagement_id", "kind", "section_id", "comment_id", "account_id", "ts_lo_ms",
           "ts_hi_ms"]  # fmt: skip


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    folder = tmp_path_factory.mktemp("world")
    simulate(folder, scale=20_000, seed=5)
    acts: pd.DataFrame = pq.read_table(folder / "engagement.parquet", columns=COLUMNS).to_pandas()
    return acts


def shares(engine: Engine, acts: pd.DataFrame, sections: pd.Index[str]) -> pd.Series[float]:
    """Share of each section's engagements that is attributed."""
    table = pa.Table.from_pandas(acts, preserve_index=False)
    found = attribute(engine, {"engagement": engine.load("engagement", table)})
    rows = found.sections.to_pandas().set_index("section_id").loc[sections]
    share: pd.Series[float] = rows["n_purchased"] / rows["n_engagements"]
    return share


def likes(account: list[str], section: list[str], when_ms: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "engagement_id": [f"outside {i}" for i in range(len(when_ms))],
            "kind": "like",
            "section_id": section,
            "comment_id": None,
            "account_id": account,
            "ts_lo_ms": when_ms,
            "ts_hi_ms": when_ms,
        }
    )


@pytest.mark.slow
def test_enormous_outsiders(world: pd.DataFrame, engine: Engine) -> None:
    """300,000 who like one post and nothing else; an account with 50,000 likes on 20,000 posts.

    Before acts were weighed by stream and account these put 31 and 65 of 132 sections, each of
    them as it was, into the top band.
    """
    rng = np.random.default_rng(0)
    sections = pd.Index(sorted(world["section_id"].unique()))
    first, last = world["ts_lo_ms"].min(), world["ts_lo_ms"].max()
    alone = shares(engine, world, sections)
    n = 300_000
    crowd = first + np.sort(rng.exponential(0.1, n).clip(0, 1) * (last - first)).astype(np.int64)
    busy = np.sort(rng.integers(first, last, 50_000))
    outsiders = {
        "section": likes([f"once {i}" for i in range(n)], ["a post"] * n, crowd),
        "account": likes(["one"] * 50_000, [f"post {i % 20_000}" for i in range(50_000)], busy),
    }
    for name, rows in outsiders.items():
        beside = shares(engine, pd.concat([world, rows], ignore_index=True), sections)
        # Measured: 3 sections above 0.3 alone and beside either; the largest rise is below 0.15.
        assert (beside > 0.3).sum() <= (alone > 0.3).sum() + 2, name
        assert (beside - alone).median() < 0.01, name
        assert beside.sum() < 1.5 * alone.sum() + 1.0, name
