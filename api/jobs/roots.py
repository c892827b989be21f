"""Which paths a job may read: nothing but regular files below configured folders.

A root may hold `{tenant}`, which stands for the tenant's id: `/data/{tenant}` gives each its own.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from zhenzan.features.errors import UsageError, printable

__all__ = ["allowed_path", "roots_of"]

_MOST: Final = 100_000
"""Entries below one named folder that are looked at: as many as a bundle may hold."""


def roots_of(roots: Sequence[Path], tenant_id: str) -> tuple[Path, ...]:
    """The roots of one tenant, with all links resolved; roots that do not exist fall away."""
    named = (Path(str(root).replace("{tenant}", tenant_id)) for root in roots)
    return tuple(root.resolve() for root in named if root.is_dir())


def allowed_path(given: str, roots: Sequence[Path]) -> Path:
    """The path with all links resolved, if it and all that lies below it stand under a root.

    The same answer is given for what is outside and for what does not exist: nobody learns from it
    which files there are.

    Args:
        given: As the caller wrote it; has to be absolute.
        roots: From `roots_of`.

    Raises:
        UsageError: It is not, or it holds something that is no file.
    """
    refused = UsageError(
        f"{printable(given)!r} is not a file or folder below a root that this service may read"
    )
    if "\x00" in given or not given.startswith("/") or ".." in Path(given).parts:
        raise refused
    try:
        path = Path(given).resolve(strict=True)
    except (OSError, RuntimeError, ValueError) as error:  # absent, a loop of links, …
        raise refused from error
    if not _below(path, roots):
        raise refused
    if path.is_dir():
        _check_folder(path, roots)
    elif not path.is_file():
        raise refused
    return path


def _below(path: Path, roots: Sequence[Path]) -> bool:
    return any(path.is_relative_to(root) for root in roots)


def _check_folder(folder: Path, roots: Sequence[Path]) -> None:
    """No link below a folder may lead out, and nothing may wait for a writer, as a pipe does."""
    for number, path in enumerate(_entries(folder)):
        if number >= _MOST:
            raise UsageError(f"{printable(folder.name)!r} holds more than {_MOST:,} files")
        try:
            mode = path.stat().st_mode
            inside = not path.is_symlink() or _below(path.resolve(strict=True), roots)
        except OSError:
            inside, mode = False, 0
        if not inside or not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            raise UsageError(
                f"{printable(folder.name)!r} holds {printable(path.name)!r}, a link that leads out "
                "of the configured roots, or no regular file; name the files one by one"
            )


def _entries(folder: Path) -> Iterator[Path]:
    """All that a scan of the folder would come across: it follows links, each folder once."""
    entered = {folder.resolve()}
    for parent, folders, files in os.walk(folder, followlinks=True):
        # Who asks has refused what leads out before any of it is entered.
        yield from (Path(parent) / name for name in (*folders, *files))
        places = {name: (Path(parent) / name).resolve() for name in folders}
        folders[:] = [name for name in folders if places[name] not in entered]
        entered.update(places.values())
