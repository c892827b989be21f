"""The delimited reader against Python's own csv module, whatever the cuts between pieces."""

from __future__ import annotations

import csv
import io
import time
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
from zhenzan.features.errors import InputError

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
    assert [row[1:] for row in found] == [
        *((str(i), "two\nlines") for i in range(50)), ("8", "9"),
        *((str(i), "two\nlines") for i in range(50)),
    ]  # fmt: skip
    assert [b.line for b in bad] == [102]


def test_a_record_over_lines_with_too_many_fields_is_lost_whole(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('x,y\n1,"a\nb",3\n5,6\n')
    found, bad = read(path)
    assert found == [(4, "5", "6")]
    assert [(b.line, b.reason) for b in bad] == [(2, "3 fields where the header has 2")]


def test_repeated_names_keep_the_first_column(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("x,x,y\n1,2,3\n")
    (record,) = read_records(probe(path))
    assert isinstance(record, Records)
    assert record.data.to_pylist() == [{"x": "1", "x#2": "2", "y": "3"}]


def test_kernel_reports_unfinished_records() -> None:
    data = np.frombuffer(b'a,b\n1,"x\ny', np.uint8)
    found = np.empty((9, 3), np.int64)
    assert find_records(data, 0, 44, False, found) == (1, 4, 0)
    assert found[0].tolist() == [0, 2, 1]
    assert find_records(data, 4, 44, True, found) == (0, 4, 2)
    assert find_records(data, 0, 44, False, found[:0]) == (0, 0, 3)


def test_many_bad_records_over_several_lines_take_linear_time(tmp_path: Path) -> None:
    def cost(n: int) -> float:
        path = tmp_path / f"{n}.csv"
        path.write_text("x,y\n" + '1,"a\nb"c,3\n' * n + '1,"a\nb",3\n' * n + "5,6\n")
        begin = time.process_time()
        found, bad = read(path)
        spent = time.process_time() - begin
        assert found[-1] == (4 * n + 2, "5", "6")
        assert len(bad) == 2 * n
        return spent

    cost(500)  # loads what only the first one loads
    assert cost(50_000) < 30 * cost(5_000)  # 10 times; an answer that is quadratic takes 100


def test_more_records_than_the_kernel_finds_at_once(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("x,y\n" + "".join(f"{i},y\n" for i in range(200_000)))
    found, bad = read(path)
    assert [row[:2] for row in found] == [(i + 2, str(i)) for i in range(200_000)]
    assert not bad


def test_a_header_that_never_ends_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('"x,y\n1,2\n')
    with pytest.raises(InputError, match=r"t\.csv:1: the header cannot be read"):
        read(path)


@settings(max_examples=300, deadline=None)
@given(text=st.text(st.sampled_from('ab,"\n\r\\ '), max_size=40), piece=st.integers(1, 50))
def test_any_text_is_read_or_told(
    tmp_path_factory: pytest.TempPathFactory, text: str, piece: int
) -> None:
    path = tmp_path_factory.mktemp("any") / "t.csv"
    path.write_bytes(f"x,y\n{text}".encode())
    whole = read(path)
    with patch.object(files, "_CHUNK", piece):
        assert read(path, probe(path)) == whole
    filled = sum(line.strip("\r\n") != "" for line in text.splitlines())
    assert len(whole[0]) + len(whole[1]) <= filled
    assert len(whole[0]) + len(whole[1]) > 0 or filled == 0
