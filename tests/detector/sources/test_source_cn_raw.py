"""Raw answers of Chinese platforms: reviewed rows, traps, hostile input, and a whole scan."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner
from zhenzan.detector.cli.main import app
from zhenzan.detector.ingest import IngestOptions, ingest
from zhenzan.detector.sources import Noted, ReadOptions, Rejected, Rows, Skipped, sniff
from zhenzan.detector.sources.cn_raw import CnRaw
from zhenzan.detector.sources.files import probe
from zhenzan.features.engine import open_engine
from zhenzan.features.tables import TABLES

FIXTURES = Path(__file__).parent / "fixtures" / "cn_raw"
GOLDEN = Path(__file__).parent / "golden" / "cn_raw"
FILES = sorted(p.name for p in FIXTURES.iterdir())
T = 1_717_000_000
PRIVATE = ("网友", "抖友", "薯", "博友", "点赞者", "MS4", ".jpg", "http", "ABsecret")


def canonical(paths: list[Path], work: Path, **more: Any) -> dict[str, Any]:
    """Tables as lists of rows without what is NULL, and the books."""
    work.mkdir(exist_ok=True)
    (work / "key").write_text("0123456789abcdef")
    options = IngestOptions(
        now_ms=1_790_000_000_000, observed_at_ms=1_765_000_000_000, key_file=work / "key", **more
    )
    tables = {}
    with open_engine() as engine:
        done = ingest(paths, engine, options, work_dir=work / "tables")
        for name, relation in done.tables.items():
            if name != "dataset":
                rows = engine.fetch(relation, order_by=TABLES[name].key).to_pylist()
                tables[name] = [
                    {k: v for k, v in row.items() if v is not None and k != "dataset_id"}
                    for row in rows
                ]
    lost = {f"{r.table}: {r.reason}": [r.count, *r.examples] for r in done.rejections}
    notes = {f"{r.table}: {r.reason}": r.count for r in done.notes}
    n = done.rows
    assert n.read == n.kept + n.merged + n.rejected + n.skipped
    books = [n.read, n.kept, n.merged, n.rejected, n.skipped]
    return {"tables": tables, "rejected": lost, "notes": notes, "rows": books}


@pytest.mark.parametrize("name", FILES)
def test_rows_are_those_that_were_reviewed(name: str, tmp_path: Path) -> None:
    assert sniff(FIXTURES / name).name == "cn_raw"
    expected = json.loads((GOLDEN / f"{name}.golden.json").read_text("utf-8"))
    assert json.loads(json.dumps(canonical([FIXTURES / name], tmp_path))) == expected


def test_nobody_can_be_read_from_the_rows(tmp_path: Path) -> None:
    found = canonical([FIXTURES / n for n in FILES], tmp_path)["tables"]
    for rows in found.values():
        for row in rows:
            told = json.dumps({k: v for k, v in row.items() if k != "text"}, ensure_ascii=False)
            for private in (
                "网友",
                "抖友",
                "薯",
                "博友",
                "点赞者",
                "MS4",
                ".jpg",
                "http",
                "ABsecret",
            ):
                assert private not in told


def test_files_of_one_section_in_any_order_give_the_same(tmp_path: Path) -> None:
    paths = [FIXTURES / n for n in FILES]
    first = canonical(paths, tmp_path / "a")["tables"]
    assert canonical(paths[::-1], tmp_path / "b")["tables"] == first


def test_pages_in_any_order_in_one_file_give_the_same_rows(tmp_path: Path) -> None:
    pages = [json.loads(line) for line in (FIXTURES / "xhs_pages.jsonl").read_text().splitlines()]
    found = []
    for n, order in enumerate((pages, pages[::-1])):
        path = tmp_path / f"{n}" / "pages.json"
        path.parent.mkdir()
        path.write_text(json.dumps(order, ensure_ascii=False))
        found.append(canonical([path], tmp_path / f"w{n}")["tables"])
    assert found[0] == found[1]


def test_platforms_mixed_in_one_file_keep_their_own_ids(tmp_path: Path) -> None:
    pages = [
        json.loads((FIXTURES / name).read_text())
        for name in ("bili_reply_page.json", "tiktok_page.json", "hotflow_5039450000000000.json")
    ]
    path = tmp_path / "all.jsonl"
    path.write_text("\n".join(json.dumps(page, ensure_ascii=False) for page in pages))
    tables = canonical([path], tmp_path / "w", section_id="42")["tables"]
    for table in ("comment", "account", "section"):
        found = {row[f"{table}_id"].partition(":")[0] for row in tables[table]}
        assert found == {"bilibili", "tiktok", "weibo"}
    assert "weibo:42" in {row["section_id"] for row in tables["section"]}


def read(path: Path, **more: Any) -> list[Any]:
    return list(CnRaw().read(probe(path), ReadOptions(**more)))


def comments(items: list[Any]) -> list[dict[str, Any]]:
    return [
        row
        for item in items
        if isinstance(item, Rows) and item.table == "comment"
        for row in item.data.to_pylist()
    ]


def bilibili(**reply: Any) -> dict[str, Any]:
    return {
        "code": 0,
        "data": {
            "upper": {"mid": 1},
            "replies": [{"rpid": 5, "oid": 6, "mid": 7, "ctime": T, **reply}],
        },
    }


@pytest.mark.parametrize(
    "text", ["\u202e倒着\u200b\ufeff", "a\x00b", "<script>x</script>", "\ud83d half", "支持" * 9000]
)
def test_hostile_texts_are_read_as_they_are(text: str, tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps(bilibili(content={"message": text})))
    found = canonical([path], tmp_path / "w")["tables"]["comment"][0]["text"]
    assert found == text.replace("\ud83d", "\ufffd")[:16_384]


@pytest.mark.parametrize(
    "junk",
    [
        {"content": 5}, {"member": []}, {"ctime": "x"}, {"ctime": 10**30}, {"like": -1},
        {"replies": "no"}, {"replies": [1, None]}, {"root": {}}, {"up_action": 3}, {"mid": None},
        {"state": "?"}, {"type": "video"}, {"reply_control": []}, {"oid": None},
    ],
)  # fmt: skip
def test_members_of_other_types_lose_a_value_and_no_row(
    junk: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / "123456789.json"
    path.write_text(json.dumps(bilibili(**junk)))
    found = canonical([path], tmp_path / "w")
    assert [row["comment_id"] for row in found["tables"]["comment"]] == ["bilibili:5"]
    assert found["rows"][3] == 0


def test_a_comment_without_an_id_is_rejected_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    lines = [bilibili(), bilibili(rpid=None), bilibili(rpid=8)]
    path.write_text("\n".join(json.dumps(line) for line in lines))
    items = read(path)
    assert [i for i in items if isinstance(i, Rejected)] == [
        Rejected("comment", 2, "a comment without its id")
    ]
    assert [c["comment_id"] for c in comments(items)] == ["5", "8"]


def test_deep_nesting_is_read_or_rejected_and_never_a_crash(tmp_path: Path) -> None:
    reply: dict[str, Any] = {"rpid": 1, "oid": 6, "mid": 7}
    for n in range(2, 400):
        reply = {"rpid": n, "oid": 6, "mid": 7, "replies": [reply]}
    path = tmp_path / "x.jsonl"
    path.write_text(json.dumps(bilibili()) + "\n" + json.dumps(bilibili(replies=[reply])))
    items = read(path)
    assert len(comments(items)) in (1, 400)
    assert len(comments(items)) == 400 or any(isinstance(i, Rejected) for i in items)


def test_half_a_file_keeps_the_pages_before_the_break(tmp_path: Path) -> None:
    whole = json.dumps([bilibili(rpid=n) for n in range(1, 9)], indent=1)
    path = tmp_path / "cut.json"
    path.write_text(whole[: whole.index('"rpid": 7') + 30])
    items = read(path)
    assert [c["comment_id"] for c in comments(items)] == [str(n) for n in range(1, 7)]
    assert sum(isinstance(i, Rejected) for i in items) >= 1


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize("name", ["bili_reply_page.json", "douyin_pages.json",
                                  "hotflow_5039450000000000.json"])  # fmt: skip
def test_of_a_page_that_breaks_off_whole_comments_are_read(
    name: str, indent: int | None, tmp_path: Path
) -> None:
    text = json.dumps(json.loads((FIXTURES / name).read_text()), indent=indent)
    every = {c["comment_id"] for c in comments(read(FIXTURES / name))}
    path = tmp_path / name
    most = 0
    for cut in range(len(text) // 10, len(text), len(text) // 10):
        path.write_text(text[:cut])
        items = read(path)
        found = {c["comment_id"] for c in comments(items)}
        assert found <= every
        assert sum(isinstance(i, Rejected) for i in items) == 1
        most = max(most, len(found))
        if found:
            assert sniff(path).name == "cn_raw"
    assert most >= len(every) / 2


def test_half_a_comment_is_not_read(tmp_path: Path) -> None:
    """A list inside of a comment that breaks off must not close the comment."""
    page = bilibili(content={"members": [{"mid": 1}, {"mid": 2}]})
    page["data"]["replies"].insert(0, {"rpid": 4, "oid": 6, "mid": 7})
    text = json.dumps(page)
    (tmp_path / "x.json").write_text(text[: text.index('{"mid": 2') + 5])
    assert [c["comment_id"] for c in comments(read(tmp_path / "x.json"))] == ["4"]


def test_an_answer_that_is_an_error_is_told(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    answers = [bilibili(), {"code": -412, "message": "banned"}, {"status_code": 8}, {"code": 0}]
    path.write_text("\n".join(json.dumps(answer) for answer in answers))
    items = read(path)
    told = [i.reason for i in items if isinstance(i, Rejected)]
    assert told == [
        "the platform answered with an error: code -412",
        "the platform answered with an error: status_code 8",
    ]
    assert Skipped(1, "answers without comments") in items


def weibo(created: str | None, own: str = "5039525617205253") -> dict[str, Any]:
    comment = {"id": own, "rootid": own, "text": "好", "user": {"id": 1, "screen_name": "x"}}
    return {"ok": 1, "data": {"data": [{**comment, "created_at": created}], "max_id": 0}}


@pytest.mark.parametrize(
    ("created", "own", "expected"),
    [
        ("Thu May 30 00:26:40 +0800 2024", "5", (T * 1000, 1, None)),
        ("Wed May 29 16:26:40 +0000 2024", "5", (T * 1000, 1, None)),
        ("2024-05-30 00:26", "5", (T * 1000 - 40_000, 60, None)),
        ("5分钟前", "5039525617205253", (T * 1000, 60, "id_embedded")),
        ("05-30", "5039525617205253", (T * 1000, 60, "id_embedded")),
        ("5分钟前", "5", (T * 1000 + 3_300_000, 60, "relative_text")),
        (None, "5039525617205253", (T * 1000, 1, "id_embedded")),
        ("Thu Foo 30 00:26:40 +0800 2024", "5", (None, None, None)),
        ("今年", "5", (None, None, None)),
    ],
)
def test_times_of_weibo(
    created: str | None, own: str, expected: tuple[Any, ...], tmp_path: Path
) -> None:
    path = tmp_path / "w.json"
    path.write_text(json.dumps(weibo(created, own)))
    row = comments(read(path, observed_ms=(T + 3600) * 1000, observed_basis="option"))[0]
    names = ("created_ms", "created_precision_s", "created_basis")
    assert tuple(row.get(name) for name in names) == expected


def test_a_relative_time_is_no_time_where_nobody_says_when_it_was_seen(tmp_path: Path) -> None:
    path = tmp_path / "w.json"
    path.write_text(json.dumps(weibo("5分钟前", "5")))
    assert comments(read(path))[0].get("created_ms") is None


def test_the_section_comes_from_the_file_where_records_name_none(tmp_path: Path) -> None:
    path = tmp_path / "hotflow_5039450000000000_2.json"
    path.write_text(json.dumps(weibo(None)))
    items = read(path)
    assert comments(items)[0]["section_id"] == "5039450000000000"
    assert any(isinstance(i, Noted) and "no section" in i.reason for i in items)
    assert comments(read(path, section_id="77"))[0]["section_id"] == "77"


def test_empty_pages_make_no_section(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    empty = [
        {"code": 0, "data": {"page": {"count": 0, "acount": 0}, "replies": None, "upper": {}}},
        {"status_code": 0, "comments": None, "cursor": 0, "has_more": 0, "total": 0},
        {"code": 0, "data": {"comments": [], "has_more": False, "time": 1}},
        {"ok": 1, "data": {"data": [], "total_number": 0}},
    ]
    path.write_text("\n".join(json.dumps(page) for page in empty))
    assert read(path) == []


@pytest.mark.slow
def test_a_folder_of_answers_is_scanned_to_the_end(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("0123456789abcdef")
    args = [str(FIXTURES), "--out", str(tmp_path / "out"), "--key-file", str(tmp_path / "key")]
    done = CliRunner().invoke(app, ["scan", *args])
    assert done.exit_code == 0, done.output
    sections = pq.read_table(tmp_path / "out" / "sections.parquet")
    assert len(sections) == 7
    assert set(sections.column("status").to_pylist()) == {"insufficient_data"}
