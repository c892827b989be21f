from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from zhenzan.detector.simulate import World, simulate


class Read:
    """The tables of a simulated world as frames, read when asked for."""

    def __init__(self, world: World) -> None:
        self.world = world

    def __call__(self, name: str) -> pd.DataFrame:
        return pq.read_table(self.world.path / f"{name}.parquet").to_pandas()

    def truth(self, name: str) -> pd.DataFrame:
        return pq.read_table(self.world.truth / f"{name}.parquet").to_pandas()


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Read:
    """The default preset at a tenth of its full size."""
    folder: Path = tmp_path_factory.mktemp("world")
    return Read(simulate(folder, scenario="default", scale=100_000, seed=7))
