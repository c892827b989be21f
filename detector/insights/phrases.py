"""The word lists of `bait.toml`, compiled: phrases that ask for reactions, and kinds of titles."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final, Literal

from zhenzan.features.family import Text

__all__ = ["Kind", "kinds", "matches"]

_MOST: Final = 20_000  # characters of a text that are looked at


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of phrase or title.

    Attributes:
        name: Its name in results.
        group: `engagement`, `rage`, or `hook` for titles.
        title: Its name for readers.
        pattern: Matches it in either language.
    """

    name: str
    group: str
    title: Text
    pattern: re.Pattern[str]


@lru_cache(maxsize=1)
def _lists() -> dict[str, tuple[Kind, ...]]:
    content = tomllib.loads((files(__package__) / "bait.toml").read_text("utf-8"))
    return {name: tuple(_kind(entry) for entry in content[name]) for name in ("kind", "hook")}


def kinds(which: Literal["kind", "hook"]) -> tuple[Kind, ...]:
    """Phrases that ask for reactions (`kind`), or what titles do (`hook`)."""
    return _lists()[which]


def matches(kind: Kind, text: str) -> list[str]:
    """The passages of a text that match, as written."""
    return [found.group() for found in kind.pattern.finditer(text[:_MOST])]


def _kind(entry: dict[str, Any]) -> Kind:
    whole = [rf"\b(?:{pattern})\b" if pattern[0].isalpha() else pattern for pattern in entry["en"]]
    return Kind(
        name=entry["name"],
        group=entry.get("group", "hook"),
        title=Text(entry["zh_title"], entry["en_title"]),
        pattern=re.compile("|".join(f"(?:{p})" for p in (*entry["zh"], *whole)), re.IGNORECASE),
    )
