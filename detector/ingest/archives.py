"""The members of zip and tar archives, one by one, each with why it must not be unpacked."""

from __future__ import annotations

import re
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import IO, Final, Literal, TypeAlias

from zhenzan.detector.sources.files import opened
from zhenzan.detector.sources.workbook import is_workbook

__all__ = ["BROKEN", "ArchiveKind", "Member", "kind_of_archive", "members_of"]

ArchiveKind: TypeAlias = Literal["zip", "tar"]

BROKEN: Final = (
    EOFError, OSError, RuntimeError, NotImplementedError, ValueError, struct.error,
    tarfile.TarError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
"""What reading an archive raises where it is cut off, locked, packed in a way unknown, or a lie."""

_ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06")
_BLOCK: Final = 512  # of tar
_OFFICE: Final = "[Content_Types].xml"  # of every office file, which is a zip as well
_UTF8: Final = 0x800  # flag bit 11 of a zip member: its name is UTF-8
_LOCKED: Final = 0x1
_TIMES: Final = 0x5455  # extra field of Info-ZIP: seconds since 1970, which DOS times lack
_DRIVE: Final = re.compile(r"[A-Za-z]:")
_LONGEST_NAME: Final = 1000


@dataclass(frozen=True, slots=True)
class Member:
    """A file inside an archive.

    Attributes:
        name: With `/` between folders, cleaned of what no file system holds.
        fault: Why it must not be unpacked; None where it may.
        changed: When it was last changed, seconds since 1970 UTC; None where that is not said.
        open: Its bytes; members of a tar are to be read in their order.
    """

    name: str
    fault: str | None
    changed: float | None
    open: Callable[[], IO[bytes]]


def kind_of_archive(path: Path) -> ArchiveKind | None:
    """`zip` or `tar` (packed or not) by content; None for all else, office files among them."""
    try:
        with path.open("rb") as file:
            mark = file.read(16)
        if mark.startswith(_ZIP):
            return None if is_workbook(path, mark) or _is_office(path) else "zip"
        with opened(path) as stream:
            head = stream.read(_BLOCK)
        return "tar" if b"ustar" in head[257:262] and _is_header(head) else None
    except BROKEN:
        return None


@contextmanager
def members_of(path: Path, kind: ArchiveKind) -> Iterator[Iterator[Member]]:
    """Opens an archive for reading its members once.

    Raises:
        OSError, BadZipFile, TarError, …: One of `BROKEN`, also while members are taken.
    """
    if kind == "zip":
        with zipfile.ZipFile(path) as archive:
            yield (_zipped(archive, info) for info in archive.infolist() if not info.is_dir())
    else:
        with opened(path) as stream, tarfile.open(fileobj=stream, mode="r|") as packed:
            yield (_taped(packed, info) for info in packed if not info.isdir())


def _is_office(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return _OFFICE in archive.namelist()
    except BROKEN:
        return False


def _is_header(block: bytes) -> bool:
    try:
        tarfile.TarInfo.frombuf(block, "utf-8", "replace")
    except tarfile.HeaderError:
        return False
    return True


def _zipped(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Member:
    name = _cleaned(_decoded(info))
    fault = _fault(name)
    mode = info.external_attr >> 16
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        fault = "is a link or a device"
    elif info.flag_bits & _LOCKED:
        fault = "is under a password"
    return Member(name, fault, _changed(info), lambda: archive.open(info))


def _taped(archive: tarfile.TarFile, info: tarfile.TarInfo) -> Member:
    name = _cleaned(info.name)
    fault = _fault(name) if info.isfile() else "is a link or a device"

    def open_member() -> IO[bytes]:
        stream = archive.extractfile(info)
        if stream is None:
            raise tarfile.ReadError("no file")
        return stream

    return Member(name, fault, float(info.mtime), open_member)


def _decoded(info: zipfile.ZipInfo) -> str:
    """Chinese Windows writes names in GBK and does not say so."""
    if info.flag_bits & _UTF8 or info.filename.isascii():
        return info.filename
    for encoding in ("utf-8", "gbk"):
        try:
            return info.filename.encode("cp437").decode(encoding)
        except UnicodeError:
            continue
    return info.filename


def _cleaned(name: str) -> str:
    plain = name.replace("\\", "/").encode("utf-8", "replace").decode("utf-8")
    return plain.removeprefix("./")


def _fault(name: str) -> str | None:
    parts = PurePosixPath(name).parts
    if name.startswith("/") or _DRIVE.match(name) or ".." in parts:
        return "leads out of the bundle"
    if not parts or "\x00" in name or len(name) > _LONGEST_NAME:
        return "has a name that no file can have"
    return None


def _changed(info: zipfile.ZipInfo) -> float | None:
    """The exact time where the packer left one; DOS times, which name no zone, are read as UTC."""
    extra = info.extra
    while len(extra) >= 4:
        kind, size = struct.unpack("<HH", extra[:4])
        if kind == _TIMES and size >= 5 and extra[4] & 1:
            return float(struct.unpack("<i", extra[5:9])[0])
        extra = extra[4 + size :]
    try:
        return datetime(*info.date_time, tzinfo=UTC).timestamp()
    except ValueError:
        return None
