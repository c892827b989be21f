"""Collects rows one by one and hands out batches, for formats that no table reader can take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import pyarrow as pa
from zhenzan.detector.sources.base import Rows
from zhenzan.detector.sources.jsonlines import batch_of

__all__ = ["Gather"]

_ROWS: Final = 1 << 14  # rows that make a batch: a few MB of comments, and Arrow's overhead is gone


class Gather:
    """Rows of any canonical tables, held until they make a batch.

    Use it in `read`: `add` what a native record gives, `yield from gather.full()` now and then
    (after every record is fine), and `yield from gather.rest()` at the end.

    Attributes:
        platform: Of all rows; see `Rows.platform`.
    """

    def __init__(self, platform: str | None = None) -> None:
        self.platform = platform
        self._rows: dict[tuple[str, bool], list[Mapping[str, object]]] = {}
        self._lines: dict[tuple[str, bool], list[int]] = {}
        self._ripe: list[Rows] = []

    def add(
        self, table: str, line: int, values: Mapping[str, object], *, derived: bool = False
    ) -> None:
        """Takes one row.

        Args:
            table: Name of the canonical table.
            line: Line (or number of the record) in the file, from 1.
            values: By canonical name or one of `INTAKE`; None is missing; ids are text. Numbers and
                text may be mixed in a column: then all become text, which ingest reads as well.
            derived: The native record is already counted by another row (see `Rows.derived`).
        """
        key = table, derived
        rows = self._rows.setdefault(key, [])
        rows.append(values)
        self._lines.setdefault(key, []).append(line)
        if len(rows) >= _ROWS:
            self._ripe.append(self._batch(key))

    def full(self) -> Iterator[Rows]:
        """Batches that have reached 16,384 rows, and forgets them."""
        while self._ripe:
            yield self._ripe.pop(0)

    def rest(self) -> Iterator[Rows]:
        """All that is held, and forgets it."""
        yield from self.full()
        for key in list(self._rows):
            yield self._batch(key)

    def _batch(self, key: tuple[str, bool]) -> Rows:
        table, derived = key
        rows, lines = self._rows.pop(key), self._lines.pop(key)
        return Rows(
            table,
            batch_of(rows),
            pa.array(lines, pa.int64()),
            derived=derived,
            platform=self.platform,
        )
