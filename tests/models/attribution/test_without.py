"""What an ablation leaves out says nothing; the rest still does."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest
from zhenzan.models.attribution import AttributionConfig
from zhenzan.models.attribution.config import EVIDENCE

TARGETS = [f"s{i:03d}" for i in range(8)]


@pytest.fixture(scope="module")
def world(streams: ModuleType) -> dict[str, pd.DataFrame]:
    made: dict[str, pd.DataFrame] = streams.delivered(
        streams.organic(), np.random.default_rng(3), TARGETS
    )
    return made


def figures(judge: Any, world: dict[str, pd.DataFrame], *without: str) -> pd.DataFrame:
    acts: pd.DataFrame
    _, acts = judge(world, config=AttributionConfig(without=frozenset(without)))
    return acts


def test_nothing_left_is_the_background(world: dict[str, pd.DataFrame], judge: Any) -> None:
    acts = figures(judge, world, *EVIDENCE)
    assert np.allclose(acts["p_purchased"], AttributionConfig().background)


def test_parts_left_out_are_silent(world: dict[str, pd.DataFrame], judge: Any) -> None:
    whole = figures(judge, world)
    assert whole["propensity"].abs().max() > 1
    assert whole["company"].notna().any()
    assert (figures(judge, world, "propensity")["propensity"] == 0).all()
    assert figures(judge, world, "company")["company"].isna().all()
    no_excess = figures(judge, world, "excess")
    assert no_excess["excess"].isna().all()  # no act lies in a window that was weighed
    delivered = no_excess["origin"] == "delivered"
    found = no_excess["p_purchased"]
    assert found[delivered].median() > found[~delivered].quantile(0.95)  # accounts still speak


def test_without_coherence_nothing_is_explained(world: dict[str, pd.DataFrame], judge: Any) -> None:
    found, acts = judge(world, config=AttributionConfig(without=frozenset({"coherence"})))
    assert found.info["explained_by_communities"] == 0
    assert (acts["p_purchased"] >= figures(judge, world)["p_purchased"] - 1e-12).all()


def test_unknown_part() -> None:
    with pytest.raises(ValueError, match="no part of the evidence: exces"):
        AttributionConfig(without=frozenset({"exces"}))
