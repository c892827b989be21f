"""Whatever a file holds, conversion ends in typed rows and balanced books."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from zhenzan.detector.ingest.clock import Clock
from zhenzan.detector.ingest.columns import as_type
from zhenzan.detector.ingest.convert import Converter, _example, staged_schema
from zhenzan.detector.ingest.ledger import Ledger
from zhenzan.detector.ingest.pseudonyms import Pseudonyms
from zhenzan.detector.sources import Rows
from zhenzan.detector.sources.base import INTAKE
from zhenzan.features.tables import TABLES

BASE = 1_700_000_000_000


def converter(key: bytes | None = None) -> Converter:
    return Converter(
        ledger=Ledger("f"),
        clock=Clock(ZoneInfo("UTC")),
        pseudonyms=Pseudonyms(key),
        platform="internal",
        dataset_id="d",
        defaults={},
        latest_ms=BASE * 2,
        seen_ms=BASE,
        seen_basis="option",
        prefixed=False,
    )


VALUES: dict[pa.DataType, st.SearchStrategy[Any]] = {
    pa.string(): st.text(max_size=12).map(lambda t: t.encode("utf-8", "replace").decode()),
    pa.large_string(): st.sampled_from(["", " ", "1", "-1", "nan", "1e9", str(BASE), "2024-01-01"]),
    pa.binary(): st.binary(max_size=6),
    pa.int64(): st.integers(-(2**63), 2**63 - 1),
    pa.uint64(): st.integers(0, 2**64 - 1),
    pa.int8(): st.integers(-128, 127),
    pa.float64(): st.floats(),
    pa.float32(): st.floats(width=32),
    pa.bool_(): st.booleans(),
    pa.timestamp("ns", tz="UTC"): st.integers(-(2**62), 2**62),
    pa.timestamp("s"): st.integers(-(10**11), 10**11),
    pa.date32(): st.integers(-(10**5), 10**5),
    pa.time64("us"): st.integers(0, 10**10),
    pa.decimal128(20, 3): st.decimals(-(10**10), 10**10, places=3),
    pa.list_(pa.int64()): st.lists(st.integers(0, 9), max_size=2),
    pa.struct([("x", pa.int64())]): st.fixed_dictionaries({"x": st.integers(0, 9)}),
    pa.dictionary(pa.int32(), pa.string()): st.sampled_from(["a", "like", ""]),
    pa.null(): st.none(),
}


@st.composite
def batches(draw: st.DrawFn) -> tuple[str, pa.RecordBatch]:
    table = draw(st.sampled_from([t for t in TABLES if t != "dataset"]))
    names = [c.name for c in TABLES[table].columns] + list(INTAKE.get(table, ()))
    chosen = draw(st.lists(st.sampled_from(names), unique=True, min_size=1))
    n = draw(st.integers(1, 5))
    arrays = []
    for _ in chosen:
        kind = draw(st.sampled_from(list(VALUES)))
        values = st.one_of(st.none(), VALUES[kind])
        arrays.append(pa.array(draw(st.lists(values, min_size=n, max_size=n)), kind))
    return table, pa.RecordBatch.from_arrays(arrays, names=chosen)


@settings(max_examples=300, deadline=None)
@given(batches(), st.sampled_from([None, b"key"]))
def test_any_type_in_any_column(made: tuple[str, pa.RecordBatch], key: bytes | None) -> None:
    table, data = made
    this = converter(key)
    kept = this.convert(Rows(table, data, 1))
    assert kept.schema == staged_schema(TABLES[table])
    kept.validate(full=True)
    assert kept.num_rows + this.ledger.rejected == data.num_rows
    for column in TABLES[table].columns:
        if column.required:
            assert kept.column(column.name).null_count == 0
        if column.choices:
            assert set(kept.column(column.name).to_pylist()) <= {None, *column.choices}


def test_text_in_parquet_that_is_not_utf8_loses_its_row() -> None:
    bad = pa.Array.from_buffers(
        pa.string(),
        2,
        [None, pa.array([0, 2, 5], pa.int32()).buffers()[1], pa.py_buffer(b"ok\xff\xfe\xfd")],
    )
    this = converter()
    data = pa.RecordBatch.from_pydict(
        {"kind": ["like"] * 2, "section_id": ["s"] * 2, "account_id": bad, "basis": ["stream"] * 2}
    )
    assert this.convert(Rows("engagement", data, 7)).column("account_id").to_pylist() == ["ok"]
    (lost,) = this.ledger.rejections()
    assert (lost.reason, lost.examples) == ("the text is not UTF-8", ("f:8",))


@pytest.mark.parametrize(
    ("values", "kind", "expected"),
    [
        (["1", " 2 ", "+3", "4.0", "x", "", None, "1e3"], pa.int64(), [1, 2, 3, 4, *[None] * 4]),
        ([1.0, 2.5, float("nan"), 1e300], pa.int64(), [1, None, None, None]),
        (["1.5", ".5", "1e3", "inf", "nan"], pa.float64(), [1.5, 0.5, 1000.0, None, None]),
        (["true", "F", "1", "0", "Yes", "maybe", None], pa.bool_(),
         [True, False, True, False, True, None, None]),
        ([1, 0, 2], pa.bool_(), [True, False, None]),
        ([" a ", "", None], pa.string(), ["a", None, None]),
        ([12.0, 1.5], pa.string(), ["12", None]),
    ],
)  # fmt: skip
def test_casts(values: list[Any], kind: pa.DataType, expected: list[Any]) -> None:
    found, bad = as_type(pa.array(values), kind)
    assert found.to_pylist() == expected
    lost = [e is None and v is not None and v != "" for v, e in zip(values, expected, strict=True)]
    assert (np.zeros(len(values), bool) if bad is None else bad).tolist() == lost


def test_decisions_name_accounts_by_their_pseudonym() -> None:
    rows = {
        "decision_id": ["1", "2"], "target_kind": ["account", "section"], "target_id": ["x", "x"],
        "outcome": ["no_action"] * 2, "decided_by": ["r"] * 2, "decided_ms": [BASE] * 2,
    }  # fmt: skip
    out = converter(b"key").convert(Rows("decision", pa.RecordBatch.from_pydict(rows), 1))
    hashed, kept = out.column("target_id").to_pylist()
    assert hashed == Pseudonyms(b"key").ids(pa.array(["x"]), "internal")[0].as_py()
    assert kept == "x"


@pytest.mark.parametrize("kind", [pa.timestamp("s"), pa.date64(), pa.date32(), pa.duration("s")])
def test_a_date_that_python_has_not_is_shown_as_its_number(kind: pa.DataType) -> None:
    most = 2**31 - 1 if pa.types.is_date32(kind) else 2**61
    assert _example(pa.scalar(most, kind)) == most
