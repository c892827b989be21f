"""Every shape of WeChat's files to canonical rows, compared with rows that a person has read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from zhenzan.detector.ingest import IngestOptions, ingest
from zhenzan.detector.sources import sniff
from zhenzan.features.engine import open_engine
from zhenzan.features.tables import TABLES

FIXTURES = Path(__file__).parent / "fixtures" / "wechat"
GOLDEN = Path(__file__).parent / "golden" / "wechat"
FILES = sorted(p.name for p in FIXTURES.iterdir())


def canonical(path: Path, work: Path) -> dict[str, Any]:
    """Tables of one file as lists of rows without what is NULL, and its books."""
    (work / "key").write_text("0123456789abcdef")
    options = IngestOptions(
        now_ms=1_790_000_000_000, observed_at_ms=1_765_000_000_000, key_file=work / "key"
    )
    with open_engine() as engine:
        done = ingest([path], engine, options, work_dir=work / "tables")
        tables = {}
        for name, relation in done.tables.items():
            if name != "dataset":
                rows = engine.fetch(relation, order_by=TABLES[name].key).to_pylist()
                tables[name] = [
                    {k: v for k, v in row.items() if v is not None and k != "dataset_id"}
                    for row in rows
                ]
    lost = {f"{r.table}: {r.reason}": [r.count, *r.examples] for r in done.rejections}
    notes = {f"{r.table}: {r.reason}": r.count for r in done.notes}
    counted = done.rows
    assert counted.read == counted.kept + counted.merged + counted.rejected + counted.skipped
    books = [counted.read, counted.kept, counted.merged, counted.rejected, counted.skipped]
    return {"tables": tables, "rejected": lost, "notes": notes, "rows": books}


@pytest.mark.parametrize("name", FILES)
def test_rows_are_those_that_were_reviewed(name: str, tmp_path: Path) -> None:
    assert sniff(FIXTURES / name).name == "wechat"
    found = canonical(FIXTURES / name, tmp_path)
    expected = json.loads((GOLDEN / f"{name}.golden.json").read_text("utf-8"))
    assert json.loads(json.dumps(found)) == expected


@pytest.mark.parametrize("name", FILES)
def test_nobody_can_be_read_from_the_rows(name: str) -> None:
    text = json.dumps(
        json.loads((GOLDEN / f"{name}.golden.json").read_text("utf-8"))["tables"],
        ensure_ascii=False,
    )
    for private in ("读者", "看客", "主播", "oMadeUp", "qlogo", "@finder", "1040000", "derived-"):
        assert private not in text
