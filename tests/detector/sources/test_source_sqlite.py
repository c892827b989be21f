"""SQLite tables as records: read-only, nothing of a stranger's schema is run."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from zhenzan.detector.sources.files import probe
from zhenzan.detector.sources.flat import BadRecord, Records
from zhenzan.detector.sources.records import read_records
from zhenzan.detector.sources.sqlite import has_unread_changes
from zhenzan.features.errors import InputError


def made(path: Path, *statements: str | tuple[str, list[Any]]) -> Path:
    with closing(sqlite3.connect(path)) as db:
        for statement in statements:
            if isinstance(statement, str):
                db.execute(statement)
            else:
                db.executemany(*statement)
        db.commit()
    return path


def rows_of(path: Path, table: str | None = None) -> tuple[list[Any], list[int], list[BadRecord]]:
    rows, lines, bad = [], [], []
    for record in read_records(probe(path), sheet=table):
        if isinstance(record, Records):
            rows += record.data.to_pylist()
            assert not isinstance(record.lines, int)
            lines += record.lines.to_pylist()
        else:
            bad.append(record)
    return rows, lines, bad


def test_rows_as_text_in_the_order_of_storage(tmp_path: Path) -> None:
    path = made(
        tmp_path / "a 100%#?.db",
        "CREATE TABLE c (id BIGINT, uid TEXT, text TEXT, score REAL, raw BLOB)",
        "CREATE INDEX i ON c (id, uid, text, score, raw)",
        ("INSERT INTO c VALUES (?,?,?,?,?)", [
            (2**62, str(2**64), "写\x00得", 3.0, b"\xe5\xa5\xbd"), (1, "", None, 1e18, b"\xff"),
        ]),
    )  # fmt: skip
    assert probe(path).sheets == {"c": ("id", "uid", "text", "score", "raw")}
    rows, lines, bad = rows_of(path)
    assert rows == [
        {"id": str(2**62), "uid": str(2**64), "text": "写\x00得", "score": "3", "raw": "好"},
        {"id": "1", "uid": "", "text": None, "score": "1e+18", "raw": "�"},
    ]
    assert lines == [1, 2]
    assert not bad


def test_names_with_quotes_and_only_plain_tables(tmp_path: Path) -> None:
    name = 'we"ird; DROP TABLE x; --'
    quoted = '"' + name.replace('"', '""') + '"'
    path = made(
        tmp_path / "q.db",
        f'CREATE TABLE {quoted} ("a""b" INTEGER, g AS (abs(-1)), "select" TEXT)',
        f"CREATE VIEW v AS SELECT * FROM {quoted}",
        f"CREATE TRIGGER t AFTER INSERT ON {quoted} BEGIN SELECT 1; END",
        "CREATE TABLE keyed (k TEXT PRIMARY KEY, n) WITHOUT ROWID",
        "CREATE TABLE none_yet (a)",
        f"""INSERT INTO {quoted} ("a""b", "select") VALUES (1, 'x')""",
        "INSERT INTO keyed VALUES ('k', 2)",
    )
    assert set(probe(path).sheets) == {name, "keyed", "none_yet"}
    assert rows_of(path, name)[0] == [{'a"b': "1", "select": "x"}]
    assert rows_of(path, "keyed")[0] == [{"k": "k", "n": "2"}]
    assert rows_of(path, "none_yet")[0] == []
    with pytest.raises(InputError, match="no table"):
        rows_of(path, "v")


def test_virtual_tables_are_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "v.db"
    try:
        made(path, "CREATE VIRTUAL TABLE f USING fts5(a)", "CREATE TABLE t (a)")
    except sqlite3.OperationalError:
        pytest.skip("this SQLite has no full-text search")
    assert "f" not in probe(path).sheets
    assert "t" in probe(path).sheets


def test_nothing_is_written_beside_the_file(tmp_path: Path) -> None:
    path = tmp_path / "w.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("CREATE TABLE t (a)")
        db.execute("INSERT INTO t VALUES (1)")
        db.commit()
    before = hashlib.sha256(path.read_bytes()).digest()
    path.chmod(0o444)
    assert rows_of(path)[0] == [{"a": "1"}]
    assert hashlib.sha256(path.read_bytes()).digest() == before
    assert [p.name for p in tmp_path.iterdir()] == ["w.db"]
    assert not has_unread_changes(path)
    path.with_name("w.db-wal").write_bytes(b"newer")
    assert has_unread_changes(path)


@pytest.mark.parametrize("tail", [b"", b"not a database at all" * 300])
def test_what_only_claims_to_be_sqlite(tmp_path: Path, tail: bytes) -> None:
    path = tmp_path / "x.db"
    path.write_bytes(b"SQLite format 3\x00" + tail)
    with pytest.raises(InputError, match="SQLite"):
        probe(path)


def test_an_encrypted_file_is_no_kind_we_know(tmp_path: Path) -> None:
    path = tmp_path / "e.db"
    path.write_bytes(hashlib.shake_256(b"seed").digest(8192))
    assert probe(path).kind in ("unknown", "delimited")
    assert probe(path).sheets == {}


def test_a_truncated_file_keeps_the_rows_before_the_break(tmp_path: Path) -> None:
    path = made(
        tmp_path / "t.db", "CREATE TABLE t (a INTEGER, b TEXT)",
        ("INSERT INTO t VALUES (?,?)", [(n, "x" * 500) for n in range(60_000)]),
    )  # fmt: skip
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    rows, lines, bad = rows_of(path, "t")
    assert 10_000 < len(rows) < 60_000
    assert [int(r["a"]) for r in rows] == list(range(len(rows)))
    assert [b.line for b in bad] == [lines[-1] + 1]
    assert "broken" in bad[0].reason


def test_a_file_cut_at_its_beginning_is_told(tmp_path: Path) -> None:
    path = made(tmp_path / "s.db", "CREATE TABLE t (a)", "INSERT INTO t VALUES (1)")
    path.write_bytes(path.read_bytes()[:4096])
    with pytest.raises(InputError, match="SQLite"):
        rows_of(path, "t")
