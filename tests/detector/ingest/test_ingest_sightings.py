"""A comment of many sightings against a slow version, and two formats that complete each other."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st
from zhenzan.detector.ingest.convert import staged_schema
from zhenzan.detector.ingest.sightings import (
    forget_comments,
    merge_comments,
    of_one_section,
    seen_again,
)
from zhenzan.features.engine import Engine, Relation
from zhenzan.features.tables import TABLES

Row = dict[str, Any]
NAMES = [c.name for c in TABLES["comment"].columns]
TIME, PLACE = NAMES[NAMES.index("created_ms") :][:3], ["parent_id", "root_id", "depth"]


def merged(engine: Engine, rows: list[Row], sections: list[Row]) -> list[Row]:
    schema = staged_schema(TABLES["comment"])
    staged = engine.load("t_comment", pa.Table.from_pylist(rows, schema=schema), step="test")
    described = engine.load(
        "t_section",
        pa.Table.from_pylist(sections, schema=staged_schema(TABLES["section"])),
        step="test",
    )
    again = seen_again(engine, staged)
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "rows.parquet"
        if again.torn:
            lost = of_one_section(engine, staged, whole)
            assert lost.rows == len(rows) - len(in_one_section(rows))
            staged = engine.load("t_comment", pq.read_table(whole), step="test")
    statement = merge_comments(staged, described if sections else None, again=again.ids > 0)
    made: list[Row] = engine.fetch(engine.sql(statement, into="made", step="test")).to_pylist()
    forget_comments(engine)
    for name in ("t_comment", "t_section", "made"):
        engine.drop(Relation(name, pa.schema([])))
    return sorted(made, key=lambda r: r["comment_id"])


def low(value: Any) -> tuple[bool, Any]:
    return value is None, 0 if value is None else value


def in_one_section(rows: list[Row]) -> list[Row]:
    """Without what moves a comment from the section whose id is smallest."""
    falling = sorted(rows, key=lambda r: str(r["section_id"]), reverse=True)
    stays = {r["comment_id"]: r["section_id"] for r in falling}
    return [r for r in rows if r["section_id"] == stays[r["comment_id"]]]


def slowly(rows: list[Row], sections: list[Row]) -> list[Row]:
    """The same, one comment and one column after the other."""
    rows = in_one_section(rows)
    found = []
    for comment in sorted({r["comment_id"] for r in rows}):
        every = [dict.fromkeys([*NAMES, "z_seen_ms"]) | r for r in rows]
        mine = [r for r in every if r["comment_id"] == comment]
        content = sorted(mine, key=lambda r: [low(r[n]) for n in NAMES])
        newest = sorted(content, key=lambda r: -r["z_seen_ms"])
        row: Row = {n: next((r[n] for r in newest if r[n] is not None), None) for n in NAMES}
        best = min(newest, key=lambda r: (r["created_ms"] is None, low(r["created_precision_s"])))
        placed = next((r for r in newest if any(r[n] is not None for n in PLACE)), newest[0])
        row |= {n: best[n] for n in TIME} | {n: placed[n] for n in PLACE}
        owners = [s["creator_id"] for s in sections if s["section_id"] == row["section_id"]]
        if row["by_creator"] is None and row["account_id"] is not None:
            row["by_creator"] = (
                True if row["account_id"] in sorted(filter(None, owners))[:1] else None
            )
        found.append(row)
    return found


ROWS = st.fixed_dictionaries(
    {
        "comment_id": st.sampled_from(["c", "d"]),
        "section_id": st.sampled_from(["s", "t"]),
        "account_id": st.sampled_from([None, "a", "b"]),
        "parent_id": st.sampled_from([None, "p"]),
        "depth": st.sampled_from([None, 0, 1]),
        "text": st.sampled_from([None, "one", "two"]),
        "region": st.sampled_from([None, "x"]),
        "by_creator": st.sampled_from([None, True, False]),
        "created_ms": st.sampled_from([None, 5, 7]),
        "created_precision_s": st.sampled_from([None, 1, 86_400]),
        "created_basis": st.sampled_from(["field", "none"]),
        "dataset_id": st.sampled_from(["f", "g"]),
        "z_primary": st.just(True),
        "z_seen_ms": st.integers(0, 2),
    }
)
SECTIONS = st.fixed_dictionaries(
    {
        "section_id": st.sampled_from(["s", "t"]),
        "creator_id": st.sampled_from([None, "a", "b"]),
        "platform": st.just("x"),
        "kind": st.just("post"),
        "dataset_id": st.just("f"),
    }
)


@settings(max_examples=30, deadline=None)
@given(st.lists(ROWS, min_size=1, max_size=7), st.lists(SECTIONS, max_size=3))
def test_as_the_slow_version_in_any_order(
    shared_engine: Engine, rows: list[Row], sections: list[Row]
) -> None:
    expected = slowly(rows, sections)
    assert merged(shared_engine, rows, sections) == expected
    assert merged(shared_engine, rows[::-1], sections[::-1]) == expected


def test_an_empty_newer_file_loses_nothing(run: Any, tmp_path: Path) -> None:
    first = {"comment_id": "c", "section_id": "s", "account_id": "a", "text": "hello",
             "region": "上海", "created_ms": 1_700_000_000_000, "observed_ms": 1_700_000_100_000,
             "like_count": 3}  # fmt: skip
    later = {"comment_id": "c", "section_id": "s", "text": "hello!", "like_count": 9,
             "created_ms": None, "observed_ms": 1_700_900_000_000}  # fmt: skip
    path = tmp_path / "comment.jsonl"
    path.write_text(json.dumps(later) + "\n" + json.dumps(first) + "\n")
    done = run(path)
    (comment,) = done["comment"]
    assert (comment["text"], comment["region"], comment["account_id"]) == ("hello!", "上海", "a")
    assert (comment["created_ms"], comment["created_basis"]) == (1_700_000_000_000, "field")
    assert (done.rows.kept, done.rows.merged) == (1, 1)
    assert sorted(r["value_lo"] for r in done["count_snapshot"]) == [3, 9]


def test_the_creator_is_told_by_the_section(run: Any, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "section.csv").write_text("section_id,creator_id\ns,me\nt,\n")
    (tmp_path / "in" / "comment.csv").write_text(
        "comment_id,section_id,account_id,by_creator\n"
        "1,s,me,\n2,s,you,\n3,t,me,\n4,s,me,false\n5,s,,\n"
    )
    told = {c["comment_id"]: c["by_creator"] for c in run(tmp_path / "in")["comment"]}
    assert told == {"1": True, "2": None, "3": None, "4": False, "5": None}


def test_a_section_of_two_creators_is_noted(run: Any, tmp_path: Path) -> None:
    """Numbers of WeChat articles repeat between accounts; each file knows of one."""
    for account in ("MzAx", "MzAy"):
        link = f"http://mp.weixin.qq.com/s?__biz={account}==&mid=2247483650&idx=1&sn=a"
        (tmp_path / f"{account}.json").write_text(
            json.dumps(
                [{"aid": "2247483650_1", "title": account, "link": link, "_accountName": account,
                  "create_time": 1_717_000_000, "readNum": 12, "commentNum": 1, "comments": []}]
            )
        )  # fmt: skip
    files = [tmp_path / "MzAx.json", tmp_path / "MzAy.json"]
    done = run(*files, now_ms=1_790_000_000_000)
    (note,) = [n for (t, why), n in done.notes.items() if t == "section" and "two creators" in why]
    assert (note.count, note.examples) == (1, ("wechat:2247483650_1",))
    assert not [why for _, why in run(files[0], now_ms=1_790_000_000_000).notes if "two" in why]


def test_ids_that_repeat_between_sections_are_rejected_and_named(run: Any, tmp_path: Path) -> None:
    """Numbered from 1 in each section, comments would be taken for ones that were seen again."""
    head = "comment_id,section_id,account_id,text,like_count\n"
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "comment.csv").write_text(
        head + "1,b,x,hello,3\n2,b,y,nice,4\n1,b,x,hello,3\n7,b,z,mine,1\n"
    )
    (tmp_path / "comment.csv").write_text(head + "1,a,p,first,5\n2,a,q,second,6\n")
    files = [tmp_path / "one" / "comment.csv", tmp_path / "comment.csv"]
    for order in (files, files[::-1]):
        done = run(*order)
        stand = {c["comment_id"]: (c["section_id"], c["text"]) for c in done["comment"]}
        assert stand == {"1": ("a", "first"), "2": ("a", "second"), "7": ("b", "mine")}
        ((_, why),) = done.rejections
        lost = done.rejections["comment", why]
        assert "another section" in why
        assert (lost.count, lost.examples) == (
            3,
            ("comment.csv: 1 of b, expected a", "comment.csv: 2 of b, expected a"),
        )
        assert (done.rows.kept, done.rows.merged, done.rows.rejected) == (3, 0, 3)
        # Their likes are not those of the comment that stays.
        counts = {(r["section_id"], r["comment_id"]) for r in done["count_snapshot"]}
        assert counts == {("a", "1"), ("a", "2"), ("b", "7")}
