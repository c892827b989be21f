"""Tables of SQLite files as flat records: opened read-only and streamed; nothing of it is run.

Views, virtual tables, triggers and generated columns of a stranger's file are never touched:
only plain columns of plain tables are read, in the order in which they are stored.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from zhenzan.detector.sources.cells import cell_text, distinct_names, text_records
from zhenzan.detector.sources.flat import BadRecord, Record
from zhenzan.features.errors import InputError

__all__ = ["has_unread_changes", "is_sqlite", "read_table", "table_columns"]

_MARK: Final = b"SQLite format 3\x00"
_ROWS: Final = 1 << 14
# As for JSON values: one value longer than this is not a record.
_LONGEST: Final = 64 << 20
_TABLES: Final = (
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
    " AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY rowid NULLS LAST"
)


def is_sqlite(head: bytes) -> bool:
    """Whether a file claims to be SQLite 3; encrypted ones do not."""
    return head.startswith(_MARK)


def has_unread_changes(path: Path) -> bool:
    """Whether newer rows lie in a log beside the file, which reading alone must not merge."""
    log = path.with_name(f"{path.name}-wal")
    return log.is_file() and log.stat().st_size > 0


def table_columns(path: Path) -> dict[str, tuple[str, ...]]:
    """Names of the plain tables in the order of their making, each with its plain columns.

    Raises:
        InputError: The file only claims to be SQLite, or its list of tables is broken.
    """
    try:
        with closing(_opened(path)) as db:
            names = [row[0] for row in db.execute(_TABLES)]
            return {name: _columns(db, name) for name in names}
    except (sqlite3.Error, OSError) as error:
        raise _unreadable(path, error) from error


def read_table(path: Path, table: str, columns: Collection[str] | None = None) -> Iterator[Record]:
    """Streams the rows as text, NULL where nothing stands; rows are counted from 1.

    Args:
        path: The file.
        table: Which table.
        columns: The only ones wanted.

    Raises:
        InputError: There is no such table, or the file cannot be read.
    """
    known = table_columns(path)
    if table not in known:
        raise InputError(f"there is no table {table!r}", path=path, found=", ".join(known))
    names = [name for name in known[table] if columns is None or name in columns]
    if not names:
        return
    asked = ", ".join(map(_quoted, names))
    at, fault = 0, None
    with closing(_opened(path)) as db:
        # NOT INDEXED: in the order of the rows, and no index on a stranger's expression is used.
        rows = _rows(db, f"SELECT {asked} FROM {_quoted(table)} NOT INDEXED")
        while fault is None:
            block, fault = _block(rows, at)
            yield from text_records(distinct_names(names), None, block)
            at += len(block)
            if len(block) < _ROWS:
                break
    if fault is not None and at == 0:
        raise _unreadable(path, fault)
    if fault is not None:
        yield BadRecord(at + 1, f"the SQLite file is broken from here on: {fault}")


def _opened(path: Path) -> sqlite3.Connection:
    # Immutable: no lock, no log and no journal is made beside a file that is not ours.
    db = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
    db.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST)
    db.text_factory = lambda text: text.decode("utf-8", "replace")
    # A writable schema, of a file that cannot be written, is what lets a truncated one be read.
    for setting in (
        "trusted_schema = OFF", "cell_size_check = ON", "query_only = ON", "writable_schema = ON",
    ):  # fmt: skip
        db.execute(f"PRAGMA {setting}")
    return db


def _columns(db: sqlite3.Connection, table: str) -> tuple[str, ...]:
    """Columns that are stored; `table_info` leaves out generated ones."""
    return tuple(row[1] for row in db.execute(f"PRAGMA table_info({_quoted(table)})"))


def _rows(db: sqlite3.Connection, statement: str) -> Iterator[tuple[object, ...]]:
    """Runs the statement when the first row is asked for, so that all faults come to one place."""
    yield from db.execute(statement)


def _block(
    rows: Iterator[tuple[object, ...]], at: int
) -> tuple[list[tuple[int, list[str | None]]], sqlite3.Error | None]:
    """The next rows as text, and why there are no more where the file is broken."""
    block: list[tuple[int, list[str | None]]] = []
    try:
        for row in rows:
            block.append((at + len(block) + 1, [cell_text(cell) for cell in row]))
            if len(block) == _ROWS:
                break
    except sqlite3.Error as error:
        return block, error
    return block, None


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _unreadable(path: Path, error: Exception) -> InputError:
    return InputError(
        "the SQLite file cannot be read; it may be cut off, encrypted, or something else",
        path=path,
        found=str(error),
        expected="a database that no program is writing to",
    )
