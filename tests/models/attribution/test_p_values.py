"""The gate of the null: of organic streams at most 6 % have a p-value below 0.05.

Only this side is promised. The p-value corrects the smallest tail probability for all windows of a
stream as if they were independent, but they overlap and nest: it is conservative. Measured below
0.05: 0.3 to 1.1 % of Poisson streams (three worlds), 0 to 2.6 % of streams with hours of the day,
2.8 and 3.2 % of the simulator's organic worlds of 30,000 acts.
"""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from zhenzan.detector.simulate import simulate
from zhenzan.features.engine import Engine
from zhenzan.models.attribution import attribute


def p_of(streams: pd.DataFrame) -> Any:
    return streams["p_value"].dropna().to_numpy()


@pytest.mark.parametrize("seed", [0, 1])
def test_poisson_streams_of_strangers(streams: ModuleType, judge: Any, seed: int) -> None:
    """Everybody acts once, at ages of one law: counts only, no hours, no company."""
    rng = np.random.default_rng(seed)
    rows: list[tuple[str, str, int, str]] = []
    top = (1 + streams.LIFE_MS / streams.DECAY_MS) ** -0.2
    for s in range(250):
        published = streams.START + int(rng.integers(30 * streams.DAY))
        u = rng.random(rng.poisson(rng.lognormal(np.log(60), 0.7)))
        ages = streams.DECAY_MS * ((1 - u * (1 - top)) ** -5 - 1)
        rows += [
            (f"s{s:03d}", f"x{s}_{i}", published + int(t), "organic") for i, t in enumerate(ages)
        ]
    found, acts = judge({"engagement": streams.acts(rows)})
    p = p_of(found.streams.to_pandas())
    assert len(p) > 200 and (p < 0.05).mean() <= 0.06
    assert (p < 0.5).mean() > 0.05  # but not stuck at 1
    assert not found.streams["significant"].to_numpy(zero_copy_only=False).any()
    # Nobody has another life and nothing stands out: the background is all that is left.
    assert acts["p_purchased"].mean() == pytest.approx(0.002, abs=5e-4)


def test_streams_with_hours_of_the_day(streams: ModuleType, judge: Any) -> None:
    p = [
        p_of(judge(streams.organic(seed, sections=60, mean=60.0))[0].streams.to_pandas())
        for seed in range(3)
    ]
    pooled = np.concatenate(p)
    assert len(pooled) > 150 and (pooled < 0.05).mean() <= 0.06


def test_simulated_organic_life(tmp_path: Path, engine: Engine) -> None:
    """Surges, pushes, giveaways, fan rituals, likes that bring likes: no order anywhere."""
    simulate(tmp_path, scenario="organic", scale=30_000, seed=0)
    names = ("engagement", "section", "comment")
    tables = {n: engine.load(n, pq.read_table(tmp_path / f"{n}.parquet")) for n in names}
    found = attribute(engine, tables)
    table = found.streams.to_pandas()
    p = p_of(table)
    assert len(p) > 200 and (p < 0.05).mean() <= 0.06
    assert table["significant"].sum() <= 2
    # Measured 0.90 and 0.88 % (seeds 0 and 1): classes and the fans of several creators.
    assert found.engagements["p_purchased"].to_numpy().mean() < 0.015
