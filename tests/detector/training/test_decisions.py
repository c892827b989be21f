"""What reviewers decided as labels: the last word counts, whatever the file and its order."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from zhenzan.detector.options import ScanOptions
from zhenzan.detector.training.gather import gather
from zhenzan.detector.training.labels import read_labels
from zhenzan.features.errors import InputError, SchemaError

AT = 1_700_000_000_000
START_MS, DAY_MS = 1_700_000_000_000, 86_400_000


def decision(
    target: str, outcome: str, at: int = 0, kind: str = "section", **more: Any
) -> dict[str, Any]:
    name = f"{target}{outcome}{at}"
    return {"decision_id": name, "target_kind": kind, "target_id": target, "outcome": outcome,
            "decided_by": "r", "decided_ms": AT + at, "appeal_of": None, **more}  # fmt: skip


ROWS = [
    decision("x:1", "likely_inauthentic"),
    decision("x:1", "overturned", 5, appeal_of="x:1likely_inauthentic0"),
    decision("x:2", "no_action", 1),
    decision("x:2", "confirmed_inauthentic", 2),
    decision("x:3", "confirmed_inauthentic", 1),
    decision("x:3", "needs_more_data", 2),
    decision("12345678901234567890", "confirmed_inauthentic", 1, "account"),
    decision("c9", "benign_explained", 1, "comment"),
    decision("k", "confirmed_inauthentic", 1, "campaign"),
    # At one moment: the answer to an appeal, else the milder word.
    decision("x:4", "confirmed_inauthentic", 1, appeal_of="x:4no_action0"),
    decision("x:4", "no_action", 1),
    decision("x:5", "likely_inauthentic", 1),
    decision("x:5", "benign_explained", 1),
]
KNOWN = {
    ("account", "12345678901234567890"): True, ("comment", "c9"): False, ("section", "x:1"): False,
    ("section", "x:2"): True, ("section", "x:4"): True, ("section", "x:5"): False,
}  # fmt: skip


def written(folder: Path, rows: list[dict[str, Any]], kind: str) -> Path:
    file = folder / f"decision.{kind}"
    if kind == "jsonl":
        file.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    elif kind == "csv":
        pd.DataFrame(rows).to_csv(file, index=False)
    else:
        pd.DataFrame(rows).to_parquet(file)
    return file


def said(file: Path) -> dict[tuple[str, str], bool]:
    made = read_labels(file)
    return dict(zip(zip(made["unit"], made["id"], strict=True), made["positive"], strict=True))


@pytest.mark.parametrize("kind", ["jsonl", "csv", "parquet"])
def test_the_last_word_counts_in_every_format(tmp_path: Path, kind: str) -> None:
    assert said(written(tmp_path, ROWS, kind)) == KNOWN


def test_order_of_rows_changes_nothing(tmp_path: Path) -> None:
    ties = ROWS[-4:]
    for order in itertools.islice(itertools.permutations(ties), 0, None, 3):
        assert said(written(tmp_path, list(order), "jsonl")) == {
            ("section", "x:4"): True, ("section", "x:5"): False,
        }  # fmt: skip


def test_groups_and_slices_are_taken_where_they_are(tmp_path: Path) -> None:
    rows = [decision("x:1", "no_action", group="pool 7", slice="fans"), decision("x:2", "no_action",
            group="", slice="")]  # fmt: skip
    made = read_labels(written(tmp_path, rows, "csv")).set_index("id")
    assert list(made["group"]) == ["pool 7", "x:2"] and list(made["slice"]) == ["fans", ""]


@pytest.mark.parametrize(
    ("row", "error", "match"),
    [
        (decision("x", "guilty"), InputError, r":2: a decision without a usable outcome"),
        ({**decision("x", "no_action"), "decided_ms": "soon"}, InputError, "usable decided_ms"),
        (decision("x", "no_action", kind="campaign"), InputError, "labels no section"),
        (decision("x", "needs_more_data"), InputError, "labels no section"),
        ({"target_id": "x", "outcome": "no_action"}, SchemaError, "columns id and outcome"),
    ],
)
def test_what_is_no_decision_is_refused(
    tmp_path: Path, row: dict[str, Any], error: type[Exception], match: str
) -> None:
    with pytest.raises(error, match=match):
        read_labels(written(tmp_path, [row], "csv"))


@pytest.mark.parametrize("data", [b"PAR1 and nothing", b"\x00\x01\x02", b"{}", b"[1, 2]", b"id"])
def test_hostile_files_are_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "labels").write_bytes(data)
    with pytest.raises(InputError):
        read_labels(tmp_path / "labels")
    with pytest.raises(InputError):
        read_labels(tmp_path / "absent.csv")


def test_what_is_under_one_creator_stays_together(tmp_path: Path) -> None:
    likes = [
        {"kind": "like", "section_id": f"x:s{s}", "account_id": f"x:a{(s * 31 + i * 7) % 300}",
         "ts_ms": START_MS + s * DAY_MS + i * 700_000}
        for s in range(6) for i in range(40)
    ]  # fmt: skip
    files = tmp_path / "files"
    files.mkdir()
    written(files, likes, "jsonl").rename(files / "engagement.jsonl")
    sections = [
        {"section_id": f"x:s{s}", **({"creator_id": f"x:c{s % 2}"} if s < 4 else {})}
        for s in range(6)
    ]
    written(files, sections, "jsonl").rename(files / "section.jsonl")
    rows = [decision(f"x:s{s}", "no_action") for s in range(5)]
    rows.append(decision("x:s5", "no_action", group="mine"))
    labels = read_labels(written(tmp_path, rows, "jsonl"))
    made = gather([files], labels, ScanOptions(now_ms=START_MS + 400 * DAY_MS))
    assert made["section"].facts["group"].to_dict() == {
        "x:s0": "creator x:c0", "x:s1": "creator x:c1", "x:s2": "creator x:c0",
        "x:s3": "creator x:c1", "x:s4": "x:s4", "x:s5": "mine",
    }  # fmt: skip
