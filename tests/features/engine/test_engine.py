"""The engine contract on every engine that this installation has."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from zhenzan.features.engine import Engine, Relation, open_engine
from zhenzan.features.engine.registry import EngineOptions
from zhenzan.features.errors import EngineError, MissingDependencyError, UsageError

COUNTS = pa.schema([("key", pa.string()), ("n", pa.int64()), ("first", pa.int64())])


def rows(n: int, groups: int, seed: int = 0) -> pa.Table:
    rng = np.random.default_rng(seed)
    keys = rng.integers(0, groups, n)
    return pa.table({"key": [f"k{k:05d}" for k in keys], "value": rng.permutation(n)})


def count_groups(table: pa.Table, offsets: pa.Int64Array) -> pa.Table:
    starts = offsets.to_numpy()
    for a, b in pairwise(starts):
        assert len(set(table["key"][a:b].to_pylist())) == 1, "a group holds one key"
        values = table["value"][a:b].to_numpy()
        assert (np.diff(values) > 0).all(), "rows are in the order asked for"
    return pa.table(
        {
            "key": table["key"].take(pa.array(starts[:-1])),
            "n": np.diff(starts),
            "first": table["value"].take(pa.array(starts[:-1])),
        },
        schema=COUNTS,
    )


@pytest.mark.parametrize(("n", "groups"), [(0, 1), (1, 1), (1000, 1), (1000, 1000), (5000, 7)])
def test_map_groups_sees_whole_sorted_groups(engine: Engine, n: int, groups: int) -> None:
    table = rows(n, groups)
    relation = engine.load("t", table)
    made = engine.map_groups(
        relation, ["key"], count_groups, COUNTS, into="out", step="test", order_by=["value"]
    )
    out = engine.fetch(made, order_by=["key"]).to_pydict()
    expected: dict[str, list[int]] = {}
    for key, value in zip(table["key"].to_pylist(), table["value"].to_pylist(), strict=True):
        expected.setdefault(key, []).append(value)
    assert out["key"] == sorted(expected)
    assert out["n"] == [len(expected[k]) for k in out["key"]]
    assert out["first"] == [min(expected[k]) for k in out["key"]]


def test_groups_stay_whole_across_batches(engine, monkeypatch):
    monkeypatch.setattr("zhenzan.features.engine.duckdb._KERNEL_ROWS", 64)
    relation = engine.load("t", rows(20_000, 9))
    made = engine.map_groups(
        relation, ["key"], count_groups, COUNTS, into="out", step="test", order_by=["value"]
    )
    out = engine.fetch(made).to_pydict()
    assert sorted(out["key"]) == [f"k{k:05d}" for k in range(9)] and sum(out["n"]) == 20_000


def test_failed_statement_shows_step_and_text(engine):
    with pytest.raises(EngineError) as caught:
        engine.sql("SELECT nothing FROM nowhere", into="x", step="my step")
    assert "'my step'" in str(caught.value) and "SELECT nothing FROM nowhere" in str(caught.value)
    assert caught.value.step == "my step"


class Interrupted:
    """A connection on which each query hears Ctrl-C, as DuckDB then tells it."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def cursor(self) -> Interrupted:
        return self

    def close(self) -> None:
        pass

    def sql(self, *_: object) -> None:
        raise self.error

    execute = sql


@pytest.mark.parametrize("name", ["RuntimeError", "InterruptException"])
def test_ctrl_c_in_a_query_stops_as_anywhere_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    kind = getattr(duckdb, name, RuntimeError)
    with open_engine(options=EngineOptions(spill_dir=tmp_path)) as engine:
        held = engine.sql("SELECT 1 AS n", into="t", step="test")
        assert held.columns == ("n",)
        with monkeypatch.context() as patched:
            patched.setattr(engine, "_connection", Interrupted(kind("Query interrupted")))
            for stopped in (
                lambda: engine.sql("SELECT 2 AS n", into="u", step="test"),
                lambda: engine.fetch(held),
                lambda: list(engine.fetch_batches(held)),
                lambda: engine.write_parquet(held, tmp_path / "x.parquet"),
            ):
                with pytest.raises(KeyboardInterrupt):
                    stopped()


def test_failed_kernel_shows_step_and_name(engine):
    def breaks(table: pa.Table, offsets: pa.Int64Array) -> pa.Table:
        raise ValueError("three legs")

    relation = engine.load("t", rows(10, 2))
    with pytest.raises(EngineError, match=r"(?s)my step.*three legs.*kernel .*breaks"):
        engine.map_groups(relation, ["key"], breaks, COUNTS, into="x", step="my step")
    assert engine.fetch(relation).num_rows == 10, "the session goes on"


def test_kernel_must_keep_its_promise(engine):
    def other(table: pa.Table, offsets: pa.Int64Array) -> pa.Table:
        return pa.table({"other": [1]})

    relation = engine.load("t", rows(10, 2))
    with pytest.raises((EngineError, ValueError)):
        engine.map_groups(relation, ["key"], other, COUNTS, into="x", step="s")


@pytest.mark.parametrize("name", ["Robert'); --", "a b", "ü", ""])
def test_names_are_identifiers_only(engine, name):
    with pytest.raises(ValueError, match="identifier"):
        engine.load(name, rows(1, 1))
    relation = engine.load("t", rows(1, 1))
    with pytest.raises(ValueError, match="identifier"):
        engine.fetch(relation, order_by=[name])


@pytest.mark.parametrize("value", ["x'; DROP TABLE t; --", "🦊", None, 3, 2.5, True])
def test_values_are_parameters(engine, value):
    engine.load("t", pa.table({"a": [1]}))
    made = engine.sql("SELECT $v AS v, a FROM t", into="out", step="s", params={"v": value})
    assert engine.fetch(made)["v"].to_pylist() == [value]


def test_fetch_keeps_the_order_asked_for(engine):
    relation = engine.load("t", rows(300_000, 1000))
    table = engine.fetch(relation, columns=["value"], order_by=["value"])
    assert (np.diff(table["value"].to_numpy()) == 1).all()


def test_nulls_come_last(engine):
    relation = engine.load("t", pa.table({"a": [3, None, 1]}))
    assert engine.fetch(relation, order_by=["a"])["a"].to_pylist() == [1, 3, None]


def test_replacing_a_relation_that_a_statement_reads(engine):
    engine.load("t", pa.table({"a": [1, 2]}))
    for _ in range(3):
        made = engine.sql("SELECT a + 1 AS a FROM t", into="t", step="s")
    assert sorted(engine.fetch(made)["a"].to_pylist()) == [4, 5]


def test_drop_frees_and_forgets(engine):
    relation = engine.load("t", rows(10, 2))
    engine.drop(relation)
    engine.drop(relation)
    with pytest.raises(EngineError):
        engine.fetch(relation)


def test_parquet_round_trip(engine, tmp_path):
    table = rows(5000, 10)
    pq.write_table(table, tmp_path / "it's.parquet")
    relation = engine.load("t", tmp_path / "it's.parquet")
    assert relation.columns == ("key", "value")
    engine.write_parquet(relation, tmp_path / "out.parquet", order_by=["value"])
    back = pq.read_table(tmp_path / "out.parquet")
    assert back["value"].to_pylist() == list(range(5000))


def test_spills_past_the_memory_limit_and_cleans_up(tmp_path: Path) -> None:
    options = EngineOptions(memory="100MB", spill_dir=tmp_path / "spill", threads=1)
    with open_engine(options=options) as engine:
        n = 2_000_000
        values = pa.table({"a": np.random.default_rng(0).permutation(n), "b": np.arange(n)})
        relation = engine.load("t", values)
        seen = 0
        for batch in engine.fetch_batches(relation, order_by=["a"]):
            column = batch.column("a").to_numpy()
            assert column[0] == seen
            seen += len(column)
        assert seen == n
    assert list((tmp_path / "spill").iterdir()) == []


def test_bad_memory_option_says_so(tmp_path):
    with pytest.raises(EngineError, match="plenty"):
        open_engine(options=EngineOptions(memory="plenty", spill_dir=tmp_path))


def test_unknown_and_missing_engines():
    with pytest.raises(UsageError, match="duckdb"):
        open_engine("oracle")
    with pytest.raises(MissingDependencyError) as caught:
        open_engine("spark")
    assert caught.value.exit_code == 3 and re.search("duckdb", str(caught.value))


def test_relation_is_only_a_handle():
    assert Relation("t", pa.schema([("a", pa.int64())])).columns == ("a",)


def test_a_handle_keeps_the_schema_of_its_table(engine: Engine) -> None:
    engine.load("t", rows(3, 1))
    first = engine.sql("SELECT key FROM t", into="x", step="test")
    second = engine.sql("SELECT key, value + 1 AS more FROM t", into="x", step="test")
    assert (first.columns, second.columns) == (("key",), ("key", "more"))
    again = engine.sql("SELECT more FROM x", into="x", step="test")  # reads what it replaces
    assert again.columns == ("more",) and engine.fetch(again).num_rows == 3
    engine.load("x", rows(3, 1))
    assert again.columns == ("more",)


def test_an_empty_table_gives_way_to_a_filled_one(engine: Engine) -> None:
    empty = rows(3, 1).schema.empty_table()
    for _ in range(2):
        assert engine.fetch(engine.load("t", empty)).num_rows == 0
    assert engine.fetch(engine.load("t", rows(3, 1))).num_rows == 3
    assert engine.fetch(engine.load("t", empty)).num_rows == 0


def test_in_memory_a_cleared_session_serves_again() -> None:
    with open_engine(options=EngineOptions(in_memory=True)) as engine:
        for n in (3, 5):
            engine.load("t", rows(n, 1))
            made = engine.sql("SELECT key FROM t", into="x", step="test", once=True)
            assert engine.fetch(made).num_rows == n
            engine.clear()
            with pytest.raises(EngineError):
                engine.sql("SELECT key FROM t", into="y", step="test")
