"""Figures by hand: operating points, slices, coverage; what data cannot give is None."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from zhenzan.detector.training.figures import slice_figures, unit_figures
from zhenzan.models.metrics import auc, group_weights, interval, recall_at, threshold_at


def rows(n: int = 600, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    found = rng.random(n) < 0.2
    p = 1 / (1 + np.exp(-(rng.normal(size=n) + np.where(found, 1.5, -1.5))))
    return pd.DataFrame(
        {
            "id": [f"s{i}" for i in range(n)], "positive": found, "group": [f"g{i % 7}" for i in
            range(n)], "slice": np.where(found, "order:flash", "organic"), "score": p,
            "probability": p, "band": np.where(p > 0.9, "likely_purchased", "organic"),
            "amount": np.where(found, 50.0, 0.0), "n_purchased_lo": np.where(p > 0.5, 40.0, 0.0),
            "n_purchased_hi": 60.0,
        }
    )  # fmt: skip


def test_figures_are_those_of_the_slow_way() -> None:
    data = rows()
    made = unit_figures(data)
    assert made["auc"][0] == pytest.approx(auc(data["score"], data["positive"]), abs=1e-6)
    assert made["recall_at_0.01"][0] == pytest.approx(
        recall_at(data["score"], data["positive"], 0.01), abs=1e-6
    )
    assert made["auc"][1] < made["auc"][0] < made["auc"][2]
    top = data["band"] == "likely_purchased"
    assert made["top_band_precision"] == pytest.approx(data["positive"][top].mean(), abs=1e-6)
    ordered = data[data["positive"]]
    inside = (ordered["n_purchased_lo"] <= 50) & (ordered["n_purchased_hi"] >= 50)
    assert made["interval_coverage"] == pytest.approx(inside.mean(), abs=1e-6)
    shuffled = unit_figures(data.sample(frac=1, random_state=1))
    assert shuffled == made


def test_what_cannot_be_known_is_none() -> None:
    data = rows()
    alone = unit_figures(data[~data["positive"]])
    assert alone["auc"] is None and alone["recall_at_0.005"] is None
    assert alone["interval_coverage"] is None
    silent = unit_figures(data.assign(score=np.nan))
    assert silent["n_scored"] == 0 and silent["stated"] is None
    assert slice_figures(data.assign(score=np.nan)) == []
    one = unit_figures(data.assign(group="g"))["auc"]
    assert one[1] is None and one[0] is not None


def test_slices_share_one_threshold() -> None:
    made = {(s["slice"], s["positive"]): s for s in slice_figures(rows())}
    assert set(made) == {("organic", False), ("order:flash", True)}
    assert made["organic", False]["above_0.005"] <= 0.005
    assert made["order:flash", True]["above_0.005"] > 0.1


def test_slices_have_intervals_of_the_slow_bootstrap() -> None:
    data = rows().sample(frac=1, random_state=2)
    weights = group_weights(7, 200, 0)
    slow: dict[tuple[str, bool], list[float]] = {}
    for weight in weights:
        drawn = pd.concat([data[data["group"] == f"g{g}"] for g in range(7) for _ in
                           range(weight[g])])  # fmt: skip
        cut = threshold_at(drawn["score"], drawn["positive"], 0.005)
        for key, part in drawn.groupby(["slice", "positive"]):
            slow.setdefault(key, []).append(float((part["score"] > cut).mean()))
    for part in slice_figures(data):
        said = interval(slow[part["slice"], part["positive"]])
        found = [part["above_0.005"], part["above_0.005_low"], part["above_0.005_high"]]
        assert found == pytest.approx([said.value, said.low, said.high], abs=1e-6)
        assert part["n_groups"] == 7
    alone = slice_figures(data.assign(group="g"))
    assert all(part["above_0.005_low"] is None for part in alone)
