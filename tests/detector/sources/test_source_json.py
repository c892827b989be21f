from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from zhenzan.detector.ingest.columns import as_type
from zhenzan.detector.sources.files import probe
from zhenzan.detector.sources.flat import BadRecord, Records
from zhenzan.detector.sources.jsonvalues import JsonProblem, json_values, without_surrogates
from zhenzan.detector.sources.records import read_records

OBJECT = st.dictionaries(
    st.text(max_size=5),
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=8), st.lists(st.none())),
    max_size=3,
)


@given(objects=st.lists(OBJECT, max_size=8), style=st.integers(0, 4), cut=st.integers(1, 30))
def test_every_way_to_string_objects_together(
    objects: list[dict[str, Any]], style: int, cut: int
) -> None:
    text = {
        0: "\n".join(json.dumps(o) for o in objects),
        1: json.dumps(objects),
        2: json.dumps(objects, indent=1),
        3: json.dumps(objects) + json.dumps([]),
        4: json.dumps([objects[:2], objects[2:]], ensure_ascii=False),
    }[style].encode("utf-8", "replace")
    pieces = [text[i : i + cut] for i in range(0, len(text), cut)]
    values = [value for _, value in json_values(pieces)]
    assert json.dumps(values) == json.dumps(json.loads(json.dumps(objects))) or style == 4


def test_lines_are_those_of_the_file() -> None:
    text = b'[\n {"a":\n 1},\n\n {"b": 2}]\n{"c"'
    found = list(json_values([text]))
    assert found[:2] == [(2, {"a": 1}), (5, {"b": 2})]
    assert found[2][0] == 6
    assert isinstance(found[2][1], JsonProblem)


def test_deep_nesting_is_a_problem_and_no_crash() -> None:
    found = list(json_values([b'{"a":' * 100_000 + b"\n" + b'{"b": 1}\n']))
    assert any(value == {"b": 1} for _, value in found)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2024-03-01 12:00:00", "2024-03-01 12:00:00"),
        (18446744073709551615, "18446744073709551615"),
        (17, "17"),
        ("007", "007"),
    ],
)
def test_ids_keep_their_spelling(tmp_path: Path, value: object, expected: str) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text(f"{json.dumps({'id': value, 'n': 1})}\n" * 3)
    (record,) = read_records(probe(path), text=["id", "absent"])
    assert isinstance(record, Records)
    assert [str(v) for v in record.data.column("id").to_pylist()] == [expected] * 3
    assert "absent" not in record.data.schema.names


def test_mixed_types_become_text(tmp_path: Path) -> None:
    path = tmp_path / "t.json"
    path.write_text('[{"a": 1, "b": {"x": 1}}, {"a": "one", "b": true}, {"a": 1.5}]')
    (record,) = read_records(probe(path))
    assert isinstance(record, Records)
    assert record.data.to_pylist() == [
        {"a": "1", "b": '{"x": 1}'},
        {"a": "one", "b": "true"},
        {"a": "1.5", "b": None},
    ]


def test_times_stay_as_they_were_written(tmp_path: Path) -> None:
    written = ["2024-03-01", "2024-03-01T15:00:00Z", None]
    path = tmp_path / "t.jsonl"
    path.write_text("".join(json.dumps({"id": 7, "t": t}) + "\n" for t in written))
    (records,) = read_records(probe(path), text=["id"])
    assert isinstance(records, Records)
    assert records.data.column("t").to_pylist() == written
    assert records.data.column("id").to_pylist() == [7, 7, 7]


def test_first_line_broken_does_not_hide_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text('{"a": \n' + '{"a": 1}\n' * 3)
    records = list(read_records(probe(path)))
    assert sum(r.data.num_rows for r in records if isinstance(r, Records)) == 3
    assert [r.line for r in records if isinstance(r, BadRecord)] == [1]


@given(
    rows=st.lists(
        st.fixed_dictionaries(
            {"id": st.one_of(st.none(), st.text(max_size=6), st.integers(-(2**70), 2**70))},
            optional={
                "n": st.one_of(st.none(), st.integers(-9, 9)),
                "text": st.sampled_from(["2024-01-01", "赞", "\ud83d", '"', "\\n"]),
            },
        ),
        min_size=1,
        max_size=12,
    )
)
def test_lines_read_fast_are_those_read_slowly(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]]
) -> None:
    path = tmp_path_factory.mktemp("json") / "t.jsonl"
    path.write_text("".join(json.dumps(r) + "\n" for r in rows))
    found: list[list[Any]] = []
    for record in read_records(probe(path), text=["id", "text"]):
        assert isinstance(record, Records)
        names = record.data.schema.names
        for column in ("id", "text", "n"):
            values = (
                as_type(record.data.column(column), pa.string())[0].to_pylist()
                if column in names
                else [None] * record.data.num_rows
            )
            found.append(values)
    expected = [
        [None if r.get(c) is None else without_surrogates(str(r[c])).strip() or None for r in rows]
        for c in ("id", "text", "n")
    ]
    assert found == expected


def test_a_line_that_never_ends_is_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    with path.open("wb") as file:
        file.write(b'{"a": "' + b"x" * (80 << 20) + b'"}\n{"a": "1"}\n')
    records = list(read_records(probe(path)))
    assert [r.line for r in records if isinstance(r, BadRecord)] == [1]
    assert [r.data.to_pylist() for r in records if isinstance(r, Records)] == [[{"a": "1"}]]


@pytest.mark.parametrize("lines", [True, False])
def test_numbers_longer_than_python_reads_cost_their_line(tmp_path: Path, lines: bool) -> None:
    path = tmp_path / "t.json"
    rows = ['{"a": "1"}', '{"a": ' + "9" * 5000 + "}", '{"a": "2"}']
    path.write_text("\n".join(rows) + "\n" if lines else "[\n" + ",\n".join(rows) + "\n]")
    records = list(read_records(probe(path)))
    values = [r.data.column("a").to_pylist() for r in records if isinstance(r, Records)]
    assert [v for batch in values for v in batch] == ["1", "2"]
    assert len([r for r in records if isinstance(r, BadRecord)]) == 1


@pytest.mark.parametrize("share", [0.31, 0.5, 0.62, 0.77, 0.93])
def test_an_indented_array_that_breaks_off_costs_one_record(share: float) -> None:
    """However many lines the last object has: it is one record that cannot be read."""
    rows = [{"id": n, "text": f'第{n} "条"', "more": {"a": [1, 2]}} for n in range(40)]
    whole = json.dumps(rows, indent=4, ensure_ascii=False).encode()
    found = list(json_values([whole[: int(len(whole) * share)]]))
    good = [value for _, value in found if not isinstance(value, JsonProblem)]
    assert good == rows[: len(good)]
    assert len(found) - len(good) <= 1
    assert abs(len(good) - 40 * share) < 2


def test_a_name_that_is_not_utf8_costs_its_line(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(b'{"a": 1}\n{"b\xe8\x41": 2}\n{"a": 3}\n')
    found = list(read_records(probe(path)))
    rows = [row for r in found if isinstance(r, Records) for row in r.data.to_pylist()]
    assert [row["a"] for row in rows] == [1, 3]
    assert BadRecord(2, "the text is not UTF-8") in found
