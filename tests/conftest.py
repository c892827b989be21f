"""Shared by all tests: an engine, tables made by hand (`canonical.py`), worlds (`streams.py`)."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from zhenzan.features.engine import Engine, open_engine
from zhenzan.features.engine.registry import EngineOptions


def _beside(name: str) -> ModuleType:
    """A module of this folder (test folders are no packages, so it cannot be imported)."""
    spec = importlib.util.spec_from_file_location(
        f"zhenzan_tests_{name}", Path(__file__).parent / f"{name}.py"
    )
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def canonical() -> ModuleType:
    return _beside("canonical")


@pytest.fixture(scope="session")
def streams() -> ModuleType:
    return _beside("streams")


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with open_engine(options=EngineOptions(spill_dir=tmp_path, threads=2)) as opened:
        yield opened
