"""What a creator declares: `giveaway@2024-05-01..2024-05-03`, for all sections or for one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

import pyarrow as pa
from zhenzan.detector.contexts.kinds import KINDS
from zhenzan.features.errors import UsageError, printable
from zhenzan.features.tables import TABLES

__all__ = ["Declaration", "about", "declared_rows", "parse_context"]

_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_SHAPE: Final = (
    "KIND@START..END or KIND@START..END@SECTION, such as giveaway@2024-05-01..2024-05-03"
)


@dataclass(frozen=True, slots=True)
class Declaration:
    """A benign explanation that a creator gives.

    Attributes:
        kind: A key of `KINDS`.
        start_ms, end_ms: Its window, half-open; None where it is open.
        section: The section that it is about, with or without its platform; None means all.
    """

    kind: str
    start_ms: int | None
    end_ms: int | None
    section: str | None


def parse_context(text: str, timezone: str | None = None) -> Declaration:
    """Reads one declaration.

    Dates count whole days, so that `2024-05-01..2024-05-03` ends with the third of May; a single
    date is one day; either end may be left out. Times are ISO 8601 (`2024-05-01T20:00`), in
    `timezone` unless they name their own.

    Raises:
        UsageError: Says which part cannot be read, and what would be right.
    """
    kind, *rest = text.strip().split("@", 2)
    kind = kind.strip()
    if kind not in KINDS:
        raise UsageError(
            f"--context {printable(text)!r}: there is no kind {printable(kind)!r}; "
            f"kinds are {', '.join(KINDS)}"
        )
    if not rest or not rest[0].strip():
        raise UsageError(f"--context {printable(text)!r} names no time; expected {_SHAPE}")
    first, dots, last = rest[0].strip().partition("..")
    zone = _zone(timezone)
    start = _edge(first, zone, text, end=False) if first else None
    end = _edge(last if dots else first, zone, text, end=True) if last or not dots else None
    if start is None and end is None:
        raise UsageError(f"--context {printable(text)!r} names no time; expected {_SHAPE}")
    if start is not None and end is not None and end <= start:
        raise UsageError(f"--context {printable(text)!r} ends before it begins")
    section = rest[1].strip() if len(rest) > 1 else ""
    if len(rest) > 1 and not section:
        raise UsageError(f"--context {printable(text)!r} names no section after the last @")
    return Declaration(kind, start, end, section or None)


def _zone(timezone: str | None) -> tzinfo:
    try:
        return ZoneInfo(timezone) if timezone else UTC
    except (KeyError, ValueError, OSError) as error:
        raise UsageError(
            f"no time zone {printable(timezone or '')!r}; expected one such as Asia/Shanghai"
        ) from error


def _edge(part: str, zone: tzinfo, text: str, *, end: bool) -> int:
    word = part.strip()
    try:
        when = datetime.fromisoformat(word)
        if when.tzinfo is None:
            when = when.replace(tzinfo=zone)
        if end and _DATE.fullmatch(word):
            when += timedelta(days=1)  # of the calendar: days of 23 or 25 hours stay whole days
        return round(when.timestamp() * 1000)
    except (ValueError, OverflowError) as error:
        raise UsageError(
            f"--context {printable(text)!r}: {printable(word)!r} is no date and no time; expected "
            f"{_SHAPE}"
        ) from error


def about(said: Iterable[Declaration], sections: Sequence[str]) -> list[Declaration]:
    """Those declarations that are about a section of the scan."""
    by_name = _by_name(sections)
    return [one for one in said if one.section in by_name]


def declared_rows(
    said: Iterable[Declaration], sections: Sequence[str], everywhere: Sequence[str]
) -> pa.Table:
    """Rows of the canonical `context` table.

    Args:
        said: Declarations.
        sections: Ids of all sections of the scan.
        everywhere: Sections that a declaration without a section is written down for: those with
            something to explain.

    Raises:
        UsageError: A declaration names a section that the scan does not hold.
    """
    by_name = _by_name(sections)
    rows: list[Mapping[str, object]] = []
    for one in said:
        found = list(everywhere) if one.section is None else by_name.get(one.section, [])
        if one.section is not None and not found:
            raise UsageError(
                f"--context names section {printable(one.section)!r}, which is not in the data; "
                f"sections are named like {printable(min(sections, default='platform:id'))}"
            )
        rows.extend(
            {
                "section_id": section,
                "kind": one.kind,
                "start_ms": one.start_ms,
                "end_ms": one.end_ms,
                "declared_by": "creator",
            }
            for section in found
        )
    return pa.Table.from_pylist(rows, schema=TABLES["context"].schema)


def _by_name(sections: Iterable[str]) -> dict[str, list[str]]:
    """Sections by id, with and without its platform."""
    found: dict[str, list[str]] = {}
    for section in sections:
        for name in {section, section.partition(":")[2] or section}:
            found.setdefault(name, []).append(section)
    return found
