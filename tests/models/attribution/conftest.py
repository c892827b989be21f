"""Attribution of a world of frames, with the truth beside each act."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pandas as pd
import pytest
from zhenzan.features.engine import open_engine
from zhenzan.models.attribution import Attribution, attribute

Judge = Callable[..., tuple[Attribution, pd.DataFrame]]


@pytest.fixture(scope="session")
def judge(canonical: ModuleType) -> Judge:
    """`judge(world, **options) -> (Attribution, acts with p_purchased and origin)`."""

    def run(world: dict[str, pd.DataFrame], **options: Any) -> tuple[Attribution, pd.DataFrame]:
        with open_engine() as engine:
            found = attribute(engine, canonical.load(engine, world), **options)
        truth = world["engagement"][["engagement_id", "origin"]]
        return found, found.engagements.to_pandas().merge(truth, on="engagement_id", how="left")

    return run
