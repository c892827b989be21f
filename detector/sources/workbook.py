"""Workbooks (`.xlsx`, `.xlsm`) as flat records: values only, streamed, bounded; nothing is run.

Formulas give the value that was last computed, macros are never looked at, links are not followed.
The first row that holds anything names the columns.
"""

from __future__ import annotations

import re
import warnings
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, Final, TypeAlias, TypeVar

from zhenzan.detector.sources.cells import cell_text, distinct_names, text_records
from zhenzan.detector.sources.flat import BadRecord, Record
from zhenzan.features.errors import InputError

__all__ = ["is_workbook", "read_sheet", "refuse_old_office", "sheet_columns"]

_Row: TypeAlias = Sequence[object]
_T = TypeVar("_T")
_ZIP: Final = b"PK"
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # Excel before 2007, and files under a password
_MEMBER: Final = "xl/workbook.xml"
# A sheet holds no more rows (ECMA-376 as Excel keeps it): what claims more is broken, or a trap.
_MOST_ROWS: Final = 1_048_576
# Texts that cells share are held in memory as a whole, a sheet streams: a full one of ten filled
# columns is about 0.5 GB of XML.
_SHARED: Final = 256 << 20
_SHEET: Final = 4 << 30
_ROWS: Final = 1 << 14
_HEADER_WITHIN: Final = 100  # rows that may stand empty above the header
# What may stand before the first element, and as far as it is looked for.
_PROLOG: Final = 1 << 16
_ASIDE: Final = re.compile(rb"<!--.*?-->|<\?.*?\?>", re.S)
_MARKUP: Final = re.compile(rb"<!|<[^!]")
_BROKEN: Final = (
    OSError, LookupError, ValueError, TypeError, AttributeError, SyntaxError, EOFError,
    RuntimeError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip


def is_workbook(path: Path, head: bytes) -> bool:
    """Whether a zip archive is a workbook; one that is broken is judged by its name."""
    if not head.startswith(_ZIP):
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            return _MEMBER in archive.namelist()
    except _BROKEN:
        return path.suffix.lower() in (".xlsx", ".xlsm")


def refuse_old_office(path: Path, head: bytes) -> None:
    """Tells what to do with files that only an office program can open.

    Raises:
        InputError: The file is of Excel before 2007, or is under a password.
    """
    if head.startswith(_OLE):
        raise InputError(
            "an old or encrypted office file; save it as .xlsx without a password, or as CSV",
            path=path,
        )


def sheet_columns(path: Path) -> dict[str, tuple[str, ...]]:
    """Names of the sheets in order, each with its columns; none for a sheet that holds nothing.

    Raises:
        InputError: The workbook cannot be read.
    """
    with _opened(path) as book:
        return {sheet.title: tuple(_header(sheet)[0]) for sheet in book.worksheets}


def read_sheet(path: Path, sheet: str, columns: Collection[str] | None = None) -> Iterator[Record]:
    """Streams the rows below the header as text, NULL where nothing stands.

    Args:
        path: The workbook.
        sheet: Which sheet.
        columns: The only ones wanted.

    Raises:
        InputError: There is no such sheet, or the workbook cannot be read.
    """
    with _opened(path) as book:
        pages = {page.title: page for page in book.worksheets}
        if sheet not in pages:
            raise InputError(f"there is no sheet {sheet!r}", path=path, found=", ".join(pages))
        names, above = _header(pages[sheet])
        rows = enumerate(islice(pages[sheet].values, _MOST_ROWS + 1), 1)
        last, fault = above, None
        for _ in islice(rows, above):
            pass
        while fault is None:
            block, fault = _quietly(lambda: _block(rows))
            filled = [(n, cells) for n, cells in block if n <= _MOST_ROWS and any(map(_is, cells))]
            yield from text_records(names, columns, filled)
            last = block[-1][0] if block else last
            if len(block) < _ROWS:
                break
        if fault is None and last > _MOST_ROWS:
            fault = "more rows than a sheet can hold"
        if fault is not None:
            yield BadRecord(min(last, _MOST_ROWS) + 1, f"the sheet is broken from here on: {fault}")


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """The workbook, after a look at how much it would unpack."""
    import openpyxl  # here, because few runs meet a workbook

    with path.open("rb") as file:
        try:
            _bounded(path)
            book = _quietly(
                lambda: openpyxl.load_workbook(
                    file, read_only=True, data_only=True, keep_links=False
                )
            )
        except _BROKEN as error:
            raise InputError(
                "the workbook cannot be read; it may be cut off or protected",
                path=path,
                found=f"{type(error).__name__}: {error}",
                expected="an .xlsx file as Excel or a collector writes it",
            ) from error
        try:
            yield book
        finally:
            book.close()


def _bounded(path: Path) -> None:
    """Sizes are those that the archive states: nothing unpacks to more than it states.

    A part with a document type is refused, since its entities may unfold without end. No office
    program writes one (ECMA-376 part 2 forbids them in packages).
    """
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            most = _SHEET if member.filename.startswith("xl/worksheets/") else _SHARED
            if member.file_size > most and member.filename.endswith((".xml", ".rels")):
                raise InputError(
                    "a part of the workbook is too large to be read",
                    path=path,
                    found=f"{member.filename} with {member.file_size:,} bytes",
                    expected=f"at most {most:,} bytes",
                )
            if member.filename.endswith((".xml", ".rels")) and _declares(archive, member):
                raise InputError(
                    "the workbook declares a document type and is not read",
                    path=path,
                    found=member.filename,
                    expected="an .xlsx file as Excel or a collector writes it",
                )


def _header(sheet: Any) -> tuple[list[str], int]:
    """Names of the columns, and the row that they stand in; none of a sheet without any."""
    # What a sheet claims to span may be nonsense, and its rows would be padded to it.
    sheet.reset_dimensions()
    top, _ = _quietly(lambda: _block(enumerate(islice(sheet.values, _HEADER_WITHIN), 1)))
    for number, cells in top:
        if any(map(_is, cells)):
            return distinct_names([(text or "").strip() for text in cells]), number
    return [], 0


def _block(
    rows: Iterator[tuple[int, _Row]],
) -> tuple[list[tuple[int, list[str | None]]], str | None]:
    """The next rows as text, and why there are no more where the sheet is broken."""
    block: list[tuple[int, list[str | None]]] = []
    try:
        for number, cells in islice(rows, _ROWS):
            block.append((number, [cell_text(cell) for cell in cells]))
    except _BROKEN as error:
        return block, type(error).__name__
    return block, None


def _is(text: str | None) -> bool:
    return text is not None and text != ""


def _quietly(work: Callable[[], _T]) -> _T:
    """Without the reader's warnings about styles and print settings, which lose no value."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return work()


def _declares(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bool:
    """Whether a part begins with anything but an element; in UTF-16 every other byte is zero."""
    with archive.open(member) as part:
        start = part.read(_PROLOG).replace(b"\x00", b"")
    first = _MARKUP.search(_ASIDE.sub(b"", start))
    return bool(start) and (first is None or first[0] == b"<!")
