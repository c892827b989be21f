"""The embedded engine: DuckDB on a temporary file, so that tables are compressed and spill."""

from __future__ import annotations

import re
import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, Final

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from zhenzan.features.engine.base import Engine, GroupKernel, Param, Relation, Source
from zhenzan.features.engine.registry import EngineOptions
from zhenzan.features.errors import EngineError, UsageError

__all__ = ["DuckDBEngine"]

# Rows a kernel sees at once, unless one group is larger: 2^18 rows of six columns are about 12 MB,
# small beside DuckDB's own buffers and large enough that the call overhead disappears.
_KERNEL_ROWS: Final = 1 << 18
_NAME: Final = re.compile(r"[a-z_][a-z0-9_]*")
_PARAM: Final = re.compile(r"\$([a-z_][a-z0-9_]*)")


def _quoted(names: Sequence[str]) -> str:
    for name in names:
        if not _NAME.fullmatch(name):
            raise ValueError(f"not an identifier of this project: {name!r}")
    return ", ".join(f'"{name}"' for name in names)


def _ordered(names: Sequence[str]) -> str:
    _quoted(names)
    return "" if not names else " ORDER BY " + ", ".join(f'"{n}" NULLS LAST' for n in names)


def _work_folder(spill_dir: Path | None) -> Path:
    try:
        if spill_dir is not None:
            spill_dir.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix="zhenzan-", dir=spill_dir))
    except OSError as error:
        if spill_dir is None:
            raise
        why = error.strerror or str(error)
        raise UsageError(f"--spill-dir {spill_dir} cannot be used: {why}") from error


@contextmanager
def _failing(step: str, statement: str) -> Iterator[None]:
    """Errors of DuckDB as ours. It hears Ctrl-C itself, and then calls it an error of the query."""
    try:
        yield
    except (duckdb.Error, RuntimeError) as error:
        if isinstance(error, duckdb.InterruptException) or str(error) == "Query interrupted":
            raise KeyboardInterrupt from error
        if isinstance(error, duckdb.Error):
            raise EngineError(step, statement, str(error)) from error
        raise


class _Described(Relation):
    """A relation whose schema is asked for when it is first used: most are only named (1 ms)."""

    __slots__ = ("__weakref__", "_ask", "_known")
    _ask: Callable[[], pa.Schema]
    _known: pa.Schema | None

    def __init__(self, name: str, ask: Callable[[], pa.Schema]) -> None:
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "_ask", ask)
        object.__setattr__(self, "_known", None)

    @property
    def schema(self) -> pa.Schema:
        """See `Relation`; that of the moment when it was made."""
        if self._known is None:
            object.__setattr__(self, "_known", self._ask())
        return self._known


def _select(relation: Relation, columns: Sequence[str] | None, order_by: Sequence[str]) -> str:
    """Of all columns where none are named: their names alone would be a statement more."""
    whole = columns is None and isinstance(relation, _Described)
    chosen = "*" if whole else _quoted(columns or relation.columns)
    return f"SELECT {chosen} FROM {_quoted([relation.name])}{_ordered(order_by)}"


class DuckDBEngine(Engine):
    """See `Engine`; `options.memory` bounds DuckDB's buffers, the spill folder takes the rest."""

    name: ClassVar[str] = "duckdb"

    def __init__(self, options: EngineOptions) -> None:
        self._work = _work_folder(options.spill_dir)
        config: dict[str, Any] = {
            "temp_directory": str(self._work / "spill"),
            "autoinstall_known_extensions": "false",  # never reaches for the network
            "autoload_known_extensions": "false",
        }
        if options.memory is not None:
            config["memory_limit"] = options.memory
        if options.threads is not None:
            config["threads"] = options.threads
        # What this session made: DuckDB takes a millisecond to look a name up in its catalogue.
        self._kinds: dict[str, str] = {}
        self._empty: dict[str, pa.Schema] = {}
        self._described: weakref.WeakValueDictionary[str, _Described] = (
            weakref.WeakValueDictionary()
        )
        # What is small is soon read again, and packing it well takes longer than all of that.
        self._packing = "snappy" if options.in_memory else "zstd"
        place = ":memory:" if options.in_memory else str(self._work / "engine.duckdb")
        try:
            with _failing("open", f"settings {config}"):
                self._connection = duckdb.connect(place, config=config)
                # DuckDB draws a bar on stdout where it thinks that someone types; stdout is data.
                self._connection.execute("SET enable_progress_bar = false")
        except BaseException:
            shutil.rmtree(self._work, ignore_errors=True)
            raise

    def load(self, name: str, data: Source, *, step: str = "load") -> Relation:
        """Arrow data is copied into the session; Parquet files become a view, read in place."""
        table = _quoted([name])
        empty = data.schema if isinstance(data, pa.Table) and not data.num_rows else None
        if empty is not None and self._empty.get(name) == empty:
            return Relation(name, empty)  # placeholders are asked for again and again
        self._forget(name, step)
        if isinstance(data, pa.Table | pa.RecordBatchReader):
            self._connection.register("__arrow", data)
            try:
                self._run(f"CREATE TABLE {table} AS SELECT * FROM __arrow", step)
            finally:
                self._connection.unregister("__arrow")
            self._kinds[name] = "TABLE"
            if empty is not None:
                self._empty[name] = empty
            return Relation(name, data.schema)
        paths = [data] if isinstance(data, Path) else list(data)
        listed = ", ".join("'" + str(p).replace("'", "''") + "'" for p in paths)
        self._run(f"CREATE VIEW {table} AS SELECT * FROM read_parquet([{listed}])", step)
        self._kinds[name] = "VIEW"
        return Relation(name, pq.read_schema(paths[0]).remove_metadata())

    def sql(
        self,
        statement: str,
        *,
        into: str,
        step: str,
        params: Mapping[str, Param] | None = None,
        once: bool = False,
    ) -> Relation:
        """Materialises the SELECT; unused parameters are dropped, missing ones are an error."""
        if once:
            self._forget(into, step)
            self._run(f"CREATE VIEW {_quoted([into])} AS {statement}", step)
            self._kinds[into] = "VIEW"
            return self._relation(into, step)
        used = {n: (params or {})[n] for n in _PARAM.findall(statement)}
        target = _quoted([into])
        if self._kinds.get(into) == "VIEW":  # which the statement may read
            self._run(f"CREATE OR REPLACE TABLE __next AS {statement}", step, used)
            self._forget(into, step)
            self._run(f"ALTER TABLE __next RENAME TO {target}", step)
        else:
            self._settle(into)
            self._run(f"CREATE OR REPLACE TABLE {target} AS {statement}", step, used)
        self._kinds[into] = "TABLE"
        return self._relation(into, step)

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
        """Streams the sorted rows; batches are cut between groups, so a kernel sees whole ones."""
        wanted = list(dict.fromkeys([*key, *order_by, *(columns or relation.columns)]))
        sorted_rows = self.fetch_batches(
            relation, columns=wanted, order_by=[*key, *order_by], rows=_KERNEL_ROWS
        )

        def results() -> Iterator[pa.RecordBatch]:
            for table, offsets in _whole_groups(sorted_rows, key):
                try:
                    out = kernel(table, offsets)
                except EngineError:
                    raise
                except Exception as error:
                    label = getattr(kernel, "__qualname__", type(kernel).__qualname__)
                    raise EngineError(step, f"kernel {label}", repr(error)) from error
                yield from out.cast(schema).to_batches()

        # The reader of the sorted rows holds the connection's cursor: collect, then load.
        batches = list(results())
        return self.load(into, pa.Table.from_batches(batches, schema=schema), step=step)

    def fetch(
        self,
        relation: Relation,
        *,
        columns: Sequence[str] | None = None,
        order_by: Sequence[str] = (),
    ) -> pa.Table:
        """See `Engine.fetch`."""
        asked = None if columns is None and isinstance(relation, _Described) else relation.schema
        statement = _select(relation, columns, order_by)
        with _failing("fetch", statement):
            rows = self._connection.sql(statement).to_arrow_table()
        if asked is None:
            return rows
        return rows.cast(pa.schema([asked.field(name) for name in rows.schema.names]))

    def fetch_batches(
        self,
        relation: Relation,
        *,
        columns: Sequence[str] | None = None,
        order_by: Sequence[str] = (),
        rows: int = 1 << 17,
    ) -> Iterator[pa.RecordBatch]:
        """See `Engine.fetch_batches`; uses a cursor of its own, so other statements may run."""
        statement = _select(relation, columns, order_by)
        cursor = self._connection.cursor()
        try:
            # `sql`, not `execute`: in DuckDB 2.0 the reader of an executed statement copies the
            # rows once more, and lost the order of ORDER BY without insertion order (measured).
            with _failing("fetch", statement):
                yield from cursor.sql(statement).to_arrow_reader(rows)
        finally:
            cursor.close()

    def write_parquet(
        self, relation: Relation, path: Path, *, order_by: Sequence[str] = ()
    ) -> None:
        """See `Engine.write_parquet`."""
        target = str(path).replace("'", "''")
        self._run(
            f"COPY ({_select(relation, None, order_by)}) "
            f"TO '{target}' (FORMAT parquet, COMPRESSION {self._packing})",
            "write",
        )

    def drop(self, relation: Relation) -> None:
        """See `Engine.drop`; dropping what is gone already does nothing."""
        if self._described.get(relation.name) is relation:
            del self._described[relation.name]  # who drops it will not look at it again
        self._forget(relation.name, "drop")

    def clear(self) -> None:
        """See `Engine.clear`; a new session would take 17 ms."""
        self._described.clear()
        for name in sorted(self._kinds, key=lambda name: self._kinds[name] == "TABLE"):
            self._forget(name, "clear")  # views first: what they read may be gone with them

    def close(self) -> None:
        """See `Engine.close`."""
        self._connection.close()
        shutil.rmtree(self._work, ignore_errors=True)

    def _run(
        self, statement: str, step: str, params: Mapping[str, Param] | None = None
    ) -> duckdb.DuckDBPyConnection:
        with _failing(step, statement):
            return self._connection.execute(statement, dict(params) if params else None)

    def _forget(self, name: str, step: str) -> None:
        kind = self._kinds.get(name)
        if kind is not None:
            self._settle(name)
            self._run(f"DROP {kind} {_quoted([name])}", step)
            del self._kinds[name]

    def _settle(self, name: str) -> None:
        """What goes is looked at for the last time, for the handles that are still held."""
        self._empty.pop(name, None)
        held = self._described.pop(name, None)
        if held is not None:
            _ = held.schema

    def _relation(self, name: str, step: str) -> Relation:
        made = _Described(name, lambda: self._schema(name, step))
        self._described[name] = made
        return made

    def _schema(self, name: str, step: str) -> pa.Schema:
        statement = f"SELECT * FROM {_quoted([name])} LIMIT 0"
        with _failing(step, statement):
            schema: pa.Schema = self._connection.sql(statement).to_arrow_table().schema
        return schema


def _whole_groups(
    batches: Iterator[pa.RecordBatch], key: Sequence[str]
) -> Iterator[tuple[pa.Table, pa.Int64Array]]:
    """Re-cuts sorted batches so that a piece ends where a group ends; with its offsets."""
    held: list[pa.RecordBatch] = []
    for batch in batches:
        if batch.num_rows == 0:
            continue
        starts = _group_starts(batch, key)
        last = int(starts[-1])
        if last > 0 or (held and _differs(held[-1], batch, key)):
            cut = last if last > 0 else 0
            yield from _piece([*held, batch.slice(0, cut)], key)
            held = [batch.slice(cut)]
        else:
            held.append(batch)
    yield from _piece(held, key)


def _piece(
    batches: list[pa.RecordBatch], key: Sequence[str]
) -> Iterator[tuple[pa.Table, pa.Int64Array]]:
    filled = [b for b in batches if b.num_rows]
    if not filled:
        return
    table = pa.Table.from_batches(filled).combine_chunks()
    starts = _group_starts(table, key)
    yield table, pa.array(np.append(starts, table.num_rows), pa.int64())


def _group_starts(rows: pa.Table | pa.RecordBatch, key: Sequence[str]) -> np.ndarray[Any, Any]:
    """Positions where the key changes, 0 first."""
    changed = np.zeros(rows.num_rows, dtype=bool)
    changed[0] = True
    for name in key:
        column = rows.column(name)
        different = pc.not_equal(column.slice(1), column.slice(0, rows.num_rows - 1))
        changed[1:] |= np.asarray(different.to_numpy(zero_copy_only=False), dtype=bool)
    return np.flatnonzero(changed)


def _differs(before: pa.RecordBatch, after: pa.RecordBatch, key: Sequence[str]) -> bool:
    end = before.num_rows - 1
    return any(before.column(n)[end] != after.column(n)[0] for n in key)
