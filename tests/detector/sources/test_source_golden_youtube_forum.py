"""Every shape of YouTube's and the forums' files to canonical rows that a person has read.

To see what a change does: `ZZ_REVIEW=1 pytest <this file>` writes the rows anew; read the diff.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from zhenzan.detector.ingest import IngestOptions, ingest
from zhenzan.detector.sources import sniff
from zhenzan.features.engine import open_engine
from zhenzan.features.tables import TABLES

HERE = Path(__file__).parent
FILES = [
    (source, path.name)
    for source in ("youtube", "forum")
    for path in sorted((HERE / "fixtures" / source).iterdir())
]
# Names, handles, avatars and native account ids of the fixtures, as they stand in them.
PRIVATE = (
    "@ann", "@owner", "UCann", "UCowner", "Ann", "甲", "only name", "img.example", "t2_ann",
    '"ann"', "eve\"", "discourse:7\"", "/x",
)  # fmt: skip


def canonical(path: Path, work: Path, ids: Any) -> dict[str, Any]:
    """Tables of one file as lists of rows without what is NULL, and its books."""
    (work / "key").write_text("0123456789abcdef")
    options = IngestOptions(
        now_ms=1_790_000_000_000, observed_at_ms=1_710_000_000_000, key_file=work / "key", ids=ids
    )
    tables: dict[str, Any] = {}
    with open_engine() as engine:
        done = ingest([path], engine, options, work_dir=work / "tables")
        for name, relation in done.tables.items():
            rows = engine.fetch(relation, order_by=TABLES[name].key).to_pylist()
            kept = [
                {k: v for k, v in row.items() if v is not None and k != "dataset_id"}
                for row in rows
            ]
            tables |= {name: kept} if name != "dataset" else {}
    counted = done.rows
    assert counted.read == counted.kept + counted.merged + counted.rejected + counted.skipped
    return {
        "books": [counted.read, counted.kept, counted.merged, counted.rejected, counted.skipped],
        "rejected": [[f"{r.table}: {r.reason}", r.count, *r.examples] for r in done.rejections],
        "notes": [[f"{r.table}: {r.reason}", r.count] for r in done.notes],
        **tables,
    }


def written(found: dict[str, Any]) -> str:
    """One row a line, so that a person can read it and a diff is short."""
    parts = []
    for name, rows in found.items():
        body = ",\n".join(f"  {json.dumps(row, ensure_ascii=False)}" for row in rows)
        parts.append(f"{json.dumps(name)}: [\n{body}\n]" if rows else f"{json.dumps(name)}: []")
    return "{\n" + ",\n".join(parts) + "\n}\n"


@pytest.mark.parametrize(("source", "name"), FILES, ids=[name for _, name in FILES])
def test_rows_are_those_that_were_reviewed(source: str, name: str, tmp_path: Path) -> None:
    path = HERE / "fixtures" / source / name
    assert sniff(path).name == source
    found = canonical(path, tmp_path, "keep")
    golden = HERE / "golden" / source / f"{name}.golden.json"
    if os.environ.get("ZZ_REVIEW"):
        golden.parent.mkdir(parents=True, exist_ok=True)
        golden.write_text(written(found), "utf-8")
    assert json.loads(json.dumps(found)) == json.loads(golden.read_text("utf-8"))


@pytest.mark.parametrize(("source", "name"), FILES, ids=[name for _, name in FILES])
def test_nobody_can_be_read_from_the_rows(source: str, name: str, tmp_path: Path) -> None:
    found = canonical(HERE / "fixtures" / source / name, tmp_path, None)
    # What people wrote is kept as it is, names in it included.
    found["comment"] = [{**row, "text": None} for row in found.get("comment", [])]
    found["section"] = [{**row, "text": None} for row in found.get("section", [])]
    text = json.dumps(found, ensure_ascii=False)
    assert not [private for private in PRIVATE if private in text]
