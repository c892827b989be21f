"""Coverage of several files against a slow version, and what it must say in plain cases."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st
from zhenzan.detector.ingest import IngestOptions, ingest
from zhenzan.detector.ingest.coverage import merged_coverage
from zhenzan.features.engine import open_engine
from zhenzan.features.tables import TABLES

SELECTIONS = ("all", "recent", "top", "selected_by_creator", "sample", "unknown")

Row = dict[str, Any]
PLACED = st.tuples(st.sampled_from(["s", "wechat:t"]), st.sampled_from([None, "c0", "c1"]))


def merged(coverage: list[Row], comments: list[Row]) -> list[Row]:
    with open_engine() as engine:
        told = engine.load(
            "told", pa.Table.from_pylist(coverage, schema=TABLES["coverage"].schema), step="test"
        )
        there = engine.load(
            "there", pa.Table.from_pylist(comments, schema=TABLES["comment"].schema), step="test"
        )
        made = engine.sql(
            merged_coverage(told, there if comments else None), into="made", step="test"
        )
        rows: list[Row] = engine.fetch(made).to_pylist()
    return sorted(rows, key=lambda r: (r["section_id"], r["comment_id"] or "", r["object"]))


def slowly(coverage: list[Row], comments: list[Row]) -> list[Row]:
    """The same, one key after the other."""
    found = []
    for key in {(r["section_id"], r["comment_id"], r["object"]) for r in coverage}:
        rows = [r for r in coverage if (r["section_id"], r["comment_id"], r["object"]) == key]
        section, comment, kind = key
        present = sum(
            c["section_id"] == section
            and not (comment is None and c["parent_id"] and section == "wechat:t")
            and (comment is None or (c["root_id"] == comment and c["comment_id"] != comment))
            for c in comments
        )
        claims = [r["claimed_total"] for r in rows if r["claimed_total"] is not None]
        ends = [r["truncated"] for r in rows if r["truncated"] is not None]
        ways = {r["selection"] for r in rows}
        row = {
            "section_id": section, "comment_id": comment, "object": kind,
            "claimed_total": max(claims, default=None),
            "collected": max(r["collected"] for r in rows),
            "selection": ways.pop() if len(ways) == 1 else "unknown",
            "truncated": all(ends) if ends else None,
            "dataset_id": min(r["dataset_id"] for r in rows),
        }  # fmt: skip
        if len(rows) > 1:
            if kind == "comment":
                row["collected"] = max(row["collected"], present)
            if claims and row["collected"] >= row["claimed_total"]:
                row["truncated"] = False
                if all(r["selection"] != "selected_by_creator" for r in rows):
                    row["selection"] = "all"
        found.append(row)
    return sorted(found, key=lambda r: (r["section_id"], r["comment_id"] or "", r["object"]))


COVERAGE = st.fixed_dictionaries(
    {
        "section_id": st.sampled_from(["s", "wechat:t"]),
        "comment_id": st.sampled_from([None, "c0"]),
        "object": st.sampled_from(["comment", "liker"]),
        "claimed_total": st.none() | st.integers(0, 6),
        "collected": st.integers(0, 6),
        "selection": st.sampled_from(SELECTIONS),
        "truncated": st.none() | st.booleans(),
        "dataset_id": st.sampled_from(["a", "b"]),
    }
)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(COVERAGE, min_size=1, max_size=6),
    st.lists(
        st.tuples(st.sampled_from(["s", "wechat:t"]), st.sampled_from([None, "c0", "c1"])),
        max_size=6,
    ),
)
def test_as_the_slow_version(coverage: list[Row], placed: list[tuple[str, str | None]]) -> None:
    comments = [
        {"comment_id": f"c{n}", "section_id": section, "root_id": root,
         "parent_id": root,
         "created_basis": "none", "dataset_id": "a"}
        for n, (section, root) in enumerate(placed)
    ]  # fmt: skip
    assert merged(coverage, comments) == slowly(coverage, comments)


def test_files_of_pages_and_a_total_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "coverage.csv").write_text(
        "section_id,object,claimed_total,collected,selection\ns,comment,3,0,top\ns,comment,,2,top\n"
    )
    (tmp_path / "a" / "comment.csv").write_text("comment_id,section_id\nx,s\ny,s\nz,s\n")
    with open_engine() as engine:
        done = ingest(
            [tmp_path / "a"], engine, IngestOptions(now_ms=1_790_000_000_000),
            work_dir=tmp_path / "w",
        )  # fmt: skip
        (row,) = engine.fetch(done.tables["coverage"]).to_pylist()
    assert (row["claimed_total"], row["collected"], row["selection"]) == (3, 3, "all")
    assert done.rows.read == done.rows.kept + done.rows.merged
