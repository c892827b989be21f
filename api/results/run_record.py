"""`run.json` as it is handed out: what was done, without where things lie on the server."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Any, Final

__all__ = ["handed_out", "read_run_record"]

_PLACES: Final = frozenset(
    {"key_file", "map_file", "model", "path", "previous", "reference", "spill_dir"}
)
"""Members of it that may name a folder; of these the last part is told."""


def read_run_record(file: Path) -> dict[str, Any]:
    """The record of a scan, fit to be handed out."""
    found: dict[str, Any] = handed_out(json.loads(file.read_text("utf-8")))
    return found


def handed_out(value: Any) -> Any:
    """The same with the names of files in place of their paths.

    Args:
        value: The record, or a part of it.
    """
    if isinstance(value, Mapping):
        return {
            name: _short(inner) if name in _PLACES and isinstance(inner, str) else handed_out(inner)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [handed_out(inner) for inner in value]
    return value


def _short(text: str) -> str:
    """The last part of a path; what is an address keeps its scheme and host out as well."""
    return PurePath(text.partition("?")[0]).name
