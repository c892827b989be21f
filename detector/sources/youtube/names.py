"""The section of files that do not name theirs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

__all__ = ["section_in_name"]

# yt-dlp writes "Title [id].info.json"; ids of YouTube have eleven characters.
_BRACKETS: Final = re.compile(r"\[([A-Za-z0-9_-]{6,24})\]$")
_ENDINGS: Final = (
    ".gz", ".zst", ".zstd", ".json", ".jsonl", ".ndjson", ".txt", ".info", ".comments", "_comments",
    "-comments",
)  # fmt: skip


def section_in_name(path: Path) -> str:
    """The id in brackets, or the whole name without its endings."""
    name = path.name
    while name.lower().endswith(_ENDINGS):
        name = name[: -len(next(e for e in _ENDINGS if name.lower().endswith(e)))]
    found = _BRACKETS.search(name)
    return found[1] if found else name or path.name
