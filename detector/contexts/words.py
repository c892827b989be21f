"""Word lists in Chinese and English, and the quotation of a few words.

A list is a text file in `lexicon/`, one phrase a line, `# ` for a comment; `*` stands for up to
twelve characters, `{n}` for a number. Lists were put together for this project from the hard
negatives of its design; none is copied from elsewhere.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Final

__all__ = ["fold", "holds", "is_phrase", "quotable", "quote_around"]

_MOST: Final = 4000  # characters of a post that are looked at
_QUOTED: Final = 48  # of a quotation
_BEFORE: Final = 14  # of it before what was found
_GAP: Final = r"[^\n]{0,12}?"
_PERSONAL: Final = re.compile(
    r"https?://\S+|www\.\S+|[\w.+-]+@[\w-]+\.[\w.]+|@[\w\-·.]{1,40}|#?\b[\d\- ]{7,}\b"
)
_MARKS: Final = re.compile(r"[\W_]+")


def fold(text: str | None) -> str:
    """One spelling: width and case folded, characters that show nothing removed, spaces single."""
    if not text:
        return ""
    plain = unicodedata.normalize("NFKC", text[:_MOST]).casefold()
    if not plain.isprintable():  # most is, and is left as it stands
        plain = "".join(" " if c.isspace() else c for c in plain if c.isspace() or _visible(c))
    return " ".join(plain.split())


def _visible(character: str) -> bool:
    return not unicodedata.category(character).startswith("C")


@lru_cache(maxsize=64)
def _lines(name: str) -> tuple[str, ...]:
    text = files(__package__).joinpath("lexicon", f"{name}.txt").read_text("utf-8")
    return tuple(fold(line) for line in text.splitlines() if line and not line.startswith("# "))


@lru_cache(maxsize=64)
def _pattern(name: str) -> re.Pattern[str]:
    """Any phrase of a list; Latin phrases as whole words only."""
    return re.compile("|".join(_phrase(line) for line in _lines(name)))


def _phrase(line: str) -> str:
    body = re.escape(line).replace(r"\*", _GAP).replace(r"\{n\}", r"\d{1,6}").replace(r"\ ", r"\s?")
    latin = re.compile(r"[a-z0-9{]")
    before = r"(?<![a-z0-9])" if latin.match(line) else ""
    after = r"(?![a-z0-9])" if latin.match(line[-1]) or line.endswith("}") else ""
    return f"{before}(?:{body}){after}"


def holds(folded: str, *names: str) -> re.Match[str] | None:
    """The first place where a folded text holds a phrase of any of the lists."""
    found = [m for m in (_pattern(name).search(folded) for name in names) if m]
    return min(found, key=lambda m: (m.start(), -m.end()), default=None)


def is_phrase(folded: str, *names: str) -> bool:
    """Whether a folded text is little more than phrases of the lists.

    Half of its letters and digits at least: "已关注求抽 中中中" is, a story that mentions a prize
    is not.
    """
    letters = len(_MARKS.sub("", folded))
    if not letters:
        return False
    covered = sum(
        len(_MARKS.sub("", m.group())) for name in names for m in _pattern(name).finditer(folded)
    )
    return 2 * covered >= letters


def quote_around(folded: str, match: re.Match[str]) -> str | None:
    """A few words of a post around what was found, personal parts masked."""
    start = max(0, match.start() - _BEFORE)
    while 0 < start < match.start() and folded[start - 1].isascii() and folded[start - 1].isalnum():
        start += 1  # no half words
    return _masked(folded[start : start + _QUOTED])


def quotable(forms: Sequence[str]) -> str | None:
    """The shortest of the commonest phrases, given in order of preference; masked."""
    return _masked(forms[0][:_QUOTED]) if forms else None


def _masked(text: str) -> str | None:
    shown = "".join(c for c in _PERSONAL.sub("…", text) if _visible(c)).strip()
    return shown or None
