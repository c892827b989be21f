"""JSON objects whose long arrays are handed out element by element, however large the object is.

A saved answer, a dump of a video and an aborted download are one object with one long array: the
object as a whole would not fit into memory, and an unclosed one could not be read at all.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Collection, Iterable, Iterator
from typing import Any, Final, TypeAlias

from zhenzan.detector.sources.jsonvalues import JsonProblem

__all__ = ["Member", "json_members"]

Member: TypeAlias = tuple[int, str | None, Any]
"""Line, name of the array or None for an object, and the value or a `JsonProblem`."""

_BETWEEN: Final = re.compile(r"[\s,\[\]\ufeff]*")
_SPACE: Final = re.compile(r"\s*")
_COMMA: Final = re.compile(r"[\s,]*")
_LONGEST: Final = 64 << 20  # of one value, as in jsonvalues
# A value cut by the end of the buffer fails within its last token; the longest literal has nine
# characters, an escaped pair of surrogates twelve.
_TOKEN: Final = 16


def json_members(pieces: Iterable[bytes], arrays: Collection[str]) -> Iterator[Member]:
    """Yields the elements of the named arrays of every top-level object, then what else it holds.

    Objects may stand in lines, arrays, or behind each other. Objects nested inside are whole. The
    elements of an object come before it, so that a reader that needs the object first reads twice.
    A broken element costs its line, and what follows is read as if it stood alone; an object of
    which elements were handed out gives what else it holds before the `JsonProblem`.

    Args:
        pieces: Bytes of UTF-8 text; what is not UTF-8 becomes U+FFFD.
        arrays: Names of members to hand out by element where they are arrays.
    """
    text = _Text(pieces)
    broke = False
    while text.skip(_BETWEEN):
        line = text.line
        try:
            if broke and text.peek() == "}":  # of the object that broke
                text.at += 1
            elif text.peek() == "{":
                yield from _object(text, arrays)
            else:
                yield line, None, text.value()
        except _Broken as broken:
            broke = True
            yield text.line, None, JsonProblem(broken.reason)
            if broken.reason == _UNCLOSED:
                return  # no part of what is left is whole
            text.skip_line()


class _Broken(Exception):
    """What stands here is no JSON."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def _object(text: _Text, arrays: Collection[str]) -> Iterator[Member]:
    line = text.line
    whole = text.on_this_line()
    if whole is not None:
        for name in arrays:
            if isinstance(whole.get(name), list):
                for element in whole.pop(name):
                    yield line, name, element
        yield line, None, whole
        return
    held: dict[str, Any] = {}
    handed_out = False
    text.at += 1
    try:
        while text.skip(_COMMA) and text.peek() != "}":
            name = text.value()
            if not isinstance(name, str):
                raise _Broken("not JSON: a member without a name")
            text.expect(":")
            text.skip(_SPACE)
            if name in arrays and text.peek() == "[":
                handed_out = True
                text.at += 1
                while text.skip(_COMMA) and text.peek() != "]":
                    yield text.line, name, text.value()
                text.expect("]")
            else:
                held[name] = text.value()
        text.expect("}")
    except _Broken:
        if handed_out:
            yield line, None, held
        raise
    yield line, None, held


class _Text:
    """Decoded text with a place in it; reads on when a value does not end in what is held."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self.at = 0
        self.line = 1
        self._text = ""
        self._at_end = False
        self._source = _decoded(pieces)
        self._decoder = json.JSONDecoder()

    def skip(self, pattern: re.Pattern[str]) -> bool:
        """Moves behind what separates values; False where nothing follows."""
        while True:
            gap = pattern.match(self._text, self.at)
            end = self.at if gap is None else gap.end()
            self._move(end)
            if end < len(self._text):
                return True
            if not self._more():
                return False

    def peek(self) -> str:
        return self._text[self.at : self.at + 1]

    def expect(self, mark: str) -> None:
        if not self.skip(_SPACE):
            raise _Broken(_UNCLOSED)
        if self.peek() != mark:
            raise _Broken(f"not JSON: {mark} is missing")
        self.at += 1

    def on_this_line(self) -> dict[str, Any] | None:
        """The object that begins here, where it ends on its line and is held already."""
        end = self._text.find("\n", self.at)
        if end - self.at < 2 and (end >= 0 or not self._at_end):
            return None
        try:
            value, stop = self._decoder.raw_decode(self._text, self.at)
        except (ValueError, RecursionError):
            return None  # reading member by member finds out why
        if 0 <= end < stop or not isinstance(value, dict):
            return None
        self.at = stop
        return value

    def value(self) -> Any:
        """The value that begins here, whatever it is.

        Raises:
            _Broken: It is no JSON, or longer than a value can be.
        """
        while True:
            try:
                value, stop = self._decoder.raw_decode(self._text, self.at)
            except json.JSONDecodeError as error:
                # An open string is blamed on its beginning, all else on where it stopped making
                # sense; line ends inside strings are told at once.
                cut = error.msg.startswith("Unterminated") or error.pos + _TOKEN > len(self._text)
                if not cut:
                    raise _Broken(f"not JSON: {error.msg}") from error
                if len(self._text) - self.at > _LONGEST:
                    raise _Broken("not JSON: longer than a record can be") from error
                if not self._more(doubling=True):
                    inside = error.pos < len(self._text.rstrip()) and "Untermi" not in error.msg
                    why = f"not JSON: {error.msg}" if inside else _UNCLOSED
                    raise _Broken(why) from error
            except RecursionError as error:
                raise _Broken("not JSON: nested too deeply") from error
            except ValueError as error:
                raise _Broken("not JSON: a number is too long") from error
            else:
                # A number that ends with the buffer, or before the `.` or `e+` there, may go on.
                ends = stop + 2 < len(self._text) or self._text[stop:].strip(".eE+-")
                if ends or not self._more():
                    self._move(stop)
                    return value

    def skip_line(self) -> None:
        """Moves to the end of the line, reading on without keeping what is passed."""
        while True:
            end = self._text.find("\n", self.at)
            if end >= 0:
                self.at = end
                return
            self.at = len(self._text)
            if not self._more():
                return

    def _move(self, end: int) -> None:
        self.line += self._text.count("\n", self.at, end)
        self.at = end

    def _more(self, doubling: bool = False) -> bool:
        """Reads on; False at the end. Doubling keeps the retries of a long value linear."""
        held = [self._text[self.at :]]
        wanted = 2 * len(held[0]) if doubling else 1
        found = 0
        while found < wanted and not self._at_end:
            piece = next(self._source, None)
            self._at_end = piece is None
            held.append(piece or "")
            found += len(held[-1])
        self._text, self.at = "".join(held), 0
        return found > 0


_UNCLOSED: Final = "the file ends inside a JSON value"


def _decoded(pieces: Iterable[bytes]) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    for piece in pieces:
        yield decoder.decode(piece)
    yield decoder.decode(b"", final=True)
