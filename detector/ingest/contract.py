"""What ingest is asked, and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from zhenzan.features.engine import Relation

__all__ = [
    "IngestOptions",
    "Ingested",
    "InputRecord",
    "Progress",
    "Rejection",
    "RowCounts",
]

Progress: TypeAlias = Callable[[int, int, str], None]
"""Called with (bytes read, bytes in all, name of the file at hand)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestOptions:
    """What the user said about the files.

    Attributes:
        now_ms: The present; later times are rejected. Passed in, so that a run can be repeated.
        source: Force this source; None recognises each file by its content.
        map_file: A map, by file or built-in name: read by it whatever it fits, or everything where
            the source is `mapped`.
        ids: Keep account ids or replace them by keyed hashes; None leaves it to the source.
        key_file: Key of the hashes; None uses the one kept per user.
        timezone: Of times that name none; None means UTC, and is noted where it mattered.
        observed_at_ms: When the files were collected; None means their own time of change.
        section_id: Section of files that do not name theirs.
        longest_id: Characters of an id; a row with a longer one is rejected. None for no limit.
    """

    now_ms: int
    source: str | None = None
    map_file: str | None = None
    ids: Literal["keep", "hash"] | None = None
    key_file: Path | None = None
    timezone: str | None = None
    observed_at_ms: int | None = None
    section_id: str | None = None
    longest_id: int | None = None


@dataclass(frozen=True, slots=True)
class InputRecord:
    """One file: what it was taken for and what came of its rows.

    Attributes:
        path: As given, or found in a directory that was given.
        source: None where no source knows the file and nothing was read.
        source_version: Of that source.
        rows_read: Native rows, readable or not; lines that another row explains do not count.
        rows_rejected: Of these, unusable; `Ingested.rejections` says why.
        sha256: Of the file's bytes.
        rows_skipped: Of these, well formed and not engagement, such as other event types.
        note: Why nothing was read.
        bundle: The archive that it was unpacked from; `path` is then `bundle.zip/member`.
    """

    path: str
    source: str | None
    source_version: str | None
    rows_read: int
    rows_rejected: int
    sha256: str
    rows_skipped: int = 0
    note: str | None = None
    bundle: str | None = None


@dataclass(frozen=True, slots=True)
class Rejection:
    """Rows that share a fate: how many, and up to five of them as `file:line`.

    In `Ingested.rejections` the rows are lost; in `Ingested.notes` they are not.
    """

    table: str
    reason: str
    count: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RowCounts:
    """Where all rows went: `read == kept + merged + rejected + skipped`."""

    read: int
    kept: int
    merged: int
    rejected: int
    skipped: int


@dataclass(frozen=True, slots=True)
class Ingested:
    """The outcome.

    Attributes:
        tables: Canonical tables that have rows, loaded from `work_dir/<table>.parquet`.
        inputs: One record a file, in the order of their paths.
        rejections: Rows that were lost, by table and reason.
        notes: What a user should know that lost no row: unknown columns, shortened texts, values
            that were unusable in a row that is kept.
        rows: The accounting over all files.
    """

    tables: Mapping[str, Relation]
    inputs: list[InputRecord]
    rejections: list[Rejection]
    notes: list[Rejection]
    rows: RowCounts
