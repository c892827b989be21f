"""Forums: likes taken back and given again, ranks, scores, breaks; all content is made up."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner
from zhenzan.detector.cli.main import app
from zhenzan.detector.sources import Noted, ReadOptions, Rejected, Rows, Skipped, get_source
from zhenzan.detector.sources.files import probe
from zhenzan.detector.sources.forum.actions import of_number, utc
from zhenzan.detector.sources.forum.reddit import _rank

FIXTURES = Path(__file__).parent / "fixtures" / "forum"
SOURCE = get_source("forum")
Read = tuple[dict[str, list[dict[str, Any]]], list[Any]]


def read(path: Path, section_id: str | None = None) -> Read:
    tables: dict[str, list[dict[str, Any]]] = {name: [] for name in SOURCE.table_names}
    others = []
    for item in SOURCE.read(probe(path), ReadOptions(section_id, 1_710_000_000_000, "option")):
        if isinstance(item, Rows):
            assert item.platform in ("discourse", "reddit")
            tables[item.table] += item.data.to_pylist()
        else:
            others.append(item)
    return tables, others


def test_a_like_taken_back_is_closed_by_a_row_of_its_own() -> None:
    tables, others = read(FIXTURES / "post_actions.csv")
    acts = [(r["account_id"], r["kind"], r["ts_ms"]) for r in tables["engagement"]]
    assert [a for a in acts if a[0] == "8"] == [
        ("8", "like", "2024-03-01 12:00:05.250 UTC"),
        ("8", "like", "2024-03-04 10:00:00Z"),
        ("8", "unlike", "2024-03-03 09:00:00 UTC"),
    ]
    assert sum(o.count for o in others if isinstance(o, Skipped)) == 1


def test_posts_are_sections_only_where_topics_are_unknown() -> None:
    tables, others = read(FIXTURES / "post_actions_no_topic.csv")
    assert {r["section_id"] for r in tables["engagement"]} == {"post-501"}
    assert [type(o) for o in others] == [Noted]
    tables, others = read(FIXTURES / "post_actions_no_topic.csv", "90")
    assert {(r["section_id"], r["comment_id"]) for r in tables["engagement"]} == {("90", "501")}
    assert not others


def test_csv_and_query_tell_the_same() -> None:
    def likes(name: str) -> list[Any]:
        rows = read(FIXTURES / name)[0]["engagement"]
        given = [r for r in rows if r["kind"] == "like"][:2]
        return [(r["engagement_id"], r["comment_id"], r["account_id"]) for r in given]

    assert likes("post_actions.csv") == likes("query.json")


@pytest.mark.parametrize(
    ("written", "read_as"),
    [("2024-03-01 12:00:00", "2024-03-01 12:00:00Z"), ("2024-03-01", "2024-03-01"),
     ("2024-03-01T12:00:00+08:00", "2024-03-01T12:00:00+08:00"), ("", None), (None, None)],
)  # fmt: skip
def test_times_of_the_database_are_utc(written: str | None, read_as: str | None) -> None:
    assert utc(written) == read_as


def test_numbers_of_accounts() -> None:
    assert of_number("-2") == {"account_id": "-2", "id_order": None, "declared_bot": True}
    assert of_number("7")["id_order"] == 7
    assert of_number("ann") == {"account_id": "ann"}
    assert of_number("9" * 30) == {"account_id": "9" * 30}


@pytest.mark.parametrize(
    ("full", "rank"),
    [("t2_10", 36), ("t2_zz", 1295), ("t2_", None), ("t1_10", None), ("t2_a-b", None),
     ("t2_" + "z" * 13, None), (None, None)],
)  # fmt: skip
def test_ranks_of_reddit(full: str | None, rank: int | None) -> None:
    assert _rank(full) == rank


def test_older_accounts_rank_lower(tmp_path: Path) -> None:
    row = json.loads((FIXTURES / "RC_2024-03.ndjson").read_text().splitlines()[0])
    path = tmp_path / "a.ndjson"
    path.write_text("".join(
        json.dumps(row | {"id": f, "name": f"t1_{f}", "author": f, "author_fullname": f"t2_{f}"})
        + "\n" for f in ("9", "z", "10", "zzz")
    ))  # fmt: skip
    ranks = [r["id_order"] for r in read(path)[0]["account"]]
    assert ranks == sorted(ranks) and len(set(ranks)) == 4


@pytest.mark.parametrize("name", sorted(p.name for p in FIXTURES.iterdir()))
def test_a_file_cut_anywhere_gives_its_whole_records(name: str, tmp_path: Path) -> None:
    def ids(path: Path) -> set[str]:
        tables = read(path)[0]
        rows = tables["comment"] + tables["section"] + tables["account"]
        return {str(r.get("comment_id") or r.get("account_id")) for r in rows}

    data, path = (FIXTURES / name).read_bytes(), tmp_path / name
    whole = ids(FIXTURES / name)
    for cut in range(len(data) // 3, len(data), max(1, len(data) // 9)):
        path.write_bytes(data[:cut])
        if SOURCE.sniff(probe(path)) is not None and not name.endswith(".csv"):
            assert ids(path) <= whole


def test_a_line_that_is_neither_is_rejected(tmp_path: Path) -> None:
    good = (FIXTURES / "RC_2024-03.ndjson").read_text().splitlines()[0]
    path = tmp_path / "a.ndjson"
    path.write_text(good + '\n{"id": "x"}\n[1, 2]\n' + good + "\n")
    tables, others = read(path)
    assert len(tables["comment"]) == 2
    assert [o.line for o in others if isinstance(o, Rejected)] == [2, 3, 3]


@pytest.mark.slow
def test_a_scan_reads_them_all_at_once(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("0123456789abcdef")
    done = CliRunner().invoke(
        app,
        ["scan", os.fspath(FIXTURES), "--out", os.fspath(tmp_path / "scan"), "--key-file",
         os.fspath(tmp_path / "key"), "--observed-at", "2024-03-10"],
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    sections = pd.read_parquet(tmp_path / "scan" / "sections.parquet").set_index("section_id")
    assert {"discourse:90", "reddit:t3_top"} <= set(sections.index)
    assert set(sections["band"]) <= {"insufficient_data", "organic"}
