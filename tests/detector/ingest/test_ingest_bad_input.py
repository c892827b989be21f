"""Every kind of broken file that the issue names: a clear message, or a counted rejection."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from zhenzan.features.errors import InputError, NothingToReadError, UnknownFormatError

HEADER = "kind,section_id,account_id,ts_ms\n"
GOOD = "like,s1,a1,1700000000000\nlike,s1,a2,1700000001000\n"


def put(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_empty_file_says_that_nothing_was_there(run: Any, tmp_path: Path) -> None:
    with pytest.raises(UnknownFormatError, match="an empty file"):
        run(put(tmp_path, "likes.csv", ""))
    with pytest.raises(NothingToReadError, match="recognised as canonical"):
        run(put(tmp_path, "engagement.csv", ""))


def test_header_only_has_no_usable_row(run: Any, tmp_path: Path) -> None:
    with pytest.raises(NothingToReadError, match="holds no comments"):
        run(put(tmp_path, "engagement.csv", HEADER))


@pytest.mark.parametrize(
    ("source", "answer"),
    [
        (
            "cn_raw",
            {"code": 0, "data": {"page": {"num": 1, "count": 0}, "replies": None, "upper": {}}},
        ),
        ("cn_raw", {"status_code": 0, "comments": None, "cursor": 0, "has_more": 0, "total": 0}),
        ("youtube", {"kind": "youtube#commentThreadListResponse", "pageInfo": {}, "items": []}),
    ],
)
def test_a_page_without_comments_is_no_failure_to_read(
    run: Any, tmp_path: Path, source: str, answer: dict[str, Any]
) -> None:
    path = put(tmp_path, "page.json", json.dumps(answer))
    with pytest.raises(NothingToReadError, match="nothing to judge") as caught:
        run(path)
    assert f"recognised as {source}, and empty" in str(caught.value)
    assert "no usable row" not in str(caught.value)


def test_accounts_alone_are_no_success_where_all_acts_are_lost(run: Any, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    put(folder, "account.csv", "account_id,created_ms\na1,2024-01-01\n")
    assert run(folder).rows.kept == 1
    put(folder, "comment.csv", "comment_id,section_id,created_ms\nc1,s,01/05/24 1pm\nc2,s,x\n")
    with pytest.raises(NothingToReadError, match="no usable row") as caught:
        run(folder)
    place = "2 × comment: created_ms is not a time (comment.csv:2: '01/05/24 1pm')"
    assert place in str(caught.value)


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_other_delimiters_are_found(run: Any, tmp_path: Path, delimiter: str) -> None:
    path = put(tmp_path, "engagement.csv", (HEADER + GOOD).replace(",", delimiter))
    assert [row["account_id"] for row in run(path)["engagement"]] == ["a1", "a2"]


def test_unknown_delimiter_names_what_was_looked_for(run: Any, tmp_path: Path) -> None:
    path = put(tmp_path, "engagement.csv", (HEADER + GOOD).replace(",", "~"))
    with pytest.raises(UnknownFormatError, match="found: delimited with kind~section_id") as caught:
        run(path)
    assert "expected: one of" in str(caught.value)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_byte_order_marks_are_no_part_of_the_first_name(
    run: Any, tmp_path: Path, encoding: str
) -> None:
    path = put(tmp_path, "engagement.csv", (HEADER + GOOD).encode(encoding))
    done = run(path)
    assert {row["kind"] for row in done["engagement"]} == {"like"}
    assert done.rows.kept == 2


def test_rows_in_another_encoding_are_lost_alone(run: Any, tmp_path: Path) -> None:
    rows = HEADER.encode() + b"like,s1,\xd5\xc5\xc8\xfd,1700000000000\n" + GOOD.encode()
    done = run(put(tmp_path, "engagement.csv", rows))
    assert done.rows.kept == 2
    lost = done.rejections["engagement", "the text is not UTF-8"]
    assert (lost.count, lost.examples) == (1, ("engagement.csv:2",))


def test_truncated_parquet_names_the_file(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "engagement.parquet"
    pq.write_table(pa.table({"kind": ["like"], "section_id": ["s"], "ts_ms": [1]}), path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match=r"engagement\.parquet: the Parquet file cannot be read"):
        run(path)


def test_truncated_gzip_keeps_what_came_before(run: Any, tmp_path: Path) -> None:
    lines = "".join(f"like,s1,a{i * 7919 % 99991},{1700000000000 + i}\n" for i in range(60_000))
    whole = gzip.compress((HEADER + lines).encode())
    path = put(tmp_path, "engagement.csv.gz", whole[: len(whole) * 2 // 3])
    done = run(path)
    assert 10_000 < done.rows.kept < 60_000
    assert done.rejections["engagement", "the packed file is cut off here"].count == 1


def test_truncated_zstd_keeps_what_came_before(run: Any, tmp_path: Path) -> None:
    lines = "".join(f"like,s1,a{i * 7919 % 999983},{1700000000000 + i}\n" for i in range(200_000))
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write((HEADER + lines).encode())
    whole = sink.getvalue().to_pybytes()
    done = run(put(tmp_path, "engagement.csv.zst", whole))
    assert done.rows.kept == 200_000
    done = run(put(tmp_path, "engagement.csv.zst", whole[: len(whole) * 2 // 3]))
    assert 10_000 < done.rows.kept < 200_000
    assert done.rejections["engagement", "the packed file is cut off here"].count == 1


def test_broken_file_in_a_directory_is_recorded_and_the_rest_is_read(
    run: Any, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    put(folder, "engagement.csv", HEADER + GOOD)
    put(folder, "comment.parquet", b"PAR1 and no more")
    put(folder, "notes.bin", b"\x00\x01\x02")
    (folder / "truth").mkdir()
    put(folder / "truth", "engagement.csv", HEADER + GOOD)
    done = run(folder)
    assert done.rows.kept == 2
    notes = {Path(r.path).relative_to(folder).as_posix(): r.note for r in done.inputs}
    assert notes["engagement.csv"] is None
    assert "Parquet file cannot be read" in notes["comment.parquet"]
    assert "no source knows" in notes["notes.bin"]
    assert "below a set of tables" in notes["truth/engagement.csv"]


@pytest.mark.parametrize(
    ("stamp", "reason"),
    [
        ("NaN", "ts_ms is not a time"),
        ("-5", "ts_ms is before 2005"),
        ("0", "ts_ms is before 2005"),
        ("1970-01-01T00:00:00Z", "ts_ms is before 2005"),
        ("2106-02-07T06:28:15Z", "ts_ms lies in the future"),
        ("4294967295000", "ts_ms lies in the future"),
        ("2024-13-01T00:00:00Z", "ts_ms is not a time"),
        ("yesterday", "ts_ms is not a time"),
        ("99999999999999999999999", "ts_ms is not a time"),
    ],
)
def test_impossible_times_are_counted(run: Any, tmp_path: Path, stamp: str, reason: str) -> None:
    done = run(put(tmp_path, "engagement.csv", f"{HEADER}{GOOD}like,s1,a3,{stamp}\n"))
    assert done.rows.kept == 2
    lost = done.rejections["engagement", reason]
    assert (lost.count, lost.examples) == (1, ("engagement.csv:4",))


def test_nan_and_infinity_in_parquet(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "engagement.parquet"
    times = pa.array([1.7e12, float("nan"), float("inf"), None])
    columns = {"kind": ["like"] * 4, "section_id": ["s"] * 4, "account_id": list("abcd")}
    pq.write_table(pa.table({**columns, "ts_ms": times}), path)
    done = run(path)
    assert done.rejections["engagement", "ts_ms is not a time"].count == 2
    assert [r["ts_lo_ms"] for r in done["engagement"]] == [1_700_000_000_000, None]


def test_emoji_ids_stay_and_nul_ids_go(run: Any, tmp_path: Path) -> None:
    rows = "like,s🌟,👻👻,1700000000000\nlike,s1,a\x00b,1700000000000\n"
    done = run(put(tmp_path, "engagement.csv", HEADER + rows))
    assert [(r["section_id"], r["account_id"]) for r in done["engagement"]] == [("s🌟", "👻👻")]
    assert done.rejections["engagement", "account_id holds NUL or broken text"].count == 1


@pytest.mark.parametrize("name", ["comment.csv", "comment.jsonl"])
def test_comment_of_ten_megabytes_is_cut_and_said(run: Any, tmp_path: Path, name: str) -> None:
    text = '赞,"!\n' * (10 << 20 >> 3)
    rows = [("c1", text), ("c2", "短")]
    if name.endswith("csv"):
        quoted = "".join('{},s1,"{}"\n'.format(i, t.replace('"', '""')) for i, t in rows)
        content = "comment_id,section_id,text\n" + quoted
    else:
        content = "".join(
            json.dumps({"comment_id": i, "section_id": "s1", "text": t}) + "\n" for i, t in rows
        )
    done = run(put(tmp_path, name, content))
    texts = {r["comment_id"]: r["text"] for r in done["comment"]}
    assert texts == {"c1": text[:16_384], "c2": "短"}
    assert done.notes["comment", "text is longer than 16,384 characters and is cut"].count == 1


def test_duplicate_rows_are_merged_and_counted(run: Any, tmp_path: Path) -> None:
    done = run(put(tmp_path, "engagement.csv", HEADER + GOOD * 3))
    assert (done.rows.read, done.rows.kept, done.rows.merged) == (6, 2, 4)


def test_unknown_columns_are_told(run: Any, tmp_path: Path) -> None:
    content = "kind,section_id,colour,ts_ms\nlike,s1,red,1700000000000\n"
    done = run(put(tmp_path, "engagement.csv", content))
    assert ("engagement", "unknown column 'colour' is not read") in done.notes
    assert done.rows.kept == 1


def test_nothing_to_read(run: Any, tmp_path: Path) -> None:
    folder = tmp_path / "nothing"
    folder.mkdir()
    with pytest.raises(NothingToReadError, match="nothing to read in"):
        run(folder)
    put(folder, "readme.bin", b"\x00\x01")
    with pytest.raises(NothingToReadError, match="no source knows"):
        run(folder)
    with pytest.raises(NothingToReadError, match="no such file"):
        run(folder / "absent.csv")


def test_rows_with_too_few_or_too_many_fields(run: Any, tmp_path: Path) -> None:
    done = run(put(tmp_path, "engagement.csv", f"{HEADER}like,s1\n{GOOD}like,s1,a,1,2,3\n"))
    assert done.rows.kept == 2
    reasons = {reason: lost.examples for (_, reason), lost in done.rejections.items()}
    assert reasons == {
        "2 fields where the header has 4": ("engagement.csv:2",),
        "6 fields where the header has 4": ("engagement.csv:5",),
    }


def test_an_open_quote_costs_its_line_only(run: Any, tmp_path: Path) -> None:
    done = run(put(tmp_path, "engagement.csv", f'{HEADER}like,s1,"oops,1700000000000\n{GOOD}'))
    assert done.rows.kept == 2
    assert done.rejections["engagement", "a quote is opened and not closed"].examples == (
        "engagement.csv:2",
    )


def test_broken_json_lines_are_lost_alone(run: Any, tmp_path: Path) -> None:
    good = '{"kind": "like", "section_id": "s1", "account_id": %s, "ts_ms": 1700000000000}\n'
    lines = good % '"a1"' + '{"kind": "li\n' + "[1, 2]\n" + "\n" + good % '"\\ud83d half"'
    done = run(
        put(tmp_path, "engagement.jsonl", (lines + good % "17").encode() + b'{"a":"\xff"}\n')
    )
    assert sorted(r["account_id"] for r in done["engagement"]) == ["17", "a1"]
    where = {reason: lost.examples for (_, reason), lost in done.rejections.items()}
    assert where == {
        "not JSON: Unterminated string starting at": ("engagement.jsonl:2",),
        "not a JSON object": ("engagement.jsonl:3",),
        "account_id holds NUL or broken text": ("engagement.jsonl:5",),
        "the text is not UTF-8": ("engagement.jsonl:7",),
    }


def test_forced_source_that_does_not_fit(run: Any, tmp_path: Path) -> None:
    path = put(tmp_path, "engagement.csv", HEADER + GOOD)
    with pytest.raises(InputError, match="no stars are to be found here"):
        run(path, source="github_stars")


def test_lo_after_hi_and_half_an_interval(run: Any, tmp_path: Path) -> None:
    header = "kind,section_id,account_id,ts_lo_ms,ts_hi_ms\n"
    rows = (
        "like,s,a,1700000000000,1700000060000\n"
        "like,s,b,1700000060000,1700000000000\n"
        "like,s,c,,1700000000000\n"
        "like,s,d,,\n"
    )
    done = run(put(tmp_path, "engagement.csv", header + rows))
    assert [r["account_id"] for r in done["engagement"]] == ["a", "d"]
    assert {r for _, r in done.rejections} == {
        "ts_lo_ms is after ts_hi_ms",
        "only one of ts_lo_ms and ts_hi_ms is there",
    }


def test_closed_vocabularies(run: Any, tmp_path: Path) -> None:
    header = "kind,section_id,account_id,ts_ms,basis\n"
    rows = "like,s,a,1700000000000,stream\nlike,s,b,1700000000000,hearsay\n"
    done = run(put(tmp_path, "engagement.csv", header + rows))
    assert [r["account_id"] for r in done["engagement"]] == ["a"]
    assert done.rejections["engagement", "basis cannot be used"].count == 1
