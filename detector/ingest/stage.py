"""Reads one file through its source into checked Parquet pieces, one a table."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
from zhenzan.detector.ingest.clock import DAY_MS, Clock
from zhenzan.detector.ingest.contract import IngestOptions
from zhenzan.detector.ingest.convert import Converter, staged_schema
from zhenzan.detector.ingest.ledger import Ledger
from zhenzan.detector.ingest.pseudonyms import Pseudonyms
from zhenzan.detector.sources import (
    Noted,
    ReadOptions,
    Rejected,
    Rows,
    Skipped,
    Source,
)
from zhenzan.detector.sources.files import Probe, recoded
from zhenzan.features.errors import InputError
from zhenzan.features.tables import TABLES

__all__ = ["Staged", "digest", "stage"]

# A start that misleads about a unit is corrected once; a third reading would not change it.
_READINGS: Final = 2


@dataclass(frozen=True, slots=True)
class Staged:
    """What a file gave: checked rows on disk, and its books.

    Attributes:
        pieces: Parquet file by table; tables without rows are absent.
        ledger: Rows read, lost, skipped, noted.
        primary: Counted rows by table.
        dataset_id: Of the file.
        source: That read it.
        sha256: Of its bytes.
        platform: Of its ids: the source's, else that of its batches; `internal` where none is told.
    """

    pieces: dict[str, Path]
    ledger: Ledger
    primary: dict[str, int]
    dataset_id: str
    source: Source
    sha256: str
    platform: str = "internal"


def stage(
    seen: Probe,
    source: Source,
    pseudonyms: Pseudonyms,
    options: IngestOptions,
    folder: Path,
    progress: Callable[[], None] = lambda: None,
    *,
    name: str | None = None,
) -> Staged:
    """Reads the file; again with the right units where its start misled about them.

    Raises:
        InputError: The file cannot be read at all.
    """
    sha256 = digest(seen.path)
    dataset_id = f"{source.name}:{sha256[:16]}"
    basis = "file_time" if options.observed_at_ms is None else "option"
    seen_ms = options.observed_at_ms
    if seen_ms is None:
        seen_ms = min(int(seen.path.stat().st_mtime * 1000), options.now_ms)
    zone = ZoneInfo(options.timezone or source.timezone or "UTC")
    latest = options.observed_at_ms if options.observed_at_ms is not None else options.now_ms
    units: dict[str, str] = {}
    for reading in range(_READINGS):
        clock = Clock(zone, units, told=options.timezone is not None)
        ledger = Ledger(name=name or seen.path.name)
        if seen.kind in ("delimited", "json") and recoded(seen.path):
            ledger.note_named("", "the text is GB18030, and was converted", ledger.name)
        converter = Converter(
            ledger=ledger,
            clock=clock,
            pseudonyms=pseudonyms,
            platform=source.platform or "internal",
            dataset_id=dataset_id,
            defaults=source.defaults,
            latest_ms=latest + DAY_MS,
            seen_ms=seen_ms,
            seen_basis=basis,
            prefixed=source.platform is not None,
            longest_id=options.longest_id,
        )
        try:
            pieces, primary = _write(seen, source, converter, options, folder, progress)
        except pa.ArrowException as error:
            raise InputError(
                "its columns cannot be converted", path=seen.path, found=str(error)
            ) from error
        settled = clock.settled()
        if settled.items() <= clock.units.items() or reading == _READINGS - 1:
            break
        units = settled
    platform = source.platform or " ".join(sorted(converter.platforms)) or "internal"
    return Staged(pieces, ledger, primary, dataset_id, source, sha256, platform)


def digest(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write(
    seen: Probe,
    source: Source,
    converter: Converter,
    options: IngestOptions,
    folder: Path,
    progress: Callable[[], None],
) -> tuple[dict[str, Path], dict[str, int]]:
    ledger = converter.ledger
    pieces: dict[str, Path] = {}
    primary: dict[str, int] = {}
    writers: dict[str, pq.ParquetWriter] = {}
    with ExitStack() as stack:
        told = ReadOptions(options.section_id, converter.seen_ms, converter.seen_basis)
        for item in source.read(seen, told):
            if isinstance(item, Rows):
                batch = converter.convert(item)
                if not item.derived:
                    ledger.read += item.data.num_rows
                    primary[item.table] = primary.get(item.table, 0) + batch.num_rows
                if batch.num_rows:
                    if item.table not in writers:
                        pieces[item.table] = folder / f"{item.table}.parquet"
                        writers[item.table] = stack.enter_context(
                            _writer(pieces[item.table], item.table)
                        )
                    writers[item.table].write_batch(batch)
                progress()
            elif isinstance(item, Skipped):
                ledger.read += item.count
                ledger.skip(item.reason, item.count)
            elif isinstance(item, Rejected):
                ledger.read += 1
                ledger.reject(item.table, item.reason, [item.line])
            elif isinstance(item, Noted):
                ledger.note(item.table, item.reason, [item.line])
    return pieces, primary


def _writer(path: Path, table: str) -> pq.ParquetWriter:
    path.parent.mkdir(parents=True, exist_ok=True)
    schema: pa.Schema = staged_schema(TABLES[table])
    return pq.ParquetWriter(path, schema, compression="lz4")
