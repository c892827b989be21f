"""Ingest: every file through its source, every row through the same checks, once for all."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pyarrow as pa
import pyarrow.parquet as pq
from zhenzan.detector.ingest.bundles import is_bundle, unpacked
from zhenzan.detector.ingest.contract import (
    Ingested,
    IngestOptions,
    InputRecord,
    Progress,
    RowCounts,
)
from zhenzan.detector.ingest.discover import Found, discover, unpacked_files
from zhenzan.detector.ingest.ledger import Ledger
from zhenzan.detector.ingest.merge import Merged, merge
from zhenzan.detector.ingest.pseudonyms import Pseudonyms, read_key
from zhenzan.detector.ingest.stage import Staged, digest, stage
from zhenzan.detector.sources import Source, get_source, recognise
from zhenzan.detector.sources.files import Probe, probe
from zhenzan.detector.sources.mapped import Mapped, load_map
from zhenzan.features.engine import Engine
from zhenzan.features.errors import InputError, NothingToReadError, UnknownFormatError, UsageError
from zhenzan.features.tables import TABLES

__all__ = ["ingest"]

_ELSEWHERE: Final = "the id is that of a comment in another section: make ids unique in all files"
_ORPHAN: Final = "takes back an act that was never seen"
# A stream begins in the middle: what was liked before it is taken back in it.
_TWO_CREATORS: Final = "is told to be of two creators: scan the files of each apart, ids may repeat"
_UNKNOWN: Final = "deletions of acts that no file holds"


@dataclass(slots=True)
class _Run:
    """What has been read so far."""

    options: IngestOptions
    work_dir: Path
    forced: Source | None
    mapped: Mapped | None = None
    books: Ledger = field(default_factory=Ledger)
    inputs: list[InputRecord] = field(default_factory=list)
    staged: list[tuple[Staged, str]] = field(default_factory=list)
    rank_ids: bool = False
    _key: bytes | None = None

    def pseudonyms(self, source: Source) -> Pseudonyms:
        """Of a source's ids; the key is read, or made, only when some id needs it."""
        choice = self.options.ids
        if choice == "keep" or (choice is None and not source.hashes_ids):
            return Pseudonyms(None)
        if self._key is None:
            self._key = read_key(self.options.key_file)
        self.rank_ids = True
        return Pseudonyms(self._key)


def ingest(
    paths: Iterable[Path | str],
    engine: Engine,
    options: IngestOptions,
    *,
    work_dir: Path,
    progress: Progress | None = None,
) -> Ingested:
    """Reads files and directories into canonical tables.

    Args:
        paths: Files and directories, of any mix of sources.
        engine: Where the tables are put together and loaded under their canonical names.
        options: What the user said about the files.
        work_dir: Gets `<table>.parquet`, which the loaded tables are read from: keep it as long as
            they are used.
        progress: Told how far it is.

    Raises:
        UsageError: An option that cannot be right.
        NothingToReadError: A path does not exist, or no usable row is in any file: accounts
            alone are none where all that they did is lost.
        UnknownFormatError: A named file that no source knows.
        InputError: A named file that cannot be read.
    """
    _check(options)
    found = discover([Path(p) for p in paths])
    run = _Run(options, work_dir, *_told(options))
    staging = work_dir / "staged"
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    try:
        _read_all(run, found, progress)
        merged = _merge(run, engine)
        run.books.reject("engagement", _ORPHAN, [], merged.orphans)
        moved = [f"{_file_of(run, held)}: {what}" for held, what in merged.elsewhere.examples]
        run.books.reject_named("comment", _ELSEWHERE, moved, merged.elsewhere.rows)
        run.books.skip(_UNKNOWN, merged.unknown)
        for section_id in merged.two_creators:
            run.books.note_named("section", _TWO_CREATORS, section_id)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    if not merged.tables or ("section" not in merged.tables and _lost_acts(run)):
        raise NothingToReadError(_why_nothing(run), expected="at least one comment or other act")
    tables = {**merged.tables, "dataset": engine.load("dataset", _datasets(run), step="ingest")}
    pq.write_table(_datasets(run), work_dir / "dataset.parquet", compression="zstd")
    return Ingested(
        tables=tables,
        inputs=run.inputs,
        rejections=run.books.rejections(),
        notes=run.books.notes(),
        rows=RowCounts(
            run.books.read, merged.kept, merged.merged, run.books.rejected, run.books.skipped
        ),
    )


def _check(options: IngestOptions) -> None:
    if options.timezone is not None:
        try:
            ZoneInfo(options.timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise UsageError(
                f"unknown time zone {options.timezone!r}; expected a name such as Asia/Shanghai"
            ) from error
    if options.ids not in (None, "keep", "hash"):
        raise UsageError(f"ids must be keep or hash, not {options.ids!r}")


def _read_all(run: _Run, found: Sequence[Found], progress: Progress | None) -> None:
    sizes = [0 if item.left_out else item.path.stat().st_size for item in found]
    done, total = 0, sum(sizes)
    for item, size in zip(found, sizes, strict=True):

        def tell(done: int = done, name: str = item.path.name) -> None:
            if progress:
                progress(done, total, name)

        tell()
        _read_one(run, item, tell)
        done += size
    if progress:
        progress(total, total, "")


def _read_one(run: _Run, item: Found, tell: Callable[[], None]) -> None:
    """One file, or what a bundle holds; a left out one is recorded and no more."""
    if item.left_out is not None:
        run.inputs.append(_unread(item, item.left_out))
    elif is_bundle(item.path):
        _read_bundle(run, item, tell)
    else:
        _read_file(run, item, tell)


def _read_bundle(run: _Run, item: Found, tell: Callable[[], None]) -> None:
    """The files of a bundle as if they lay in a directory; the bundle has a record of its own."""
    try:
        with unpacked(item.path, run.work_dir / "staged" / "unpacked") as bundle:
            held = unpacked_files(item.path, bundle.folder)
            note = f"a bundle of {bundle.count:,} files"
            record = InputRecord(str(item.path), None, None, 0, 0, digest(item.path), note=note)
            run.inputs.append(record)
            for left in bundle.left_out:
                name = f"{item.path}/{left.name}"
                found = Found(item.path, False, label=name, bundle=str(item.path))
                run.inputs.append(_unread(found, left.reason))
                run.books.note_named("", f"a file of a bundle {left.reason}", left.name)
            for member in held:
                if member.left_out is not None:
                    run.inputs.append(_unread(member, member.left_out))
                else:
                    _read_file(run, member, tell)
    except InputError as error:
        if item.named:
            raise
        _pass_over(run, item, error)


def _read_file(run: _Run, item: Found, tell: Callable[[], None]) -> None:
    """One file; what a directory holds beside data is recorded, what was named must be readable."""
    try:
        seen = probe(item.path)
        source = _source_of(run, seen)
        folder = run.work_dir / "staged" / f"{len(run.staged):05d}"
        pseudonyms = run.pseudonyms(source)
        staged = stage(seen, source, pseudonyms, run.options, folder, tell, name=_name_of(item))
    except InputError as error:
        if item.named:
            raise
        _pass_over(run, item, error)
        return
    books = staged.ledger
    run.books.add(books)
    run.staged.append((staged, pseudonyms.key_id))
    run.inputs.append(
        InputRecord(
            item.shown,
            source.name,
            source.version,
            books.read,
            books.rejected,
            staged.sha256,
            books.skipped,
            bundle=item.bundle,
        )
    )


def _told(options: IngestOptions) -> tuple[Source | None, Mapped | None]:
    """The source that is forced, and the user's own map."""
    mapped = None if options.map_file is None else Mapped([load_map(options.map_file)])
    if options.source is None:
        return None, mapped
    forced = get_source(options.source)
    if mapped is None:
        return forced, None
    if forced.name != mapped.name:
        raise UsageError(f"--map goes with --source {mapped.name}, not with {forced.name}")
    return mapped, None


def _source_of(run: _Run, seen: Probe) -> Source:
    """The user's map goes before all sources, where it fits."""
    if run.forced is not None:
        return run.forced
    if run.mapped is not None and run.mapped.sniff(seen) is not None:
        return run.mapped
    try:
        return recognise(seen)
    except UnknownFormatError as error:
        if run.mapped is None:
            raise
        raise UnknownFormatError(
            f"neither the map nor any source knows this file; {run.mapped.complaint(seen)}",
            path=seen.path,
            found=error.found,
        ) from error


def _pass_over(run: _Run, item: Found, error: InputError) -> None:
    note = (
        str(error).splitlines()[0].replace(f"{item.path}: ", "").replace(str(item.path), item.shown)
    )
    if error.found and not isinstance(error, UnknownFormatError):
        note = f"{note} ({error.found})"
    run.inputs.append(_unread(item, note))
    where = "bundle" if item.bundle else "directory"
    told = f"{_name_of(item)}: {note}"
    run.books.note_named("", f"a file of the {where} was not read", told)


def _unread(item: Found, note: str) -> InputRecord:
    return InputRecord(item.shown, None, None, 0, 0, "", note=note, bundle=item.bundle)


def _name_of(item: Found) -> str:
    """Of the file in examples of lost rows: short, and with its bundle."""
    if item.bundle is None:
        return item.path.name
    return str(Path(item.shown).relative_to(Path(item.bundle).parent))


def _file_of(run: _Run, dataset_id: str) -> str:
    """The name of the file that a row came from, as in examples that have a line."""
    return next((s.ledger.name for s, _ in run.staged if s.dataset_id == dataset_id), dataset_id)


def _merge(run: _Run, engine: Engine) -> Merged:
    pieces: dict[str, list[Path]] = {}
    primary: dict[str, int] = {}
    for staged, _ in run.staged:
        for table, path in staged.pieces.items():
            pieces.setdefault(table, []).append(path)
        for table, rows in staged.primary.items():
            primary[table] = primary.get(table, 0) + rows
    return merge(engine, pieces, primary, run.work_dir, rank_ids=run.rank_ids)


def _datasets(run: _Run) -> pa.Table:
    rows = {}
    for staged, key_id in run.staged:
        source = staged.source
        rows[staged.dataset_id] = {
            "dataset_id": staged.dataset_id,
            "source": source.name,
            "source_version": source.version,
            "platform": staged.platform,
            "content_sha256": staged.sha256,
            "observed_ms": run.options.observed_at_ms,
            "assumed_timezone": run.options.timezone or source.timezone,
            "pseudonym_key_id": key_id,
            "rows_read": staged.ledger.read,
            "rows_rejected": staged.ledger.rejected,
        }
    ordered = [rows[key] for key in sorted(rows)]
    return pa.Table.from_pylist(ordered, schema=TABLES["dataset"].schema)


def _lost_acts(run: _Run) -> bool:
    """Whether rows that say what was done, and on what, were there and are all lost."""
    lost = (TABLES.get(r.table) for r in run.books.rejections())
    return any(table is not None and "section_id" in table.by_name for table in lost)


def _why_nothing(run: _Run) -> str:
    """What was tried, so that the message alone tells what to do next."""
    files = [f"{record.path}: {_came_of(record)}" for record in run.inputs[:10]]
    lines = [*files, *run.books.complaints()[:5]]
    read = [record for record in run.inputs if record.source is not None]
    empty = bool(read) and not any(record.rows_read for record in read)
    why = "no usable row in any file"
    if empty and len(read) == len(run.inputs):
        why = "nothing to judge: what was recognised holds no comments and no other engagement"
    return why + "".join(f"\n    {line}" for line in lines)


def _came_of(record: InputRecord) -> str:
    if record.source is None:
        return record.note or "not read"
    if not record.rows_read:
        return f"recognised as {record.source}, and empty"
    return f"rows read: {record.rows_read}"
