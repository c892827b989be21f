"""JSON values one by one from a byte stream, whatever strings them together.

Lines, an array, pages of arrays glued together, arrays of arrays: brackets and commas around
objects are separators, so that all of them stream alike.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

__all__ = ["JsonProblem", "json_values", "without_surrogates"]

_BETWEEN: Final = re.compile(r"[\s,\[\]\ufeff]*")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
# One value longer than this is not a record: a page of a hundred stars is about 0.2 MB, the
# longest comment we promise to read is 10 MB.
_LONGEST: Final = 64 << 20


@dataclass(frozen=True, slots=True)
class JsonProblem:
    """A stretch that is no JSON, up to the end of its line."""

    reason: str


def json_values(pieces: Iterable[bytes]) -> Iterator[tuple[int, Any | JsonProblem]]:
    """Yields (line, object) pairs; a broken object costs its line, never its neighbours.

    Args:
        pieces: Bytes of UTF-8 text; what is not UTF-8 becomes U+FFFD.
    """
    decoder = json.JSONDecoder()
    text, line, source = "", 1, _decoded(pieces)
    at_end, patience = False, 0
    while True:
        gap = _BETWEEN.match(text)
        assert gap is not None  # noqa: S101 - the pattern matches the empty string
        line += text.count("\n", 0, gap.end())
        text = text[gap.end() :]
        if (not text or len(text) < patience) and not at_end:
            more = next(source, None)
            at_end, text = more is None, text + (more or "")
            continue
        if not text:
            return
        try:
            value, end = decoder.raw_decode(text)
        except (json.JSONDecodeError, RecursionError) as error:
            if not at_end and len(text) < _LONGEST and not _line_is_broken(text, decoder):
                patience = 2 * len(text)  # doubling keeps the retries linear
                continue
            reason = "nested too deeply" if isinstance(error, RecursionError) else error.msg
            yield line, JsonProblem(f"not JSON: {reason}")
            end = text.find("\n") if "\n" in text else len(text)
        else:
            yield line, value
        patience = 0
        line += text.count("\n", 0, end)
        text = text[end:]


def without_surrogates(text: str) -> str:
    r"""Half characters (`\ud83d` alone) become U+FFFD: no file could hold them."""
    return _SURROGATE.sub("\ufffd", text)


def _line_is_broken(text: str, decoder: json.JSONDecoder) -> bool:
    """Whether the first line cannot be the beginning of a value, seen by what follows it.

    A value that goes over several lines has a second line that does not begin an object of its
    own; where it does, the first line is the one at fault.
    """
    end = text.find("\n")
    if end < 0 or not text[end + 1 :].lstrip().startswith("{"):
        return False
    try:
        decoder.raw_decode(text[end + 1 :].lstrip())
    except (json.JSONDecodeError, RecursionError):
        return False
    return True


def _decoded(pieces: Iterable[bytes]) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    for piece in pieces:
        yield decoder.decode(piece)
    yield decoder.decode(b"", final=True)
