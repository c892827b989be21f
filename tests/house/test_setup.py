"""Versions, dependencies, markers, and the script of checks agree with each other."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import ModuleType

import pytest

# What is imported under another name than it is installed, and what only development needs.
INSTALLED_AS = {
    "prometheus_client": "prometheus-client",
    "pydantic_settings": "pydantic-settings",
    "python_multipart": "python-multipart",
    "sklearn": "scikit-learn",
}
# What other libraries load by name: a driver.
LOADED_BY_NAME = {"psycopg"}
FOR_TESTS = {
    "mlflow": {"detector/training/track.py"},  # of the extra `track`
    "zstandard": {"detector/sources/longzstd.py"},  # of the extra `zstd`
}
PLACES = re.compile(r"(?<![\w.:/])/(?:home|root|opt|Users|work|srv)/\w")
# Made-up paths that prove that real ones stay out of a report.
MADE_UP = "/home/someone"


def name_of(requirement: str) -> str:
    return re.split(r"[<>=!~\[; ]", requirement, maxsplit=1)[0].lower().replace("_", "-")


def pinned(house: ModuleType) -> dict[str, str]:
    found = {}
    for line in (house.ROOT / "constraints.txt").read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            name, separator, number = line.partition("==")
            assert separator and re.fullmatch(r"[\w.]+", number), line
            found[name.lower().replace("_", "-")] = number
    return found


def numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text))


def test_changelog_begins_with_this_version(house: ModuleType) -> None:
    log = (house.ROOT / "CHANGELOG.md").read_text("utf-8")
    versions = [v for v in re.findall(r"^## \[(.+?)\]", log, re.M) if v != "Unreleased"]
    assert versions[0] == house.project()["project"]["version"]
    assert versions == sorted(versions, key=numbers, reverse=True)


def test_the_installed_version_is_this_one(house: ModuleType) -> None:
    try:
        installed = version("zhenzan")
    except PackageNotFoundError:
        pytest.skip("the code runs here without being installed")
    assert installed == house.project()["project"]["version"]


def test_every_requirement_is_pinned_within_its_bound(house: ModuleType) -> None:
    project, pins = house.project()["project"], pinned(house)
    extras = [r for extra in project["optional-dependencies"].values() for r in extra]
    for requirement in [*project["dependencies"], *extras]:
        if name_of(requirement) == "zhenzan":  # one extra contains another
            continue
        name, _, least = requirement.partition(">=")
        assert least, f"{requirement} has no lower bound"
        assert numbers(pins[name_of(name)]) >= numbers(least), requirement


def test_constraints_name_no_address(house: ModuleType) -> None:
    lines = (house.ROOT / "constraints.txt").read_text("utf-8").splitlines()
    assert not [line for line in lines if not line.startswith("#") and re.search(r"[@/ ]", line)]


def test_imports_are_requirements_and_requirements_are_imported(house: ModuleType) -> None:
    project = house.project()["project"]
    core = {name_of(r) for r in project["dependencies"]}
    service = {name_of(r) for r in project["optional-dependencies"]["service"]}
    seen = set()
    for path in house.modules():
        for node in ast.walk(house.tree(path)):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module]
            for top in {name.split(".")[0] for name in names}:
                if top in sys.stdlib_module_names or top == "zhenzan":
                    continue
                if path.as_posix() in FOR_TESTS.get(top, ()):
                    continue
                seen.add(INSTALLED_AS.get(top, top))
                needed = core | service if path.parts[0] == "api" else core
                assert INSTALLED_AS.get(top, top) in needed, f"{path}: {top}"
    assert core | service == seen | LOADED_BY_NAME


def test_every_requirement_has_its_reason(house: ModuleType) -> None:
    page = (house.ROOT / "docs" / "decisions" / "0002-dependencies.md").read_text("utf-8")
    project = house.project()["project"]
    extras = project["optional-dependencies"]
    wanted = [r for extra in ("service", "test", "lint") for r in extras[extra]]
    for requirement in [*project["dependencies"], *wanted]:
        name = name_of(requirement)
        assert name.removesuffix("-stubs") in page, name


def test_special_tests_are_left_out_by_default_and_run_by_the_script(house: ModuleType) -> None:
    options = house.project()["tool"]["pytest"]["ini_options"]
    script = (house.ROOT / ".ci" / "run").read_text("utf-8")
    for marker in options["markers"]:
        name = marker.partition(":")[0]
        assert f"not {name}" in options["addopts"]
        assert re.search(rf'tests "(?:.* and )?{name}\b', script), name


def test_script_of_checks_is_a_script(house: ModuleType) -> None:
    script = house.ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK) or sys.platform == "win32"
    body = script.read_text("utf-8")
    assert body.startswith("#!/usr/bin/env bash\n") and "\nset -euo pipefail\n" in body
    subprocess.run(["bash", "-n", str(script)], check=True)
    assert body.rstrip().endswith('/bin/pytest" -n 2'), "the summary of the tests closes the output"


def test_no_file_names_a_place_of_one_machine(house: ModuleType) -> None:
    folders = [house.ROOT / name for name in (*house.LAYERS, "docs", "tests", ".ci")]
    files = [p for folder in folders for p in folder.rglob("*")] + list(house.ROOT.glob("*.*"))
    found = []
    for path in files:
        if path.suffix in {".png", ".parquet"} or "__pycache__" in path.parts or path.is_dir():
            continue
        if path == Path(__file__):
            continue
        text = path.read_text("utf-8", errors="replace").replace(MADE_UP, "")
        if PLACES.search(text):
            found.append(path.relative_to(house.ROOT).as_posix())
    assert not found
