"""What packed files may grow to, asked before they are read: a small file can hold a full disk.

Archives are bounded again while they are unpacked, by what they really hold; here the sizes that a
zip declares are believed and single packed streams (`.gz`, `.zst`, `.tar.gz`) are counted.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Final

from zhenzan.detector.ingest.archives import BROKEN, kind_of_archive
from zhenzan.detector.ingest.bundles import Limits
from zhenzan.detector.sources.files import Truncated, opened
from zhenzan.features.errors import InputError

__all__ = ["check_declared", "check_unpacked"]

_PACKED: Final = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd")
_PIECE: Final = 1 << 20


def check_declared(path: Path, limits: Limits | None = None) -> None:
    """Refuses a zip that says itself that it grows past the limits; costs a read of its index.

    Raises:
        InputError: It does.
    """
    if kind_of_archive(path) != "zip":
        return
    limits = limits or Limits()
    try:
        with zipfile.ZipFile(path) as archive:
            sizes = [info.file_size for info in archive.infolist()]
    except BROKEN:
        return  # the reader says better what is wrong with it
    if sum(sizes) > _room(path, limits) or len(sizes) > limits.members:
        raise _refused(path)


def check_unpacked(path: Path, limits: Limits | None = None) -> None:
    """As `check_declared`; besides, counts what a packed stream gives.

    Raises:
        InputError: It is more than any honest file of its size.
    """
    check_declared(path, limits)
    with path.open("rb") as file:
        if not file.read(4).startswith(_PACKED):
            return
    room = _room(path, limits or Limits())
    try:
        with opened(path) as stream:
            while piece := stream.read(_PIECE):
                room -= len(piece)
                if room < 0:
                    raise _refused(path)
    except (*BROKEN, Truncated):
        return  # likewise


def _room(path: Path, limits: Limits) -> int:
    return min(limits.total, max(limits.free, limits.ratio * path.stat().st_size))


def _refused(path: Path) -> InputError:
    return InputError(
        "the file would unpack to more than any honest file of its size, and is refused",
        path=path.name,
    )
