"""Guesses which column is which, by its name in Chinese or English and by the look of its values.

The words are in `names.toml`. A guess is always shown to the user, never taken silently.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

from zhenzan.detector.sources.ago import time_ago
from zhenzan.detector.sources.counts import count_interval

__all__ = ["Guess", "Look", "guesses", "look_at"]

_YES: Final = frozenset({"true", "false", "yes", "no", "y", "n", "0", "1", "是", "否", "t", "f"})
_DATED: Final = re.compile(
    r"\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}|[A-Z][a-z]{2},? (?:\d{1,2} )?[A-Z][a-z]{2} .*\d{4}"
)
_ZONED: Final = re.compile(r"(?:Z|UTC|GMT|[+-]\d{2}:?\d{2})(?: \d{4})?$")
_HAN: Final = re.compile("[\u3400-\u9fff]")
_UNIT: Final = {10: "s", 13: "ms", 16: "us", 19: "ns"}
# A guess by the last part of a path is worth less than one by the whole of it.
_LEAF, _ENOUGH = 0.7, 0.5
# Words that say something only where they stand alone: every object has an id.
_VAGUE: Final = frozenset({"id", "url", "link", "name", "user", "author", "level", "score", "编号"})


@dataclass(frozen=True, slots=True)
class Look:
    """What the values of a column look like; never what they are.

    Attributes:
        n: Values that are there.
        distinct: Share of them that are different.
        length: Mean number of characters.
        time: `s`, `ms`, `us`, `ns` for epochs, `text` or `naive` for dates with or without zone,
            `relative` for `3 days ago`; None for all else.
        count: They are counts.
        flag: They are yes or no.
        han: Share with Chinese characters.
    """

    n: int
    distinct: float
    length: float
    time: str | None
    count: bool
    flag: bool
    han: float


@dataclass(frozen=True, slots=True)
class Guess:
    """A column of ours and the one of the file that may be it.

    Attributes:
        ours: Canonical name.
        theirs: Column or path.
        sure: The name says it and the values agree; False where either is in doubt.
        why: For the comment in the map.
    """

    ours: str
    theirs: str
    sure: bool
    why: str


def look_at(values: Sequence[Any]) -> Look:
    """Describes the values of a column."""
    texts = [str(v).strip() for v in values if v is not None and str(v).strip()]
    n = len(texts)
    if n == 0:
        return Look(0, 0.0, 0.0, None, False, False, 0.0)
    return Look(
        n=n,
        distinct=len(set(texts)) / n,
        length=sum(map(len, texts)) / n,
        time=_time(texts),
        count=all(count_interval(t) is not None for t in texts),
        flag=all(t.lower() in _YES for t in texts),
        han=sum(bool(_HAN.search(t)) for t in texts) / n,
    )


@cache
def _names() -> Mapping[str, tuple[str, ...]]:
    text = (files("zhenzan.detector.sources.mapped") / "names.toml").read_text("utf-8")
    return {ours: tuple(names) for ours, names in tomllib.loads(text).items()}


def guesses(columns: Mapping[str, Sequence[Any]]) -> list[Guess]:
    """At most one column of the file for each of ours, and the other way round."""
    looks = {name: look_at(values) for name, values in columns.items()}
    ranked = sorted(
        (
            (-score, place, ours, theirs)
            for place, ours in enumerate(_names())
            for theirs, look in looks.items()
            if (score := _score(ours, theirs, look)) >= _ENOUGH
        ),
    )
    taken: dict[str, str] = {}
    chosen: dict[str, Guess] = {}
    for score, _, ours, theirs in ranked:
        if ours not in chosen and theirs not in taken:
            taken[theirs] = ours
            chosen[ours] = Guess(ours, theirs, -score >= 0.9, _why(ours, looks[theirs]))
    return [chosen[name] for name in _names() if name in chosen]


def _score(ours: str, theirs: str, look: Look) -> float:
    names = _names()[ours]
    whole, leaf = _plain(theirs), _plain(theirs.rsplit(".", 1)[-1].rsplit("/", 1)[-1])
    if whole in names:
        named = 1.0 - 0.002 * names.index(whole)
    elif leaf in names and leaf not in _VAGUE:
        named = _LEAF - 0.002 * names.index(leaf)
    else:
        return 0.0
    return named * _fits(ours, look)


def _fits(ours: str, look: Look) -> float:
    """0 where the values cannot be that, less than 1 where they are odd for it."""
    if look.n == 0:
        return 0.6
    if ours in ("created_ms", "observed_ms", "liked_ms"):
        return 1.0 if look.time else 0.0
    if ours in ("like_count", "reply_count", "depth"):
        return 1.0 if look.count and not (look.time and look.distinct > 0.5) else 0.0
    if ours in ("pinned", "by_creator", "liked_by_creator", "verified"):
        return 1.0 if look.flag else 0.0
    if ours == "comment_id":
        return 1.0 if look.distinct == 1.0 else 0.8 if look.distinct > 0.9 else 0.0
    if ours == "text":
        return 0.0 if look.count or look.time else 1.0
    if ours == "region":
        return 1.0 if look.length < 40 else 0.0
    return 1.0


def _time(texts: Sequence[str]) -> str | None:
    lengths = {len(t.split(".")[0]) for t in texts if t.replace(".", "", 1).isdigit()}
    if len(lengths) == 1 and all(t.replace(".", "", 1).isdigit() for t in texts):
        unit = _UNIT.get(lengths.pop())
        return unit if unit and all(_plausible(float(t), unit) for t in texts) else None
    if all(_DATED.match(t) for t in texts):
        return "text" if all(_ZONED.search(t) for t in texts) else "naive"
    if all(time_ago(t) is not None or _DATED.match(t) for t in texts):
        return "relative"
    return None


def _plausible(value: float, unit: str) -> bool:
    """Between 2005 and 2100: ids of ten digits are many, times among them few."""
    seconds = value / {"s": 1, "ms": 1e3, "us": 1e6, "ns": 1e9}[unit]
    return 1_104_537_600 <= seconds <= 4_102_444_800


def _why(ours: str, look: Look) -> str:
    if look.n == 0:
        return "by its name only: the first rows hold nothing"
    told = [f"{look.distinct:.0%} of {look.n} values differ"]
    if ours.endswith("_ms"):
        told.append(
            {
                "text": "dates with a zone",
                "naive": "dates without a zone",
                "relative": "relative times",
            }.get(look.time or "", f"epoch in {look.time}")
        )
    elif ours == "text":
        told.append(f"{look.length:.0f} characters on average")
    return ", ".join(told)


def _plain(name: str) -> str:
    folded = unicodedata.normalize("NFKC", name).lower()
    return "".join(c for c in folded if c.isalnum())
