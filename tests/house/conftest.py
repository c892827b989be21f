"""The fixture `house`: where things of the project are."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def house() -> ModuleType:
    path = Path(__file__).with_name("house.py")
    spec = importlib.util.spec_from_file_location("zhenzan_tests_house", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
