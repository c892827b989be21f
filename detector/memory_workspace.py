"""A workspace that hands tables on in memory: for one section, whose tables are small.

Steps see what they see on disk: the same columns, types and order. What ingest wrote is read once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from zhenzan.detector.workspace import Workspace
from zhenzan.features.engine.base import Relation

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["MemoryWorkspace"]


@dataclass(slots=True)
class MemoryWorkspace(Workspace):
    """See `Workspace`; only what ingest writes touches the disk."""

    _held: dict[str, pa.Table] = field(default_factory=dict)

    def put(
        self,
        name: str,
        data: pa.Table | pd.DataFrame | Relation,
        *,
        sort_by: Sequence[str] = (),
    ) -> None:
        """Keeps a named table."""
        if isinstance(data, Relation):
            table = _as_parquet(self.engine.fetch(data, order_by=sort_by))
            self.engine.drop(data)
        else:
            table = (
                data
                if isinstance(data, pa.Table)
                else pa.Table.from_pandas(data, preserve_index=False)
            )
            if sort_by:
                table = table.sort_by([(key, "ascending") for key in sort_by])
        self._held[name] = table
        self._loaded.pop(name, None)

    def has(self, name: str) -> bool:
        """Whether an earlier step wrote the table."""
        return name in self._held or self.path(name).is_file()

    def relation(self, name: str) -> Relation:
        """The table inside the engine, copied there once."""
        if name not in self._loaded:
            self._loaded[name] = self.engine.load(name, self.arrow(name), step="load")
        return self._loaded[name]

    def arrow(self, name: str, columns: Sequence[str] | None = None) -> pa.Table:
        """The table in memory."""
        if name not in self._held:
            self._held[name] = pq.read_table(self.path(name))
        table = self._held[name]
        return table if columns is None else table.select(list(columns))


def _as_parquet(table: pa.Table) -> pa.Table:
    """Sums of whole numbers, which SQL widens, as the files hold them: reals."""
    for place, column in enumerate(table.schema):
        if pa.types.is_decimal(column.type):
            reals = pc.cast(table.column(place), pa.float64())
            table = table.set_column(place, column.name, reals)
    return table
