"""A file in which every family abstains gives "not enough data", never a suspicion."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner
from zhenzan.detector import Scan
from zhenzan.detector.cli.main import app

START = 1_790_000_000_000
SAME = "必须支持!+1"  # as suspicious as a text can be

LIKES = [
    {"kind": "like", "section_id": "post", "account_id": f"u{i}", "ts_ms": START + i * 1000}
    for i in range(19)
]
COMMENTS = [
    {"comment_id": f"c{i}", "section_id": "post", "account_id": f"u{i}", "text": SAME,
     "created_ms": START + i * 1000}
    for i in range(14)
]  # fmt: skip
COUNTS = [
    {"section_id": "post", "comment_id": "c0", "metric": "like", "value_lo": i * 9,
     "value_hi": i * 9, "observed_ms": START + i * 7_200_000}
    for i in range(3)
]  # fmt: skip


def write(folder: Path, **tables: list[dict[str, Any]]) -> Path:
    folder.mkdir()
    for name, rows in tables.items():
        lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (folder / f"{name}.jsonl").write_text("".join(lines), "utf-8")
    return folder


def invoke(*words: str) -> str:
    done = CliRunner().invoke(app, list(words))
    assert done.exit_code == 0, (done.stdout, done.stderr)
    return done.stdout


@pytest.mark.parametrize(
    "tables",
    [
        {"engagement": LIKES},
        {"comment": COMMENTS},
        {"count_snapshot": COUNTS},
        # What a counter of a comment tells comes to the likes of the post: eighteen and one.
        {"engagement": LIKES[:1], "comment": COMMENTS, "count_snapshot": COUNTS},
    ],
    ids=["nineteen likes", "fourteen comments", "three counts", "all of it"],
)
def test_below_every_least_nothing_is_suspected(
    tmp_path: Path, tables: dict[str, list[dict[str, Any]]]
) -> None:
    source, out = write(tmp_path / "in", **tables), tmp_path / "out"
    told = json.loads(invoke("scan", str(source), "--out", str(out), "--json"))
    assert {band for band, n in told["bands"].items() if n} == {"insufficient_data"}
    found = Scan.load(out)
    assert set(found.sections["status"]) == {"insufficient_data"}
    assert found.sections["score"].isna().all() and found.sections["probability"].isna().all()
    assert set(found.comments["band"]) <= {"insufficient_data"}
    assert not set(found.accounts["band"]) & {"unusual", "likely_purchased"}
    assert found.campaigns.empty
    assert "Not enough data" in invoke("report", str(out), "--out", "-", "--lang", "en")
    again = write(tmp_path / "again", **tables)
    said = invoke("scan", str(again), "--out", str(tmp_path / "o"), "--lang", "en")
    assert "Not enough data to judge any section" in said


def test_doctor_says_what_to_add_and_what_holds_back(tmp_path: Path) -> None:
    source = write(tmp_path / "in", comment=COMMENTS, count_snapshot=COUNTS)
    told = json.loads(invoke("doctor", str(source), "--json"))
    assert {check["checked"] for check in told["families"]} == {0}
    assert all(check["would_need"] for check in told["families"])
    names = {limit["name"]: limit["sections"] for limit in told["limits"]}
    assert names == {"counts_only": 1, "few_comments": 1, "one_section": 1}
    (section,) = told["sections"]
    assert [limit["name"] for limit in section["limits"]] == [
        "counts_only", "few_comments", "one_section",
    ]  # fmt: skip
    assert section["checked"] == [] and set(section["not_checkable"])
    for lang, word in (("en", "at most `unusual`"), ("zh", "评级最高为“有异常”")):
        assert word in invoke("doctor", str(source), "--lang", lang)


def test_likes_that_only_a_counter_shows_are_counted(tmp_path: Path) -> None:
    """Missing is never 0: a comment nobody counted has no likes column, another has its reading."""
    source = write(tmp_path / "in", comment=COMMENTS, count_snapshot=COUNTS)
    invoke("scan", str(source), "--out", str(tmp_path / "out"))
    comments = Scan.load(tmp_path / "out").comments.set_index("comment_id")
    assert comments.loc["c0", "n_likes"] == 18
    assert comments.drop(index="c0")["n_likes"].isna().all()
    assert comments["n_likes_purchased"].drop(index="c0").isna().all()
