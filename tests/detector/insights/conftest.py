"""Hand-made worlds for the tests of insights."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def world() -> ModuleType:
    """`made_known.py` (test folders are no packages, so it cannot be imported)."""
    path = Path(__file__).with_name("made_known.py")
    spec = importlib.util.spec_from_file_location("zhenzan_tests_made_known", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
