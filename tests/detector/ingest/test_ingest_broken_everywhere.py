"""Every fixture of every source, broken: half a download, another name, bits turned.

What comes of it may be rows, a counted rejection, or a clear message; never a crash, and the books
always balance.
"""

from __future__ import annotations

import gzip
import random
from pathlib import Path
from typing import Any

import pytest
from zhenzan.detector.ingest import IngestOptions, ingest
from zhenzan.features.engine import open_engine
from zhenzan.features.errors import InputError

FIXTURES = Path(__file__).parents[1] / "sources" / "fixtures"
SOURCES = sorted(p.name for p in FIXTURES.iterdir() if p.is_dir())
NOW = 1_790_000_000_000


def read(tmp_path: Path, folder: Path) -> tuple[int, int] | None:
    """(rows read, rows kept) of a folder; None where a message said that nothing could be read."""
    (tmp_path / "key").write_text("0123456789abcdef")
    options = IngestOptions(now_ms=NOW, observed_at_ms=NOW, key_file=tmp_path / "key")
    try:
        with open_engine() as engine:
            done = ingest([folder], engine, options, work_dir=tmp_path / "work")
    except InputError as error:
        assert str(error)
        return None
    finally:
        assert not (tmp_path / "work" / "staged").exists()
    rows = done.rows
    assert rows.read == rows.kept + rows.merged + rows.rejected + rows.skipped
    return rows.read, rows.kept


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("share", [0.5, 0.9])
def test_half_downloaded(tmp_path: Path, native_files: Any, source: str, share: float) -> None:
    for path in native_files(source, tmp_path / "data"):
        whole = path.read_bytes()
        path.write_bytes(whole[: int(len(whole) * share)])
    read(tmp_path, tmp_path / "data")


@pytest.mark.parametrize("source", SOURCES)
def test_half_downloaded_and_packed(tmp_path: Path, native_files: Any, source: str) -> None:
    for path in native_files(source, tmp_path / "data"):
        packed = gzip.compress(path.read_bytes())
        path.with_name(path.name + ".gz").write_bytes(packed[: len(packed) * 2 // 3])
        path.unlink()
    read(tmp_path, tmp_path / "data")


@pytest.mark.parametrize("source", SOURCES)
def test_turned_bytes(tmp_path: Path, native_files: Any, source: str) -> None:
    dice = random.Random(7)
    for path in native_files(source, tmp_path / "data"):
        content = bytearray(path.read_bytes())
        for _ in range(max(1, len(content) // 400)):
            content[dice.randrange(len(content))] = dice.randrange(256)
        path.write_bytes(bytes(content))
    read(tmp_path, tmp_path / "data")


@pytest.mark.parametrize("source", SOURCES)
def test_names_that_lie(tmp_path: Path, native_files: Any, source: str) -> None:
    """SQLite called CSV, JSON called xlsx: the content decides."""
    endings = [".csv", ".json", ".xlsx", ".db", ".parquet", ".jsonl", ".zip"]
    for number, path in enumerate(native_files(source, tmp_path / "data")):
        path.rename(path.with_name(f"file {number}{endings[number % len(endings)]}"))
    found = read(tmp_path, tmp_path / "data")
    assert found is not None and found[1] > 0


def test_what_only_claims_to_be(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    for name, mark in (
        ("a.db", b"SQLite format 3\x00"), ("b.xlsx", b"PK\x03\x04"), ("c.zip", b"PK\x05\x06"),
        ("d.parquet", b"PAR1"), ("e.gz", b"\x1f\x8b"), ("f.zst", b"\x28\xb5\x2f\xfd"),
        ("g.tar", b"\x00" * 257 + b"ustar"), ("h.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
        ("i.json", b'{"a": '), ("j.json", b"[[[["), ("k.csv", b'"'),
    ):  # fmt: skip
        (data / name).write_bytes(mark + b"no more than that" * 40)
    assert read(tmp_path, data) is None
    (data / "likes.csv").write_text("kind,section_id,account_id,ts_ms\nlike,s,a,1700000000\n")
    assert read(tmp_path, data) == (1, 1)
