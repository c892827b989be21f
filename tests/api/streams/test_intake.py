"""Bodies of batches: what is kept, what is told as lost, what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from zhenzan.api.streams.intake import take_in
from zhenzan.features.errors import InputError

NOW_MS = 1_790_000_000_000
LIKE = {"kind": "like", "section_id": "s1", "account_id": "a1", "ts_ms": NOW_MS - 1000}
Body = Callable[[list[str]], Path]


def arrow(path: Path, table: pa.Table, **options: Any) -> Path:
    with (
        pa.OSFile(str(path), "wb") as file,
        pa.ipc.new_stream(file, table.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer,
    ):
        writer.write_table(table)
    return path


def test_tables_in_one_body_keep_their_line_numbers(body: Body, tmp_path: Path) -> None:
    rows = [
        LIKE,
        {"table": "comment", "comment_id": "c1", "section_id": "s2", "text": "好", "table2": 1},
        {**LIKE, "account_id": "a2", "ts_ms": NOW_MS + 10**9},
        {"table": "section", "section_id": "s3", "creator_id": "u", "platform": "x"},
        {"table": "follow", "source_id": "a", "target_id": "b"},
        {"table": "account", "account_id": "a9", "created_ms": 1_600_000_000_000},
    ]
    lines = [*(json.dumps(row) for row in rows), '{"table": "comment"', "[1]"]
    taken = take_in(body(lines), "json", "engagement", tmp_path / "b", NOW_MS)
    assert sorted(taken.pieces) == ["account", "comment", "engagement", "section"]
    assert taken.sections == {"s1", "s2", "s3"}
    assert (taken.n_rows, taken.n_rejected) == (4, 4)
    assert {example for r in taken.rejections for example in r.examples} == {
        "body:3", "body:5", "body:7", "body:8",
    }  # fmt: skip
    assert {path.name for path in (tmp_path / "b").iterdir()} == {
        f"{name}.parquet" for name in taken.pieces
    }


def test_ids_that_nobody_could_ask_for_are_rejected(body: Body, tmp_path: Path) -> None:
    rows = [
        {**LIKE, "section_id": "节" * 512},
        {**LIKE, "section_id": "节" * 513},
        {**LIKE, "account_id": "a" * 513},
        {"table": "comment", "comment_id": "c" * 513, "section_id": "s2", "text": "好"},
        {"table": "section", "section_id": "s" * 513, "creator_id": "u", "platform": "x"},
    ]
    lines = [json.dumps(row) for row in rows]
    taken = take_in(body(lines), "json", "engagement", tmp_path / "b", NOW_MS)
    assert (taken.n_rows, taken.n_rejected) == (1, 4)
    assert taken.sections == {"节" * 512}
    assert {reason.reason for reason in taken.rejections} == {
        f"{name} is longer than 512 characters"
        for name in ("section_id", "account_id", "comment_id")
    }


def test_arrow_says_the_same_as_json(body: Body, tmp_path: Path) -> None:
    rows = [{**LIKE, "account_id": f"a{n}"} for n in range(50)]
    path = arrow(tmp_path / "x.arrow", pa.Table.from_pylist(rows))
    one = take_in(path, "arrow", "engagement", tmp_path / "1", NOW_MS)
    other = take_in(
        body([json.dumps(r) for r in rows]), "json", "engagement", tmp_path / "2", NOW_MS
    )
    left, right = (
        pq.read_table(taken.pieces["engagement"]).drop_columns("dataset_id")
        for taken in (one, other)
    )
    assert left.equals(right) and one.n_rows == 50


def test_what_stands_for_more_than_its_bytes_is_refused(tmp_path: Path) -> None:
    table = pa.Table.from_pylist([LIKE] * 2000)
    place = table.schema.get_field_index("kind")
    coded = table.set_column(place, "kind", table["kind"].dictionary_encode())
    nested = table.append_column("x", pa.array([[1]] * 2000))
    nothing = pa.table({"kind": pa.nulls(2_000_000)})
    refused = [
        (arrow(tmp_path / "1", table, compression="zstd"), "compressed"),
        (arrow(tmp_path / "2", table, compression="lz4"), "compressed"),
        (arrow(tmp_path / "3", coded), "dictionary"),
        (arrow(tmp_path / "4", nested), "column of type"),
        (arrow(tmp_path / "5", nothing), "rows"),
    ]
    for n, (path, why) in enumerate(refused):
        with pytest.raises(InputError, match=why):
            take_in(path, "arrow", "engagement", tmp_path / f"b{n}", NOW_MS)


@pytest.mark.parametrize(
    "content", [b"", b"\x1f\x8b\x08\x00junk", b"PK\x03\x04", b"ARROW1\x00\x00", b"\xff" * 300]
)
def test_hostile_bytes_are_an_error_of_the_sender(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "body"
    path.write_bytes(content)
    for n, kind in enumerate(("json", "arrow")):
        try:
            taken = take_in(path, kind, "engagement", tmp_path / f"b{n}", NOW_MS)  # type: ignore[arg-type]
        except InputError:
            continue
        assert taken.n_rows == 0


def test_broken_arrow_is_an_error_of_the_sender(tmp_path: Path) -> None:
    whole = arrow(tmp_path / "x", pa.Table.from_pylist([LIKE] * 100)).read_bytes()
    for n, cut in enumerate(range(1, len(whole), len(whole) // 40)):
        (tmp_path / "cut").write_bytes(whole[:cut] + b"\xa5" * (n % 3) + whole[cut + n % 3 :])
        try:
            take_in(tmp_path / "cut", "arrow", "engagement", tmp_path / f"c{n}", NOW_MS)
        except InputError:
            continue
