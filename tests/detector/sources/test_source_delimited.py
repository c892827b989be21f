"""The delimited reader against Python's own csv module, whatever the cuts between pieces."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from zhenzan.detector.sources import files
from zhenzan.detector.sources.files import Probe, probe
from zhenzan.detector.sources.flat import BadRecord, Records
from zhenzan.detector.sources.kernels import find_records
from zhenzan.detector.sources.records import read_records

CELL = st.text(st.sampled_from('ab,";\n\r\t 赞\x00'), max_size=6)


def read(path: Path, seen: Probe | None = None) -> tuple[list[tuple[int, ...]], list[BadRecord]]:
    rows, bad = [], []
    for record in read_records(seen or probe(path)):
        if isinstance(record, BadRecord):
            bad.append(record)
        else:
            assert isinstance(record, Records)
            lines = record.lines.to_pylist()
            values = [tuple(row.values()) for row in record.data.to_pylist()]
            rows += [(line, *row) for line, row in zip(lines, values, strict=True)]
    return rows, bad


@settings(max_examples=150, deadline=None)
@given(rows=st.lists(st.tuples(CELL, CELL, CELL), max_size=12), piece=st.integers(1, 40))
def test_agrees_with_csv(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, str]], piece: int
) -> None:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerows([("x", "y", "z"), *rows])
    path = tmp_path_factory.mktemp("csv") / "t.csv"
    path.write_bytes(buffer.getvalue().encode())
    seen = Probe(path, "t", "delimited", columns=("x", "y", "z"))
    with patch.object(files, "_CHUNK", piece):
        found, bad = read(path, seen)
    assert not bad
    assert [row[1:] for row in found] == rows
    line = 2
    for row, cells in zip(found, rows, strict=True):
        assert row[0] == line
        text = "".join(cells)
        line += 1 + text.count("\n") + text.count("\r") - sum(c.count("\r\n") for c in cells)


def test_line_ends_of_all_systems(tmp_path: Path) -> None:
    for end in ("\n", "\r\n", "\r"):
        path = tmp_path / "t.csv"
        path.write_bytes(end.join(["x,y", "1,2", "", '3,"a b"', "5,6"]).encode())
        found, bad = read(path)
        assert (found, bad) == ([(2, "1", "2"), (4, "3", "a b"), (5, "5", "6")], [])


def test_a_quote_inside_a_field_is_a_character(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('x,y\n5" screen,2\n3,"say ""hi"" now"\n')
    assert read(path)[0] == [(2, '5" screen', "2"), (3, "3", 'say "hi" now')]


def test_a_stray_quote_loses_its_line_and_no_other(tmp_path: Path) -> None:
    good = "".join(f'{i},"two\nlines"\n' for i in range(50))
    path = tmp_path / "t.csv"
    path.write_text(f'x,y\n{good}7,"stray\n8,9\n{good}')
    found, bad = read(path)
    assert sum(row[2] == "two\nlines" for row in found) >= 99  # the next closing quote may be taken
    assert any(row[1] == "8" for row in found) or len(found) >= 100
    assert len(bad) <= 3


def test_repeated_names_keep_the_first_column(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("x,x,y\n1,2,3\n")
    (record,) = read_records(probe(path))
    assert isinstance(record, Records)
    assert record.data.to_pylist() == [{"x": "1", "x#2": "2", "y": "3"}]


def test_kernel_reports_unfinished_records() -> None:
    data = np.frombuffer(b'a,b\n1,"x\ny', np.uint8)
    begins, fields, lines, stop, why = find_records(data, 0, 44, 2, False)
    assert (begins.tolist(), fields.tolist(), lines.tolist(), stop, why) == ([0], [2], [1], 4, 0)
    assert find_records(data, 4, 44, 2, True)[3:] == (4, 2)
