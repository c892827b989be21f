"""The load of a stream in small: everything is judged, and memory stays where it was."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def bench() -> ModuleType:
    path = Path(__file__).with_name("stream_load.py")
    spec = importlib.util.spec_from_file_location("zhenzan_stream_load", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def test_what_is_sent_is_judged_in_flat_memory(bench: ModuleType, tmp_path: Path) -> None:
    found = bench.load(tmp_path, rate=1_000, seconds=40, life_s=20, per_section=300)
    assert found.rows_judged == found.rows_sent == 40_000
    assert found.refused == 0 and found.passes >= 2
    judging = [late for _, _, late in found.memory]
    answering = [main for _, main, _ in found.memory]
    half = len(judging) // 2
    for series, slack in ((answering, 60.0), (judging, 200.0)):  # MB; the first pass loads code
        assert max(series[half:]) <= max(series[:half]) + slack
