"""The scan directory: what is written comes back, in one order, byte for byte."""

from __future__ import annotations

import gc
import hashlib
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from zhenzan.detector.results import (
    OUTPUTS,
    SORT_KEYS,
    Scan,
    as_table,
    read_evidence,
    write_evidence,
    write_scan,
    write_table,
)
from zhenzan.features.errors import InputError
from zhenzan.features.family import Evidence, Text

_VALUE = {
    pa.string(): lambda i: f"id{i}",
    pa.int64(): lambda i: i,
    pa.float64(): lambda i: i / 7,
    pa.bool_(): lambda i: i % 2 == 0,
    pa.list_(pa.string()): lambda i: [f"x{i}", "y"] if i % 3 else [],
}


def rows(name: str, numbers: list[int]) -> pa.Table:
    schema = OUTPUTS[name]
    columns = {f.name: [_VALUE[f.type](i) for i in numbers] for f in schema}
    return pa.table(columns, schema=schema)


def statement(i: int = 0, **change: Any) -> Evidence:
    fields: dict[str, Any] = {
        "reason": "timing.burst@1",
        "subject": ("section", f"s{i}"),
        "statement": Text("在30分钟内出现80次", "80 within 30 minutes"),
        "refs": ("e1", "e2"),
        "observed": 80.0,
        "expected": 4.5,
        "unit": "count",
        "start_ms": 0,
        "end_ms": 1_800_000,
        "strength": 12.5,
        "counter_evidence": (Text("抽奖", "a giveaway"),),
    }
    return Evidence(**{**fields, **change})


def write(directory: Path, numbers: list[int], **more: Any) -> Path:
    write_scan(
        directory,
        outputs={name: rows(name, numbers) for name in OUTPUTS},
        evidence=[("ev1", statement())],
        reference={"curves": pa.table({"section_id": ["s"], "observed": [3]})},
        run={"version": "0", **more},
    )
    return directory


def digests(directory: Path) -> dict[str, str]:
    files = (p for p in sorted(directory.rglob("*")) if p.is_file() and p.name != "run.json")
    return {
        str(p.relative_to(directory)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files
    }


def test_what_is_written_comes_back(tmp_path: Path) -> None:
    scan = Scan.load(write(tmp_path / "a", [3, 1, 2], answer=42))
    for name, schema in OUTPUTS.items():
        frame = getattr(scan, name)
        assert list(frame.columns) == schema.names
        expected = rows(name, [1, 2, 3]).to_pylist()
        assert as_table(frame, schema).to_pylist() == expected
    assert scan.statements == (("ev1", statement()),)
    assert scan.run["answer"] == 42
    assert scan.reference("curves").observed.tolist() == [3]
    assert scan.reference("windows").empty
    assert scan.evidence.statement_zh.tolist() == ["在30分钟内出现80次"]


def test_row_order_does_not_change_a_byte(tmp_path: Path) -> None:
    first = digests(write(tmp_path / "a", list(range(50))))
    shuffled = np.random.default_rng(1).permutation(50).tolist()
    assert digests(write(tmp_path / "b", shuffled)) == first


@pytest.mark.parametrize("name", list(OUTPUTS))
def test_an_empty_table_keeps_its_schema(tmp_path: Path, name: str) -> None:
    path = tmp_path / "t.parquet"
    write_table(path, rows(name, []), sort_by=SORT_KEYS[name])
    assert pa.parquet.read_schema(path).equals(OUTPUTS[name])


def test_nan_is_stored_as_null(tmp_path: Path) -> None:
    frame = rows("accounts", [1, 2]).to_pandas()
    frame["probability"] = [float("nan"), 0.5]
    frame["n_sections"] = [float("nan"), 2.0]
    frame["automated"] = [None, True]
    table = as_table(frame, OUTPUTS["accounts"])
    assert table.column("probability").to_pylist() == [None, 0.5]
    assert table.column("n_sections").to_pylist() == [None, 2]
    assert table.column("automated").to_pylist() == [None, True]


@pytest.mark.parametrize("name", list(OUTPUTS))
def test_an_empty_frame_of_any_type_fits(name: str) -> None:
    frame = pd.DataFrame({column: [] for column in OUTPUTS[name].names})
    assert as_table(frame, OUTPUTS[name]).schema.equals(OUTPUTS[name])


def test_a_missing_column_is_named() -> None:
    frame = rows("accounts", [1]).to_pandas().drop(columns=["score"])
    with pytest.raises(KeyError, match="score"):
        as_table(frame, OUTPUTS["accounts"])


def test_a_frame_may_hold_more_columns() -> None:
    frame = rows("campaigns", [1]).to_pandas().assign(note="x")
    assert as_table(frame, OUTPUTS["campaigns"]).schema.equals(OUTPUTS["campaigns"])


@given(
    text=st.text(st.characters(codec="utf-8"), max_size=60),
    number=st.one_of(st.none(), st.floats(), st.integers(-(2**53), 2**53).map(float)),
)
def test_any_statement_survives(text: str, number: float | None) -> None:
    given_one = statement(statement=Text(text, text), observed=number, refs=(text,))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "evidence.jsonl"
        write_evidence(path, [("e", given_one)])
        lines = path.read_text("utf-8").split("\n")
        assert len(lines) == 2, "one statement, one line"
        json.loads(lines[0], parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
        ((_, back),) = read_evidence(path)
    finite = number is not None and np.isfinite(number)
    assert back.observed == (number if finite else None)
    assert back.statement == Text(text, text)
    assert back.refs == (text,)


def test_a_broken_statement_is_located(tmp_path: Path) -> None:
    path = tmp_path / "evidence.jsonl"
    write_evidence(path, [("e", statement())])
    path.write_text(path.read_text("utf-8") + '{"evidence_id": 1}\n', "utf-8")
    with pytest.raises(InputError, match=r"evidence\.jsonl:2"):
        list(read_evidence(path))


def test_other_directories_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such scan directory"):
        Scan.load(tmp_path / "absent")
    with pytest.raises(InputError, match="not a scan directory"):
        Scan.load(tmp_path)


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    scan = Scan.load(write(tmp_path / "a", [1]))
    (scan.path / "accounts.parquet").write_bytes(b"PAR1 cut")
    with pytest.raises(InputError, match=r"accounts\.parquet"):
        _ = scan.accounts


def test_unknown_reference_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(KeyError, match="curves"):
        Scan.load(write(tmp_path / "a", [1])).reference("curve")


def test_a_temporary_scan_goes_with_its_object() -> None:
    folder = TemporaryDirectory()
    path = write(Path(folder.name) / "scan", [1])
    scan = Scan(path, temporary=folder)
    assert len(scan.sections) == 1
    del scan, folder
    gc.collect()
    assert not path.exists()


def test_lists_are_python_lists(tmp_path: Path) -> None:
    frame: pd.DataFrame = Scan.load(write(tmp_path / "a", [0, 1])).sections
    assert frame.reasons.tolist() == [[], ["x1", "y"]]
