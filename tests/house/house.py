"""Where things are; loaded by the tests beside it through the fixture `house`."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
LAYERS = ("features", "models", "detector", "api")
DATA = {".j2", ".css", ".js", ".json", ".md", ".txt", ".sql", ".svg", ".toml"}


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def modules() -> list[Path]:
    """Python files of the layers, relative to the checkout."""
    return sorted(p.relative_to(ROOT) for layer in LAYERS for p in (ROOT / layer).rglob("*.py"))


def shipped() -> set[str]:
    """What a wheel has to hold, as paths inside it."""
    found = set()
    for layer in LAYERS:
        for path in (ROOT / layer).rglob("*"):
            if "__pycache__" in path.parts or not path.is_file():
                continue
            if path.suffix == ".py" or path.name == "py.typed" or path.suffix in DATA:
                found.add(f"zhenzan/{path.relative_to(ROOT).as_posix()}")
    return found


def dotted(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(("zhenzan", *(parts[:-1] if parts[-1] == "__init__" else parts)))


def tree(path: Path) -> ast.Module:
    return ast.parse((ROOT / path).read_text("utf-8"), str(path))


def pages() -> list[Path]:
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def shell_blocks(page: Path) -> Iterator[str]:
    inside, lines = False, list[str]()
    for line in page.read_text("utf-8").splitlines():
        if line.startswith("```"):
            if inside:
                yield "\n".join(lines)
            inside = line[3:].strip() in {"sh", "bash", "shell", "console"} and not inside
            lines = []
        elif inside:
            lines.append(line)
