"""The whole way from files to tables: what is made, what is completed, what is told."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from zhenzan.features.errors import NothingToReadError, UsageError
from zhenzan.features.tables import TABLES

BASE = 1_700_000_000_000


def test_a_minimal_file_is_enough(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "engagement.csv"
    path.write_text(f"section_id,account_id,ts_ms,kind\nweibo:s1,weibo:a1,{BASE},like\n")
    done = run(path)
    assert set(done.tables) == {"engagement", "section", "account", "dataset"}
    (act,), (section,), (account,) = done["engagement"], done["section"], done["account"]
    assert (act["ts_lo_ms"], act["ts_hi_ms"], act["occurrence"]) == (BASE, BASE, 1)
    assert act["basis"] == "internal_log"
    assert (section["platform"], section["kind"]) == ("weibo", "post")
    assert (account["platform"], account["id_kind"]) == ("weibo", "native")
    assert done["dataset"][0]["dataset_id"] == act["dataset_id"]
    assert done["dataset"][0]["pseudonym_key_id"] == "none"


def test_all_file_kinds_give_the_same_rows(run: Any, tmp_path: Path) -> None:
    rows = [
        {"kind": "like", "section_id": "s", "account_id": f"0{i}", "ts_ms": BASE + i}
        for i in range(5)
    ]
    lines = "".join(json.dumps(r) + "\n" for r in rows)
    header = ",".join(rows[0]) + "\n"
    table = header + "".join(",".join(map(str, r.values())) + "\n" for r in rows)
    files: dict[str, bytes] = {
        "engagement.csv": table.encode(),
        "engagement.csv.gz": gzip.compress(table.encode()),
        "engagement.jsonl": lines.encode(),
        "engagement.ndjson.gz": gzip.compress(lines.encode()),
        "engagement.json": json.dumps(rows, indent=1).encode(),
        "likes of march.tsv": table.replace(",", "\t").encode(),
    }
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist(rows), sink)
    files["engagement.parquet"] = sink.getvalue().to_pybytes()
    found = []
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
        done = run(tmp_path / name)
        found.append([{**r, "dataset_id": ""} for r in done["engagement"]])
        assert [r["account_id"] for r in done["engagement"]] == ["00", "01", "02", "03", "04"]
    assert all(f == found[0] for f in found)


def test_schemas_are_those_of_the_tables(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "engagement.csv"
    path.write_text(f"section_id,account_id,ts_ms,kind\ns,a,{BASE},like\n")
    run(path)
    for file in (tmp_path / "work1").glob("*.parquet"):
        found = pq.read_schema(file)
        table = TABLES[file.stem]
        assert [(f.name, f.type) for f in found] == [(c.name, c.type) for c in table.columns]


def test_numeric_ids_stay_text_and_missing_ones_stay_missing(run: Any, tmp_path: Path) -> None:
    columns = {
        "kind": ["like"] * 3,
        "section_id": pa.array([7, 7, 7]),
        "account_id": pa.array([12.0, None, 2.0**52]),
        "ts_ms": [BASE] * 3,
    }
    pq.write_table(pa.table(columns), tmp_path / "engagement.parquet")
    done = run(tmp_path / "engagement.parquet")
    assert {r["account_id"] for r in done["engagement"]} == {"12", None, str(2**52)}
    assert {r["section_id"] for r in done["engagement"]} == {"7"}


def test_ids_that_doubles_have_rounded_are_not_guessed(run: Any, tmp_path: Path) -> None:
    columns = {"kind": ["like"], "section_id": ["s"], "account_id": [1.2e17], "ts_ms": [BASE]}
    pq.write_table(pa.table(columns), tmp_path / "engagement.parquet")
    done = run(tmp_path / "engagement.parquet")
    assert [r["account_id"] for r in done["engagement"]] == [None]
    assert ("engagement", "account_id cannot be used and is left empty") in done.notes


def test_times_that_a_spreadsheet_rounded_are_left_empty(run: Any, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "comment.csv").write_text(
        "comment_id,section_id,text,created_ms\nc1,s,one,1.71456E+12\nc2,s,two,9.9E+12\n"
    )
    (folder / "engagement.csv").write_text(
        "section_id,account_id,ts_ms,kind\ns,a,1.71456E+12,like\n"
    )
    (folder / "count_snapshot.csv").write_text(
        "section_id,metric,scene,observed_ms,value_lo\ns,like,all,1.71456E+12,7\n"
    )
    done = run(folder)
    assert [(r["created_ms"], r["created_basis"]) for r in done["comment"]] == [(None, "none")] * 2
    assert [(r["account_id"], r["ts_lo_ms"], r["ts_hi_ms"]) for r in done["engagement"]] == [
        ("a", None, None)
    ]
    assert not done["count_snapshot"]
    why = "was rounded by a spreadsheet program"
    assert done.notes["comment", f"created_ms {why} and is left empty"].count == 2
    assert done.rejections["count_snapshot", f"observed_ms {why}"].count == 1


def test_comments_keep_the_newest_and_leave_their_counts(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "comment.csv"
    path.write_text(
        "comment_id,section_id,text,created_ms,observed_ms,like_count,reply_count\n"
        f"c1,s,first,{BASE},{BASE + 1000},3,0\n"
        f"c1,s,edited,{BASE},{BASE + 9000},8,1\n"
        f"c1,s,first,{BASE},{BASE + 1000},3,0\n"
        f"c2,s,,2023-11-15,{BASE + 1000},,\n"
    )
    done = run(path)
    one, two = done["comment"]
    assert (one["text"], one["created_basis"]) == ("edited", "field")
    assert (two["text"], two["created_basis"], two["created_precision_s"]) == (
        None, "date_only", 86_400,
    )  # fmt: skip
    counts = [
        (r["metric"], r["observed_ms"] - BASE, r["value_lo"], r["value_hi"], r["observed_basis"])
        for r in done["count_snapshot"]
    ]
    assert sorted(counts) == [
        ("like", 1000, 3, 3, "row"),
        ("like", 9000, 8, 8, "row"),
        ("reply", 1000, 0, 0, "row"),
        ("reply", 9000, 1, 1, "row"),
    ]
    assert (done.rows.read, done.rows.kept, done.rows.merged) == (4, 2, 2)


@pytest.mark.parametrize(("option", "basis"), [(BASE + 5000, "option"), (None, "file_time")])
def test_when_a_sighting_was(run: Any, tmp_path: Path, option: int | None, basis: str) -> None:
    path = tmp_path / "comment.csv"
    path.write_text("comment_id,section_id,like_count\nc1,s,3\n")
    os.utime(path, ((BASE + 5000) / 1000,) * 2)
    (row,) = run(path, observed_at_ms=option)["count_snapshot"]
    assert (row["observed_ms"], row["observed_basis"]) == (BASE + 5000, basis)


def test_nothing_later_than_the_day_after_it_was_observed(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "engagement.csv"
    day = 86_400_000
    path.write_text(
        f"section_id,account_id,ts_ms,kind\ns,a,{BASE + day},like\ns,b,{BASE + day + 1},like\n"
    )
    assert len(run(path)["engagement"]) == 2
    assert [r["account_id"] for r in run(path, observed_at_ms=BASE)["engagement"]] == ["a"]


def test_a_misleading_start_of_a_column_does_not_decide_its_unit(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "engagement.parquet"
    n = 1 << 18
    times = [BASE // 1000] * (1 << 17) + [BASE] * (n - (1 << 17)) + [BASE] * 9
    columns = {"kind": ["like"] * len(times), "section_id": ["s"] * len(times), "ts_ms": times}
    pq.write_table(pa.table(columns), path)
    done = run(path)
    assert done.rows.rejected == 1 << 17  # the seconds, not the milliseconds
    assert {r["ts_lo_ms"] for r in done["engagement"]} == {BASE}


def test_dates_are_intervals_of_a_day(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "engagement.csv"
    path.write_text("kind,section_id,account_id,ts_ms\nrating,p,u,2012-09-22\n")
    (row,) = run(path)["engagement"]
    assert row["ts_hi_ms"] - row["ts_lo_ms"] == 86_399_999


def test_time_zone_of_naive_times(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "engagement.csv"
    path.write_text("kind,section_id,account_id,ts_ms\nlike,s,a,2024-03-01 20:00:00\n")
    (row,) = run(path, timezone="Asia/Shanghai")["engagement"]
    assert row["ts_lo_ms"] == 1_709_294_400_000
    done = run(path)
    assert ("engagement", "ts_ms names no time zone, read as UTC") in done.notes
    with pytest.raises(UsageError, match="unknown time zone"):
        run(path, timezone="Mars/Olympus")


def test_files_of_a_table_complete_each_other(run: Any, tmp_path: Path) -> None:
    (tmp_path / "engagement.csv").write_text(
        f"kind,section_id,account_id,ts_ms\nlike,s1,a1,{BASE}\nlike,s2,a2,{BASE}\n"
    )
    (tmp_path / "section.csv").write_text("section_id,kind,title\ns1,video,\ns1,video,Title\n")
    (tmp_path / "account.csv").write_text(f"account_id,created_ms\na1,{BASE - 10**9}\nzz,0\n")
    done = run(tmp_path)
    sections = {r["section_id"]: (r["kind"], r["title"]) for r in done["section"]}
    assert sections == {"s1": ("video", "Title"), "s2": ("post", None)}
    accounts = {r["account_id"]: (r["created_basis"], r["created_ms"]) for r in done["account"]}
    assert accounts == {"a1": ("field", BASE - 10**9), "a2": (None, None), "zz": (None, None)}
    note = done.notes["account", "created_ms is before 2005 and is left empty"]
    assert note.count == 1


@pytest.mark.parametrize("turned", [False, True])
def test_a_time_of_making_stays_with_its_precision(run: Any, tmp_path: Path, turned: bool) -> None:
    written = ["2024-03-01", "2024-03-01T15:00:00Z", "2024-03-01T16:00:00Z", ""]
    for i, when in enumerate(written[::-1] if turned else written):
        here = tmp_path / str(i)
        here.mkdir()
        (here / "section.csv").write_text(f"section_id,published_ms\ns,{when}\nt,\n")
        (here / "account.csv").write_text(f"account_id,created_ms\na,{when}\nb,\n")
    done = run(*(tmp_path / str(i) for i in range(4)))
    best = (1_709_305_200_000, 1)
    found = {r["section_id"]: r for r in done["section"]}
    assert (found["s"]["published_ms"], found["s"]["published_precision_s"]) == best
    assert found["t"]["published_ms"] is None
    born = {r["account_id"]: r for r in done["account"]}
    assert (born["a"]["created_ms"], born["a"]["created_precision_s"]) == best
    assert (born["a"]["created_basis"], born["b"]["created_ms"]) == ("field", None)


def test_mixed_sources_in_one_run(run: Any, tmp_path: Path) -> None:
    (tmp_path / "engagement.csv").write_text(
        f"kind,section_id,account_id,ts_ms\nlike,weibo:s1,weibo:a1,{BASE}\n"
    )
    (tmp_path / "stars.csv").write_text("repo,actor,starred_at\no/r,ann,2023-01-01T00:00:00Z\n")
    done = run(tmp_path / "engagement.csv", tmp_path / "stars.csv")
    by_platform = {r["platform"]: r["account_id"] for r in done["account"]}
    assert by_platform["weibo"] == "weibo:a1"
    assert len(by_platform["github"]) == len("github:") + 32
    assert {(r.source, r.rows_read) for r in done.inputs} == {("canonical", 1), ("github_stars", 1)}
    assert sorted(r["section_id"] for r in done["section"]) == ["github:o/r", "weibo:s1"]


def test_progress_goes_up_to_the_end(tmp_path: Path) -> None:
    from zhenzan.detector.ingest import IngestOptions, ingest
    from zhenzan.features.engine import open_engine

    seen: list[tuple[int, int, str]] = []
    for name in ("engagement.csv", "engagement.jsonl"):
        (tmp_path / name).write_text("kind,section_id,ts_ms\nlike,s,1700000000\n")
    (tmp_path / "engagement.jsonl").write_text('{"kind":"like","section_id":"s","ts_ms":17e8}\n')
    with open_engine() as engine:
        ingest(
            [tmp_path],
            engine,
            IngestOptions(now_ms=BASE * 2),
            work_dir=tmp_path / "work",
            progress=lambda done, total, name: seen.append((done, total, name)),
        )
    assert [s[0] for s in seen] == sorted(s[0] for s in seen)
    assert seen[-1][0] == seen[-1][1]
    assert {s[2] for s in seen} == {"engagement.csv", "engagement.jsonl", ""}


def test_a_file_may_leave_its_section_to_the_user(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "comment.jsonl"
    path.write_text('{"comment_id": "c1", "text": "hello"}\n')
    (row,) = run(path, section_id="weibo:9")["comment"]
    assert row["section_id"] == "weibo:9"
    with pytest.raises(NothingToReadError, match="section_id is missing"):
        run(path)
