"""What the steps of a run share: the engine, the options, and the tables written so far.

Steps hand each other named tables on disk and nothing else, so a run that was resumed sees exactly
what an unbroken run sees.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
from zhenzan.detector.options import ScanOptions
from zhenzan.detector.results import write_table
from zhenzan.features.engine.base import Engine, Relation

if TYPE_CHECKING:
    import pandas as pd
    from zhenzan.models.attribution import Reference

__all__ = ["Workspace"]


@dataclass(slots=True)
class Workspace:
    """The state of a run between its steps.

    Attributes:
        engine: Where SQL and kernels run.
        options: What the user said.
        paths: The inputs.
        tables: The folder of the named tables.
        result: The folder that becomes the scan directory.
        tell: Called with (done, total, note) from inside a long step.
        info: Step name to what the step recorded.
        written: Files that the step at hand has written.
        reference: That of the options, where it is loaded already.
        told: Whether a report is to tell what each benign explanation changed.
    """

    engine: Engine
    options: ScanOptions
    paths: Sequence[Path]
    tables: Path
    result: Path
    tell: Callable[[int, int, str], None]
    info: dict[str, dict[str, Any]] = field(default_factory=dict)
    written: list[Path] = field(default_factory=list)
    reference: Reference | None = None
    told: bool = True
    _loaded: dict[str, Relation] = field(default_factory=dict)

    def put(
        self,
        name: str,
        data: pa.Table | pd.DataFrame | Relation,
        *,
        sort_by: Sequence[str] = (),
    ) -> None:
        """Writes a named table; a relation of the engine is written without leaving it."""
        path = self.path(name)
        if isinstance(data, Relation):
            self.engine.write_parquet(data, path, order_by=sort_by)
            self.engine.drop(data)
        elif isinstance(data, pa.Table):
            write_table(path, data, sort_by=sort_by)
        else:
            write_table(path, pa.Table.from_pandas(data, preserve_index=False), sort_by=sort_by)
        self.written.append(path)
        self._loaded.pop(name, None)

    def path(self, name: str) -> Path:
        """The file of a named table."""
        return self.tables / f"{name}.parquet"

    @property
    def learnt(self) -> Path:
        """Where the reference that the run learnt is kept until it is written."""
        return self.tables / "reference"

    def has(self, name: str) -> bool:
        """Whether an earlier step wrote the table."""
        return self.path(name).is_file()

    def relation(self, name: str) -> Relation:
        """The table inside the engine, read in place."""
        if name not in self._loaded:
            self._loaded[name] = self.engine.load(name, self.path(name), step="load")
        return self._loaded[name]

    def arrow(self, name: str, columns: Sequence[str] | None = None) -> pa.Table:
        """The table in memory."""
        return pq.read_table(self.path(name), columns=None if columns is None else list(columns))

    def frame(self, name: str) -> pd.DataFrame:
        """The table as a pandas frame."""
        frame: pd.DataFrame = self.arrow(name).to_pandas()
        return frame

    def canonical(self) -> dict[str, Relation]:
        """The canonical tables that have rows."""
        return {name: self.relation(name) for name in self.info["ingest"]["tables"]}
