"""Maps: what they say is done, what they say wrongly is told."""

from __future__ import annotations

import json
import re
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from zhenzan.detector.ingest import Ingested, IngestOptions, ingest
from zhenzan.detector.sources.files import probe
from zhenzan.detector.sources.mapped import Mapped, built_in_maps, load_map
from zhenzan.detector.sources.mapped.model import read_map
from zhenzan.detector.sources.mapped.paths import ABSENT, parsed
from zhenzan.features.engine import open_engine
from zhenzan.features.errors import InputError, UnknownFormatError, UsageError

NOW = 1_765_000_000_000
BARE = 'table = "comment"\n[columns]\ncomment_id = "cid"\nsection_id = "vid"\ntext = "words"\n'


def read(tmp_path: Path, *paths: Path, **said: Any) -> tuple[Ingested, dict[str, list[Any]]]:
    (tmp_path / "key").write_text("0123456789abcdef")
    options = IngestOptions(
        now_ms=NOW, observed_at_ms=NOW, key_file=tmp_path / "key", ids="keep", **said
    )
    with open_engine() as engine:
        done = ingest(paths, engine, options, work_dir=tmp_path / "work")
        rows = {n: engine.fetch(r).to_pylist() for n, r in done.tables.items()}
    return done, rows


def by_map(tmp_path: Path, name: str, content: str, text: str, **said: Any) -> dict[str, list[Any]]:
    (tmp_path / name).write_text(content, "utf-8")
    (tmp_path / "map.toml").write_text(text, "utf-8")
    return read(tmp_path, tmp_path / name, map_file=str(tmp_path / "map.toml"), **said)[1]


def test_columns_values_patterns_constants_and_units(tmp_path: Path) -> None:
    text = """
    platform = "site"
    table = "comment"
    [columns]
    comment_id = ["cid", "other"]
    section_id = { from = "url", pattern = '/v/(\\w+)' }
    text = "words"
    created_ms = { from = "at", unit = "s" }
    region = { from = "where", values = { gd = "广东", none = "" } }
    language = { constant = "zh" }
    like_count = "likes"
    """
    content = (
        "cid,other,url,words,at,where,likes\n"
        "a,,https://x/v/V1?t=1,hi,1700000000,gd,1.2万\n,b,https://x/v/V1,ho,1700000001,none,10+\n"
    )
    rows = by_map(tmp_path, "x.csv", content, text)
    first, second = sorted(rows["comment"], key=lambda r: r["comment_id"])
    assert (first["comment_id"], second["comment_id"]) == ("site:a", "site:b")
    assert first["section_id"] == "site:V1"
    assert (first["created_ms"], first["created_precision_s"]) == (1_700_000_000_000, 1)
    assert (first["region"], second["region"]) == ("广东", None)
    assert first["language"] == "zh"
    counts = {(r["comment_id"], r["value_lo"], r["value_hi"]) for r in rows["count_snapshot"]}
    assert counts == {("site:a", 11_500, 12_999), ("site:b", 10, None)}


def test_a_zone_of_a_column_of_the_map_and_of_the_user(tmp_path: Path) -> None:
    content = "cid,vid,words,at\nc,v,hi,2024-05-01 08:00:00\n"
    for line, said, hour in (
        ('created_ms = "at"', {}, 8),
        ('created_ms = { from = "at", timezone = "Asia/Shanghai" }', {}, 0),
        ('created_ms = { from = "at", timezone = "Asia/Shanghai" }', {"timezone": "UTC"}, 8),
    ):
        rows = by_map(tmp_path, "x.csv", content, BARE + line + "\n", **said)
        assert rows["comment"][0]["created_ms"] == 1_714_521_600_000 + hour * 3_600_000


def test_paths_lists_pages_and_children(tmp_path: Path) -> None:
    text = """
    table = "comment"
    rows = "data.items"
    children = "sub"
    [columns]
    comment_id = "id"
    section_id = { path = "$.data.video" }
    account_id = { path = "by[0].uid" }
    text = { path = "body.text" }
    """
    page = {
        "data": {
            "video": 2**63 + 1,
            "items": [
                {"id": 1, "by": [{"uid": "u"}], "body": {"text": "top"},
                 "sub": [{"id": 2, "by": [], "body": {"text": "below"}}]},
                "no object",
            ],
        }
    }  # fmt: skip
    content = json.dumps(page) + "\n" + json.dumps({"data": {"items": []}}) + '\n{"data": {}}\n'
    rows = by_map(tmp_path, "x.json", content, text)
    top, below = sorted(rows["comment"], key=lambda r: r["comment_id"])
    assert (top["text"], top["account_id"], top["parent_id"]) == ("top", "u", None)
    assert (below["text"], below["parent_id"], below["account_id"]) == ("below", "1", None)
    assert top["section_id"] == str(2**63 + 1)


def test_records_are_all_accounted(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text('{"d": [{"cid": 1, "vid": 2}, 3]}\n{"e": 1}\n{"d": [')
    (tmp_path / "m.toml").write_text('rows = "d"\n' + BARE)
    done, _ = read(tmp_path, tmp_path / "x.json", map_file=str(tmp_path / "m.toml"))
    assert (done.rows.read, done.rows.kept, done.rows.rejected) == (4, 1, 3)
    reasons = {r.reason for r in done.rejections}
    assert "no records where the map looks for them" in reasons
    assert "not a JSON object" in reasons


def test_ids_are_made_where_there_are_none_and_repeats_are_one(tmp_path: Path) -> None:
    text = """
    table = "comment"
    section_from = "file"
    [columns]
    comment_id = { digest = ["who", "words"] }
    text = "words"
    """
    content = "who,words\nann,hi\nann,hi\nbob,hi\n,\n"
    rows = by_map(tmp_path, "My Video.csv", content, text)
    assert len(rows["comment"]) == 2
    assert {r["section_id"] for r in rows["comment"]} == {"My Video"}
    told = by_map(tmp_path, "My Video.csv", content, text, section_id="V9")
    assert {r["section_id"] for r in told["comment"]} == {"V9"}


def test_equal_rows_stay_apart_where_the_map_counts_repeats(tmp_path: Path) -> None:
    text = """
    table = "comment"
    section_from = "file"
    [columns]
    comment_id = { digest = ["words"], repeats = true }
    text = "words"
    """
    rows = by_map(tmp_path, "v.csv", "words\nhi\nhi\nyo\nhi\n", text)
    again = by_map(tmp_path, "v.csv", "words\nyo\nhi\nhi\nhi\n", text)
    assert sorted(r["text"] for r in rows["comment"]) == ["hi", "hi", "hi", "yo"]
    ids = {r["comment_id"] for r in rows["comment"]}
    assert len(ids) == 4 and ids == {r["comment_id"] for r in again["comment"]}
    with pytest.raises(InputError, match="repeats"):
        by_map(tmp_path, "v.csv", "words\nhi\n", text.replace("digest =", "from ="))


def test_relative_times_are_as_coarse_as_their_unit(tmp_path: Path) -> None:
    content = (
        "cid,vid,words,at\n1,v,a,3 weeks ago\n2,v,b,6小时前\n3,v,c,2024-05-01T00:00:00Z\n4,v,d,\n"
    )
    rows = by_map(tmp_path, "x.csv", content, BARE + 'created_ms = "at"\n')
    found = {
        r["comment_id"]: (r["created_ms"], r["created_precision_s"], r["created_basis"])
        for r in rows["comment"]
    }
    assert found["1"] == (NOW - 21 * 86_400_000, 604_800, "relative_text")
    assert found["2"] == (NOW - 6 * 3_600_000, 3600, "relative_text")
    assert found["3"][0] == 1_714_521_600_000 and found["3"][2] == "field"
    assert found["4"] == (None, None, "none")


def test_sheets_of_a_database_that_other_maps_do_not_know(tmp_path: Path) -> None:
    db = sqlite3.connect(tmp_path / "x.db")
    db.executescript(
        "create table n(z); create table c(cid, vid, words); insert into c values(1,2,3)"
    )
    db.close()
    (tmp_path / "m.toml").write_text('sheet = "c"\n' + BARE)
    _, rows = read(tmp_path, tmp_path / "x.db", map_file=str(tmp_path / "m.toml"))
    assert rows["comment"][0]["comment_id"] == "1"


def test_text_without_header_needs_a_named_map(tmp_path: Path) -> None:
    content = "m1,u1,ann,,,hello,1700000000,\nm2,u2,bob,m1,,RT,1700000010,\n"
    (tmp_path / "x.csv").write_text(content)
    assert Mapped().sniff(probe(tmp_path / "x.csv")) is None
    done, rows = read(tmp_path, tmp_path / "x.csv", map_file="coordination_network_toolkit")
    assert done.rows.kept == 2
    assert {r["text"] for r in rows["comment"]} == {"hello", "RT"}
    assert len(rows["engagement"]) == 1


def test_a_map_leaves_other_files_to_their_sources(tmp_path: Path) -> None:
    (tmp_path / "likes.csv").write_text("kind,section_id,account_id,ts_ms\nlike,s,a,1700000000\n")
    (tmp_path / "x.csv").write_text("cid,vid,words\n1,2,3\n")
    (tmp_path / "m.toml").write_text(BARE)
    done, _ = read(
        tmp_path, tmp_path / "likes.csv", tmp_path / "x.csv", map_file=str(tmp_path / "m.toml")
    )
    assert [r.source for r in done.inputs] == ["canonical", "mapped"]
    (tmp_path / "y.csv").write_text("foo,bar\n1,2\n")
    with pytest.raises(
        UnknownFormatError, match=r"map m: no column for comment_id \(looked for cid\)"
    ):
        read(tmp_path, tmp_path / "y.csv", map_file=str(tmp_path / "m.toml"))


def test_options_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("cid,vid,words\n1,2,3\n")
    with pytest.raises(UsageError, match="neither a file nor one of apify_comments"):
        read(tmp_path, tmp_path / "x.csv", map_file="no such map")
    with pytest.raises(UsageError, match="--map goes with --source mapped"):
        read(tmp_path, tmp_path / "x.csv", map_file="coortweet", source="canonical")


BAD = {
    "table = 3": ("table", "engagement, comment"),
    'table = "decision"\n[columns]\na = "b"': ("table", "engagement, comment"),
    'table = "comment"': ("columns", r"\[columns\]"),
    BARE + 'colour = "x"': (r"columns\.colour", "a column of comment: comment_id"),
    BARE + 'created_ms = { from = "x", unit = "h" }': (
        r"columns\.created_ms\.unit", "s, ms, us, ns"),
    BARE + 'created_ms = { from = "x", timezone = "Mars" }': (
        r"columns\.created_ms\.timezone", "Asia/Shanghai"),
    BARE + 'region = { unit = "s" }': (r"columns\.region", "one of from, path, constant"),
    BARE + 'region = { from = "x", unit = "s" }': (r"columns\.region", r"times only"),
    BARE + 'region = { path = "a..b" }': (r"columns\.region\.path", r"data\.items"),
    BARE + 'region = { from = "x", pattern = "(" }': (r"columns\.region\.pattern", "regular"),
    BARE + "region = 3": (r"columns\.region", "a name"),
    BARE + 'region = { from = "x", values = { a = 1 } }': (r"columns\.region\.values", "all text"),
    'colour = "x"\n' + BARE: ("colour", "name, title, platform"),
    'platform = "Wei Bo"\n' + BARE: ("platform", "lower case"),
    'section_from = "air"\n' + BARE: ("section_from", "column or file"),
    'selection = "best"\n' + BARE: ("selection", "all, recent, top"),
    "also = 3\n" + BARE: ("also", r"\[\[also\]\]"),
    'table = "comment"\n[columns]\ntext = "x"': ("columns", "also comment_id, section_id"),
    BARE + '[[also]]\ntable = "account"\n[also.columns]\nname = "n"': (
        r"also\[0\]\.columns", "account_id"),
}  # fmt: skip


@pytest.mark.parametrize("text", BAD)
def test_mistakes_name_file_key_and_what_was_expected(text: str) -> None:
    key, expected = BAD[text]
    with pytest.raises(InputError, match=rf"my\.toml: the map is wrong at {key}\n") as caught:
        read_map(text, "my.toml", "my")
    assert re.search(expected, str(caught.value.expected))


def test_what_is_no_toml_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("[columns\n")
    with pytest.raises(InputError, match=r"a\.toml: the map is no TOML"):
        load_map(tmp_path / "a.toml")
    (tmp_path / "b.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="not UTF-8"):
        load_map(tmp_path / "b.toml")


def test_built_in_maps_have_names_and_marks() -> None:
    maps = built_in_maps()
    assert len({m.name for m in maps}) == len(maps) >= 15
    assert all(m.needs for m in maps)


def test_paths() -> None:
    place = parsed("a.b[0].c")
    assert place is not None
    assert place.of({"a": {"b": [{"c": 5}]}}) == 5
    assert place.of({"a": {"b": []}}) is ABSENT
    assert place.of({"a": {"b": [{"c": None}]}}) is None
    last = parsed("a[-1]")
    assert last is not None and last.of({"a": [1, 2]}) == 2
    assert all(parsed(text) is None for text in ("", ".", "a.", "a[", "a[x]", "[]", "$.", "a..b"))


@given(st.text(max_size=12))
def test_paths_never_raise(text: str) -> None:
    place = parsed(text)
    assert place is None or place.of({"a": [1]}, {"b": 2}) is not None


@given(st.text(max_size=60))
def test_any_text_is_a_map_or_an_input_error(text: str) -> None:
    with pytest.raises(InputError):
        read_map(text, "x.toml", "x")


@pytest.mark.parametrize(
    "hostile",
    ["<b>&amp;</b>", "a\x00b", "\u202egnp.exe", "z\u200bw", "👩‍👩‍👧", "\\ud83d", "x" * 50_000],
)
def test_hostile_text_passes_through(tmp_path: Path, hostile: str) -> None:
    line = json.dumps({"cid": "1", "vid": "v", "words": hostile}).replace("\\\\ud83d", "\\ud83d")
    rows = by_map(tmp_path, "x.jsonl", line + "\n" + line.replace('"1"', '"2"'), BARE)
    assert len(rows["comment"]) == 2


def test_a_broken_page_or_row_costs_itself(tmp_path: Path) -> None:
    content = 'cid,vid,words\n1,v,"open\n2,v,fine\n3,v\n4,v,good\n'
    rows = by_map(tmp_path, "x.csv", content, BARE)
    assert {r["comment_id"] for r in rows["comment"]} == {"2", "4"}


def test_the_order_of_rows_does_not_matter(tmp_path: Path) -> None:
    lines = [f"{i % 7},v,word {i % 7}\n" for i in range(20)]
    one = by_map(tmp_path, "x.csv", "cid,vid,words\n" + "".join(lines), BARE)
    two = by_map(tmp_path, "x.csv", "cid,vid,words\n" + "".join(reversed(lines)), BARE)
    drop = "dataset_id"
    assert [{**r, drop: 0} for r in one["comment"]] == [{**r, drop: 0} for r in two["comment"]]
