"""Opens files whatever packs them, and looks at their beginning once, for all sources to judge."""

from __future__ import annotations

import codecs
import gzip
import io
import json
import zlib
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import IO, Final, Literal, TypeAlias, cast

import pyarrow as pa
import pyarrow.parquet as pq
from zhenzan.detector.sources.encoding import decoder_of, is_gb18030
from zhenzan.detector.sources.jsonvalues import JsonProblem, json_values
from zhenzan.detector.sources.longzstd import ARROW_WINDOW, LongZstd, window_of
from zhenzan.detector.sources.sqlite import is_sqlite, table_columns
from zhenzan.detector.sources.workbook import is_workbook, refuse_old_office, sheet_columns
from zhenzan.features.errors import InputError

__all__ = [
    "FileKind",
    "Pieces",
    "Probe",
    "Truncated",
    "byte_chunks",
    "opened",
    "probe",
    "recoded",
    "stem_of",
]

FileKind: TypeAlias = Literal["parquet", "delimited", "json", "xlsx", "sqlite", "empty", "unknown"]

_HEAD: Final = 1 << 18  # 256 KiB: hundreds of rows, or one long first JSON value
_CHUNK: Final = 1 << 22  # 4 MiB read at once: bounded, and large enough to be fast
_DELIMITERS: Final = (",", "\t", ";", "|")
_TRIES: Final = 20  # broken lines before a file is called unreadable
_PARQUET: Final = b"PAR1"
_GZIP: Final = b"\x1f\x8b"
_ZSTD: Final = b"\x28\xb5\x2f\xfd"
_PACKING: Final = (".gz", ".zst", ".zstd")


class Truncated(Exception):
    """The packed stream ends before its end mark; what came before it was already handed out."""


@dataclass(frozen=True, slots=True)
class Probe:
    """A file and what its beginning shows.

    Attributes:
        path: The file.
        stem: Its name without packing and format endings: `engagement` of `engagement.csv.gz`.
        kind: What the bytes look like.
        columns: Header of a table, or keys of the first JSON objects, in order; of several sheets
            none.
        delimiter: Of delimited text.
        first: The first JSON value, None for other kinds.
        one_a_line: The first line is a JSON object of its own.
        sheets: Sheets of a workbook or tables of a database, each with its columns.
    """

    path: Path
    stem: str
    kind: FileKind
    columns: tuple[str, ...] = ()
    delimiter: str = ","
    first: object = None
    one_a_line: bool = False
    sheets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


class Pieces:
    """The bytes of a file, whose early end is a fact to ask for and not an error.

    Attributes:
        cut: The packed file ended before its end mark.
        newlines: Line ends handed out so far.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.cut = False
        self.newlines = 0

    def __iter__(self) -> Iterator[bytes]:
        try:
            for piece in byte_chunks(self._path):
                self.newlines += piece.count(b"\n")
                yield piece
        except Truncated:
            self.cut = True


def probe(path: Path) -> Probe:
    """Looks at the beginning of a file.

    Raises:
        InputError: The file cannot be opened, or is broken from its first byte.
    """
    stem = stem_of(path)
    office = _of_sheets(path, stem)
    if office is not None:
        return office
    head = _head(path)
    if not head.strip(b"\x00 \t\r\n\xef\xbb\xbf"):
        return Probe(path, stem, "empty")
    if head.startswith(_PARQUET):
        return Probe(path, stem, "parquet", columns=tuple(_parquet_names(path)))
    text = head.decode("utf-8", "replace").lstrip("\ufeff \t\r\n")
    if text[0] in "[{":
        first = _first_value(path)
        keys = tuple(first) if isinstance(first, dict) else ()
        line, more, _ = text.partition("\n")
        alone = text[0] == "{" and (not more or _is_object(line))
        return Probe(path, stem, "json", columns=keys, first=first, one_a_line=alone)
    if b"\x00" in head.split(b"\n", 1)[0]:
        return Probe(path, stem, "unknown")
    header = text.splitlines()[0]
    delimiter = max(_DELIMITERS, key=header.count)  # the first wins where all are absent
    names = tuple(name.strip().strip('"').strip() for name in header.split(delimiter))
    return Probe(path, stem, "delimited", columns=names, delimiter=delimiter)


def _of_sheets(path: Path, stem: str) -> Probe | None:
    """Workbooks and databases, which hold tables by name; None for all others."""
    try:
        with path.open("rb") as file:
            mark = file.read(16)
    except OSError as error:
        raise InputError(f"cannot be opened: {error.strerror}", path=path) from error
    refuse_old_office(path, mark)
    if is_sqlite(mark):
        sheets = table_columns(path)
    elif is_workbook(path, mark):
        sheets = sheet_columns(path)
    else:
        return None
    filled = [columns for columns in sheets.values() if columns]
    only = filled[0] if len(filled) == 1 else ()
    return Probe(path, stem, "sqlite" if is_sqlite(mark) else "xlsx", only, sheets=sheets)


def _first_value(path: Path) -> object:
    """The first object that can be read, however long it is; None where the first few cannot."""
    with closing(byte_chunks(path)) as pieces, suppress(Truncated):
        for _, value in islice(json_values(pieces), _TRIES):
            if not isinstance(value, JsonProblem):
                return value
    return None


def _is_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def byte_chunks(path: Path) -> Generator[bytes]:
    """The unpacked bytes as UTF-8 in pieces of a few MiB, without a byte-order mark.

    Raises:
        InputError: The file cannot be opened.
        Truncated: A packed file ends early; the pieces before were good.
    """
    with opened(path) as stream:
        first = _read(stream, path)
        decoder = decoder_of(first)
        if decoder is None:
            yield first.removeprefix(codecs.BOM_UTF8)
        else:
            yield decoder.decode(first).encode("utf-8", "replace")
        while piece := _read(stream, path):
            yield piece if decoder is None else decoder.decode(piece).encode("utf-8", "replace")


def _head(path: Path) -> bytes:
    try:
        with closing(byte_chunks(path)) as pieces:
            return next(pieces, b"")[:_HEAD]
    except Truncated as error:
        raise InputError(
            "the packed file is broken from its beginning", path=path, found=str(error)
        ) from error


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """The bytes of a file, unpacked on the way where gzip or zstd packs them.

    Raises:
        InputError: The file cannot be opened.
    """
    try:
        raw = path.open("rb")
    except OSError as error:
        raise InputError(f"cannot be opened: {error.strerror}", path=path) from error
    with raw:
        head = raw.read(18)
        mark = head[:4]
        raw.seek(0)
        if mark.startswith(_GZIP):
            with gzip.GzipFile(fileobj=raw, mode="rb") as unpacked:
                yield cast("IO[bytes]", unpacked)
        elif mark == _ZSTD and window_of(head) > ARROW_WINDOW:
            yield io.BufferedReader(LongZstd(raw))
        elif mark == _ZSTD:
            with pa.CompressedInputStream(raw, "zstd") as stream:
                yield io.BufferedReader(_ArrowRaw(stream))
        else:
            yield raw


class _ArrowRaw(io.RawIOBase):
    """Lets an Arrow stream be read like any file."""

    def __init__(self, stream: pa.NativeFile) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._stream.close()
        super().close()


def _read(stream: IO[bytes], path: Path) -> bytes:
    """One piece; a packed stream hands out all good bytes before it says that it is cut."""
    pieces: list[bytes] = []
    size = 0
    # Small steps, one read of the stream each: what a failing step had unpacked is lost with it.
    step = getattr(stream, "read1", stream.read)
    while size < _CHUNK:
        try:
            piece: bytes = step(min(1 << 16, _CHUNK - size))
        except (EOFError, zlib.error, gzip.BadGzipFile, OSError) as error:
            if pieces:
                return b"".join(pieces)  # the next call fails again, and says so
            raise Truncated(f"{path.name}: {error}") from error
        if not piece:
            break
        pieces.append(piece)
        size += len(piece)
    return b"".join(pieces)


def _parquet_names(path: Path) -> list[str]:
    try:
        names: list[str] = pq.read_schema(path).names
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(
            "the Parquet file cannot be read; it may be cut off",
            path=path,
            found=str(error),
            expected="a footer at the end of the file",
        ) from error
    return names


def recoded(path: Path) -> bool:
    """Whether the text is GB18030, which is converted on the way.

    Raises:
        InputError: The file cannot be opened.
    """
    with opened(path) as stream, suppress(Truncated):
        return is_gb18030(_read(stream, path))
    return False


def stem_of(path: Path) -> str:
    """Name without endings for packing and format, in lower case."""
    name = path.name
    for ending in _PACKING:
        if name.lower().endswith(ending):
            name = name[: -len(ending)]
    return name.rsplit(".", 1)[0].lower()
