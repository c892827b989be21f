"""Maps that come with Zhenzan, and users' own."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final

from zhenzan.detector.sources.mapped.model import Map, read_map
from zhenzan.features.errors import InputError, UsageError

__all__ = ["built_in_maps", "load_map"]

_LARGEST: Final = 1 << 20  # a map of a megabyte is some other file


@cache
def built_in_maps() -> tuple[Map, ...]:
    """All maps in `maps/`, by name."""
    folder = files("zhenzan.detector.sources.mapped.maps")
    found = sorted(
        (item.name, item.read_text("utf-8"))
        for item in folder.iterdir()
        if item.name.endswith(".toml")
    )
    return tuple(read_map(text, name, name.removesuffix(".toml")) for name, text in found)


def load_map(named: Path | str) -> Map:
    """The map in a file, or the built-in one of that name.

    Raises:
        UsageError: There is neither; the message lists the built-in ones.
        InputError: The file is no map.
    """
    path = Path(named)
    if path.is_file():
        try:
            if path.stat().st_size > _LARGEST:
                raise InputError("too large for a map", path=path, expected="a small TOML file")
            return read_map(path.read_text("utf-8-sig"), path, path.stem)
        except UnicodeDecodeError as error:
            raise InputError("the map is not UTF-8", path=path, expected="TOML text") from error
    for known in built_in_maps():
        if known.name == str(named):
            return known
    names = ", ".join(known.name for known in built_in_maps())
    raise UsageError(f"no map {str(named)!r}: neither a file nor one of {names}")
