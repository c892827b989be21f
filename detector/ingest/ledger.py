"""Counts every lost row and every note by table and reason, with a few examples each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from zhenzan.detector.ingest.contract import Rejection
from zhenzan.features.errors import printable

__all__ = ["EXAMPLES", "Ledger"]

EXAMPLES: Final = 5
_VALUE: Final = 40  # characters of a value in a message


@dataclass(slots=True)
class _Entry:
    count: int = 0
    examples: list[str] = field(default_factory=list)
    value: str = ""


@dataclass(slots=True)
class Ledger:
    """The books of one file, or of all after `add`.

    Attributes:
        name: Of the file, for the examples.
        read: Native rows seen.
        skipped: Of these, none of our business.
    """

    name: str = ""
    read: int = 0
    skipped: int = 0
    _lost: dict[tuple[str, str], _Entry] = field(default_factory=dict)
    _noted: dict[tuple[str, str], _Entry] = field(default_factory=dict)

    @property
    def rejected(self) -> int:
        """Rows lost so far."""
        return sum(entry.count for entry in self._lost.values())

    def reject(
        self, table: str, reason: str, lines: Sequence[int], count: int = 1, value: object = None
    ) -> None:
        """Books `count` lost rows; `lines` names some of them, none where no line is known.

        `value` is what stood in the first: for messages alone, it is in no file.
        """
        self._book(self._lost, table, reason, lines, count)
        entry = self._lost.get((table, reason))
        if entry is not None and value is not None:
            entry.value = entry.value or printable(str(value), _VALUE)

    def reject_named(self, table: str, reason: str, examples: Sequence[str], count: int) -> None:
        """Books lost rows that only all files together show, by what names them."""
        self._book(self._lost, table, reason, [], count)
        if count:
            held = self._lost[table, reason].examples
            held += examples[: EXAMPLES - len(held)]

    def note(self, table: str, reason: str, lines: Sequence[int], count: int = 1) -> None:
        """Books what loses no row."""
        self._book(self._noted, table, reason, lines, count)

    def note_named(self, table: str, reason: str, name: str) -> None:
        """Books what is true of a whole file or section, by its name."""
        self._book(self._noted, table, reason, [], 1)
        examples = self._noted[table, reason].examples
        if len(examples) < EXAMPLES:
            examples.append(name)

    def skip(self, reason: str, count: int) -> None:
        """Books rows that are well formed and none of our business; a note says of which kind."""
        self.skipped += count
        self._book(self._noted, "", f"left out: {reason}", [], count)

    def add(self, other: Ledger) -> None:
        """Takes over the books of a file that is done."""
        self.read += other.read
        self.skipped += other.skipped
        for mine, theirs in ((self._lost, other._lost), (self._noted, other._noted)):
            for key, entry in theirs.items():
                held = mine.setdefault(key, _Entry())
                held.count += entry.count
                held.value = held.value or entry.value
                held.examples += entry.examples[: EXAMPLES - len(held.examples)]

    def complaints(self) -> list[str]:
        """Lost rows for a message: how many, why, and where the first is and what it holds."""
        found = []
        for lost in self.rejections():
            value = self._lost[lost.table, lost.reason].value
            first = ": ".join([*lost.examples[:1], *([f"'{value}'"] if value else [])])
            more = f" ({first})" if first else ""
            found.append(f"{lost.count} × {lost.table}: {lost.reason}{more}")
        return found

    def rejections(self) -> list[Rejection]:
        """Lost rows, most frequent first."""
        return _listed(self._lost)

    def notes(self) -> list[Rejection]:
        """Notes, most frequent first."""
        return _listed(self._noted)

    def _book(
        self,
        book: dict[tuple[str, str], _Entry],
        table: str,
        reason: str,
        lines: Sequence[int],
        count: int,
    ) -> None:
        if count == 0:
            return
        entry = book.setdefault((table, reason), _Entry())
        entry.count += count
        room = EXAMPLES - len(entry.examples)
        entry.examples += [f"{self.name}:{line}" for line in lines[:room]]


def _listed(book: dict[tuple[str, str], _Entry]) -> list[Rejection]:
    found = [Rejection(*key, e.count, tuple(e.examples)) for key, e in book.items()]
    return sorted(found, key=lambda r: (-r.count, r.table, r.reason))
