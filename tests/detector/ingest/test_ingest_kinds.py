"""Columns of the kinds that other writers of Parquet like: UUIDs, raw bytes, views."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from zhenzan.detector.sources.plain import plain, spelled
from zhenzan.features.errors import InputError

BASE = 1_700_000_000_000
NAMES = [uuid.UUID(int=7), uuid.UUID(int=(1 << 128) - 1), uuid.UUID(int=0x61 << 120)]


def likes(path: Path, **columns: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    whole: dict[str, Any] = {
        "kind": ["like"] * 3,
        "section_id": ["s"] * 3,
        "account_id": ["a", "b", "c"],
        "ts_ms": [BASE, BASE + 1, BASE + 2],
    }
    pq.write_table(pa.table(whole | columns), path)
    return path


def ids(done: Any) -> list[str]:
    return [r["account_id"] for r in sorted(done["engagement"], key=lambda r: r["ts_lo_ms"])]


@given(st.lists(st.one_of(st.none(), st.uuids()), max_size=9), st.integers(0, 9))
def test_uuids_are_spelled_as_python_spells_them(values: list[Any], start: int) -> None:
    held = pa.array([None if v is None else v.bytes for v in values], pa.binary(16))
    made = plain(pa.ExtensionArray.from_storage(pa.uuid(), held).slice(start))
    made.validate(full=True)
    assert made.to_pylist() == [None if v is None else str(v) for v in values][start:]


@given(st.lists(st.one_of(st.none(), st.binary(min_size=2, max_size=2)), max_size=9))
def test_no_two_ids_of_bytes_become_one(values: list[bytes | None]) -> None:
    made = plain(pa.array(values, pa.binary(2))).to_pylist()
    assert [v is None for v in made] == [v is None for v in values]
    assert len({v.strip() for v in made if v}) == len({v for v in values if v})


def test_ids_are_text_where_they_are_text_and_hex_elsewhere() -> None:
    raw = [b"weibo:\xe5\x8f\xb7", b"\x00\x01", b"\xff\xfe", b"ab ", None]
    expected = ["weibo:号", "0001", "fffe", "616220", None]
    assert spelled(pa.array(raw, pa.binary())).to_pylist() == expected


@pytest.mark.parametrize("ending", ["", ".gz"])
def test_uuid_columns_are_read(run: Any, tmp_path: Path, ending: str) -> None:
    held = pa.array([n.bytes for n in NAMES], pa.binary(16))
    uuids = pa.ExtensionArray.from_storage(pa.uuid(), held)
    told = likes(tmp_path / f"{ending}1" / "engagement.parquet", account_id=uuids)
    assert ids(run(told)) == [str(n) for n in NAMES]
    raw = likes(tmp_path / f"{ending}2" / "engagement.parquet", account_id=held)
    assert ids(run(raw)) == [n.hex for n in NAMES]
    variable = held.cast(pa.binary())
    likes(tmp_path / f"{ending}3" / "engagement.parquet", account_id=variable)
    assert ids(run(tmp_path / f"{ending}3")) == [n.hex for n in NAMES]


def test_bytes_that_are_a_text_and_not_utf8_still_lose_their_row(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "comment.parquet"
    texts = pa.array([b"good\n", b"\xff"], pa.binary())
    data = {"comment_id": ["1", "2"], "section_id": ["s"] * 2, "text": texts}
    pq.write_table(pa.table(data), path)
    done = run(path)
    assert [c["text"] for c in done["comment"]] == ["good"]
    assert done.rejections["comment", "the text is not UTF-8"].count == 1


def test_views_keep_their_times_and_numbers(run: Any, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    views = {
        "ts_ms": pa.array(["2023-11-14T22:13:20Z", None, str(BASE + 2)], pa.string_view()),
        "account_id": pa.array([b"a", b"\xff", b"long enough to be no inline view"],
                               pa.binary_view()),
        "value": pa.array(["1.5", "2", None], pa.string_view()),
        "list_rank": pa.array(["1", "2", "3"], pa.string_view()),
    }  # fmt: skip
    rows = run(likes(folder / "engagement.parquet", **views))["engagement"]
    told = {r["account_id"]: (r["ts_lo_ms"], r["value"], r["list_rank"]) for r in rows}
    assert told == {
        "a": (BASE, 1.5, 1),
        "ff": (None, 2.0, 2),
        "long enough to be no inline view": (BASE + 2, None, 3),
    }


def test_maps_read_them_too(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "export.parquet"
    data = {
        "who": pa.array([n.bytes for n in NAMES], pa.binary()),
        "post": pa.array(["p"] * 3, pa.string_view()),
        "when": pa.array([BASE, BASE, BASE]),
    }
    pq.write_table(pa.table(data), path)
    (tmp_path / "my.toml").write_text(
        'name = "mine"\ntitle = { en = "x", zh = "x" }\nplatform = "internal"\n'
        'table = "engagement"\n[columns]\nkind = { constant = "like" }\n'
        'section_id = "post"\naccount_id = "who"\nts_ms = "when"\n'
    )
    done = run(path, source="mapped", map_file=str(tmp_path / "my.toml"), ids="keep")
    assert sorted(r["account_id"] for r in done["engagement"]) == sorted(
        f"internal:{n.hex}" for n in NAMES
    )


def test_what_cannot_be_converted_is_told_by_column(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Any, batch: Any, name: str, values: pa.Array, derived: bool) -> pa.Array:
        if name == "account_id":
            raise pa.ArrowInvalid("no such cast")
        return values

    folder = tmp_path / "in"
    likes(folder / "engagement.parquet")
    (folder / "section.csv").write_text("section_id,kind\ns,post\n")
    monkeypatch.setattr("zhenzan.detector.ingest.convert.Converter._id", refuse)
    with pytest.raises(InputError, match="column account_id: no such cast"):
        run(folder / "engagement.parquet")
    done = run(folder)
    why = "its columns cannot be converted (column account_id: no such cast)"
    (note,) = [n for n in done.notes.values() if "was not read" in n.reason]
    assert note.examples == (f"engagement.parquet: {why}",)
    assert why in [r.note for r in done.inputs]
