"""JSON that breaks off, as half a download does: what stands whole in it is read all the same."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from zhenzan.detector.sources.files import Pieces, Probe
from zhenzan.detector.sources.jsonvalues import JsonProblem, json_values

__all__ = ["begun_values", "closed", "values_and_rest"]

_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]]|"', re.DOTALL)
_BETWEEN: Final = re.compile(r"[\s,\ufeff]*")
# A page of answers has well below a megabyte; what is longer is a dump, whose last page is little.
_LONGEST: Final = 16 << 20
_LOOKED_AT: Final = 1 << 20
_CLOSING: Final = {"{": "}", "[": "]"}


def closed(text: str) -> object:
    """The value that the text begins with, closed behind the last whole element of its list.

    Only the list of the answer itself counts (of a list of answers, that of the last one): closing
    a list inside of an element would hand out half of the element.

    Returns:
        The value; None where the text holds no list with a whole element.
    """
    open_: list[str] = []
    best: tuple[int, str] | None = None
    lists = 2 if text.startswith("[") else 1
    for found in _TOKEN.finditer(text):
        mark = found[0]
        if mark in _CLOSING:
            open_.append(mark)
        elif mark in ("}", "]"):
            if not open_:
                break
            open_.pop()
            if open_ and open_[-1] == "[" and open_.count("[") <= lists:
                best = found.end(), "".join(_CLOSING[m] for m in reversed(open_))
            elif not open_:
                best = found.end(), ""
                break
        elif mark == '"':
            break  # a text that is not closed: nothing behind it can be told apart
    if best is None:
        return None
    try:
        return json.loads(text[: best[0]] + best[1])
    except (ValueError, RecursionError):
        return None


def begun_values(seen: Probe) -> Iterator[object]:
    """The values at the beginning of a file whose first one is too long, or broken, to be seen."""
    if seen.kind == "json":
        yield from _flat(closed(_from_line(seen, 1, _LOOKED_AT)))


def values_and_rest(
    seen: Probe, pieces: Pieces, known: Callable[[object], bool]
) -> Iterator[tuple[int, Any]]:
    """Like `json_values`, but a value that breaks off costs one problem and gives what is whole.

    Behind a break only what is known is handed out: the rest are parts of the broken value.

    Args:
        seen: The file.
        pieces: Its bytes.
        known: Whether a value is one that the reader takes.
    """
    begun, rest = 0, False
    for line, value in json_values(pieces):
        if isinstance(value, JsonProblem):
            if not begun or seen.one_a_line:
                yield line, value
                begun, rest = line, False
        elif known(value):
            rest = True
            yield line, value
        elif not begun or seen.one_a_line:
            yield line, value
    if begun and not rest:
        for value in _flat(closed(_from_line(seen, begun, _LONGEST))):
            if known(value):
                yield begun, value


def _flat(value: object) -> Iterator[object]:
    if isinstance(value, list):
        for below in value:
            yield from _flat(below)
    elif value is not None:
        yield value


def _from_line(seen: Probe, line: int, longest: int) -> str:
    """The text from a line on, without what separates values."""
    passed, held, size = 1, list[bytes](), 0
    for piece in Pieces(seen.path):
        missing = line - passed
        passed += piece.count(b"\n")
        if missing > 0:
            parts = piece.split(b"\n", missing)
            if len(parts) <= missing:
                continue
            piece = parts[-1]
        held.append(piece)
        size += len(piece)
        if size > longest:
            break
    text = b"".join(held)[:longest].decode("utf-8", "replace")
    gap = _BETWEEN.match(text)
    return text[0 if gap is None else gap.end() :]
