"""Made-up scans for the tests of the report."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from zhenzan.detector.results import Scan


@pytest.fixture(scope="session")
def made() -> ModuleType:
    """`made_scan.py` (test folders are no packages, so it cannot be imported)."""
    path = Path(__file__).with_name("made_scan.py")
    spec = importlib.util.spec_from_file_location("zhenzan_tests_made_scan", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def make_scan(made: ModuleType) -> Callable[..., Scan]:
    found: Callable[..., Scan] = made.make_scan
    return found


@pytest.fixture(scope="session")
def usual(make_scan: Callable[..., Scan], tmp_path_factory: pytest.TempPathFactory) -> Scan:
    return make_scan(tmp_path_factory.mktemp("usual") / "scan")


@pytest.fixture(scope="session")
def hostile(make_scan: Callable[..., Scan], tmp_path_factory: pytest.TempPathFactory) -> Scan:
    return make_scan(tmp_path_factory.mktemp("hostile") / "scan", hostile=True)


@pytest.fixture(scope="session")
def quiet(make_scan: Callable[..., Scan], tmp_path_factory: pytest.TempPathFactory) -> Scan:
    return make_scan(tmp_path_factory.mktemp("quiet") / "scan", quiet=True)
