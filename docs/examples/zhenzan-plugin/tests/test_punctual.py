"""Run beside an installed Zhenzan: pytest tests."""

from __future__ import annotations

import numpy as np
import pandas as pd
from zhenzan.features.transformer import FeatureTransformer
from zhenzan_example.family import PunctualFamily

HOUR, START = 3_600_000, 1_735_689_600_000


def likes(section: str, minutes: np.ndarray) -> pd.DataFrame:
    n = len(minutes)
    return pd.DataFrame(
        {"kind": "like", "section_id": section, "account_id": [f"{section}{i}" for i in range(n)],
         "ts_ms": START + np.arange(n) * HOUR + minutes * 60_000}
    )  # fmt: skip


def test_a_scheduler_is_told_from_chance_and_little_data_says_nothing() -> None:
    chance = np.random.default_rng(0).integers(0, 60, 120)
    parts = [likes("timer", np.full(40, 7)), likes("chance", chance), likes("few", np.full(9, 7))]
    tables = {"engagement": pd.concat(parts)}
    found = FeatureTransformer(families=[PunctualFamily()]).fit_transform(tables)
    share = found["punctual__same_minute_share"]
    assert share["timer"] == 1.0 and share["chance"] < 0.1 and np.isnan(share["few"])
