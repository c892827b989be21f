"""Which files a list of paths means."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from zhenzan.detector.sources.files import stem_of
from zhenzan.features.errors import NothingToReadError
from zhenzan.features.tables import TABLES

__all__ = ["Found", "discover", "unpacked_files"]


@dataclass(frozen=True, slots=True)
class Found:
    """A file, and whether the user named it or a directory or bundle that holds it.

    Attributes:
        path: Where it lies.
        named: By the user.
        left_out: Why it is not read.
        label: What it is called in records and messages; None: its path.
        bundle: The bundle that it was unpacked from.
    """

    path: Path
    named: bool
    left_out: str | None = None
    label: str | None = None
    bundle: str | None = None

    @property
    def shown(self) -> str:
        """What it is called in records and messages."""
        return self.label or str(self.path)


def discover(paths: Iterable[Path]) -> list[Found]:
    """Files of all paths, each once, in a fixed order; directories are searched to the bottom.

    A directory that holds files named after tables is a set of tables: what lies in folders below
    it (truth, reference) is something else and is left out, which the record of inputs says; so are
    the results of earlier scans.

    Raises:
        NothingToReadError: A path does not exist, or a directory holds no file.
    """
    found: dict[Path, Found] = {}
    for path in paths:
        if path.is_dir():
            for item in _within(path):
                found.setdefault(item.path, item)
        elif path.exists():
            found[path] = Found(path, named=True)
        else:
            raise NothingToReadError("there is no such file or directory", path=path)
    if not found:
        listed = ", ".join(map(str, paths)) or "no path"
        raise NothingToReadError(
            f"nothing to read in {listed}", expected="a file, or a directory with files"
        )
    return [found[path] for path in sorted(found)]


def unpacked_files(bundle: Path, folder: Path) -> list[Found]:
    """What an unpacked bundle holds, named `bundle.zip/member`."""
    return [
        replace(item, label=f"{bundle}/{item.path.relative_to(folder)}", bundle=str(bundle))
        for item in _within(folder)
    ]


def _within(folder: Path) -> list[Found]:
    files = sorted(p for p in folder.rglob("*") if p.is_file() and not _hidden(p, folder))
    tables = any(p.parent == folder and stem_of(p) in TABLES for p in files)
    ours = _our_results(files)

    def left_out(path: Path) -> str | None:
        if ours.intersection(path.parents):
            return "in the results of a scan"
        return "in a folder below a set of tables" if tables and path.parent != folder else None

    return [Found(p, named=False, left_out=left_out(p)) for p in files]


def _our_results(files: Iterable[Path]) -> frozenset[Path]:
    """Folders of finished scans and of runs under way: results are no input."""
    known = set(files)
    return frozenset(
        p.parent
        for p in known
        if p.name == "checkpoint.json"
        or (p.name == "run.json" and p.with_name("sections.parquet") in known)
    )


def _hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith((".", "_")) for part in path.relative_to(folder).parts)
