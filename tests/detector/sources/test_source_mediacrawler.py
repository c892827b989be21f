"""MediaCrawler's files: seven platforms, both shapes, five kinds of file, and their traps."""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner
from zhenzan.detector.cli.main import app
from zhenzan.detector.ingest import Ingested, IngestOptions, ingest
from zhenzan.detector.sources import ReadOptions, Rejected, Rows, get_source, sniff
from zhenzan.detector.sources.files import probe
from zhenzan.detector.sources.mediacrawler.shapes import platform_hint, shape_of
from zhenzan.features.engine import open_engine
from zhenzan.features.errors import SchemaError
from zhenzan.features.tables import TABLES

FIXTURES = Path(__file__).parent / "fixtures" / "mediacrawler"
GOLDEN = Path(__file__).parent / "golden" / "mediacrawler"
NAMES = sorted(path.stem for path in FIXTURES.glob("*.json"))
FOLDER = {"xhs": "xhs", "douyin": "douyin", "kuaishou": "kuaishou", "bili": "bili",
          "weibo": "weibo", "tieba": "tieba", "zhihu": "zhihu"}  # fmt: skip
DB_TABLES = {
    "xhs": {"contents": "xhs_note", "comments": "xhs_note_comment", "creators": "xhs_creator"},
    "douyin": {"contents": "douyin_aweme", "comments": "douyin_aweme_comment",
               "creators": "dy_creator"},
    "kuaishou": {"contents": "kuaishou_video", "comments": "kuaishou_video_comment"},
    "bili": {"contents": "bilibili_video", "comments": "bilibili_video_comment",
             "creators": "bilibili_up_info", "contacts": "bilibili_contact_info",
             "dynamics": "bilibili_up_dynamic"},
    "weibo": {"contents": "weibo_note", "comments": "weibo_note_comment",
              "creators": "weibo_creator"},
    "tieba": {"contents": "tieba_note", "comments": "tieba_comment", "creators": "tieba_creator"},
    "zhihu": {"contents": "zhihu_content", "comments": "zhihu_comment",
              "creators": "zhihu_creator"},
}  # fmt: skip

Tables = dict[str, list[dict[str, Any]]]


def fixture(name: str) -> Tables:
    tables: Tables = json.loads((FIXTURES / f"{name}.json").read_text("utf-8"))
    return tables


def as_csv(path: Path, rows: list[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def as_json(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text(json.dumps(rows, ensure_ascii=False, indent=4), "utf-8")


def as_jsonl(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), "utf-8")


WRITERS: dict[str, Callable[[Path, list[dict[str, Any]]], None]] = {
    "csv": as_csv, "json": as_json, "jsonl": as_jsonl,
}  # fmt: skip


def as_xlsx(path: Path, tables: Tables) -> None:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in tables.items():
        sheet = book.create_sheet(name.capitalize())
        sheet.append(list(rows[0]))
        for row in rows:
            sheet.append(list(row.values()))
    book.save(path)


def as_sqlite(path: Path, platform: str, tables: Tables) -> None:
    with closing(sqlite3.connect(path)) as db:
        for name, rows in tables.items():
            table, columns = DB_TABLES[platform][name], ["add_ts", *rows[0]]
            kinds = ", ".join(f'"{c}" {"TEXT" if c != "add_ts" else "BIGINT"}' for c in columns)
            marks = ", ".join("?" * (len(columns) + 1))
            db.execute(f"CREATE TABLE {table} (id INTEGER PRIMARY KEY, {kinds})")
            values = [[n, 1, *row.values()] for n, row in enumerate(rows, 1)]
            db.executemany(f"INSERT INTO {table} VALUES ({marks})", values)
        db.commit()


def written(folder: Path, name: str, kind: str) -> Path:
    """The tables of a fixture as the collector lays them out."""
    platform, tables = name.split("_")[0], fixture(name)
    place = folder / "data" / FOLDER[platform]
    if kind == "sqlite":
        place = folder / "database"
        place.mkdir(parents=True)
        as_sqlite(place / "sqlite_tables.db", platform, tables)
    elif kind == "xlsx":
        place.mkdir(parents=True)
        as_xlsx(place / f"{platform}_detail_20260530_101500.xlsx", tables)
    else:
        place = place / kind
        place.mkdir(parents=True)
        for table, rows in tables.items():
            WRITERS[kind](place / f"detail_{table}_2026-05-30.{kind}", rows)
    return folder


def taken(paths: list[Path], work: Path, **options: Any) -> tuple[dict[str, Any], Ingested]:
    """Canonical tables without what is NULL and without the name of the file."""
    work.mkdir(exist_ok=True)
    (work / "key").write_text("0123456789abcdef")
    told = IngestOptions(now_ms=1_790_000_000_000, key_file=work / "key", **options)
    with open_engine() as engine:
        done = ingest(paths, engine, told, work_dir=work / "tables")
        tables = {
            name: [
                {k: v for k, v in row.items() if v is not None and k != "dataset_id"}
                for row in engine.fetch(relation, order_by=TABLES[name].key).to_pylist()
            ]
            for name, relation in done.tables.items()
            if name != "dataset"
        }
    rows = done.rows
    assert rows.read == rows.kept + rows.merged + rows.rejected + rows.skipped
    return tables, done


def all_written(folder: Path, version: str, kind: str) -> Path:
    for name in NAMES:
        if name.endswith(version):
            written(folder / name, name, kind)
    return folder


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_rows_are_those_that_were_reviewed(version: str, tmp_path: Path) -> None:
    tables, done = taken(
        [all_written(tmp_path / "in", version, "jsonl")], tmp_path / "w", ids="keep"
    )
    notes = sorted({note.reason for note in done.notes})
    found = {"tables": tables, "notes": notes, "rejected": done.rows.rejected}
    expected = json.loads((GOLDEN / f"{version}.golden.json").read_text("utf-8"))
    assert json.loads(json.dumps(found)) == expected


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_every_kind_of_file_says_the_same(version: str, tmp_path: Path) -> None:
    lines, _ = taken([all_written(tmp_path / "a", version, "jsonl")], tmp_path / "v")
    for kind in ("csv", "json", "xlsx", "sqlite"):
        folder = all_written(tmp_path / kind, version, kind)
        other, done = taken([folder], tmp_path / f"{kind}-out")
        assert {record.source for record in done.inputs} == {"mediacrawler"}
        assert other == lines, kind


def test_nobody_can_be_read_from_the_rows(tmp_path: Path) -> None:
    folders = [written(tmp_path / name, name, "jsonl") for name in NAMES]
    tables, _ = taken(folders, tmp_path / "w")
    texts = json.dumps({n: rows for n, rows in tables.items() if n != "comment"})
    natives = {
        str(row[column])
        for name in NAMES
        for rows in fixture(name).values()
        for row in rows
        for column in ("user_id", "creator_hash", "sec_uid", "user_unique_id", "avatar", "nickname")
        if row.get(column) and len(str(row[column])) > 5
    }
    assert len(natives) > 20
    assert not [native for native in natives if native in texts]


def test_all_platforms_of_one_folder_or_one_database_keep_apart(tmp_path: Path) -> None:
    """Seconds and milliseconds in one file: the unit is that of a table, not of the file."""
    path = tmp_path / "sqlite_tables.db"
    for name in NAMES:
        if name.endswith("v1"):
            as_sqlite(path, name.split("_")[0], fixture(name))
    tables, done = taken([path], tmp_path / "w")
    platforms = {"xiaohongshu", "douyin", "kuaishou", "bilibili", "weibo", "tieba", "zhihu"}
    assert {s["platform"] for s in tables["section"]} == platforms
    assert done.rows.rejected == 0
    times = [c["created_ms"] for c in tables["comment"]]
    assert len(times) == 14
    assert max(times) - min(times) < 3_600_000


def comments(platform: str = "xhs", version: int = 2) -> list[dict[str, Any]]:
    return fixture(f"{platform}_v{version}")["comments"]


def put(tmp_path: Path, rows: list[dict[str, Any]], name: str = "c.jsonl") -> Path:
    as_jsonl(tmp_path / name, rows)
    return tmp_path / name


def test_rows_that_come_again_are_snapshots_and_the_newest_wins(tmp_path: Path) -> None:
    tables, done = taken([put(tmp_path, comments("xhs", 2))], tmp_path / "w")
    assert len(tables["comment"]) == 2
    first = next(c for c in tables["comment"] if c["text"].startswith("已三连"))
    assert first["reply_count"] == 2
    likes = [
        (s["observed_ms"], s["value_lo"], s["value_hi"], s["observed_basis"])
        for s in tables["count_snapshot"]
        if s["metric"] == "like" and s["comment_id"] == first["comment_id"]
    ]
    assert likes == [
        (1_780_100_000_000, 1686, 1686, "row"), (1_780_186_400_000, 11_500, 12_999, "row"),
    ]  # fmt: skip
    assert (done.rows.read, done.rows.kept, done.rows.merged) == (3, 2, 1)


def test_both_versions_in_one_file_name_a_person_alike(tmp_path: Path) -> None:
    old = comments("xhs", 1)[0]
    new = comments("xhs", 2)[1] | {
        "creator_hash": hashlib.sha256(old["user_id"].encode()).hexdigest()[:16],
    }  # fmt: skip
    tables, _ = taken([put(tmp_path, [old, new])], tmp_path / "w")
    assert len({c["account_id"] for c in tables["comment"]}) == 1
    (account,) = tables["account"]
    assert account["id_kind"] == "native"
    assert account["name_shape"] == "字字aaa00"


def test_masked_names_are_no_names(tmp_path: Path) -> None:
    tables, _ = taken([put(tmp_path, comments("bili", 2))], tmp_path / "w")
    assert all("name_shape" not in a for a in tables["account"])
    assert {a["id_kind"] for a in tables["account"]} == {"upstream_hash"}


def test_weibo_is_set_right_only_where_it_is_exactly_eight_hours_late(tmp_path: Path) -> None:
    right = 1_780_049_511
    stamp = "2026-05-29 18:11:51+08:00"
    rows = [
        comments("weibo", 2)[0] | {"comment_id": str(n), "create_time": time, "create_date_time": s}
        for n, (time, s) in enumerate(
            [(right + 28_800, stamp), (right, stamp), (right + 7_200, stamp), (right, "不久前"),
             (0, stamp), (right + 28_800, "2026-05-29 18:11:51"), (right + 28_800, "")], 1,
        )
    ]  # fmt: skip
    tables, done = taken([put(tmp_path, rows)], tmp_path / "w")
    late = {c["comment_id"]: c["created_ms"] // 1000 - right for c in tables["comment"]}
    assert [late[f"weibo:{n}"] for n in range(1, 8)] == [0, 0, 7200, 0, 0, 0, 28_800]
    assert "eight hours late" in " ".join(note.reason for note in done.notes)


def test_what_comments_and_posts_say_of_coverage_meets(tmp_path: Path) -> None:
    folder = written(tmp_path / "in", "douyin_v2", "jsonl")
    tables, _ = taken([folder], tmp_path / "w")
    (cover,) = tables["coverage"]
    assert (cover["claimed_total"], cover["collected"]) == (3, 2)
    assert cover["selection"] == "top"
    again, _ = taken([folder / "data" / "douyin" / "jsonl"], tmp_path / "again")
    assert again["coverage"] == tables["coverage"]
    (folder / "more.jsonl").write_text(json.dumps(comments("douyin")[0] | {"comment_id": "77"}))
    whole, _ = taken([folder], tmp_path / "whole")
    (cover,) = whole["coverage"]
    assert (cover["claimed_total"], cover["collected"], cover["selection"]) == (3, 3, "all")


@pytest.mark.parametrize(
    ("path", "platform"),
    [
        ("data/bili/csv/detail_comments_2023-01-01.csv", "bilibili"),
        ("data/kuaishou/csv/detail_comments_2023-01-01.csv", "kuaishou"),
        ("bili_detail_20230101.csv", "bilibili"), ("somewhere/comments.csv", "kuaishou"),
    ],
)  # fmt: skip
def test_the_path_tells_where_columns_do_not(tmp_path: Path, path: str, platform: str) -> None:
    place = tmp_path / path
    place.parent.mkdir(parents=True, exist_ok=True)
    as_csv(place, comments("kuaishou", 1))
    tables, done = taken([place], tmp_path / "w")
    assert {c["comment_id"].split(":")[0] for c in tables["comment"]} == {platform}
    told = " ".join(note.reason for note in done.notes)
    assert ("fit several platforms" in told) == path.startswith("somewhere")


def test_columns_outweigh_the_path() -> None:
    for name in NAMES:
        for table, rows in fixture(name).items():
            shape = shape_of(tuple(rows[0]), "kuaishou")
            assert shape is not None
            assert (shape.kind, shape.version) == (table, int(name[-1]))
            if not name.startswith("kuaishou"):
                assert shape.platform != "kuaishou", (name, table)
    assert platform_hint(Path("x/sqlite_tables.db"), "dy_creator") == "douyin"
    assert shape_of(("comment_id", "content", "note_id", "create_time")) is None


def test_a_file_that_breaks_off_keeps_what_came_before(tmp_path: Path) -> None:
    rows = [comments()[0] | {"comment_id": f"6a{n:022x}"} for n in range(50)]
    for name, text in (
        ("a.jsonl", "".join(json.dumps(r) + "\n" for r in rows)),
        ("b.json", json.dumps(rows, indent=4)),
    ):
        (tmp_path / name).write_text(text[: len(text) * 9 // 20])
        tables, done = taken([tmp_path / name], tmp_path / name.replace(".", ""))
        assert 20 <= len(tables["comment"]) <= 23
        assert done.rows.rejected == 1
    whole = gzip.compress("".join(json.dumps(r) + "\n" for r in rows).encode())
    (tmp_path / "c.jsonl.gz").write_bytes(whole[:-10])
    tables, done = taken([tmp_path / "c.jsonl.gz"], tmp_path / "c")
    assert len(tables["comment"]) >= 49
    assert done.rows.rejected == 1


def test_order_of_rows_and_files_changes_nothing(tmp_path: Path) -> None:
    rows = comments("xhs", 1) + comments("xhs", 2)
    one, _ = taken([put(tmp_path, rows)], tmp_path / "v")
    as_json(tmp_path / "second.json", rows[::-1][:3])
    other, _ = taken(
        [tmp_path / "second.json", put(tmp_path, rows[::-1][3:], "first.jsonl")], tmp_path / "w"
    )
    assert one == other


def test_ids_beyond_int64_stay_what_they_are(tmp_path: Path) -> None:
    big = 2**64 + 1
    row = comments("bili", 1)[0] | {"comment_id": big, "user_id": big, "video_id": big + 1}
    tables, _ = taken([put(tmp_path, [row])], tmp_path / "w", ids="keep")
    (comment,) = tables["comment"]
    assert comment["comment_id"] == f"bilibili:{big}"
    assert comment["section_id"] == f"bilibili:{big + 1}"
    native = hashlib.sha256(str(big).encode()).hexdigest()[:16]
    assert comment["account_id"] == f"bilibili:{native}"


def test_ids_that_a_spreadsheet_rounded_lose_the_row(tmp_path: Path) -> None:
    rows = [c | {"comment_id": "7.40256E+18"} for c in comments("douyin", 2)]
    rows.append(comments("douyin", 2)[0] | {"comment_id": "7402559990000000009.0"})
    as_csv(tmp_path / "c.csv", rows)
    tables, done = taken([tmp_path / "c.csv"], tmp_path / "w")
    assert [c["comment_id"] for c in tables["comment"]] == ["douyin:7402559990000000009"]
    (lost,) = done.rejections
    assert (lost.count, lost.examples) == (2, ("c.csv:2", "c.csv:3"))
    assert "rounded" in lost.reason


def test_times_that_a_spreadsheet_rounded_are_empty_or_told_otherwise(tmp_path: Path) -> None:
    rounded = {"create_time": "1.71456E+12", "last_modify_ts": "1.71500E+12"}
    as_csv(tmp_path / "x.csv", [c | rounded for c in comments("xhs", 2)])
    tables, done = taken([tmp_path / "x.csv"], tmp_path / "w")
    assert tables["comment"]
    assert not any("created_ms" in c for c in tables["comment"])
    assert all(s["observed_basis"] != "row" for s in tables["count_snapshot"])
    assert any("created_ms was rounded" in note.reason for note in done.notes)
    told = rounded | {"create_date_time": "2024-05-01 20:00:00+08:00"}
    as_csv(tmp_path / "weibo.csv", [comments("weibo", 2)[0] | told])
    tables, _ = taken([tmp_path / "weibo.csv"], tmp_path / "v")
    assert [c["created_ms"] for c in tables["comment"]] == [1_714_564_800_000]


def test_a_header_appended_again_is_skipped(tmp_path: Path) -> None:
    as_csv(tmp_path / "a.csv", comments("douyin", 2))
    text = (tmp_path / "a.csv").read_bytes()
    (tmp_path / "a.csv").write_bytes(text + text)
    tables, done = taken([tmp_path / "a.csv"], tmp_path / "w")
    assert len(tables["comment"]) == 2
    assert (done.rows.skipped, done.rows.rejected) == (1, 0)


HOSTILE = [
    "<script>alert(1)</script>", "=HYPERLINK(\"x\")", "\u202eevil", "a\u200bb\u200b", "&#39;&lt;",
    "\ud83d", "\r\n多行\n", "'; DROP TABLE comment; --", "😀" * 3000, "2024-01-01", "1e5",
]  # fmt: skip


@pytest.mark.parametrize("kind", ["json", "jsonl", "csv"])
def test_hostile_text_stays_text(tmp_path: Path, kind: str) -> None:
    texts = [t for t in HOSTILE if kind != "csv" or "\ud83d" not in t]
    rows = [
        comments()[0] | {"comment_id": f"6a{n:022x}", "content": text, "like_count": "十"}
        for n, text in enumerate(texts)
    ]
    path = tmp_path / f"c.{kind}"
    if kind == "csv":
        as_csv(path, rows)
    else:
        path.write_text(
            json.dumps(rows) if kind == "json" else "".join(json.dumps(r) + "\n" for r in rows)
        )
    tables, done = taken([path], tmp_path / "w")
    assert done.rows.rejected == 0
    found = [c["text"] for c in sorted(tables["comment"], key=lambda c: str(c["comment_id"]))]
    assert found == [t.strip().replace("\ud83d", "\ufffd") for t in texts]
    assert "like_count cannot be used" in " ".join(note.reason for note in done.notes)


def test_rows_without_an_id_or_with_an_impossible_time_are_counted(tmp_path: Path) -> None:
    good = comments()
    bad = [good[0] | {"comment_id": ""}, good[0] | {"comment_id": "x1", "create_time": 12},
           good[0] | {"comment_id": "x2", "note_id": None}]  # fmt: skip
    tables, done = taken([put(tmp_path, good + bad)], tmp_path / "w")
    assert len(tables["comment"]) == 2
    assert done.rows.rejected == 3
    assert {r.table for r in done.rejections} == {"comment"}


def test_other_tables_of_a_database_are_named_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    as_sqlite(path, "xhs", {"comments": comments()})
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE alembic_version (v)")
        db.commit()
    assert sniff(path).name == "mediacrawler"
    _, done = taken([path], tmp_path / "w")
    assert "table 'alembic_version' is not read" in [note.reason for note in done.notes]
    source = get_source("mediacrawler")
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(SchemaError, match="no table of the collector"):
        list(source.read(probe(tmp_path / "other.csv"), ReadOptions()))


def test_replies_to_replies_and_roots(tmp_path: Path) -> None:
    """Xiaohongshu names the comment replied to, Douyin the thread: only the latter is a root."""
    for platform, root in (("xhs", False), ("douyin", True)):
        tables, _ = taken([put(tmp_path, comments(platform))], tmp_path / platform)
        reply = next(c for c in tables["comment"] if "parent_id" in c)
        assert ("root_id" in reply) == root
        top = next(c for c in tables["comment"] if "parent_id" not in c)
        assert top["depth"] == 0


def test_a_scan_of_a_mixed_folder_from_one_command(tmp_path: Path) -> None:
    folder = all_written(tmp_path / "in", "v1", "jsonl")
    as_xlsx(folder / "xhs_detail_20260702.xlsx", fixture("xhs_v2"))
    as_sqlite(folder / "sqlite_tables.db", "weibo", fixture("weibo_v2"))
    (tmp_path / "key").write_text("0123456789abcdef")
    words = [
        "scan",
        str(folder),
        "--out",
        str(tmp_path / "out"),
        "--key-file",
        str(tmp_path / "key"),
    ]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    sections = pq.read_table(tmp_path / "out" / "sections.parquet").to_pylist()
    assert len(sections) == 9
    assert {s["status"] for s in sections} <= {"insufficient_data", "not_applicable", "scored"}
    assert not {s["band"] for s in sections} & {"likely_purchased", "unusual"}


def test_memory_is_bounded_by_batches(tmp_path: Path) -> None:
    rows = [comments()[0] | {"comment_id": f"6a{n:022x}"} for n in range(30_000)]
    batches = [
        item.data.num_rows
        for item in get_source("mediacrawler").read(probe(put(tmp_path, rows)), ReadOptions())
        if isinstance(item, Rows) and item.table == "comment"
    ]
    assert sum(batches) == 30_000
    assert len(batches) > 1
    assert not [
        i for i in get_source("mediacrawler").read(probe(tmp_path / "c.jsonl"), ReadOptions())
        if isinstance(i, Rejected)
    ]  # fmt: skip
