"""Native files of every source, made up in the verified shape."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

FIXTURES = Path(__file__).parent / "sources" / "fixtures"
NativeFiles: TypeAlias = Callable[[str, Path], list[Path]]


def _native_files(source: str, folder: Path) -> list[Path]:
    if source != "mediacrawler":
        shutil.copytree(FIXTURES / source, folder)
        return sorted(path for path in folder.rglob("*") if path.is_file())
    made = []
    for spec in sorted((FIXTURES / source).glob("*.json")):
        # These are tables by name: the collector writes each to a file of its own.
        place = folder / spec.stem / "jsonl"
        place.mkdir(parents=True)
        for name, rows in json.loads(spec.read_text("utf-8")).items():
            path = place / f"detail_{name}_2026-05-30.jsonl"
            path.write_text(
                "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), "utf-8"
            )
            made.append(path)
    return made


@pytest.fixture(scope="session")
def native_files() -> NativeFiles:
    """Writes the files of a source into a folder that is not there yet."""
    return _native_files
