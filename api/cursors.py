"""Cursors: where the next page of a list begins, in a form that callers hand back unread.

A cursor says no more than a caller has seen (the last row's place in the order), so it needs no
signature: every query names the tenant itself. But it is checked: it has to belong to the same list
with the same filters, and to hold what the order consists of.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
from collections.abc import Sequence
from types import NoneType, UnionType
from typing import Any, Final, TypeAlias, get_args

from zhenzan.api.problems import Problem

__all__ = ["LONGEST", "decode", "encode"]

LONGEST: Final = 4500
"""Characters of a cursor: an id of 512 that take up to six bytes each, and what is around it."""
_Kind: TypeAlias = type | UnionType
_INT64: Final = 1 << 63
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def encode(place: Sequence[str | int | float | None], *query: object) -> str:
    """The cursor after a row.

    Args:
        place: The row's values in the order of the list.
        query: Name of the list and its filters.
    """
    text = json.dumps([_print(query), *place], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(cursor: str, kinds: Sequence[_Kind], *query: object) -> tuple[Any, ...]:
    """The place that `encode` was given.

    Args:
        cursor: What the caller sent.
        kinds: Type of each value of the place; `float | None` where the column may be NULL.
        query: As for `encode`.

    Raises:
        Problem: 400, it is no cursor, or that of another list.
    """
    wrong = Problem(400, "cursor", "not a cursor of this list with these filters; begin again")
    if len(cursor) > LONGEST:
        raise wrong
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        found = json.loads(raw)
    except (ValueError, RecursionError):
        raise wrong from None
    if not isinstance(found, list) or len(found) != len(kinds) + 1 or found[0] != _print(query):
        raise wrong
    place = found[1:]
    if not all(_fits(value, kind) for value, kind in zip(place, kinds, strict=True)):
        raise wrong
    return tuple(float(v) if v is not None and float in _types(k) else v
                 for v, k in zip(place, kinds, strict=True))  # fmt: skip


def _types(kind: _Kind) -> tuple[object, ...]:
    return get_args(kind) or (kind,)


def _fits(value: object, kind: _Kind) -> bool:
    known = _types(kind)
    if value is None:
        return NoneType in known
    if isinstance(value, bool):
        return bool in known
    if isinstance(value, int):
        return (int in known or float in known) and -_INT64 <= value < _INT64
    if isinstance(value, str):
        return str in known and "\0" not in value and not _SURROGATE.search(value)
    return isinstance(value, float) and float in known and math.isfinite(value)


def _print(query: tuple[object, ...]) -> str:
    return hashlib.sha256(json.dumps(query, default=str).encode()).hexdigest()[:12]
