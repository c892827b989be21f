"""The engine contract: seven verbs. SQL reduces, kernels count, Python decides.

Statements are written in the portable subset of `docs/engine.md`; values are parameters, never part
of the text; identifiers come from `zhenzan.features.tables`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Protocol, Self, TypeAlias

import pyarrow as pa

__all__ = ["Engine", "GroupKernel", "Param", "Relation", "Source"]

Param: TypeAlias = int | float | str | bool | None
Source: TypeAlias = pa.Table | pa.RecordBatchReader | Path | Sequence[Path]
"""What `load` takes: Arrow data, or Parquet files (read in place, never copied into memory)."""


@dataclass(frozen=True, slots=True)
class Relation:
    """The handle of a table inside an engine; never the data."""

    name: str
    schema: pa.Schema

    @property
    def columns(self) -> tuple[str, ...]:
        """Column names in order."""
        return tuple(self.schema.names)


class GroupKernel(Protocol):
    """Counts over whole groups.

    `table` holds one or more whole groups, sorted by the key and the order asked for; `offsets`
    (int64, n_groups + 1) marks where each begins. Returns a table of the promised schema, with the
    key column filled by the kernel. It must give the same rows however groups are batched.
    """

    def __call__(self, table: pa.Table, offsets: pa.Int64Array) -> pa.Table:
        """Computes over the groups of one batch."""
        ...


class Engine(ABC):
    """Owns all contact with one database session; use as a context manager."""

    name: ClassVar[str]

    @abstractmethod
    def load(self, name: str, data: Source, *, step: str = "load") -> Relation:
        """Registers data under `name`, replacing what had that name."""

    @abstractmethod
    def sql(
        self,
        statement: str,
        *,
        into: str,
        step: str,
        params: Mapping[str, Param] | None = None,
        once: bool = False,
    ) -> Relation:
        """Materialises a SELECT as table `into`; `$name` in the text stands for `params[name]`.

        Args:
            statement: In the portable subset.
            into: Name of the result, replacing what had that name.
            step: Named in errors.
            params: Values; unused ones are dropped.
            once: The result is read a single time, so that it need not be stored: it is computed
                when it is read. Takes no parameters, and must not read what `into` names.

        Raises:
            EngineError: With the step and the statement.
        """

    @abstractmethod
    def map_groups(
        self,
        relation: Relation,
        key: Sequence[str],
        kernel: GroupKernel,
        schema: pa.Schema,
        *,
        into: str,
        step: str,
        order_by: Sequence[str] = (),
        columns: Sequence[str] | None = None,
    ) -> Relation:
        """Runs a kernel over whole groups, sorted by `key` then `order_by`, in bounded batches.

        Args:
            relation: What to group.
            key: One or more NOT NULL columns.
            kernel: See `GroupKernel`.
            schema: Of the kernel's output; checked.
            into: Name of the output table.
            step: Named in errors.
            order_by: Columns that order rows inside a group (NULLS LAST).
            columns: The columns the kernel reads; key and order columns are added.

        Raises:
            EngineError: With the step and the kernel's name.
        """

    @abstractmethod
    def fetch(
        self,
        relation: Relation,
        *,
        columns: Sequence[str] | None = None,
        order_by: Sequence[str] = (),
    ) -> pa.Table:
        """The rows as an Arrow table; the order is undefined unless `order_by` names columns."""

    @abstractmethod
    def fetch_batches(
        self,
        relation: Relation,
        *,
        columns: Sequence[str] | None = None,
        order_by: Sequence[str] = (),
        rows: int = 1 << 17,
    ) -> Iterator[pa.RecordBatch]:
        """Like `fetch`, streamed."""

    @abstractmethod
    def write_parquet(
        self, relation: Relation, path: Path, *, order_by: Sequence[str] = ()
    ) -> None:
        """Writes the rows to one Parquet file, without passing through Python."""

    @abstractmethod
    def drop(self, relation: Relation) -> None:
        """Forgets a table and frees its space."""

    @abstractmethod
    def clear(self) -> None:
        """Forgets all tables, so that the session can serve another input."""

    @abstractmethod
    def close(self) -> None:
        """Ends the session; spill files are removed."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
