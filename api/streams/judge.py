"""Parts of a pass: some sections, each judged from all of its rows."""

from __future__ import annotations

import tempfile
from collections import OrderedDict
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq
from zhenzan.api.streams.segments import Segments

if TYPE_CHECKING:
    from zhenzan.models.attribution import Reference

__all__ = ["JUDGED_TABLES", "JudgeParts", "Judged", "References", "in_turn", "judge_part", "parts"]

JUDGED_TABLES: Final[tuple[str, ...]] = ("engagement", "comment", "section")
# Rows judged at once. A process that judges takes 0.93 GB at most, code and reference included;
# with twice as many rows 1.16 GB for 7 % less time, with half as many 0.78 GB for 17 % more.
_PART_ROWS: Final = 100_000
_PART_SECTIONS: Final = 5_000
_KEPT: Final = 4  # references in memory; one of a million acts takes some 100 MB


@dataclass(frozen=True, slots=True)
class Judged:
    """What is told of the sections of a part.

    Attributes:
        sections: As `judge_sections`.
        rows: Rows that were read for it.
    """

    sections: pa.Table
    rows: int


JudgeParts: TypeAlias = Callable[[Path, Iterable[Sequence[str]]], Generator[Judged]]
"""Judges parts (ids of sections) of the stream in a folder; in any order."""


class References:
    """References that were loaded, the last used of them."""

    def __init__(self) -> None:
        self._held: OrderedDict[Path, tuple[int, Reference]] = OrderedDict()

    def get(self, learnt: Path) -> Reference:
        """The reference in a folder; read again when it was replaced there."""
        from zhenzan.models.attribution import Reference

        written = (learnt / "reference.json").stat().st_mtime_ns
        if learnt not in self._held or self._held[learnt][0] != written:
            self._held[learnt] = (written, Reference.load(learnt))
            while len(self._held) > _KEPT:
                self._held.popitem(last=False)
        self._held.move_to_end(learnt)
        return self._held[learnt][1]


def parts(segments: Segments, ids: Sequence[str]) -> Iterator[Sequence[str]]:
    """The sections in their order, as many at a time as are not too many rows."""
    sizes = segments.sizes(JUDGED_TABLES, ids)
    some: list[str] = []
    rows = 0
    for section_id, size in zip(ids, sizes.tolist(), strict=True):
        if some and (rows + size > _PART_ROWS or len(some) == _PART_SECTIONS):
            yield some
            some, rows = [], 0
        some.append(section_id)
        rows += size
    if some:
        yield some


def in_turn(reference: Reference) -> JudgeParts:
    """Judges one part after the other in this process."""

    def judge(folder: Path, some: Iterable[Sequence[str]]) -> Generator[Judged]:
        for ids in some:
            yield judge_part(folder, ids, reference)

    return judge


def judge_part(folder: Path, ids: Sequence[str], reference: Reference) -> Judged:
    """Reads the rows of the sections and judges them.

    Args:
        folder: Of the stream; a temporary folder is made in it.
        ids: Of the sections.
        reference: To judge by.
    """
    from zhenzan.detector.judge_sections import JUDGED

    segments = Segments(folder)
    rows = {table: segments.read(table, ids) for table in JUDGED_TABLES}
    found = {table: part for table, part in rows.items() if part is not None}
    told = _judge_rows(found, reference, folder) if found else JUDGED.empty_table()
    pa.default_memory_pool().release_unused()  # else what one part needed at most is kept
    return Judged(told, sum(part.num_rows for part in found.values()))


def _judge_rows(rows: Mapping[str, pa.Table], reference: Reference, place: Path) -> pa.Table:
    """Judges rows as they were sent, duplicates and all."""
    from zhenzan.detector.ingest.merge import merge
    from zhenzan.detector.judge_sections import JUDGED, judge_sections
    from zhenzan.features.engine.registry import EngineOptions, open_engine

    with tempfile.TemporaryDirectory(prefix="pass-", dir=place) as made:
        work = Path(made)
        (work / "staged").mkdir()
        pieces = {}
        for table, part in rows.items():
            pieces[table] = [work / "staged" / f"{table}-rows.parquet"]
            pq.write_table(part, pieces[table][0], compression="lz4")
        options = EngineOptions(spill_dir=work, in_memory=True, threads=1)
        with open_engine(options=options) as engine:
            merged = merge(
                engine, pieces, {}, work, rank_ids=False, kept_in="engine", without=("account",)
            )
            tables = merged.tables
            looked_at = {n: tables[n] for n in JUDGED_TABLES if n in tables}
            if not looked_at:
                return JUDGED.empty_table()
            return judge_sections(engine, looked_at, reference)
