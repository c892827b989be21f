"""Where a value stands in a JSON record: `author.stats[0].likes`, `$.aweme_id` from the page."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

__all__ = ["ABSENT", "Place", "parsed", "plain"]

Step: TypeAlias = str | int
_STEP: Final = re.compile(r"(?:^|\.)(?P<key>[^.\[\]]+)|\[(?P<index>-?\d{1,6})\]")


class _Absent:
    """Stands for a value whose key is not there, which is less than null."""


ABSENT: Final = _Absent()


@dataclass(frozen=True, slots=True)
class Place:
    """One way to a value.

    Attributes:
        text: As the map writes it.
        steps: Keys and indexes, outermost first.
        of_page: Counted from the JSON value around the record, not from the record.
    """

    text: str
    steps: tuple[Step, ...]
    of_page: bool = False

    @property
    def column(self) -> str | None:
        """The name of a plain column; None where the way is longer."""
        only = self.steps[0] if len(self.steps) == 1 else None
        return only if isinstance(only, str) and not self.of_page else None

    def of(self, record: object, page: object = None) -> Any:
        """The value; `ABSENT` where the way ends before it."""
        value: Any = page if self.of_page else record
        for step in self.steps:
            by_key = isinstance(value, Mapping) and step in value
            by_place = (
                isinstance(value, list)
                and isinstance(step, int)
                and -len(value) <= step < len(value)
            )
            if not by_key and not by_place:
                return ABSENT
            value = value[step]
        return value


def plain(name: str) -> Place:
    """A column or key of that very name, dots and all."""
    return Place(name, (name,))


def parsed(text: str) -> Place | None:
    """Reads `a.b[0].c`; a leading `$.` counts from the page. None where the text is no path."""
    of_page = text.startswith("$.")
    rest = text.removeprefix("$.")
    steps = list(_steps(rest))
    if not steps or sum(length for _, length in steps) != len(rest):
        return None
    return Place(text, tuple(step for step, _ in steps), of_page)


def _steps(text: str) -> Iterator[tuple[Step, int]]:
    for found in _STEP.finditer(text):
        key = found["key"]
        yield (int(found["index"]) if key is None else key), len(found[0])
