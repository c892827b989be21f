"""A line of any length costs itself: memory stays bounded, the rows around it are read.

The bound is lowered here; that memory does not grow is measured in tests/benchmarks.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import repeat
from pathlib import Path
from typing import Any

import pytest
from zhenzan.detector.sources import delimited, jsonlines, jsonvalues
from zhenzan.detector.sources.files import Pieces, probe
from zhenzan.detector.sources.flat import BadRecord, Records
from zhenzan.detector.sources.jsonlines import json_lines
from zhenzan.detector.sources.jsonvalues import TOO_LONG, JsonProblem, json_values
from zhenzan.detector.sources.records import read_records

BOUND = 20_000


@pytest.fixture(autouse=True)
def lower_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (delimited, jsonlines, jsonvalues):
        monkeypatch.setattr(module, "_LONGEST", BOUND)
    monkeypatch.setattr("zhenzan.detector.sources.files._CHUNK", 4096)


def read(path: Path) -> tuple[list[dict[str, Any]], list[BadRecord]]:
    rows: list[dict[str, Any]] = []
    bad = []
    for record in read_records(probe(path)):
        if isinstance(record, Records):
            rows += record.data.to_pylist()
        else:
            bad.append(record)
    return rows, bad


@pytest.mark.parametrize("size", [BOUND * 2, BOUND * 30])
def test_json_lines(tmp_path: Path, size: int) -> None:
    long = json.dumps({"a": "x" * size})
    (tmp_path / "x.jsonl").write_text(f'{{"a": "1"}}\n{long}\n{{"a": "2"}}\n{{"a": "3"}}\n')
    rows, bad = read(tmp_path / "x.jsonl")
    assert [row["a"] for row in rows] == ["1", "2", "3"]
    assert bad == [BadRecord(2, TOO_LONG)]


@pytest.mark.parametrize("size", [BOUND * 2, BOUND * 30])
def test_values_in_an_array(tmp_path: Path, size: int) -> None:
    long = json.dumps({"a": {"b": "x" * size}})
    (tmp_path / "x.json").write_text(f'[{{"a": 1}},\n{long},\n{{"a": 2}}]\n')
    rows, bad = read(tmp_path / "x.json")
    assert [row["a"] for row in rows] == [1, 2]
    assert bad == [BadRecord(2, TOO_LONG)]


@pytest.mark.parametrize("size", [BOUND * 2, BOUND * 30])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_delimited_text(tmp_path: Path, size: int, end: str) -> None:
    lines = ["a,b", "1,2", "x" * size + ",y", "3,4", "5,6"]
    (tmp_path / "x.csv").write_bytes((end.join(lines) + end).encode())
    rows, bad = read(tmp_path / "x.csv")
    assert [row["a"] for row in rows] == ["1", "3", "5"]
    assert bad == [BadRecord(3, "longer than any record (32 MB)")]


def test_a_last_line_without_end(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a,b\n1,2\n" + "x" * BOUND * 5)
    rows, bad = read(tmp_path / "x.csv")
    assert len(rows) == 1 and bad == [BadRecord(3, "longer than any record (32 MB)")]
    (tmp_path / "x.jsonl").write_text('{"a": 1}\n{"a": "' + "x" * BOUND * 5)
    rows, bad = read(tmp_path / "x.jsonl")
    assert len(rows) == 1 and [b.line for b in bad] == [2]


class Stream:
    """Pieces of a file that no disk could hold."""

    cut = False

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self.pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        return self.pieces


def endless() -> Iterator[bytes]:
    yield b'{"a": 1}\n{"a": "'
    yield from repeat(b"x" * 65_536, 3_000)  # 200 MB, ten thousand times the bound
    yield b'"}\n{"a": 2}\n'


def test_a_stream_of_one_line_is_never_held() -> None:
    found = list(json_values(endless()))
    assert [v for _, v in found] == [{"a": 1}, JsonProblem(TOO_LONG), {"a": 2}]
    assert [line for line, _ in found] == [1, 2, 3]
    blocks = list(json_lines(Stream(endless())))  # type: ignore[arg-type]
    assert max(len(text) for _, lines in blocks for text in lines) < 200_000
    assert isinstance(Pieces(Path()), Pieces)


def test_a_broken_value_over_many_lines_stays_linear() -> None:
    broken = '{\n"a": oops,\n' + '"b": [1, 2],\n' * 20_000 + "}\n"
    found = list(json_values([broken.encode(), b'{"ok": 1}\n']))
    assert found[-1][1] == {"ok": 1}
    assert found[0] == (1, JsonProblem("not JSON: Expecting value"))
