"""Habits that every module keeps, found by reading the code itself."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

LONGEST = 400
# Asking the clock is the business of commands and of the run, which passes the time on.
CLOCK = {"time", "time_ns", "now", "utcnow", "today"}
MAY_ASK = {"detector/scan.py", "detector/cli", "api/clock.py"}
HEAVY = {
    "duckdb", "jinja2", "lightgbm", "networkx", "numba", "numpy", "pandas", "pyarrow", "rapidfuzz",
    "rich", "scipy", "sklearn",
}  # fmt: skip


def exported(module: ast.Module) -> list[str] | None:
    for node in module.body:
        if isinstance(node, ast.Assign) and [ast.unparse(t) for t in node.targets] == ["__all__"]:
            names: list[str] = ast.literal_eval(node.value)
            return names
    return None


def defines_something_public(module: ast.Module) -> bool:
    kinds = ast.FunctionDef | ast.ClassDef | ast.ImportFrom | ast.Import | ast.Assign
    return any(
        isinstance(node, kinds) and not ast.unparse(node).startswith("from __future__")
        for node in module.body
    )


def test_modules_are_short(house: ModuleType) -> None:
    long = {
        path.as_posix(): n
        for path in house.modules()
        if (n := len((house.ROOT / path).read_text("utf-8").splitlines())) > LONGEST
    }
    assert not long


def test_every_module_says_what_it_offers(house: ModuleType) -> None:
    silent = [
        path.as_posix()
        for path in house.modules()
        if exported(house.tree(path)) is None and defines_something_public(house.tree(path))
    ]
    assert not silent


def test_what_is_offered_exists_once_and_in_order(house: ModuleType) -> None:
    for path in house.modules():
        names = exported(house.tree(path))
        if names is None:
            continue
        assert len(set(names)) == len(names), path
        module = importlib.import_module(house.dotted(path))
        assert not [name for name in names if not hasattr(module, name)], path


def test_every_module_and_everything_public_is_explained(house: ModuleType) -> None:
    bare = []
    for path in house.modules():
        module = house.tree(path)
        if not ast.get_docstring(module):
            bare.append(path.as_posix())
        for node in module.body:
            public = isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name[0] != "_"
            if public and not ast.get_docstring(node):
                bare.append(f"{path.as_posix()}: {node.name}")
    assert not bare


def calls(module: ast.Module) -> list[ast.Call]:
    return [node for node in ast.walk(module) if isinstance(node, ast.Call)]


def test_nothing_prints(house: ModuleType) -> None:
    found = [
        f"{path.as_posix()}:{call.lineno}"
        for path in house.modules()
        for call in calls(house.tree(path))
        if ast.unparse(call.func) in {"print", "pprint", "sys.stdout.write"}
    ]
    assert not found


def test_nothing_asks_the_clock(house: ModuleType) -> None:
    found = []
    for path in house.modules():
        if path.as_posix() in MAY_ASK or path.parent.as_posix() in MAY_ASK:
            continue
        for call in calls(house.tree(path)):
            name = call.func
            if isinstance(name, ast.Attribute) and name.attr in CLOCK:
                owner = ast.unparse(name.value)
                if owner in {"time", "datetime", "date", "datetime.datetime", "datetime.date"}:
                    found.append(f"{path.as_posix()}:{call.lineno}")
    assert not found


def test_chance_has_a_seed(house: ModuleType) -> None:
    """No global generator: `random.x()` and `np.random.x()` but for `default_rng(seed)`."""
    allowed = {"np.random.default_rng", "np.random.Generator", "np.random.PCG64",
               "np.random.SeedSequence", "random.Random", "np.random.Philox"}  # fmt: skip
    found = []
    for path in house.modules():
        for call in calls(house.tree(path)):
            name = ast.unparse(call.func)  # of default_rng(seed).x() only the inner call counts
            if (
                "(" not in name
                and name.startswith(("random.", "np.random.", "numpy.random."))
                and (name not in allowed or not (call.args or call.keywords))
            ):
                found.append(f"{path.as_posix()}:{call.lineno} {name}")
    assert not found


def test_kernels_give_the_same_sums_whatever_the_threads(house: ModuleType) -> None:
    found = [
        f"{path.as_posix()}:{node.value.lineno}"
        for path in house.modules()
        for node in ast.walk(house.tree(path))
        if isinstance(node, ast.keyword) and node.arg in {"parallel", "fastmath"}
    ]
    assert not found


@pytest.mark.parametrize(
    "name", ["zhenzan.detector", "zhenzan.features", "zhenzan.models", "zhenzan.api"]
)
def test_importing_a_layer_loads_nothing_heavy(name: str) -> None:
    code = f"import sys, {name}; print(*sorted({{m.split('.')[0] for m in sys.modules}}))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path.home()
    )
    assert not HEAVY & set(done.stdout.split())


@pytest.mark.parametrize(
    ("name", "above"),
    [
        ("zhenzan.features.families", {"models", "detector", "api"}),
        ("zhenzan.models.attribution", {"detector", "api"}),
        ("zhenzan.detector.steps", {"api"}),
    ],
)
def test_a_layer_needs_none_above_it(name: str, above: set[str]) -> None:
    code = f"import sys, {name}; print(*(m for m in sys.modules if m.startswith('zhenzan.')))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path.home()
    )
    assert not above & {module.split(".")[1] for module in done.stdout.split()}
