"""Every SQL statement of the code base stays in the subset that runs unchanged on all engines.

Statements are found by scanning the string constants of every module, f-strings with their holes
left open (what fills them is a constant of its own), so that a new file is tested by being there.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LAYERS = ("features", "models", "detector", "api")
# The engines' own statements (catalogue, COPY) never run anywhere else.
OWN = {Path("features/engine/duckdb.py"), Path("features/engine/spark.py")}

STATEMENT = re.compile(
    r"\bSELECT\b[\s\S]*\bFROM\b|\bWITH\b\s+\w+\s+AS\s*\(|\bCASE\s+WHEN\b|\bORDER BY\b"
)
BANNED = {
    "integer division //": r"//",
    "QUALIFY": r"\bQUALIFY\b",
    "list()": r"\blist\s*\(",
    "quantile_cont()": r"\bquantile(_cont|_disc)?\s*\(",
    "approx_count_distinct": r"\bapprox_\w+\s*\(",
    "LOG (say LN or LOG10)": r"\bLOG\s*\(",
    "a decimal literal (say 1e0)": r"(?<![\w.])\d+\.\d*(?![\w.]*e)",
    "CAST of a double AS BIGINT without FLOOR": (
        r"\bCAST\s*\((?!\s*(?:FLOOR|CEIL|COUNT|SUM|ROW_NUMBER|NULL\b))[^()]*(?:/|\*\s*\d*e|\bAVG)[^()]*"
        r"\bAS\s+(?:BIGINT|INTEGER|INT)\b"
    ),
    "REGEXP_REPLACE": r"\bREGEXP_REPLACE\b",
    "LEVENSHTEIN": r"\bLEVENSHTEIN\b",
    "^": r"\^",
    "MODE, SKEWNESS, KURTOSIS": r"\b(?:MODE|SKEWNESS|KURTOSIS)\s*\(",
    "ARG_MAX, ARG_MIN, FIRST": r"\b(?:ARG_MAX|ARG_MIN|FIRST)\s*\(",
    "engine randomness": r"\b(?:RANDOM|RAND|UUID|SETSEED)\s*\(|\bTABLESAMPLE\b|\bUSING\s+SAMPLE\b",
    "COUNT(DISTINCT a, b)": r"COUNT\s*\(\s*DISTINCT\s+\w+(?:\.\w+)?\s*,",
    "EPOCH or NOW": r"\b(?:EPOCH|EPOCH_MS|NOW|CURRENT_TIMESTAMP|CURRENT_DATE)\b\s*\(?",
    "double-quoted identifier (a string on Spark)": r'"',
    "UNNEST or EXPLODE": r"\b(?:UNNEST|EXPLODE)\s*\(",
    "EXCLUDE or GROUPS frame": r"\bEXCLUDE\b|\bGROUPS\s+BETWEEN\b",
    "XOR": r"\bXOR\b",
}
HOLE = "z_hole"
ORDER_BY = re.compile(
    r"\bORDER\s+BY\b(?P<keys>[^()]*(?:\([^()]*\)[^()]*)*?)(?=\)|\bROWS\b|\bRANGE\b|\bLIMIT\b|$)",
    re.I,
)


def constants(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """String constants and f-strings of a module; a hole of an f-string reads `HOLE`."""
    docs = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    inside = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        for part in node.values
    }
    for node in ast.walk(tree):
        if id(node) in docs | inside:
            continue
        if isinstance(node, ast.JoinedStr):
            parts = (p.value if isinstance(p, ast.Constant) else HOLE for p in node.values)
            yield node.lineno, "".join(map(str, parts))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


def statements() -> list[tuple[str, str]]:
    found = []
    for layer in LAYERS:
        for path in sorted((ROOT / layer).rglob("*.py")):
            if path.relative_to(ROOT) in OWN:
                continue
            for line, text in constants(ast.parse(path.read_text("utf-8"))):
                if STATEMENT.search(text):
                    found.append((f"{path.relative_to(ROOT)}:{line}", text))
    return found


def violations(sql: str) -> list[str]:
    """What in a statement is outside of the portable subset."""
    code = re.sub(r"'(?:[^']|'')*'", "''", sql)  # what is quoted is data
    found = [what for what, pattern in BANNED.items() if re.search(pattern, code, re.I)]
    for match in ORDER_BY.finditer(code):
        keys = [k for k in re.split(r",(?![^()]*\))", match["keys"]) if k.strip()]
        keys = [k for k in keys if k.strip() != HOLE]
        if any(not re.search(r"\bNULLS\s+(?:LAST|FIRST)\b", key, re.I) for key in keys):
            found.append("ORDER BY without NULLS LAST")
    return found


def test_statements_are_found():
    where = {name.split(":")[0] for name, _ in statements()}
    assert {"features/capability.py", "features/timing/family.py"} <= where
    assert len(statements()) >= 15


@pytest.mark.parametrize("sql", [s for _, s in statements()], ids=[w for w, _ in statements()])
def test_statement_is_portable(sql):
    assert violations(sql) == []


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT a // 2 FROM t",
        "SELECT a FROM t QUALIFY ROW_NUMBER() OVER (ORDER BY a NULLS LAST) = 1",
        "SELECT list(a) FROM t",
        "SELECT quantile_cont(a, 0.5) FROM t",
        "SELECT LOG(a) FROM t",
        "SELECT a * 1.0 FROM t",
        "SELECT CAST(a / 2 AS BIGINT) FROM t",
        "SELECT CAST(a * 2e0 AS BIGINT) FROM t",
        "SELECT REGEXP_REPLACE(a, 'b', 'c') FROM t",
        "SELECT levenshtein(a, b) FROM t",
        "SELECT a ^ 2 FROM t",
        "SELECT ROW_NUMBER() OVER (ORDER BY a) FROM t",
        "SELECT ROW_NUMBER() OVER (PARTITION BY b ORDER BY a NULLS LAST, c) FROM t",
        "SELECT a FROM t ORDER BY a",
        'SELECT "a" FROM t',
        "SELECT COUNT(DISTINCT a, b) FROM t",
        "SELECT arg_max(a, b) FROM t",
        "SELECT random() FROM t",
    ],
)
def test_what_is_banned_is_noticed(sql):
    assert violations(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT CAST(FLOOR(a / 2) AS BIGINT), '//', 'x^y' FROM t",
        "SELECT a * 1e0, a / 1e3, LOG10(a), LN(a) FROM t ORDER BY a NULLS LAST",
        "SELECT t.a, ROW_NUMBER() OVER (ORDER BY t.a NULLS LAST, COALESCE(b, 0) NULLS LAST) FROM t",
        "SELECT percentile_cont(5e-1) WITHIN GROUP (ORDER BY a NULLS LAST) FROM t",
    ],
)
def test_what_is_allowed_passes(sql):
    assert violations(sql) == []
