"""WeChat files: what joins, what breaks, what must not matter; all content is made up."""

from __future__ import annotations

import copy
import gzip
import json
import os
import random
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner
from zhenzan.detector.cli.main import app
from zhenzan.detector.ingest import Ingested, IngestOptions, ingest
from zhenzan.detector.sources import (
    ReadOptions,
    Rejected,
    Rows,
    Skipped,
    get_source,
    sniff,
)
from zhenzan.detector.sources.files import probe
from zhenzan.detector.sources.wechat.articles import article_of_link, article_of_name
from zhenzan.detector.sources.wechat.statistics import is_cumulative
from zhenzan.detector.sources.wechat.values import day_end_ms, region_of, seconds
from zhenzan.features.engine import open_engine
from zhenzan.features.tables import TABLES

FIXTURES = Path(__file__).parent / "fixtures" / "wechat"
SOURCE = get_source("wechat")
START = 1_764_547_200
Read = tuple[dict[str, list[dict[str, Any]]], list[Any]]


def read(path: Path, section_id: str | None = None) -> Read:
    """Rows by table, and all other items, as the source itself yields them."""
    tables: dict[str, list[dict[str, Any]]] = {name: [] for name in SOURCE.table_names}
    others = []
    for item in SOURCE.read(probe(path), ReadOptions(section_id)):
        if isinstance(item, Rows):
            tables[item.table] += item.data.to_pylist()
        else:
            others.append(item)
    return tables, others


def comment(n: int, text: str = "支持", at: int = 60, **more: Any) -> dict[str, Any]:
    return {
        "my_id": 1, "content_id": str(((7_000_000 + n) << 32) + 1), "content": text, "like_num": n,
        "create_time": START + at, "nick_name": f"n{n}", "is_elected": 1, **more,
    }  # fmt: skip


def page(*comments: object, total: int | None = None, **more: Any) -> dict[str, Any]:
    count = len(comments) if total is None else total
    return {"elected_comment": list(comments), "elected_comment_total_cnt": count, **more}


def ingested(paths: list[Path], tmp_path: Path, **more: Any) -> tuple[Ingested, dict[str, Any]]:
    (tmp_path / "key").write_text("0123456789abcdef")
    options = IngestOptions(now_ms=1_790_000_000_000, key_file=tmp_path / "key", **more)
    with open_engine() as engine:
        done = ingest(paths, engine, options, work_dir=tmp_path / "work")
        tables = {
            name: engine.fetch(relation, order_by=TABLES[name].key).to_pylist()
            for name, relation in done.tables.items()
        }
    return done, tables


HOSTILE: tuple[Any, ...] = (
    None, True, -1, 2**70, 1e308, float("nan"), "", "\ud800", "1.2万", "a\x00", [], {}, [[]],
    [None], {"": {}}, "2025-99-99", "https://[", "{", 0.5,
)  # fmt: skip


def mutate(value: Any, noise: random.Random) -> None:
    """Puts something hostile in the place of any one value below."""
    while isinstance(value, dict | list) and value:
        keys = list(value) if isinstance(value, dict) else range(len(value))
        key = noise.choice(keys)
        if not isinstance(value[key], dict | list) or not value[key] or noise.random() < 0.1:
            value[key] = copy.deepcopy(noise.choice(HOSTILE))
            return
        value = value[key]


class TestWhatBelongsTogether:
    def test_files_about_one_article_are_one_section(self, tmp_path: Path) -> None:
        names = [
            "微信公众号文章.json", "2247490098_1 留言.json", "official.json", "console.json",
            "console_own.json", "留言管理 2247490098_1.html", "datacube_detail.json",
        ]  # fmt: skip
        _, tables = ingested([FIXTURES / n for n in names], tmp_path)
        sections = {row["section_id"] for row in tables["section"]}
        assert sections == {"wechat:2247490098_1", "wechat:2247490098_2"}
        same = [row for row in tables["comment"] if row["text"] == "写得好'支持"]
        assert len(same) == 1, "four files hold it, and it is one comment"
        likes = {
            row["value_lo"]
            for row in tables["count_snapshot"]
            if row["comment_id"] == same[0]["comment_id"] and row["metric"] == "like"
        }
        # Two of them bear the same time, that of a checkout: one of these stands for both.
        assert likes in ({120, 121, 123}, {120, 123}, {121, 123})
        assert sum(row["text"] == "谢谢" for row in tables["comment"]) == 1

    def test_polling_every_two_hours_gives_a_curve(self, tmp_path: Path) -> None:
        _, tables = ingested([FIXTURES / "polled.jsonl"], tmp_path)
        second = next(r["comment_id"] for r in tables["comment"] if r["text"] == "二楼")
        curve = [
            (row["observed_ms"], row["value_lo"])
            for row in tables["count_snapshot"]
            if row["comment_id"] == second and row["metric"] == "like"
        ]
        hours = [(at // 1000 - START) // 3600 for at, _ in curve]
        assert hours == [1, 3, 5, 7]
        assert [value for _, value in curve] == [3, 3, 53, 53]

    def test_repeated_files_are_sightings_at_the_time_of_the_file(self, tmp_path: Path) -> None:
        for number, likes in enumerate((3, 9, 200)):
            path = tmp_path / f"2247490098_1_{number}.json"
            path.write_text(json.dumps(page(comment(1, like_num=likes))))
            os.utime(path, (START + 7200 * number, START + 7200 * number))
        paths = sorted(tmp_path.glob("*.json"))
        _, tables = ingested(paths, tmp_path)
        assert len(tables["comment"]) == 1
        found = [r for r in tables["count_snapshot"] if r["metric"] == "like"]
        assert [r["value_lo"] for r in found] == [3, 9, 200]
        assert {r["observed_basis"] for r in found} == {"file_time"}

    def test_equal_words_of_one_second_stay_two_comments(self, tmp_path: Path) -> None:
        both = [comment(1), comment(2)]
        ids = []
        for name, order in (("a", both), ("b", both[::-1])):
            path = tmp_path / f"{name}.json"
            path.write_text(json.dumps(page(*order)))
            tables, _ = read(path, "22_1")
            ids.append({row["account_id"]: row["comment_id"] for row in tables["comment"]})
        assert ids[0] == ids[1]
        assert len(set(ids[0].values())) == 2

    def test_articles_of_several_accounts_stay_apart(self, tmp_path: Path) -> None:
        path = tmp_path / "all.json"
        articles = [
            {"_accountName": f"号{biz}", "aid": "2247483650_1", "title": biz, "readNum": 5,
             "link": f"http://mp.weixin.qq.com/s?__biz={biz}&mid=2247483650&idx=1&sn=0"}
            for biz in ("MzA1==", "MzA2==")
        ]  # fmt: skip
        path.write_text(json.dumps(articles))
        tables, _ = read(path)
        found = {row["section_id"] for row in tables["section"]}
        assert found == {"2247483650_1_MzA1==", "2247483650_1_MzA2=="}
        path.write_text(json.dumps(articles[:1] * 2))
        assert {row["section_id"] for row in read(path)[0]["section"]} == {"2247483650_1"}

    def test_who_answers_is_known_from_the_page(self, tmp_path: Path) -> None:
        answer = {"reply_id": 1, "content": "嗯", "create_time": START + 90, "nick_name": "n2",
                  "logo_url": "http://x/a/132", "is_from": 3}  # fmt: skip
        first = comment(1, reply_new={"reply_total_cnt": 1, "reply_list": [answer]})
        second = comment(2, "另一条", logo_url="http://x/a/0")
        path = tmp_path / "p.json"
        path.write_text(json.dumps(page(first, second)))
        tables, _ = read(path, "22_1")
        writers = {row["text"]: row["account_id"] for row in tables["comment"]}
        assert writers["嗯"] == writers["另一条"] != writers["支持"]

    def test_pages_of_replies_join_the_page_of_their_comment(self, tmp_path: Path) -> None:
        answer = {"reply_id": 3, "content": "嗯", "create_time": START + 90, "is_from": 2}
        first = comment(1, reply_new={"reply_total_cnt": 1, "reply_list": [answer]})
        replies = {
            "base_resp": {"ret": 0},
            "reply_list": {"max_reply_id": 3, "reply_list": [answer]},
        }
        stored = {"url": "https://mp.weixin.qq.com/s?mid=22&idx=1", "data": [page(first)]}
        for order in ([stored, replies], [replies, stored]):
            path = tmp_path / "22000000_1.jsonl"
            lines = [json.dumps({**line, "url": stored["url"]}) for line in order]
            path.write_text("\n".join(lines))
            _, tables = ingested([path], tmp_path)
            assert len(tables["comment"]) == 2
            found = next(row for row in tables["comment"] if row["text"] == "嗯")
            assert found["parent_id"] is not None
            assert found["by_creator"]


class TestTheArticle:
    @pytest.mark.parametrize(
        ("link", "section", "account"),
        [
            ("https://mp.weixin.qq.com/s?__biz=Mz+A/==&mid=22&idx=3&sn=a#rd", "22_3", "Mz+A/=="),
            ("http://mp.weixin.qq.com/s?__biz=MzA1&amp;mid=22&amp;idx=1", "22_1", "MzA1"),
            ("/mp/appmsg_comment?action=getcomment&appmsgid=22&idx=2", "22_2", None),
        ],
    )
    def test_links(self, link: str, section: str, account: str | None) -> None:
        found = article_of_link(link)
        assert found is not None
        assert (found.section_id, found.account) == (section, account)

    @pytest.mark.parametrize("link", [None, 3, "", "http://[", "http://x/?mid=a&idx=1", "x=1"])
    def test_no_links(self, link: object) -> None:
        assert article_of_link(link) is None

    @pytest.mark.parametrize(
        ("name", "section"),
        [
            ("2247490098_1", "2247490098_1"), ("评论-2247490098_2(3)", "2247490098_2"),
            ("2025_12", "2025_12"), ("某文_page3", "某文"), ("某文-第3页", "某文"), ("p2", "p2"),
        ],
    )  # fmt: skip
    def test_names(self, name: str, section: str) -> None:
        assert article_of_name(name).section_id == section

    def test_section_may_be_told_as_a_link(self, tmp_path: Path) -> None:
        path = tmp_path / "p.json"
        path.write_text(json.dumps(page(comment(1))))
        tables, others = read(path, "https://mp.weixin.qq.com/s?__biz=M&mid=22&idx=1")
        assert {row["section_id"] for row in tables["comment"]} == {"22_1"}
        assert not others
        tables, others = read(path)
        assert {row["section_id"] for row in tables["comment"]} == {"p"}
        assert "--section-id" in others[0].reason


class TestTables:
    HEAD = ("公众号", "ID", "链接", "标题", "封面", "摘要", "创建时间", "发布时间", "阅读", "点赞",
            "分享", "喜欢", "留言", "作者", "是否原创", "文章类型", "所属合集",
            "文章内容")  # fmt: skip
    LINK = "http://mp.weixin.qq.com/s?__biz=MzA1==&mid=2247490098&idx=1&sn=0"
    ROW = ("某号", "2247490098_1", LINK, "好文", "", "摘要", "2025-12-01 08:00:00",
           "2025-12-01 08:01:00", 100001, 320, 0, 77, 5, "某人", "是", "普通图文", "",
           "正文")  # fmt: skip

    def workbook(self, path: Path) -> Path:
        book = openpyxl.Workbook()
        sheet = book.active
        assert sheet is not None
        for row in (self.HEAD, self.ROW, ("某号", "", "", "无链接", *[""] * 14)):
            sheet.append(row)
        book.save(path)
        return path

    def test_the_exporters_workbook(self, tmp_path: Path) -> None:
        path = self.workbook(tmp_path / "微信公众号文章.xlsx")
        assert sniff(path) is SOURCE
        done, tables = ingested([path], tmp_path, observed_at_ms=1_765_000_000_000)
        section = tables["section"][0]
        assert section["section_id"] == "wechat:2247490098_1"
        assert section["published_ms"] == (START + 60) * 1000, "times are China's"
        assert section["text"] == "正文"
        counts = {r["metric"]: (r["value_lo"], r["value_hi"]) for r in tables["count_snapshot"]}
        assert counts == {
            "read": (100_001, None), "like": (320, 320), "recommend": (77, 77), "comment": (5, 5),
        }  # fmt: skip
        assert [(r.reason, r.count) for r in done.rejections] == [
            ("an article without link or id", 1)
        ]

    def test_the_same_columns_as_text(self, tmp_path: Path) -> None:
        path = tmp_path / "文章.csv"
        rows = (self.HEAD, self.ROW)
        text = "\n".join(",".join(f'"{v}"' for v in row) for row in rows)
        path.write_bytes(b"\xef\xbb\xbf" + text.encode())
        assert sniff(path) is SOURCE
        as_text = ingested([path], tmp_path, observed_at_ms=1_765_000_000_000)[1]
        book = self.workbook(tmp_path / "b.xlsx")
        as_book = ingested([book], tmp_path, observed_at_ms=1_765_000_000_000)[1]
        for table in ("section", "count_snapshot"):
            for row in (*as_text[table], *as_book[table]):
                row.pop("dataset_id")
            assert as_text[table] == as_book[table]


class TestStatistics:
    totals = st.lists(st.integers(0, 10**6), min_size=1, max_size=30)

    @given(totals)
    def test_running_sums_are_totals(self, steps: list[int]) -> None:
        sums = [sum(steps[: i + 1]) for i in range(len(steps))]
        assert is_cumulative([{"read": n, "like": n // 7} for n in sums])

    @given(totals, st.integers(1, 10**5))
    def test_reads_never_fall_in_totals(self, steps: list[int], fall: int) -> None:
        last = sum(steps) + fall
        assert not is_cumulative([{"read": last}, {"read": last - fall}])

    def test_likes_taken_back_do_not_make_a_total_a_day(self) -> None:
        assert is_cumulative([{"read": 900, "like": 400}, {"read": 950, "like": 397}])
        assert not is_cumulative([{"read": 900, "like": 400}, {"read": 950, "like": 300}])
        assert is_cumulative([])

    def test_days_end_at_midnight_in_china(self) -> None:
        assert day_end_ms("2025-12-01") == 1_764_604_800_000
        assert [day_end_ms(x) for x in ("2025-13-01", None, 20251201, "")] == [None] * 4


class TestWhatIsBroken:
    @pytest.mark.parametrize("indent", [None, 1])
    def test_a_page_that_breaks_off_keeps_its_first_comments(
        self, indent: int | None, tmp_path: Path
    ) -> None:
        path = tmp_path / "2247490098_1.json"
        inner = page(*(comment(n, f"第{n}条") for n in range(9)))
        value = {"fetched_at": START + 900, "data": inner}
        whole = json.dumps(value, indent=indent)
        path.write_text(whole[: len(whole) * 2 // 3])
        assert sniff(path) is SOURCE
        tables, others = read(path)
        texts = [row["text"] for row in tables["comment"]]
        assert texts == [f"第{n}条" for n in range(len(texts))]
        assert 4 <= len(texts) <= 6
        assert {row["observed_ms"] for row in tables["comment"]} == {(START + 900) * 1000}
        assert sum(isinstance(o, Rejected) for o in others) == 1
        assert tables["coverage"][0]["truncated"]
        assert tables["coverage"][0]["selection"] == "selected_by_creator"

    @pytest.mark.parametrize("indent", [None, 1])
    def test_an_exporters_file_that_breaks_off_keeps_whole_comments(
        self, indent: int | None, tmp_path: Path
    ) -> None:
        path = tmp_path / "文章.json"
        articles = [
            {"_accountName": "号", "aid": f"2247490098_{n}", "readNum": n, "title": "题",
             "comments": [comment(m, f"{n}-{m}") for m in range(3)]}
            for n in (1, 2)
        ]  # fmt: skip
        whole = json.dumps(articles, indent=indent, ensure_ascii=False)
        path.write_text(whole[: whole.index("2-2")])
        tables, others = read(path)
        found = {(row["section_id"], row["text"]) for row in tables["comment"]}
        assert found == {(f"2247490098_{t[0]}", t) for t in ("1-0", "1-1", "1-2", "2-0", "2-1")}
        assert [o.line for o in others if isinstance(o, Rejected)] == [1 if indent is None else 37]
        covered = {row["section_id"]: row["truncated"] for row in tables["coverage"]}
        assert covered == {"2247490098_1": False, "2247490098_2": True}

    def test_a_comment_behind_garbage_has_no_article(self, tmp_path: Path) -> None:
        path = tmp_path / "文章.json"
        article = {
            "_accountName": "号",
            "aid": "2247490098_1",
            "comments": [comment(1), comment(2)],
        }
        whole = json.dumps([article], indent=1)
        path.write_text(whole.replace('"aid"', "aid") + "\n" + json.dumps([article]))
        tables, others = read(path)
        assert len(tables["comment"]) == 2
        assert sum("breaks off" in o.reason for o in others if isinstance(o, Rejected)) == 3

    def test_a_line_that_breaks_off_costs_itself(self, tmp_path: Path) -> None:
        path = tmp_path / "p.jsonl"
        lines = [json.dumps(page(comment(n, str(n)))) for n in range(3)]
        path.write_text("\n".join([lines[0], lines[1][:50], lines[2]]))
        tables, others = read(path, "22_1")
        assert {row["text"] for row in tables["comment"]} == {"0", "2"}
        assert [o.line for o in others if isinstance(o, Rejected)] == [2]

    def test_a_packed_file_that_is_cut(self, tmp_path: Path) -> None:
        path = tmp_path / "p.jsonl.gz"
        noise = random.Random(5)
        lines = [
            json.dumps(page(comment(n, f"{noise.getrandbits(120):030x}", n))) for n in range(4000)
        ]
        path.write_bytes(gzip.compress("\n".join(lines).encode())[:-40_000])
        tables, others = read(path, "22_1")
        assert 100 < len(tables["comment"]) < 4000
        assert "cut off" in others[-1].reason

    def test_mixed_shapes_in_one_file_in_any_order(self, tmp_path: Path) -> None:
        official = {
            "errcode": 0,
            "total": 1,
            "comment": [
                {"user_comment_id": 4, "content": "官方", "create_time": START, "comment_type": 0}
            ],
        }
        old = comment(2, "旧版", reply={"reply_list": [{"content": "回", "create_time": START}]})
        lines = [page(comment(1, "新版")), official, 7, page(old), {"base_resp": {"ret": -3}}]
        seen = []
        for order in (lines, lines[::-1]):
            path = tmp_path / "m.jsonl"
            path.write_text("\n".join(json.dumps(line) for line in order))
            assert order is not lines or sniff(path) is SOURCE
            tables, others = read(path, "22_1")
            seen.append(sorted((r["comment_id"], r["text"]) for r in tables["comment"]))
            assert sum(o.count for o in others if isinstance(o, Skipped)) == 2
        assert seen[0] == seen[1]
        assert len(seen[0]) == 4

    def test_hostile_comments(self, tmp_path: Path) -> None:
        hostile = [
            comment(1, "<script>alert(1)</script>&amp;lt;b&amp;gt;"),
            comment(2, "a\x00b\u202e\u200b"), comment(3, "\ud83d 半个"),
            comment(4, "好" * 30_000, at=61), None, [], "x", {"content": []},
            comment(5, "大", content_id=str(2**64 - 1)), comment(6, "坏号", content_id="12x"),
            comment(7, "坏数", like_num="许多"), comment(8, "负数", like_num=-1),
            comment(9, "时", create_time="昨天"),
            comment(10, "域", ip_wording={"province_name": 3}),
            comment(11, "答", reply_new={"reply_list": [3, {}], "reply_total_cnt": "x"}),
        ]  # fmt: skip
        path = tmp_path / "h.json"
        path.write_text(json.dumps(page(*hostile)))
        done, tables = ingested([path], tmp_path, section_id="22_1")
        assert len(tables["comment"]) == 11
        assert done.rows.rejected == 6
        assert done.rows.read == done.rows.kept + done.rows.merged + 6
        texts = {row["text"] for row in tables["comment"]}
        assert "<script>alert(1)</script>&lt;b&gt;" in texts
        likes = [r["value_lo"] for r in tables["count_snapshot"] if r["metric"] == "like"]
        assert sorted(likes) == [1, 2, 3, 4, 5, 6, 9, 10, 11]

    def test_nothing_that_stands_in_a_field_ends_the_reading(self, tmp_path: Path) -> None:
        noise = random.Random(7)
        files = [p for p in sorted(FIXTURES.iterdir()) if p.suffix == ".json"]
        path = tmp_path / "mutant.json"
        rows = 0
        for _ in range(150):
            value = json.loads(noise.choice(files).read_text("utf-8"))
            for _ in range(noise.randint(1, 6)):
                mutate(value, noise)
            path.write_text(json.dumps(value))
            seen = probe(path)
            SOURCE.sniff(seen)
            for item in SOURCE.read(seen, ReadOptions("22_1", 1, "option")):
                if isinstance(item, Rows):
                    rows += item.data.num_rows
        assert rows > 1000

    def test_many_of_the_same_words_in_one_second_take_no_longer(self, tmp_path: Path) -> None:
        path = tmp_path / "22000000_1.json"
        path.write_text(json.dumps(page(*(comment(n) for n in range(20_000)))))
        tables, _ = read(path)
        assert len({row["comment_id"] for row in tables["comment"]}) == 20_000

    def test_ids_beyond_int64_are_told_apart(self, tmp_path: Path) -> None:
        path = tmp_path / "h.json"
        near = [comment(n, "同", content_id=str(2**64 - 1 - (n << 32))) for n in range(3)]
        path.write_text(json.dumps(page(*near)))
        tables, _ = read(path, "22_1")
        assert len({row["account_id"] for row in tables["comment"]}) == 3
        assert len({row["comment_id"] for row in tables["comment"]}) == 3

    @pytest.mark.parametrize(
        "text",
        ['{"comments": [{"cid": "1", "text": "x", "digg_count": 1}]}',
         '{"data": {"comments": [{"content": "x", "user_info": {}, "like_count": "3"}]}}',
         '{"list": [{"name": "x"}], "is_delay": 0}', '{"comment": []}', '{"data": []}',
         '[{"comment_id": "1", "content": "x", "create_time": 1, "nickname": "n"}]'],
    )  # fmt: skip
    def test_files_of_others_are_left_to_them(self, text: str, tmp_path: Path) -> None:
        (tmp_path / "o.json").write_text(text)
        found = SOURCE.sniff(probe(tmp_path / "o.json"))
        assert found is None or (found.shape == "statistics" and "is_delay" in text)


class TestValues:
    @pytest.mark.parametrize(
        ("value", "second"),
        [(START, START), (str(START), START), (START * 1000, START), (START * 10**6, START),
         ("2025-12-01 08:00:00", START), ("2025-12-01T00:00:00Z", START),
         ("昨天", None), (None, None), (0, None), (True, None), (float("nan"), None)],
    )  # fmt: skip
    def test_seconds(self, value: object, second: int | None) -> None:
        assert seconds(value) == second

    @pytest.mark.parametrize(
        ("value", "region"),
        [({"province_name": "广东", "country_name": "中国"}, "广东"),
         ({"country_name": "日本"}, "日本"), ({}, None), ("来自 广西", "广西"),
         ("IP属地：上海", "上海"), ("", None), (3, None)],
    )  # fmt: skip
    def test_region(self, value: object, region: str | None) -> None:
        assert region_of(value) == region


def test_a_scan_ends_well(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("0123456789abcdef")
    names = ("微信公众号文章.json", "polled.jsonl", "official.json", "datacube_detail.json")
    out, key = str(tmp_path / "out"), str(tmp_path / "key")
    files = [str(FIXTURES / name) for name in names]
    done = CliRunner().invoke(app, ["scan", *files, "--out", out, "--key-file", key])
    assert done.exit_code == 0, done.output
    sections = pd.read_parquet(tmp_path / "out" / "sections.parquet")
    assert set(sections["section_id"]) == {f"wechat:2247490098_{n}" for n in (1, 2, 3)}
    assert set(sections["status"]) <= {"scored", "insufficient_data"}
    assert not set(sections["band"]) & {"unusual", "likely_purchased"}
    run = json.loads((tmp_path / "out" / "run.json").read_text("utf-8"))
    assert {entry["source"] for entry in run["inputs"]} == {"wechat"}
