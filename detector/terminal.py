"""Text from data on its way to a terminal: nothing in it may move the cursor or turn the line."""

from __future__ import annotations

import unicodedata
from typing import Final

__all__ = ["clean"]

# Control, format (bidi overrides, zero-width), surrogate, private-use and unassigned characters,
# line and paragraph separators: what is not seen, or acts. Emoji joiners are let through.
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_JOINERS: Final = frozenset("\u200d\ufe0f")


def clean(text: str, limit: int = 200) -> str:
    r"""One line of visible characters; others are shown as codes, and long texts are cut.

    Example:
        >>> clean("a\x1b[2Jb")
        'a\\x1b[2Jb'
    """
    visible = "".join(
        c if c in _JOINERS or unicodedata.category(c) not in _UNSEEN else _code(c)
        for c in text[:limit]
    )
    return visible + ("…" if len(text) > limit else "")


def _code(character: str) -> str:
    if character in "\n\r\t":
        return " "
    return character.encode("unicode_escape", "backslashreplace").decode("ascii")
