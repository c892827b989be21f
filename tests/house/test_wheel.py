"""What is installed is what lies in the tree: all of it, nothing else, under one name."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path
from types import ModuleType

import pytest


def recent_setuptools() -> bool:
    try:
        return int(version("setuptools").split(".")[0]) >= 77
    except PackageNotFoundError:
        return False


@pytest.fixture(scope="module")
def wheel(house: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Names in a wheel built from a copy in which an older build left a module behind."""
    if importlib.util.find_spec("pip") is None or not recent_setuptools():
        pytest.skip("needs pip and a setuptools that knows licence expressions (77)")
    copy = tmp_path_factory.mktemp("wheel") / "copy"
    copy.mkdir()
    for layer in house.LAYERS:
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(house.ROOT / layer, copy / layer, ignore=ignore)
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy(house.ROOT / name, copy / name)
    left = copy / "build" / "lib" / "zhenzan" / "features" / "left_behind.py"
    left.parent.mkdir(parents=True)
    left.write_text("")
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation",
         "--disable-pip-version-check", "-w", str(copy / "out"), str(copy)],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    (built,) = (copy / "out").glob("*.whl")
    with zipfile.ZipFile(built) as archive:
        return {name for name in archive.namelist() if not name.endswith("/")}


def test_wheel_holds_one_top_level_name(wheel: set[str]) -> None:
    tops = {name.split("/")[0] for name in wheel}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"zhenzan"}
    assert len(tops) == 2


def test_wheel_is_the_tree(wheel: set[str], house: ModuleType) -> None:
    assert {name for name in wheel if name.startswith("zhenzan/")} == house.shipped()


def test_wheel_carries_the_licence(wheel: set[str]) -> None:
    assert any(name.endswith("licenses/LICENSE") for name in wheel)


def test_every_kind_of_file_in_the_tree_is_code_or_listed_as_data(house: ModuleType) -> None:
    known = {".py", ".typed", *house.DATA}
    odd = [
        path.relative_to(house.ROOT).as_posix()
        for layer in house.LAYERS
        for path in (house.ROOT / layer).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix not in known
    ]
    assert not odd, "add the suffix to package_data in setup.py and to DATA in house.py"


def test_every_folder_with_code_is_a_package(house: ModuleType) -> None:
    folders = {path.parent for path in house.modules()}
    assert not [f.as_posix() for f in folders if not (house.ROOT / f / "__init__.py").exists()]


def test_layers_are_typed(house: ModuleType) -> None:
    for layer in house.LAYERS:
        assert (house.ROOT / layer / "py.typed").exists()


def test_the_installed_package_is_that_of_the_tree(house: ModuleType) -> None:
    try:
        files = distribution("zhenzan").files or []
    except PackageNotFoundError:
        pytest.skip("the code runs here without being installed")
    installed = {
        path.as_posix(): Path(str(path.locate()))
        for path in files
        if path.parts[0] == "zhenzan" and "__pycache__" not in path.parts
    }
    if not installed:
        pytest.skip("installed in place")
    assert set(installed) == house.shipped(), "install again: pip install --no-deps ."
    stale = [
        name
        for name, path in installed.items()
        if path.read_bytes() != (house.ROOT / name.removeprefix("zhenzan/")).read_bytes()
    ]
    assert not stale, "install again: pip install --no-deps ."
