"""A body of rows to checked pieces on disk: the checks of a scan's ingest, row by row.

A body is JSON lines or an Arrow stream, neither of them packed. JSON lines may mix tables: a line
with `"table": "comment"` is a row of that table, any other an engagement.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, Literal, TypeAlias

import pyarrow.parquet as pq
from zhenzan.api.streams.arrow_body import arrow_batches
from zhenzan.api.streams.segments import KEYS, synced
from zhenzan.detector.ingest.contract import IngestOptions, Rejection
from zhenzan.detector.ingest.ledger import Ledger
from zhenzan.detector.ingest.pseudonyms import Pseudonyms
from zhenzan.detector.ingest.stage import stage
from zhenzan.detector.sources import get_source
from zhenzan.detector.sources.files import probe
from zhenzan.features.errors import InputError

__all__ = ["MEDIA_TYPES", "Body", "Taken", "take_in", "touched"]

Body: TypeAlias = Literal["json", "arrow"]
MEDIA_TYPES: Final[Mapping[str, Body]] = {
    "application/x-ndjson": "json",
    "application/jsonl": "json",
    "application/vnd.apache.arrow.stream": "arrow",
}
"""What a batch may be, by the `Content-Type` of the request."""

_OTHER: Final = "table is not one that a stream holds"
_PACKED: Final = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PK")  # a megabyte may unpack to gigabytes
_NO_OBJECT: Final = "is no JSON object"
_LONGEST_ID: Final = 512  # as `schemas.text.Identifier`: a longer one could not be asked for
_NAME: Final = "body"  # before the numbers of lines that were rejected


@dataclass(frozen=True, slots=True)
class Taken:
    """What a body gave.

    Attributes:
        pieces: Parquet file by table, safe on disk.
        sections: Sections that it touches.
        n_rows: Rows that were kept.
        n_rejected: Rows that were lost.
        rejections: Why, with up to five lines each.
    """

    pieces: Mapping[str, Path]
    sections: frozenset[str]
    n_rows: int
    n_rejected: int
    rejections: tuple[Rejection, ...]


def take_in(body: Path, kind: Body, table: str, folder: Path, now_ms: int) -> Taken:
    """Reads a body into Parquet pieces in a folder.

    Args:
        body: The file of the body.
        kind: What it is.
        table: Of rows that do not name theirs.
        folder: Made; gets the pieces, and nothing else once this returns.
        now_ms: When it came; rows of a day later or more are rejected.

    Raises:
        InputError: Nothing of it can be read.
    """
    with body.open("rb") as file:
        if file.read(4).startswith(_PACKED):
            raise InputError("a batch is sent as it is, not packed", expected="JSON lines or Arrow")
    folder.mkdir(parents=True)
    books = Ledger(name=_NAME)
    given = folder / "given"
    given.mkdir()
    files = _separated(body, table, given, books) if kind == "json" else {}
    if kind != "json":
        files = {table: _as_parquet(body, given / f"{table}.parquet")}
    pieces: dict[str, Path] = {}
    options = IngestOptions(now_ms=now_ms, observed_at_ms=now_ms, ids="keep",
                            longest_id=_LONGEST_ID)  # fmt: skip
    for name, path in files.items():
        seen = probe(path)
        if seen.kind == "empty":
            continue
        place = folder / "staged" / name
        staged = stage(seen, get_source("canonical"), Pseudonyms(None), options, place, name=_NAME)
        books.add(staged.ledger)
        if name in staged.pieces:
            pieces[name] = staged.pieces[name].rename(folder / f"{name}.parquet")
    _remove(folder)
    for path in (*pieces.values(), folder):
        synced(path)
    rows = sum(pq.read_metadata(path).num_rows for path in pieces.values())
    lost = tuple(books.rejections())
    return Taken(pieces, touched(pieces), rows, books.rejected, lost)


def touched(pieces: Mapping[str, Path]) -> frozenset[str]:
    """The sections that rows of a batch are of; what is told of an account touches none."""
    found: set[str] = set()
    for table, path in pieces.items():
        if KEYS[table] == "section_id":
            ids = pq.read_table(path, columns=["section_id"])["section_id"]
            found.update(ids.unique().to_pylist())
    return frozenset(found)


def _separated(body: Path, table: str, folder: Path, books: Ledger) -> dict[str, Path]:
    """The lines of each table in a file of its own; of one table alone, the body as it is."""
    with body.open("rb") as lines:
        if not any(b'"table"' in line for line in lines):
            return {table: _named(body, folder / f"{table}.jsonl")}
    files: dict[str, IO[bytes]] = {}
    with body.open("rb") as lines:
        try:
            for number, line in enumerate(lines, start=1):
                name = _table_of(line, table)
                if name is not None and name in KEYS and name not in files:
                    files[name] = (folder / f"{name}.jsonl").open("wb")
                    files[name].write(b"\n" * (number - 1))
                elif name is not None and name not in KEYS:
                    books.read += 1
                    books.reject("", _NO_OBJECT if name == "" else _OTHER, [number])
                for other, file in files.items():  # an empty line keeps the numbers of all others
                    file.write(line if other == name else b"\n")
        finally:
            for file in files.values():
                file.close()
    return {name: folder / f"{name}.jsonl" for name in files}


def _table_of(line: bytes, table: str) -> str | None:
    """The table of a line: "" where it is no object, None where nothing stands there."""
    if not line.strip():
        return None
    if b'"table"' not in line:
        return table
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return ""
    return str(row.get("table", table)) if isinstance(row, dict) else ""


def _named(body: Path, path: Path) -> Path:
    """The body under the name of its table, by which it is read."""
    path.hardlink_to(body)
    return path


def _as_parquet(body: Path, path: Path) -> Path:
    """An Arrow stream as Parquet, a batch at a time."""
    writer: pq.ParquetWriter | None = None
    try:
        for batch in arrow_batches(body):
            if writer is None:
                writer = pq.ParquetWriter(path, batch.schema, compression="lz4")
            writer.write_batch(batch)
    finally:
        if writer is not None:
            writer.close()
    if writer is None:
        path.touch()
    return path


def _remove(folder: Path) -> None:
    """What was on the way: the body's parts and empty folders."""
    for path in sorted((folder / "given").iterdir()):
        path.unlink()
    (folder / "given").rmdir()
    staged = folder / "staged"
    for path in sorted(staged.glob("*")):
        path.rmdir()
    if staged.is_dir():
        staged.rmdir()
