"""What a source is: one native format in, batches under canonical names out.

A source only renames and converts. Types, units, ranges, vocabularies, ids and duplicates are
ingest's business, once for all sources, so a source may yield text, numbers or timestamps for any
column. It streams: no source holds a whole dump.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import ClassVar, Final, TypeAlias

import pyarrow as pa
from zhenzan.detector.sources.files import Probe

__all__ = [
    "INTAKE",
    "Item",
    "Match",
    "Noted",
    "ReadOptions",
    "Rejected",
    "Rows",
    "Skipped",
    "Source",
    "TimeHint",
]

INTAKE: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "engagement": ("ts_ms",),
        "account": ("name",),
        "comment": ("observed_ms", "like_count"),
        "count_snapshot": ("value",),
    }
)
"""Columns a source may yield beside the canonical ones; ingest turns them into canonical ones.

`ts_ms` stands for `ts_lo_ms = ts_hi_ms`; of `name` only its shape is kept; `observed_ms` says when
a comment was seen and `like_count` how many likes it then had (both become a `count_snapshot`);
`like_count`, and `value` of a snapshot, may be text such as `1.2万` or `10+`, an interval.
"""


@dataclass(frozen=True, slots=True)
class TimeHint:
    """What a source knows of a column of times beyond its values.

    Attributes:
        unit: Of its numbers: `s`, `ms`, `us` or `ns`; None: as the numbers look.
        timezone: Of texts that name none, unless the user says otherwise; None: the source's.
    """

    unit: str | None = None
    timezone: str | None = None


@dataclass(frozen=True, slots=True)
class Rows:
    """A batch of one canonical table.

    Attributes:
        table: Name of the canonical table.
        data: Columns under canonical names or those of `INTAKE`; any type; any may be missing.
        lines: Line (row in columnar files) of each row, from 1: the first one where they follow
            each other, else an int64 array.
        derived: The rows repeat what another batch of the same native rows already counts.
        platform: Of the ids of this batch, where the source knows several; None: the source's own.
        times: What is known of columns of times, by canonical name.
    """

    table: str
    data: pa.RecordBatch
    lines: int | pa.Int64Array
    derived: bool = False
    platform: str | None = None
    times: Mapping[str, TimeHint] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Skipped:
    """Native rows that are well formed and none of our business, such as other event types."""

    count: int
    reason: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """One native row, or the rest of a file, that cannot be read."""

    table: str
    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Noted:
    """Something a user should know that loses no row, such as a column nobody reads."""

    table: str
    line: int
    reason: str


Item: TypeAlias = Rows | Skipped | Rejected | Noted


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What the user said about files that do not say it themselves.

    Attributes:
        section_id: Section of files that do not name theirs.
        observed_ms: When the file was collected, for records that do not say it: as the user told,
            else when the file was last changed.
        observed_basis: Which of the two: `option` or `file_time`.
    """

    section_id: str | None = None
    observed_ms: int | None = None
    observed_basis: str | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """How sure a source is that a file is its own: 3 by its content, 2 by columns, 1 by name."""

    certainty: int
    shape: str


class Source(ABC):
    """One native format; stateless, so that a file can be read again.

    Attributes:
        name: As given to `--source`.
        version: Changes with the meaning of what is yielded.
        title: One line, by language.
        looked_for: What it recognises, shown when no source knows a file.
        platform: Of all its ids; None where the ids or the batches say it.
        timezone: Of times that name none, unless the user says otherwise; None: UTC.
        hashes_ids: Whether account ids are replaced by keyed hashes unless the user says otherwise.
        defaults: What missing columns hold, by table.
        table_names: The canonical tables it can fill.
    """

    name: ClassVar[str]
    version: ClassVar[str]
    title: ClassVar[Mapping[str, str]]
    looked_for: ClassVar[tuple[str, ...]]
    platform: ClassVar[str | None] = None
    timezone: ClassVar[str | None] = None
    hashes_ids: ClassVar[bool] = True
    defaults: ClassVar[Mapping[str, Mapping[str, str]]] = MappingProxyType({})
    table_names: ClassVar[tuple[str, ...]]

    @abstractmethod
    def sniff(self, probe: Probe) -> Match | None:
        """Says whether the file is of this format, judged by its content; never raises."""

    @abstractmethod
    def read(self, probe: Probe, options: ReadOptions) -> Iterator[Item]:
        """Streams the file as canonical batches.

        Raises:
            InputError: The file cannot be read at all.
        """
