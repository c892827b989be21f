"""Bundles (`.zip`, `.tar`, `.tar.gz`) are unpacked into a private folder, as if they were one.

Nothing is written outside that folder, links and devices are left out, and what a bundle may grow
to is bounded: a hostile one costs a message, not the disk.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

from zhenzan.detector.ingest.archives import BROKEN, Member, kind_of_archive, members_of
from zhenzan.detector.ingest.clock import EARLIEST_MS
from zhenzan.features.errors import InputError

__all__ = ["LeftOut", "Limits", "Unpacked", "is_bundle", "unpacked"]

_STEP: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """What a bundle may grow to.

    Attributes:
        total: Bytes of all members.
        ratio: Bytes unpacked for each packed one. Comments pack 5 to 15 times; deflate can reach
            1,032, which only repetition does.
        free: Bytes that are fine whatever the ratio: small files of zeros harm nobody.
        members: Files and folders.
        depth: Bundles inside bundles that are opened.
    """

    total: int = 64 << 30
    ratio: int = 200
    free: int = 256 << 20
    members: int = 100_000
    depth: int = 1


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A member that was not unpacked."""

    name: str
    reason: str


@dataclass(slots=True)
class Unpacked:
    """A bundle that now lies in a folder.

    Attributes:
        folder: Vanishes when the context ends.
        left_out: Members that are not there, with the reason.
        count: Members that are there.
    """

    folder: Path
    left_out: list[LeftOut] = field(default_factory=list)
    count: int = 0


def is_bundle(path: Path) -> bool:
    """Whether the file is an archive of files, by its content; workbooks are none."""
    return kind_of_archive(path) is not None


@contextmanager
def unpacked(bundle: Path, folder: Path, limits: Limits | None = None) -> Iterator[Unpacked]:
    """Unpacks a bundle for as long as the context lasts.

    Args:
        bundle: The archive.
        folder: Is made, for this user alone, and removed at the end.
        limits: None takes those that suit any honest bundle.

    Raises:
        InputError: It cannot be read at all, or would grow past its bounds.
    """
    folder.mkdir(parents=True, mode=0o700)
    try:
        done = Unpacked(folder)
        _Unpacking(bundle, done, limits or Limits()).run(bundle, folder, "", 0)
        yield done
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class _Unpacking:
    """The bounds hold for a bundle with all that is nested in it."""

    def __init__(self, bundle: Path, done: Unpacked, limits: Limits) -> None:
        self._bundle = bundle
        self._done = done
        self._limits = limits
        self._members = 0
        status = bundle.stat()
        self._changed = status.st_mtime
        self._room = min(limits.total, max(limits.free, limits.ratio * status.st_size))

    def run(self, archive: Path, folder: Path, inside: str, depth: int) -> None:
        """Unpacks one archive; members before the place where it breaks off are kept."""
        kind = kind_of_archive(archive)
        before = self._members
        try:
            if kind is None:
                raise EOFError
            with members_of(archive, kind) as members:
                for member in members:
                    self._one(member, folder, inside, depth)
        except BROKEN as error:
            if depth == 0 and self._members == before:
                raise InputError(
                    "the bundle cannot be read; it may be cut off",
                    path=self._bundle,
                    found=str(error) or type(error).__name__,
                ) from error
            self._leave(f"{inside}…", "the bundle is broken or cut off from here on")

    def _one(self, member: Member, folder: Path, inside: str, depth: int) -> None:
        self._members += 1
        if self._members > self._limits.members:
            raise self._refused(f"more than {self._limits.members:,} files")
        if member.fault is not None:
            self._leave(inside + member.name, member.fault)
            return
        target = folder / member.name
        try:
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            file = target.open("xb")
        except OSError as error:
            known = isinstance(error, FileExistsError)
            self._leave(inside + member.name, "comes twice" if known else "has a name too long")
            return
        try:
            with file, member.open() as stream:
                self._copy(stream, file)
        except BROKEN as error:
            target.unlink()
            if isinstance(error, OSError) and error.errno is not None:
                raise  # the disk is at fault, not the bundle
            self._leave(inside + member.name, "is cut off, damaged or packed in an unknown way")
            return
        self._date(target, member.changed)
        if is_bundle(target):
            self._nested(target, inside + member.name, depth)
        else:
            self._done.count += 1

    def _nested(self, target: Path, name: str, depth: int) -> None:
        if depth >= self._limits.depth:
            target.unlink()
            self._leave(name, "is a bundle inside a bundle inside a bundle")
            return
        aside = target.with_name(f".packed-{self._members}")
        target.rename(aside)
        target.mkdir(mode=0o700)
        self.run(aside, target, f"{name}/", depth + 1)
        aside.unlink()

    def _copy(self, stream: IO[bytes], file: IO[bytes]) -> None:
        while piece := stream.read(_STEP):
            self._room -= len(piece)
            if self._room < 0:
                raise self._refused("more bytes than any honest bundle of its size")
            file.write(piece)

    def _date(self, target: Path, changed: float | None) -> None:
        """When a file was collected is read from its time; no member is younger than its bundle."""
        if changed is None or changed * 1000 < EARLIEST_MS or changed > self._changed:
            changed = self._changed
        os.utime(target, (changed, changed))

    def _leave(self, name: str, reason: str) -> None:
        self._done.left_out.append(LeftOut(name, reason))

    def _refused(self, what: str) -> InputError:
        return InputError(
            f"the bundle would unpack to {what}, and is refused",
            path=self._bundle,
            expected="a folder with what it holds, unpacked by you, if you trust it",
        )
