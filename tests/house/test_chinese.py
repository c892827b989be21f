"""Chinese sentences carry Chinese punctuation, wherever they stand in the code."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CJK = "\u3400-\u9fff"
# A mark that stands against a Chinese character; `,` between digits and marks in code are fine.
HALF_WIDTH = re.compile(f"[{CJK}][,;:!?()]|[,;:)][{CJK}]")
# Patterns that match what people write, and made-up comments, which are as sloppy as real ones.
PATTERNS = (
    "features/template/", "models/scorers/comments.py", "detector/simulate/",
    "detector/ingest/spellings.py", "detector/sources/ago.py", "detector/sources/counts.py",
    "detector/sources/cn_raw/sheet.py", "detector/sources/mediacrawler/columns.py",
)  # fmt: skip
SENTENCES = ("evidence.py", "specs.py")


def modules() -> list[Path]:
    found = []
    for layer in ("features", "models", "detector", "api"):
        for path in sorted((ROOT / layer).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if not name.startswith(PATTERNS) or name.endswith(SENTENCES):
                found.append(path)
    return found


def strings(path: Path) -> list[str]:
    """String constants without docstrings; of an f-string each constant part."""
    tree = ast.parse(path.read_text("utf-8"))
    docs = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs
    ]


def test_the_check_sees_what_it_should() -> None:
    assert all(HALF_WIDTH.search(s) for s in ("好,的", "共(3)个", "按:{n}", "{n});按", "(含)至多"))
    assert not any(HALF_WIDTH.search(s) for s in ("共 1,234 次", "14:02 起", "好，的", "ts_ms, a"))


def test_sentences_in_the_code() -> None:
    checked = {p.relative_to(ROOT).as_posix(): strings(p) for p in modules()}
    assert sum(bool(re.search(f"[{CJK}]", s)) for found in checked.values() for s in found) > 200
    wrong = [f"{p}: {s}" for p, found in checked.items() for s in found if HALF_WIDTH.search(s)]
    assert wrong == []


@pytest.mark.parametrize("page", ["README.zh.md"])
def test_chinese_pages(page: str) -> None:
    prose = re.sub(r"```.*?```|`[^`]*`", "", (ROOT / page).read_text("utf-8"), flags=re.S)
    assert HALF_WIDTH.findall(prose) == []


def test_sentences_of_the_report() -> None:
    texts = json.loads((ROOT / "detector/report/texts/zh.json").read_text("utf-8"))
    assert [s for s in texts.values() if HALF_WIDTH.search(s)] == []
