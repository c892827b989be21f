"""Pages of the creator's console saved as HTML: the list of comments stands in a script."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import closing, suppress
from itertools import islice
from typing import Final

from zhenzan.detector.sources.files import Pieces, Probe, Truncated, byte_chunks

__all__ = ["embedded_lists", "is_page"]

_LIST: Final = re.compile(r'\blist\s*:\s*(?=\{\s*"comment"\s*:)')
# Pages have well below a megabyte; four pieces are 16 MiB.
_PIECES: Final = 4


def is_page(seen: Probe) -> bool:
    """Whether the file is markup with such a list in it; never raises."""
    if seen.kind not in ("delimited", "unknown"):
        return False
    with suppress(OSError, ValueError, Truncated), closing(byte_chunks(seen.path)) as pieces:
        head = next(pieces, b"")
        start = head[:4096].lstrip().lower()
        return start.startswith(b"<") and _LIST.search(head.decode("utf-8", "replace")) is not None
    return False


def embedded_lists(seen: Probe) -> Iterator[tuple[int, object]]:
    """Every list with its line; None where one breaks off."""
    text = b"".join(islice(Pieces(seen.path), _PIECES)).decode("utf-8", "replace")
    decoder = json.JSONDecoder()
    for found in _LIST.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        try:
            value, _ = decoder.raw_decode(text, found.end())
        except (ValueError, RecursionError):
            value = None
        yield line, value
