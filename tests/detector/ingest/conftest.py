from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from zhenzan.detector.ingest import IngestOptions, ingest
from zhenzan.features.engine import Engine, open_engine

NOW_MS = 1_760_000_000_000


class Run:
    """What ingest did, with the tables fetched as lists of rows."""

    def __init__(self, tables: dict[str, list[dict[str, Any]]], outcome: Any) -> None:
        self.tables = tables
        self.rows = outcome.rows
        self.inputs = outcome.inputs
        self.rejections = {(r.table, r.reason): r for r in outcome.rejections}
        self.notes = {(r.table, r.reason): r for r in outcome.notes}

    def __getitem__(self, table: str) -> list[dict[str, Any]]:
        return self.tables.get(table, [])


@pytest.fixture(scope="session")
def shared_engine() -> Iterator[Engine]:
    with open_engine() as engine:
        yield engine


@pytest.fixture
def run(tmp_path: Path, shared_engine: Engine) -> Callable[..., Run]:
    """Ingests paths, leaves nothing in the engine, checks the books on every call."""
    count = 0

    def go(*paths: Path, **options: Any) -> Run:
        nonlocal count
        count += 1
        key = tmp_path / "test.key"
        key.write_bytes(b"0123456789abcdef0123456789abcdef")
        asked = IngestOptions(**({"now_ms": NOW_MS, "key_file": key} | options))
        done = ingest(paths, shared_engine, asked, work_dir=tmp_path / f"work{count}")
        tables = {}
        for name, relation in done.tables.items():
            tables[name] = shared_engine.fetch(relation).to_pylist()
            shared_engine.drop(relation)
        rows = done.rows
        assert rows.read == rows.kept + rows.merged + rows.rejected + rows.skipped
        assert sum(r.count for r in done.rejections) == rows.rejected
        assert not (tmp_path / f"work{count}" / "staged").exists()
        return Run(tables, done)

    return go
