"""The last value of a file that breaks off: what stands whole in its list is read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Final

from zhenzan.detector.sources.files import Pieces, Probe

__all__ = ["repaired"]

_LIST: Final = re.compile(
    r'(?<!\\)"(?:elected_comment|comments|comment|list|detail_list|data)"\s*:\s*\['
)
_BETWEEN: Final = re.compile(r"[\s,\[\]\ufeff]*")
_COMMAS: Final = re.compile(r"[\s,]*")
# As much of one value as any reader holds.
_LONGEST: Final = 64 << 20
_DEEPEST: Final = 5  # objects around the list, as in `shapes`


def repaired(seen: Probe, line: int) -> object:
    """The value that begins on a line and breaks off, closed behind its last whole row.

    Args:
        seen: The file.
        line: Where the value begins; whole values before it on the same line are passed over.

    Returns:
        The value; None where not even one row is whole.
    """
    text = _from_line(seen, line)
    decoder = json.JSONDecoder()
    start = 0
    while True:
        gap = _BETWEEN.match(text, start)
        start = start if gap is None else gap.end()
        try:
            _, start = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            break
    begun = _LIST.search(text, start)
    if begun is None:
        return None
    last = max(_ends(text, begun.end(), decoder), default=None)
    if last is None:
        return None
    for depth in range(1, _DEEPEST + 1):
        try:
            return json.loads(text[start:last] + "]" + "}" * depth)
        except (ValueError, RecursionError):
            continue
    return None


def _ends(text: str, at: int, decoder: json.JSONDecoder) -> Iterator[int]:
    """Where each whole row of a list ends."""
    while True:
        gap = _COMMAS.match(text, at)
        at = at if gap is None else gap.end()
        try:
            _, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            return
        yield at


def _from_line(seen: Probe, line: int) -> str:
    """The text from a line on, as far as one value may go."""
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
        if size > _LONGEST:
            break
    return b"".join(held).decode("utf-8", "replace")
