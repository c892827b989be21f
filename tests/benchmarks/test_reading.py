"""JSON lines are read at a third or more of a bare `json.loads` loop, in bounded memory."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="module")
def reading() -> ModuleType:
    path = Path(__file__).with_name("reading.py")
    spec = importlib.util.spec_from_file_location("zhenzan_benchmarks_reading", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_speed_as_a_share_of_the_bare_loop(reading: ModuleType, tmp_path: Path) -> None:
    for found in reading.ratios(tmp_path, 150_000).values():
        assert found["source"] > 1 / 3
        assert found["ingest"] > 1 / 3


@pytest.mark.slow
def test_memory_does_not_grow_with_the_file(reading: ModuleType, tmp_path: Path) -> None:
    peaks = []
    for rows in (300_000, 900_000):  # buffers are full from some 200,000 rows on
        reading.write_comments(tmp_path / "comment.jsonl", rows)
        peaks.append(reading.peak_mb(tmp_path / "comment.jsonl"))
    size = (tmp_path / "comment.jsonl").stat().st_size / 2**20
    # The larger file is 90 MB larger; a reader that held it would hold several times that.
    assert size > 120
    assert peaks[1] - peaks[0] < size / 4
