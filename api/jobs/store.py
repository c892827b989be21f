"""Where finished scans are kept: a folder, or any store that fsspec knows.

A scan lies at `<tenant>/<scan>/`. In a folder it appears by one rename. Other stores have none, so
there `run.json`, without which a directory is no scan, is written last and deleted first. Whoever
reads goes through the row in the database, which comes after either.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from zhenzan.detector.results import is_scan
from zhenzan.features.errors import InputError, MissingDependencyError, UsageError

__all__ = ["FolderStore", "RemoteStore", "StoreBase", "open_store"]

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}")
_LAST: Final = "run.json"
_CACHED: Final = 32
"""Scans of a remote store that are kept here, those used last: enough for a team's work."""


def _place(tenant_id: str, scan_id: str) -> str:
    for name in (tenant_id, scan_id):
        if not _NAME.fullmatch(name):
            raise UsageError("a name of a tenant or scan holds what no folder of ours does")
    return f"{tenant_id}/{scan_id}"


class StoreBase:
    """What every store can do; all of it may be done twice."""

    def publish(self, scan: Path, tenant_id: str, scan_id: str) -> None:
        """Puts a finished scan directory into the store; `scan` may be gone afterwards."""
        raise NotImplementedError

    def holds(self, tenant_id: str, scan_id: str) -> bool:
        """Whether the store has that scan, complete."""
        raise NotImplementedError

    def local(self, tenant_id: str, scan_id: str) -> Path:
        """The scan directory on this machine; to be read only.

        Raises:
            InputError: The store has no such scan.
        """
        raise NotImplementedError

    def delete(self, tenant_id: str, scan_id: str) -> None:
        """Removes a scan; none is no error."""
        raise NotImplementedError

    def all(self) -> Iterator[tuple[str, str]]:
        """Tenant and scan of everything that lies there, complete or not."""
        raise NotImplementedError

    def remove_drafts(self, before_ms: int) -> int:
        """Removes what killed processes left half done before that time; says how many."""
        return 0


class FolderStore(StoreBase):
    """Scans in a folder of this machine, or of a volume that all workers share.

    Args:
        root: The folder.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def publish(self, scan: Path, tenant_id: str, scan_id: str) -> None:
        """See `StoreBase`."""
        goal = self._root / _place(tenant_id, scan_id)
        if is_scan(goal):
            return  # whoever put it there could not say so any more
        goal.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            scan.rename(goal)
            return
        except OSError:
            if not scan.is_dir():
                raise
        # Another file system: a copy under another name first.
        draft = Path(tempfile.mkdtemp(dir=self._aside()))
        try:
            shutil.copytree(scan, draft, dirs_exist_ok=True)
            draft.rename(goal)
        except OSError:
            if not is_scan(goal):
                raise
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def holds(self, tenant_id: str, scan_id: str) -> bool:
        """See `StoreBase`."""
        return is_scan(self._root / _place(tenant_id, scan_id))

    def local(self, tenant_id: str, scan_id: str) -> Path:
        """See `StoreBase`."""
        found = self._root / _place(tenant_id, scan_id)
        if not is_scan(found):
            raise _absent(scan_id)
        return found

    def delete(self, tenant_id: str, scan_id: str) -> None:
        """See `StoreBase`; a reader finds the scan whole or not at all."""
        found = self._root / _place(tenant_id, scan_id)
        if not found.exists():
            return
        gone = Path(tempfile.mkdtemp(dir=self._aside()))
        with suppress(FileNotFoundError):  # another process was faster
            found.rename(gone / "scan")
        shutil.rmtree(gone, ignore_errors=True)

    def all(self) -> Iterator[tuple[str, str]]:
        """See `StoreBase`."""
        for tenant in sorted(self._root.glob("[!.]*")):
            for scan in sorted(tenant.glob("[!.]*")):
                yield tenant.name, scan.name

    def remove_drafts(self, before_ms: int) -> int:
        """See `StoreBase`."""
        old = [
            draft
            for draft in self._aside().iterdir()
            if draft.stat().st_mtime_ns // 1_000_000 < before_ms
        ]
        for draft in old:
            shutil.rmtree(draft, ignore_errors=True)
        return len(old)

    def _aside(self) -> Path:
        """Where scans lie that are no scans yet, or no more: in the same file system."""
        aside = self._root / ".aside"
        aside.mkdir(parents=True, exist_ok=True, mode=0o700)
        return aside


class RemoteStore(StoreBase):
    """Scans in a store of fsspec; what is read is copied here and kept for a while.

    Args:
        system: The file system.
        root: The path in it.
        cache: Folder of the copies.
    """

    def __init__(self, system: Any, root: str, cache: Path) -> None:
        self._system = system
        self._root = root.rstrip("/")
        self._cache = cache

    def publish(self, scan: Path, tenant_id: str, scan_id: str) -> None:
        """See `StoreBase`."""
        if self.holds(tenant_id, scan_id):
            return
        goal = f"{self._root}/{_place(tenant_id, scan_id)}"
        files = sorted(path for path in scan.rglob("*") if path.is_file())
        for path in sorted(files, key=lambda p: p == scan / _LAST):
            there = f"{goal}/{path.relative_to(scan).as_posix()}"
            self._system.makedirs(there.rpartition("/")[0], exist_ok=True)
            self._system.put_file(str(path), there)

    def holds(self, tenant_id: str, scan_id: str) -> bool:
        """See `StoreBase`."""
        self._system.invalidate_cache()
        return bool(self._system.exists(f"{self._root}/{_place(tenant_id, scan_id)}/{_LAST}"))

    def local(self, tenant_id: str, scan_id: str) -> Path:
        """See `StoreBase`."""
        copy = self._cache / _place(tenant_id, scan_id)
        if is_scan(copy):
            os.utime(copy)  # used last
            return copy
        if not self.holds(tenant_id, scan_id):
            raise _absent(scan_id)
        copy.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = Path(tempfile.mkdtemp(prefix=".part-", dir=copy.parent))
        try:
            self._fetch(f"{self._root}/{_place(tenant_id, scan_id)}", draft)
            draft.rename(copy)
        except OSError:
            if not is_scan(copy):  # another process may have been first
                raise
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        self._trim()
        return copy

    def _fetch(self, source: str, draft: Path) -> None:
        base = self._system._strip_protocol(source).rstrip("/")
        for there in self._system.find(base):
            inside = self._system._strip_protocol(there)[len(base) + 1 :]
            target = draft / inside
            if ".." in target.parts:
                raise InputError("the store holds a file that leads out of its scan")
            target.parent.mkdir(parents=True, exist_ok=True)
            self._system.get_file(there, str(target))

    def _trim(self) -> None:
        """Forgets the copies that were not used for longest."""
        copies = sorted(self._cache.glob("*/[!.]*"), key=lambda path: path.stat().st_mtime_ns)
        for path in copies[:-_CACHED]:
            shutil.rmtree(path, ignore_errors=True)

    def delete(self, tenant_id: str, scan_id: str) -> None:
        """See `StoreBase`."""
        shutil.rmtree(self._cache / _place(tenant_id, scan_id), ignore_errors=True)
        goal = f"{self._root}/{_place(tenant_id, scan_id)}"
        self._system.invalidate_cache()
        for path in (f"{goal}/{_LAST}", goal):
            if self._system.exists(path):
                self._system.rm(path, recursive=True)

    def all(self) -> Iterator[tuple[str, str]]:
        """See `StoreBase`."""
        self._system.invalidate_cache()
        if not self._system.exists(self._root):
            return
        for tenant in sorted(self._system.ls(self._root, detail=False)):
            for scan in sorted(self._system.ls(tenant, detail=False)):
                yield tenant.rstrip("/").rpartition("/")[2], scan.rstrip("/").rpartition("/")[2]


def open_store(url: str, cache: Path) -> StoreBase:
    """The store at a folder or an fsspec address.

    Args:
        url: `/var/lib/zhenzan/scans`, `s3://bucket/scans`, ….
        cache: Where copies of a remote store's scans may lie.

    Raises:
        MissingDependencyError: The library for such addresses is not installed.
    """
    if "://" not in url:
        return FolderStore(Path(url))
    if url.startswith("file://"):
        return FolderStore(Path(url.removeprefix("file://")))
    import fsspec

    try:
        system, root = fsspec.core.url_to_fs(url)
    except (ImportError, ValueError) as error:
        scheme = url.partition("://")[0]
        raise MissingDependencyError(
            f"a store at {scheme}:// needs a library that is not installed"
        ) from error
    return RemoteStore(system, root, cache)


def _absent(scan_id: str) -> InputError:
    return InputError(f"the store holds no scan {scan_id}")
