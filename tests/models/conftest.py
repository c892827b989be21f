"""The maker of made-up attributions, as a fixture (test folders are no packages)."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def made_up() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "zhenzan_tests_made_up", Path(__file__).parent / "made_up.py"
    )
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
