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

__all__ = ["TOO_LONG", "JsonProblem", "json_values", "without_surrogates"]

TOO_LONG: Final = "longer than any record (64 MB)"
"""What is said of a line that was not read for its length."""

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
    text, at, line, patience, at_end = "", 0, 1, 0, False
    source = _decoded(pieces)
    while True:
        gap = _BETWEEN.match(text, at)
        end = at if gap is None else gap.end()
        line += text.count("\n", at, end)
        at = end
        if (at == len(text) or len(text) - at < patience) and not at_end:
            more = next(source, None)
            at_end, text, at = more is None, text[at:] + (more or ""), 0
            continue
        if at == len(text):
            return
        try:
            value, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            # Only a value that the end of the text breaks off can become whole.
            cut = _breaks_off(error, text) and not _line_is_broken(text, at, decoder)
            if cut and not at_end and len(text) - at < _LONGEST:
                patience = 2 * (len(text) - at)  # doubling keeps the retries linear
                continue
            too_long = cut and not at_end
            yield line, JsonProblem(TOO_LONG if too_long else f"not JSON: {_reason(error)}")
            if cut and at_end:
                return  # the last value, on however many lines
            while too_long and "\n" not in text[at:]:
                more = next(source, None)
                if more is None:
                    return
                text, at = more, 0
            end = text.find("\n", at)
            end = len(text) if end < 0 else end
        else:
            yield line, value
        patience = 0
        line += text.count("\n", at, end)
        at = end


def without_surrogates(text: str) -> str:
    r"""Half characters (`\ud83d` alone) become U+FFFD: no file could hold them."""
    return _SURROGATE.sub("\ufffd", text)


def _reason(error: ValueError | RecursionError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return error.msg
    return "nested too deeply" if isinstance(error, RecursionError) else "a number is too long"


def _breaks_off(error: ValueError | RecursionError, text: str) -> bool:
    """Whether nothing is wrong but that the text ends: in a string, an escape, a word, between."""
    return isinstance(error, json.JSONDecodeError) and (
        error.pos >= len(text.rstrip()) - len(r"\u0000")
        or error.msg.startswith("Unterminated string")
    )


def _line_is_broken(text: str, at: int, decoder: json.JSONDecoder) -> bool:
    """Whether the line at fault is followed by a line that begins an object of its own."""
    end = text.find("\n", at)
    gap = None if end < 0 else _BETWEEN.match(text, end)
    if gap is None or not text.startswith("{", gap.end()):
        return False
    try:
        decoder.raw_decode(text, gap.end())
    except (ValueError, RecursionError):
        return False
    return True


def _decoded(pieces: Iterable[bytes]) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    for piece in pieces:
        yield decoder.decode(piece)
    yield decoder.decode(b"", final=True)
