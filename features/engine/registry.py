"""Opens an engine by name; a missing optional engine says which extra brings it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from zhenzan.features.engine.base import Engine
from zhenzan.features.errors import MissingDependencyError, UsageError

__all__ = ["ENGINES", "EngineOptions", "open_engine"]

ENGINES: Final = ("duckdb", "spark")


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """How much an engine may use.

    Attributes:
        memory: Limit such as `2GB`; None leaves the engine's own default.
        spill_dir: Where it spills past the limit; None means a temporary folder.
        threads: Worker threads; None means one a core.
        in_memory: Keep tables in memory, uncompressed: for inputs that are known to be small.
    """

    memory: str | None = None
    spill_dir: Path | None = None
    threads: int | None = None
    in_memory: bool = False


def open_engine(name: str = "duckdb", options: EngineOptions | None = None) -> Engine:
    """Opens the named engine.

    Raises:
        UsageError: The name is unknown.
        MissingDependencyError: The engine is not part of this installation.
    """
    options = options or EngineOptions()
    if name == "duckdb":
        from zhenzan.features.engine.duckdb import DuckDBEngine

        return DuckDBEngine(options)
    if name == "spark":
        raise MissingDependencyError(
            "the Spark engine is not part of this version; use --engine duckdb, which spills to "
            "disk when --memory is reached"
        )
    raise UsageError(f"unknown engine {name!r}; known: {', '.join(ENGINES)}")
