"""A drafted map can be used at once, says what is unsure, and holds no value of the file."""

from __future__ import annotations

import json
import sqlite3
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from zhenzan.detector.cli.main import main
from zhenzan.detector.ingest import IngestOptions, ingest
from zhenzan.detector.sources.mapped import draft_map
from zhenzan.detector.sources.mapped.guess import guesses, look_at
from zhenzan.features.engine import open_engine
from zhenzan.features.errors import InputError

NOW = 1_765_000_000_000
ROWS = 30


def a_csv(names: str, row: Any) -> str:
    return names + "\n" + "".join(",".join(map(str, row(i))) + "\n" for i in range(ROWS))


def workbook(path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    book.active.title = "说明"
    sheet = book.create_sheet("评论")
    sheet.append(["评论ID", "视频ID", "用户昵称", "评论内容", "评论时间", "点赞数"])
    for i in range(ROWS):
        sheet.append([f"c{i}", "v1", f"网友{i}", f"说得好{i}", "2024-05-01 08:00:00", "1.2万"])
    book.save(path)


def database(path: Path) -> None:
    db = sqlite3.connect(path)
    db.execute("create table settings(name, value)")
    db.execute("create table replies(id integer primary key, post_id, user_id, body, ctime)")
    rows = [(i, 7, f"u{i}", f"reply {i}", 1_700_000_000 + i) for i in range(ROWS)]
    db.executemany("insert into replies values(?, ?, ?, ?, ?)", rows)
    db.commit()
    db.close()


def nested(i: int) -> dict[str, Any]:
    return {
        "id": 2**62 + i, "content": f"text {i}", "createTime": 1_700_000_000_000 + i,
        "stats": {"likes": i, "replies": 0}, "author": {"uid": f"u{i}", "nickname": f"nick {i}"},
        "pictures": [],
    }  # fmt: skip


INVENTED: dict[str, Any] = {
    "chinese.csv": a_csv(
        "昵称,评论内容,评论时间,点赞数,IP属地",
        lambda i: (f"网友{i}", f"说得太好了{i}", f"2024/5/{i % 9 + 1} 8:0{i % 9}", i, "广东"),
    ),
    "english.csv": a_csv(
        "commentId;videoId;userId;text;publishedAt;likes".replace(";", ","),
        lambda i: (f"c{i}", "v", f"u{i}", f"great {i}", "2024-05-01T08:00:00Z", "1.2K"),
    ),
    "relative.csv": a_csv(
        "Author,Comment,Date,Votes", lambda i: (f"@p{i}", f"hello {i}", f"{i + 1} days ago", i)
    ),
    "lines.jsonl": "".join(json.dumps(nested(i)) + "\n" for i in range(ROWS)),
    "page.json": json.dumps(
        {"code": 0, "data": {"list": [nested(i) for i in range(ROWS)], "total": ROWS}}
    ),
    "array.json": json.dumps([nested(i) for i in range(ROWS)]),
    "likes.csv": a_csv(
        "item_id,user_id,liked_at", lambda i: (f"p{i % 2}", f"u{i}", 1_700_000_000 + i)
    ),
    "book.xlsx": workbook,
    "data.db": database,
}


def write(tmp_path: Path, name: str) -> Path:
    path, content = tmp_path / name, INVENTED[name]
    if callable(content):
        content(path)
    else:
        path.write_text(content, "utf-8")
    return path


@pytest.mark.parametrize("name", INVENTED)
def test_a_draft_reads_its_file(tmp_path: Path, name: str) -> None:
    path = write(tmp_path, name)
    (tmp_path / "draft.toml").write_text(draft_map(path), "utf-8")
    (tmp_path / "key").write_text("0123456789abcdef")
    options = IngestOptions(
        now_ms=NOW, observed_at_ms=NOW, key_file=tmp_path / "key",
        map_file=str(tmp_path / "draft.toml"),
    )  # fmt: skip
    with open_engine() as engine:
        done = ingest([path], engine, options, work_dir=tmp_path / "work")
        rows = {n: engine.fetch(r).to_pylist() for n, r in done.tables.items()}
    assert (done.rows.read, done.rows.rejected) == (ROWS, 0)
    if name == "likes.csv":
        assert len(rows["engagement"]) == ROWS
        assert {r["section_id"] for r in rows["engagement"]} == {"p0", "p1"}
        assert all(r["ts_lo_ms"] for r in rows["engagement"])
        return
    comments = rows["comment"]
    assert len(comments) == ROWS
    assert all(r["text"] and r["created_ms"] and r["account_id"] for r in comments)
    if name != "data.db":
        assert len([r for r in rows["count_snapshot"] if r["metric"] == "like"]) == ROWS


@pytest.mark.parametrize("name", INVENTED)
def test_no_value_is_in_a_draft(tmp_path: Path, name: str) -> None:
    text = draft_map(write(tmp_path, name))
    tomllib.loads(text)
    for value in (
        "网友",
        "说得",
        "great",
        "hello",
        "广东",
        "nick 1",
        "text 1",
        "reply 1",
        "@p",
        "u1",
    ):
        assert value not in text


def test_a_draft_says_what_it_does_not_know(tmp_path: Path) -> None:
    text = draft_map(write(tmp_path, "chinese.csv"))
    assert 'section_from = "file"' in text
    assert 'timezone = "Asia/Shanghai"  # unsure' in text
    assert "digest = [" in text
    assert 'id_kind = { constant = "name_only" }' in text
    (tmp_path / "x.csv").write_text("foo,bar\n1,2\n3,4\n")
    text = draft_map(tmp_path / "x.csv")
    assert "NOT USABLE YET" in text and "# not used: foo (counts)" in text
    with pytest.raises(InputError, match="no records"):
        (tmp_path / "y.bin").write_bytes(b"\x00\x01")
        draft_map(tmp_path / "y.bin")


def test_equal_comments_stay_apart_where_nothing_else_tells_rows_apart(tmp_path: Path) -> None:
    def drafted(header: str, row: str) -> str:
        (tmp_path / "t.csv").write_text(f"{header}\n" + "".join(row.format(i) for i in range(9)))
        return draft_map(tmp_path / "t.csv")

    assert "repeats = true" in drafted("comment", "this is all so true {}\n")
    named = drafted("comment,nickname", "this is all so true {0},nick {0}\n")
    assert "repeats = true" in named
    timed = "this is all so true {0},nick {0},2024-05-01 10:0{0}:00\n"
    assert "repeats" not in drafted("comment,nickname,time", timed)


def test_hostile_headers_stay_text(tmp_path: Path) -> None:
    header = 'a "quoted" \\ name,x\u202ey,文本,"new # line"'
    (tmp_path / "x.csv").write_text(header + "\n1,2,hello there,4\n", "utf-8")
    text = draft_map(tmp_path / "x.csv")
    tomllib.loads(text)
    assert "\u202e" not in text


def test_the_command_prints_or_writes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, "english.csv")

    def run(*words: str) -> int:
        monkeypatch.setattr("sys.argv", ["zhenzan", *words])
        with pytest.raises(SystemExit) as stop:
            main()
        return int(stop.value.code or 0)

    assert run("sources", "--draft-map", str(path)) == 0
    printed = capsys.readouterr().out
    out = tmp_path / "my.toml"
    assert run("sources", "--draft-map", str(path), "--out", str(out)) == 0
    assert out.read_text("utf-8") == printed
    assert run("sources", "--draft-map", str(path), "--out", str(out)) == 2
    assert run("sources", "--draft-map", str(tmp_path / "absent")) == 2


def test_values_decide_where_names_do_not() -> None:
    found = guesses({"time": ["abc", "def"], "created": ["1700000000", "1700000001"]})
    assert {g.ours: g.theirs for g in found} == {"created_ms": "created"}
    assert look_at(["1700000000"]).time == "s"
    assert look_at(["1700000000123"]).time == "ms"
    assert look_at(["9900000000"]).time is None
    assert look_at(["2024-05-01 08:00"]).time == "naive"
    assert look_at(["Sat Dec 23 17:12:54 +0800 2023"]).time == "text"
    assert look_at(["3天前", "刚刚"]).time == "relative"


@given(st.dictionaries(st.text(max_size=8), st.lists(st.text(max_size=8), max_size=5), max_size=5))
def test_guessing_never_raises(columns: dict[str, list[str]]) -> None:
    found = guesses(columns)
    assert len({g.theirs for g in found}) == len(found) == len({g.ours for g in found})
