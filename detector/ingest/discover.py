"""Which files a list of paths means."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
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

    A file that has several names, by links or spellings, is read once, and links of a directory are
    followed. What is hidden, or a link to nothing, is left out, which the record of inputs says.

    A directory that holds files named after tables is a set of tables: what lies in folders below
    it (truth, reference) is something else and is left out; so are the results of earlier scans.

    Raises:
        NothingToReadError: A path does not exist, or a directory holds no file.
    """
    found: dict[Path, Found] = {}
    for path in sorted(paths, key=str):
        if path.is_dir():
            for item in _within(path):
                _take(found, item)
        elif path.exists():
            _take(found, Found(path, named=True))
        else:
            raise NothingToReadError("there is no such file or directory", path=path)
    if not found:
        listed = ", ".join(map(str, paths)) or "no path"
        raise NothingToReadError(
            f"nothing to read in {listed}", expected="a file, or a directory with files"
        )
    return sorted(found.values(), key=lambda item: item.path)


def _take(found: dict[Path, Found], item: Found) -> None:
    """Files by where they really are; what is left out, and second names, by their name."""
    name = item.path.parent.resolve() / item.path.name
    if item.left_out is not None:
        found.setdefault(name, item)
        return
    place = item.path.resolve()
    held = found.get(place)
    if held is None or held.left_out is not None or (item.named and not held.named):
        found[place] = item
    elif name != place and not item.named:
        found.setdefault(name, replace(item, left_out=f"the same file as {held.path}"))


def unpacked_files(bundle: Path, folder: Path) -> list[Found]:
    """What an unpacked bundle holds, named `bundle.zip/member`."""
    return [
        replace(item, label=f"{bundle}/{item.path.relative_to(folder)}", bundle=str(bundle))
        for item in _within(folder)
    ]


def _within(folder: Path) -> list[Found]:
    walked = sorted(_walked(folder), key=lambda entry: (entry[0].is_symlink(), entry[0]))
    files = [path for path, why in walked if why is None]
    named = {stem_of(p) for p in files if p.parent == folder} & set(TABLES)
    ours = _our_results(files)

    def left_out(path: Path) -> str | None:
        if ours.intersection(path.parents):
            return "in the results of a scan"
        if not named or path.parent == folder:
            return None
        # Spark writes a table as a folder of parts, under the name that its file would have.
        part = stem_of(Path(path.relative_to(folder).parts[0]))
        if part in TABLES and part not in named:
            return None
        return "in a folder below a set of tables"

    return [Found(p, named=False, left_out=why or left_out(p)) for p, why in walked]


def _walked(folder: Path) -> Iterator[tuple[Path, str | None]]:
    """What lies below, and why it is not read; links come last, so that loops end in them."""
    folders, links = [folder], list[Path]()
    entered = {folder.resolve()}
    while folders or links:
        here = folders.pop() if folders else links.pop(0)
        if here.is_symlink() and here != folder:
            if here.resolve() in entered:
                yield here, "a link to a folder that is searched already"
                continue
            entered.add(here.resolve())
        try:
            entries = sorted(here.iterdir(), key=lambda p: (p.is_symlink(), p))
        except OSError as error:
            yield here, f"cannot be opened: {error.strerror}"
            continue
        for path in entries:
            if path.name.startswith((".", "_")):
                yield path, "hidden: its name begins with . or _"
            elif path.is_dir():
                (links if path.is_symlink() else folders).append(path)
                if not path.is_symlink():
                    entered.add(path.resolve())
            elif path.is_file():
                yield path, None
            elif path.is_symlink():
                yield path, "a link that leads to no file"


def _our_results(files: Iterable[Path]) -> frozenset[Path]:
    """Folders of finished scans and of runs under way: results are no input."""
    known = set(files)
    return frozenset(
        p.parent
        for p in known
        if p.name == "checkpoint.json"
        or (p.name == "run.json" and p.with_name("sections.parquet") in known)
    )
