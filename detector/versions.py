"""Versions that a result depends on, for `run.json`, `doctor` and the check before a resume."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Final

__all__ = ["versions", "zhenzan_version"]

# What reads, counts or writes numbers; the rest only draws.
_LIBRARIES: Final = ("duckdb", "numba", "numpy", "pandas", "pyarrow", "scipy")


def zhenzan_version() -> str:
    """Of this installation; `unknown` where the code runs without being installed."""
    try:
        return version("zhenzan")
    except PackageNotFoundError:
        return "unknown"


def versions() -> dict[str, str]:
    """Name to version, of Zhenzan, Python and the libraries that compute."""
    found = {"zhenzan": zhenzan_version(), "python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "absent"
    return found
