"""Values of a JSON record as what they should be, or None: strangers' files hold anything."""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Mapping
from typing import Any, Final

__all__ = ["flag", "identifier", "inner", "name_id", "number", "plain_text", "text", "whole"]

_BREAK: Final = re.compile(r"<br\s*/?>|</p>\s*<p>", re.IGNORECASE)
# No tag is longer in what sites render themselves; a lone "<" of a comment is not taken for one.
_TAG: Final = re.compile(r"</?[a-zA-Z][^<>]{0,2000}>")
_PICTURE: Final = re.compile(r"<img[^<>]{0,2000}?\balt=\"([^\"<>]{0,100})\"[^<>]{0,2000}>")
_LARGEST: Final = 2**62


def text(value: object) -> str | None:
    """Text that is not empty."""
    return value if isinstance(value, str) and value else None


def identifier(value: object) -> str | None:
    """An id as text; a float has lost digits and is none."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value.strip() or None if isinstance(value, str) else None


def whole(value: object) -> int | None:
    """A whole number, also as text of digits."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19:
        return int(value)
    if isinstance(value, float) and value == value // 1 and abs(value) < 2**53:
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if abs(value) < _LARGEST else None


def number(value: object) -> float | None:
    """A finite number, also as text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if abs(found) < _LARGEST else None


def flag(value: object) -> bool | None:
    """A truth value; anything else says nothing."""
    return value if isinstance(value, bool) else None


def inner(value: object) -> Mapping[str, Any]:
    """An object inside an object, empty where there is none."""
    return value if isinstance(value, dict) else {}


def name_id(name: str) -> str:
    """An id for somebody of whom only the name is known; the name cannot be read from it."""
    digest = hashlib.sha256(f"name:{name}".encode("utf-8", "surrogatepass")).hexdigest()
    return f"name-{digest[:32]}"


def plain_text(rendered: str) -> str:
    """What a page shows of HTML: line breaks kept, pictures by their words, entities as characters.

    Double escapes are undone once only, as a browser does.
    """
    if "<" in rendered:
        rendered = _PICTURE.sub(r"\1", _BREAK.sub("\n", rendered))
        rendered = _TAG.sub("", rendered)
    return html.unescape(rendered) if "&" in rendered else rendered
