"""Commands of other parts and distributions: entry points of the group `zhenzan.commands`.

An entry point is a function, or a `typer.Typer` with commands of its own, in a module that loads
quickly: `--help` loads them all.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points
from typing import Final

import typer
from zhenzan.features.errors import MissingDependencyError

__all__ = ["ENTRY_POINT_GROUP", "add_commands"]

ENTRY_POINT_GROUP: Final = "zhenzan.commands"


def add_commands(app: typer.Typer) -> None:
    """Adds them all, by name; one that cannot be loaded says so when it is called."""
    points = {point.name: point for point in entry_points(group=ENTRY_POINT_GROUP)}
    for name in sorted(points):
        try:
            found = points[name].load()
        except Exception as error:
            app.command(name)(_absent(points[name], error))
            continue
        if isinstance(found, typer.Typer):
            app.add_typer(found, name=name)
        else:
            app.command(name)(found)


def _absent(point: EntryPoint, error: Exception) -> Callable[[], None]:
    reason = f"`zhenzan {point.name}` ({point.value}) cannot be loaded: {error!r}"

    def absent() -> None:
        """Not installed as it should be."""
        raise MissingDependencyError(reason)

    return absent
