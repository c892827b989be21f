"""Workbooks as records: values only, hostile and broken files included."""

from __future__ import annotations

import datetime as dt
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from zhenzan.detector.sources import workbook
from zhenzan.detector.sources.files import probe
from zhenzan.detector.sources.flat import BadRecord, Records
from zhenzan.detector.sources.records import read_records
from zhenzan.detector.sources.workbook import is_workbook, read_sheet
from zhenzan.features.errors import InputError

BIG = 2**63 + 5


def made(path: Path, **sheets: list[list[Any]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def rewritten(path: Path, member: str, change: Any, **more: bytes) -> Path:
    """The same archive with one member changed, and others beside it."""
    with zipfile.ZipFile(path) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    parts[member] = change(parts[member])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, content in (parts | more).items():
            new.writestr(name, content)
    return path


def rows_of(path: Path, sheet: str | None = None) -> tuple[list[Any], list[int], list[BadRecord]]:
    rows, lines, bad = [], [], []
    for record in read_records(probe(path), sheet=sheet):
        if isinstance(record, Records):
            rows += record.data.to_pylist()
            assert not isinstance(record.lines, int)
            lines += record.lines.to_pylist()
        else:
            bad.append(record)
    return rows, lines, bad


def test_values_are_text_with_their_rows(tmp_path: Path) -> None:
    path = made(
        tmp_path / "a.xlsx",
        Comments=[
            ["id", "at", "text", "likes", "ok"],
            [str(BIG), dt.datetime(2024, 3, 1, 12, 30, 5), "写得好", 3.0, True],
            [],
            ["0012", dt.date(2024, 3, 1), "=1+1", 2.5, None],
        ],
    )
    assert probe(path).sheets == {"Comments": ("id", "at", "text", "likes", "ok")}
    rows, lines, bad = rows_of(path)
    assert rows[0] == {
        "id": str(BIG), "at": "2024-03-01 12:30:05", "text": "写得好", "likes": "3", "ok": "true",
    }  # fmt: skip
    assert rows[1]["id"] == "0012"
    assert rows[1]["at"] == "2024-03-01 00:00:00"
    assert rows[1]["text"] is None  # a formula that nobody has computed yet has no value
    assert (rows[1]["likes"], rows[1]["ok"]) == ("2.5", None)
    assert lines == [2, 4]
    assert not bad


def test_a_formula_gives_the_value_it_had(tmp_path: Path) -> None:
    path = made(tmp_path / "f.xlsx", S=[["n"], ["=2*21"]])
    rewritten(
        path, "xl/worksheets/sheet1.xml",
        lambda xml: xml.replace(b"<v />", b"<v>42</v>").replace(b"<v></v>", b"<v>42</v>"),
    )  # fmt: skip
    assert rows_of(path)[0] == [{"n": "42"}]


def test_sheets_by_name_and_empty_ones(tmp_path: Path) -> None:
    path = made(tmp_path / "s.xlsx", Contents=[["a"], [1]], Comments=[[None], [], ["b"], [2]], Z=[])
    assert probe(path).sheets == {"Contents": ("a",), "Comments": ("b",), "Z": ()}
    assert probe(path).columns == ()
    assert rows_of(path, "Comments")[:2] == ([{"b": "2"}], [4])
    assert rows_of(path, "Z")[0] == []
    with pytest.raises(InputError, match="several tables"):
        rows_of(path)
    with pytest.raises(InputError, match="no sheet"):
        rows_of(path, "Likes")


def test_repeated_and_missing_names(tmp_path: Path) -> None:
    path = made(tmp_path / "r.xlsx", S=[["a", "a", None, " b "], [1, 2, 3, 4, 5], [6]])
    assert probe(path).columns == ("a", "a#2", "#3", "b")
    assert [list(r.values()) for r in rows_of(path)[0]] == [
        ["1", "2", "3", "4"], ["6", None, None, None],
    ]  # fmt: skip


def test_ids_that_a_spreadsheet_rounded_do_not_look_whole(tmp_path: Path) -> None:
    path = made(tmp_path / "i.xlsx", S=[["id"], [6.38123456789012e17], [BIG], [2**50]])
    assert [r["id"] for r in rows_of(path)[0]] == [
        "6.38123456789012e+17", "9.223372036854776e+18", str(2**50),
    ]  # fmt: skip


def test_macros_are_left_alone(tmp_path: Path) -> None:
    path = made(tmp_path / "m.xlsx", S=[["a"], [1]])
    rewritten(path, "xl/workbook.xml", lambda xml: xml, **{"xl/vbaProject.bin": b"\x00evil"})
    path = path.rename(tmp_path / "m.xlsm")
    assert rows_of(path)[0] == [{"a": "1"}]


@pytest.mark.parametrize("keep", [20, 600, -30])
def test_a_broken_archive_is_told(tmp_path: Path, keep: int) -> None:
    path = made(tmp_path / "b.xlsx", S=[["a"], [1]])
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(InputError, match="cannot be read"):
        probe(path)


def test_a_sheet_that_breaks_off_keeps_what_came_before(tmp_path: Path) -> None:
    path = made(tmp_path / "c.xlsx", S=[["a"], *([n] for n in range(500))])
    rewritten(path, "xl/worksheets/sheet1.xml", lambda xml: xml[: len(xml) // 2])
    rows, lines, bad = rows_of(path)
    assert [r["a"] for r in rows] == [str(n) for n in range(len(rows))]
    assert 200 < len(rows) < 300
    assert bad[0].line == lines[-1] + 1
    assert "broken" in bad[0].reason


def test_a_zip_that_is_no_workbook_is_not_ours(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "a")
    assert not is_workbook(path, path.read_bytes()[:16])
    assert probe(path).kind != "xlsx"


def test_old_and_encrypted_office_files_say_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "old.xls"
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)
    with pytest.raises(InputError, match="without a password"):
        probe(path)


def test_a_claimed_span_costs_nothing(tmp_path: Path) -> None:
    path = made(tmp_path / "d.xlsx", S=[["a", "b"], [1, 2]])
    wide = b'<dimension ref="A1:XFD1048576" />'
    rewritten(
        path, "xl/worksheets/sheet1.xml",
        lambda xml: xml.replace(b'<dimension ref="A1:B2" />', wide).replace(b'ref="A1:B2"/>', wide),
    )  # fmt: skip
    assert probe(path).columns == ("a", "b")
    assert rows_of(path)[0] == [{"a": "1", "b": "2"}]


def test_a_row_number_beyond_any_sheet_ends_it(tmp_path: Path) -> None:
    path = made(tmp_path / "n.xlsx", S=[["a"], [1], [2]])
    rewritten(
        path, "xl/worksheets/sheet1.xml",
        lambda xml: xml.replace(b'r="3"', b'r="99999999999"').replace(b"A3", b"A99999999999"),
    )  # fmt: skip
    rows, _, bad = rows_of(path)
    assert rows == [{"a": "1"}]
    assert len(bad) == 1
    assert "broken" in bad[0].reason


def test_entities_are_not_unfolded(tmp_path: Path) -> None:
    path = made(tmp_path / "e.xlsx", S=[["a"], ["x"]])
    bomb = b'<!DOCTYPE z [<!ENTITY a "0123456789">' + b"".join(
        b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 30) for n in range(9)
    )
    rewritten(
        path, "xl/worksheets/sheet1.xml",
        lambda xml: bomb + b"]>" + xml.replace(b"<v>", b"<v>&j;", 1),
    )  # fmt: skip
    with pytest.raises(InputError, match="document type"):
        list(read_sheet(path, "S"))


@pytest.mark.parametrize("before", [b"<!-- a note -->", b"<!-- " + b"long " * 20_000 + b"-->"])
def test_a_document_type_behind_a_comment_is_seen(tmp_path: Path, before: bytes) -> None:
    path = made(tmp_path / "c.xlsx", S=[["a"], ["x"]])
    rewritten(path, "xl/worksheets/sheet1.xml", lambda xml: before + b"<!DOCTYPE z []>" + xml)
    with pytest.raises(InputError, match="document type"):
        probe(path)


def test_a_part_too_large_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = made(tmp_path / "z.xlsx", S=[["a"], [1]])
    monkeypatch.setattr(workbook, "_SHARED", 1 << 20)  # the real limit would take seconds to reach
    rewritten(
        path, "xl/workbook.xml", lambda xml: xml, **{"xl/most.xml": b"<a>" + b" " * ((1 << 20) - 3)}
    )
    assert probe(path).columns == ("a",)
    rewritten(path, "xl/workbook.xml", lambda xml: xml, **{"xl/bomb.xml": b" " * (1 << 21)})
    with pytest.raises(InputError, match="too large"):
        probe(path)
