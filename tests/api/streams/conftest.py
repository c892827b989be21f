"""A small world, a reference that was learnt from another one, and bodies of its rows."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest
from zhenzan.features.engine import open_engine
from zhenzan.models.attribution import Reference, attribute

NOW_MS = 1_790_000_000_000


@pytest.fixture(scope="session")
def small_world(streams: ModuleType) -> dict[str, pd.DataFrame]:
    """Sixty organic sections, ten of which a pool of accounts serves."""
    quiet = streams.organic(seed=2, sections=60, mean=60.0, population=2000)
    targets = [f"s{n:03d}" for n in range(10)]
    made: dict[str, pd.DataFrame] = streams.delivered(quiet, np.random.default_rng(2), targets)
    return made


@pytest.fixture(scope="session")
def learnt(
    small_world: dict[str, pd.DataFrame], canonical: ModuleType, tmp_path_factory: Any
) -> Path:
    """The folder of a reference."""
    with open_engine() as engine:
        tables = canonical.load(engine, small_world)
        found = attribute(engine, tables, remember=True)
    assert found.reference is not None
    folder: Path = tmp_path_factory.mktemp("learnt") / "attribution"
    found.reference.save(folder)
    return folder


@pytest.fixture(scope="session")
def reference(learnt: Path) -> Reference:
    return Reference.load(learnt)


@pytest.fixture(scope="session")
def lines(small_world: dict[str, pd.DataFrame]) -> list[str]:
    """All rows of the world as JSON lines, engagements in the order of their times."""
    acts = small_world["engagement"].sort_values(["ts_ms", "engagement_id"])
    columns = ["engagement_id", "section_id", "account_id", "ts_ms"]
    rows: list[dict[str, Any]] = acts[columns].assign(kind="like").to_dict("records")
    about = small_world["section"].assign(table="section", platform="test")
    sections: list[dict[str, Any]] = about.to_dict("records")
    return [json.dumps(row) for row in (*sections, *rows)]


@pytest.fixture
def body(tmp_path: Path) -> Callable[[list[str]], Path]:
    """Lines as a file."""

    def write(some: list[str]) -> Path:
        path = tmp_path / "body"
        path.write_text("\n".join(some) + "\n", "utf-8")
        return path

    return write
