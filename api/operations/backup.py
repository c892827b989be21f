"""Backup and restore: the database as it was at one moment, and the scans and streams it names.

    <backup>/
      backup.json     version, time, and the SHA-256 of every file; written last: without it the
                      folder is no backup
      zhenzan.db      the SQLite database, or tables.zip with a JSON-lines file a table (PostgreSQL)
      scans/          <tenant>/<scan>/…
      streams/        <tenant>/<stream>/…
      keys/           <tenant>.key: without it new scans hash ids otherwise than those here

The database is copied first. Scans never change once their row stands, so those that the copy names
are the ones copied; a stream is copied while no pass runs, with all batches that the copy promised.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select, text
from sqlalchemy.engine import make_url
from zhenzan.api.jobs.store import StoreBase
from zhenzan.api.settings import Settings
from zhenzan.api.storage import Database
from zhenzan.api.storage.migrations import head
from zhenzan.api.storage.models import Base, StoredScan, Stream, StreamBatch
from zhenzan.api.streams.appended import stream_folder
from zhenzan.api.streams.follow import held_alone
from zhenzan.api.streams.segments import Segments
from zhenzan.detector.versions import zhenzan_version
from zhenzan.features.errors import InputError, UsageError

__all__ = ["back_up", "check_backup", "restore"]

_RECORD: Final = "backup.json"
_SQLITE: Final = "zhenzan.db"
_TABLES: Final = "tables.zip"
_CHUNK: Final = 1 << 20
_ROWS: Final = 1000


def back_up(
    database: Database, store: StoreBase, settings: Settings, out: Path, now_ms: int
) -> dict[str, Any]:
    """Writes a backup; the service may run meanwhile.

    Args:
        database: Of the service.
        store: With the scans.
        settings: Of the service.
        out: A folder that does not exist yet.
        now_ms: The present.

    Returns:
        The record, without the digests.

    Raises:
        UsageError: `out` is in the way.
    """
    if out.exists():
        raise UsageError(f"{out} exists; name a folder that does not")
    draft = out.with_name(f"{out.name}.partial")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True, mode=0o700)
    rows = _copy_sqlite(settings, draft) if database.is_sqlite else _copy_tables(database, draft)
    scans, streams = rows
    for tenant_id, scan_id in scans:
        place = draft / "scans" / tenant_id / scan_id
        shutil.copytree(store.local(tenant_id, scan_id), place)
    for tenant_id, stream_id, promised in streams:
        source = stream_folder(settings.data_dir, tenant_id, stream_id)
        _copy_stream(source, draft / "streams" / tenant_id / stream_id, promised)
    keys = _copy_keys(settings.data_dir / "keys", draft / "keys")
    files = {name: _digest(path) for name, path in _files(draft)}
    record = {
        "version": zhenzan_version(), "schema": head(), "made_ms": now_ms,
        "scans": len(scans), "streams": len(streams), "keys": keys, "files": len(files),
        "bytes": sum(path.stat().st_size for _, path in _files(draft)),
    }  # fmt: skip
    _write_json(draft / _RECORD, {**record, "sha256": files})
    draft.rename(out)
    return record


def check_backup(folder: Path) -> dict[str, Any]:
    """Compares every file with its digest.

    Raises:
        InputError: It is no backup, or not as it was made.
    """
    try:
        record: dict[str, Any] = json.loads((folder / _RECORD).read_text("utf-8"))
        kept = record.pop("sha256")
    except (OSError, ValueError, KeyError) as error:
        raise InputError("not a backup, or one that was not finished", path=folder) from error
    found = {name: path for name, path in _files(folder) if name != _RECORD}
    if set(found) != set(kept):
        raise InputError("files differ from the record", path=folder,
                         found=min(set(found) ^ set(kept)))  # fmt: skip
    for name, path in found.items():
        if _digest(path) != kept[name]:
            raise InputError("the file was changed since the backup was made", path=path)
    return record


def restore(folder: Path, settings: Settings) -> dict[str, Any]:
    """Puts a backup where settings say; nothing may be there yet, and no service may run.

    Raises:
        InputError: It is no backup, or not as it was made.
        UsageError: There is data already, or the kinds of database differ.
    """
    record = check_backup(folder)
    if (settings.data_dir / "streams").exists() or _any_scan(settings):
        raise UsageError("there are scans or streams already: restore into an empty place")
    _check_keys(folder / "keys", settings.data_dir / "keys")
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite":
        if not (folder / _SQLITE).is_file():
            raise UsageError("the backup is of PostgreSQL; name such a database")
        target = Path(str(url.database))
        if target.exists():
            raise UsageError(f"{target} exists; move it away first")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(folder / _SQLITE, target)
    else:
        _load_tables(folder, settings)
    for name, place in (("scans", Path(settings.store_url)),
                        ("streams", settings.data_dir / "streams")):  # fmt: skip
        if (folder / name).is_dir():
            shutil.copytree(folder / name, place, dirs_exist_ok=True)
    _copy_keys(folder / "keys", settings.data_dir / "keys")
    _go_on(settings)
    return record


def _copy_sqlite(settings: Settings, draft: Path) -> tuple[list[Any], list[Any]]:
    """SQLite's own online copy: the state of one moment, whoever writes meanwhile."""
    target = draft / _SQLITE
    source = sqlite3.connect(str(make_url(settings.database_url).database))
    try:
        made = sqlite3.connect(target)
        try:
            source.backup(made)
            made.execute("PRAGMA journal_mode=DELETE").close()
            scans = made.execute("SELECT tenant_id, id FROM scan WHERE deleted_ms IS NULL")
            streams = made.execute("SELECT tenant_id, id FROM stream")
            batches = made.execute("SELECT stream_id, segment FROM stream_batch").fetchall()
            return sorted(scans.fetchall()), _promised(streams.fetchall(), batches)
        finally:
            made.close()
    finally:
        source.close()


def _copy_tables(database: Database, draft: Path) -> tuple[list[Any], list[Any]]:
    """All tables as JSON lines, read in one transaction that sees one moment."""
    with (
        database.engine.connect() as connection,
        connection.execution_options(isolation_level="REPEATABLE READ").begin(),
        zipfile.ZipFile(draft / _TABLES, "w", zipfile.ZIP_DEFLATED) as packed,
    ):
        for table in Base.metadata.sorted_tables:
            with packed.open(f"{table.name}.jsonl", "w", force_zip64=True) as file:
                found = connection.execution_options(yield_per=_ROWS).execute(select(table))
                for row in found.mappings():
                    file.write(json.dumps(dict(row)).encode() + b"\n")
        kept = select(StoredScan.tenant_id, StoredScan.id).where(StoredScan.deleted_ms.is_(None))
        scans = [tuple(row) for row in connection.execute(kept)]
        streams = [tuple(row) for row in connection.execute(select(Stream.tenant_id, Stream.id))]
        batches = connection.execute(select(StreamBatch.stream_id, StreamBatch.segment)).all()
    return sorted(scans), _promised(streams, batches)


def _promised(streams: list[Any], batches: Sequence[Any]) -> list[Any]:
    """Tenant and id of each stream, and the folders of the batches that were promised."""
    found: dict[str, set[str]] = {}
    for stream_id, segment in batches:
        found.setdefault(stream_id, set()).add(segment)
    return [(tenant, stream, found.get(stream, set())) for tenant, stream in sorted(streams)]


def _load_tables(folder: Path, settings: Settings) -> None:
    if not (folder / _TABLES).is_file():
        raise UsageError("the backup is of SQLite; name such a database")
    database = Database(settings.database_url)
    try:
        database.migrate()
        with zipfile.ZipFile(folder / _TABLES) as packed, database.engine.begin() as connection:
            _check_empty(connection)
            for table in Base.metadata.sorted_tables:
                connection.execute(table.delete())  # the tenant that the first migration makes
            for table in Base.metadata.sorted_tables:
                with packed.open(f"{table.name}.jsonl") as file:
                    for rows in _in_lots(file):
                        connection.execute(table.insert(), rows)
                _next_number(connection, table)
    finally:
        database.close()


def _check_empty(connection: Any) -> None:
    for name in ("scan", "stream", "job", "api_key", "audit_event"):
        if connection.execute(text(f"SELECT 1 FROM {name} LIMIT 1")).first() is not None:
            raise UsageError("the database holds data already: restore into an empty one")


def _next_number(connection: Any, table: Any) -> None:
    """Numbers that the database gives go on after those that were restored."""
    for column in table.primary_key.columns:
        if column.autoincrement is True:
            connection.execute(
                text(
                    f"SELECT setval(pg_get_serial_sequence('{table.name}', '{column.name}'), "
                    f"coalesce((SELECT max({column.name}) FROM {table.name}), 0) + 1, false)"
                )
            )


def _in_lots(file: Any) -> Iterator[list[dict[str, Any]]]:
    rows: list[dict[str, Any]] = []
    for line in file:
        rows.append(json.loads(line))
        if len(rows) == _ROWS:
            yield rows
            rows = []
    if rows:
        yield rows


def _copy_stream(source: Path, target: Path, promised: set[str]) -> None:
    """While no pass runs; what is arriving meanwhile was promised to nobody in this copy."""
    target.mkdir(parents=True)
    if not source.is_dir():
        return
    with held_alone(source) as alone:
        if not alone:
            raise UsageError("a pass over a stream is under way; try again in a minute")
        if (source / "segments").is_dir():
            shutil.copytree(source / "segments", target / "segments")
        for segment in sorted(promised):
            if (source / "pending" / segment).is_dir():
                shutil.copytree(source / "pending" / segment, target / "pending" / segment)
        if (source / "manifest.json").is_file():
            shutil.copy2(source / "manifest.json", target / "manifest.json")


def _copy_keys(source: Path, target: Path) -> int:
    """Copies the tenants' keys of hashed ids, for this user alone; says how many there are."""
    found = sorted(source.glob("*.key"))
    if found:
        target.mkdir(mode=0o700, exist_ok=True)
    for path in found:
        descriptor = os.open(target / path.name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, 0o600)
            file.write(path.read_bytes())
    return len(found)


def _check_keys(kept: Path, place: Path) -> None:
    """No key is there that is not the one of the backup."""
    for path in kept.glob("*.key"):
        there = place / path.name
        if there.is_file() and there.read_bytes() != path.read_bytes():
            raise UsageError(f"{there} is another key than that of the backup; move it away first")


def _go_on(settings: Settings) -> None:
    """Streams were copied a moment after the database: they are judged anew and count on."""
    database = Database(settings.database_url)
    try:
        database.migrate()
        with database.session() as session:
            for stream in session.scalars(select(Stream)):
                folder = stream_folder(settings.data_dir, stream.tenant_id, stream.id)
                through = Segments(folder).through
                stream.appended = max(stream.appended, through)
                stream.judged = through
                stream.state = {**stream.state, "anew": True}
    finally:
        database.close()


def _any_scan(settings: Settings) -> bool:
    if "://" in settings.store_url:
        raise UsageError("scans go to a folder: set ZHENZAN_STORE_URL to one to restore them")
    place = Path(settings.store_url)
    return place.is_dir() and any(place.iterdir())


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path.relative_to(folder).as_posix(), path


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write_json(path: Path, content: Any) -> None:
    with path.open("w", encoding="utf-8") as file:
        json.dump(content, file, indent=1, sort_keys=True)
        file.flush()
        os.fsync(file.fileno())
