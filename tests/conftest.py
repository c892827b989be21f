"""Shared by all tests: an engine, and canonical tables made by hand (`canonical.py`)."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from zhenzan.features.engine import Engine, open_engine
from zhenzan.features.engine.registry import EngineOptions


@pytest.fixture(scope="session")
def canonical() -> ModuleType:
    """`tests/canonical.py` (test folders are no packages, so it cannot be imported)."""
    spec = importlib.util.spec_from_file_location(
        "zhenzan_tests_canonical", Path(__file__).parent / "canonical.py"
    )
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with open_engine(options=EngineOptions(spill_dir=tmp_path, threads=2)) as opened:
        yield opened
