"""Writes uploads to disk as they arrive: bounded, digested, under safe names, never in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from zhenzan.api.jobs.names import safe_name
from zhenzan.api.problems import Problem

__all__ = ["MOST_FILES", "Intake", "MultipartIntake", "RawIntake", "Received"]

MOST_FILES: Final = 1000
"""Files of one upload; more come in an archive."""

_MOST_OPTIONS: Final = 64 << 10
"""Bytes of the part `options`: thousands of declared contexts."""


@dataclass(frozen=True, slots=True)
class Received:
    """A file that was uploaded.

    Attributes:
        name: Under which it lies.
        size: Bytes.
        sha256: In hex.
    """

    name: str
    size: int
    sha256: str


class Intake:
    """Takes pieces of a body; subclasses say what the pieces mean.

    Args:
        folder: Where files are written.
        limit: Most bytes of all files.
    """

    def __init__(self, folder: Path, limit: int) -> None:
        self.files: list[Received] = []
        self.options = b""
        self._folder = folder
        self._limit = limit
        self._size = 0
        self._file: IO[bytes] | None = None
        self._name = ""
        self._own = 0
        self._digest = hashlib.sha256()

    def feed(self, piece: bytes) -> None:
        """Takes the next bytes of the body.

        Raises:
            Problem: 413 past the limit, 422 for a body that cannot be read.
        """
        raise NotImplementedError

    def finish(self) -> None:
        """Says that the body is complete.

        Raises:
            Problem: 422 for a body that is cut off or holds no file.
        """
        self.close()
        if not any(file.size for file in self.files):
            raise Problem(422, "empty-upload", "the upload holds no file with anything in it")

    def close(self) -> None:
        """Closes the file at hand, also after an error."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _begin(self, given: str | None) -> None:
        if len(self.files) >= MOST_FILES:
            detail = f"more than {MOST_FILES} files; send them as one archive"
            raise Problem(413, "too-many-files", detail)
        self._name = safe_name(given, {file.name.lower() for file in self.files})
        self._file = (self._folder / self._name).open("xb")
        self._own, self._digest = 0, hashlib.sha256()

    def _take(self, piece: bytes) -> None:
        if self._file is None:
            raise _bad_form()
        self._size += len(piece)
        if self._size > self._limit:
            detail = f"an upload may hold {self._limit:,} bytes at most; pack it, or name a path"
            raise Problem(413, "too-large", detail)
        self._own += len(piece)
        self._digest.update(piece)
        self._file.write(piece)

    def _end(self) -> None:
        self.close()
        self.files.append(Received(self._name, self._own, self._digest.hexdigest()))


class RawIntake(Intake):
    """The body is one file.

    Args:
        folder: Where files are written.
        limit: Most bytes.
        name: As the sender calls the file.
    """

    def __init__(self, folder: Path, limit: int, name: str | None) -> None:
        super().__init__(folder, limit)
        self._begin(name)

    def feed(self, piece: bytes) -> None:
        """See `Intake`."""
        self._take(piece)

    def finish(self) -> None:
        """See `Intake`."""
        self._end()
        super().finish()


class MultipartIntake(Intake):
    """A form: parts with a file name are files, the part `options` is JSON, others are refused.

    Args:
        folder: Where files are written.
        limit: Most bytes of all files.
        content_type: Of the request; names the boundary.

    Raises:
        Problem: 422 where it names none.
    """

    def __init__(self, folder: Path, limit: int, content_type: str) -> None:
        super().__init__(folder, limit)
        boundary = parse_options_header(content_type)[1].get(b"boundary")
        if not boundary:
            raise Problem(422, "bad-form", "the multipart body names no boundary")
        self._header: list[bytes] = [b"", b""]
        self._disposition = b""
        self._sink: Callable[[bytes], None] = self._take
        self._ended = False
        calls: Any = {
            "on_part_begin": self._part,
            "on_header_field": lambda data, a, b: self._add(0, data[a:b]),
            "on_header_value": lambda data, a, b: self._add(1, data[a:b]),
            "on_header_end": self._header_end,
            "on_headers_finished": self._headers_end,
            "on_part_data": lambda data, a, b: self._sink(data[a:b]),
            "on_part_end": self._part_end,
            "on_end": self._all_end,
        }
        try:
            self._parser = MultipartParser(boundary, calls)
        except FormParserError as error:
            raise _bad_form() from error

    def feed(self, piece: bytes) -> None:
        """See `Intake`."""
        try:
            self._parser.write(piece)
        except FormParserError as error:
            raise _bad_form() from error

    def finish(self) -> None:
        """See `Intake`."""
        if not self._ended:
            raise _bad_form()
        super().finish()

    def _part(self) -> None:
        self._header, self._disposition = [b"", b""], b""

    def _add(self, which: int, data: bytes) -> None:
        self._header[which] += data

    def _header_end(self) -> None:
        if self._header[0].lower() == b"content-disposition":
            self._disposition = self._header[1]
        self._header = [b"", b""]

    def _headers_end(self) -> None:
        told = parse_options_header(self._disposition)[1]
        name, file_name = told.get(b"name", b""), told.get(b"filename")
        if file_name is not None:
            self._begin(file_name.decode("utf-8", "replace"))
            self._sink = self._take
        elif name == b"options":
            self._sink = self._take_options
        else:
            detail = "a part that is neither a file (it has no file name) nor `options`"
            raise Problem(422, "bad-form", detail)

    def _take_options(self, piece: bytes) -> None:
        self.options += piece
        if len(self.options) > _MOST_OPTIONS:
            raise Problem(413, "too-large", f"`options` may hold {_MOST_OPTIONS:,} bytes at most")

    def _part_end(self) -> None:
        if self._file is not None:
            self._end()

    def _all_end(self) -> None:
        self._ended = True


def _bad_form() -> Problem:
    return Problem(422, "bad-form", "the multipart body is broken or cut off")
