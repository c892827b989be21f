"""Files that were not read are told with their reasons; bundles are no files of their own."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from zhenzan.detector.ingest.discover import discover
from zhenzan.detector.report import render_report
from zhenzan.detector.report.inputs import read_inputs, unread_inputs
from zhenzan.detector.report.texts import load_texts
from zhenzan.detector.results import Scan

UNKNOWN = "no source knows this file; name one with --source"
HOME = "/home/someone/in"


def record(path: str, source: str | None = None, **more: Any) -> dict[str, Any]:
    return {"path": path, "source": source, "rows_read": 5 if source else 0} | more


RECORDS = [
    record(f"{HOME}/a.json", "youtube", rows_skipped=2),
    record(f"{HOME}/all.zip", note="a bundle of 2 files"),
    record(f"{HOME}/all.zip/b.csv", "wechat", bundle=f"{HOME}/all.zip"),
    record(f"{HOME}/all.zip/x/c.csv", note=UNKNOWN, bundle=f"{HOME}/all.zip"),
    record(f"{HOME}/2023/c.csv", note=UNKNOWN),
    record(f"{HOME}/2024/c.csv", note=f"{HOME}/2024/c.csv is cut off"),
]


def test_names_tell_files_apart_and_hide_where_they_lie() -> None:
    texts = load_texts("zh")
    assert [(r.path, r.rows_skipped) for r in read_inputs(RECORDS, redact=True)] == [
        ("a.json", 2), ("all.zip/b.csv", 0),
    ]  # fmt: skip
    unread = unread_inputs(RECORDS, texts, redact=True)
    assert [r.path for r in unread] == ["all.zip/x/c.csv", "2023/c.csv", "2024/c.csv"]
    assert unread[0].why.startswith("格式未知")
    assert unread[2].why == "2024/c.csv is cut off"
    assert not any("someone" in r.path + r.why for r in unread)
    shown = unread_inputs(RECORDS, texts, redact=False)
    assert shown[1].path == f"{HOME}/2023/c.csv"


def test_what_a_system_left_beside_files_and_second_names_are_no_news(tmp_path: Path) -> None:
    for name in (".DS_Store", "_SUCCESS", "a.csv", "b.csv"):
        (tmp_path / name).write_text("x")
    (tmp_path / "link.csv").symlink_to(tmp_path / "a.csv")
    found = [record(str(f.path), note=f.left_out or UNKNOWN) for f in discover([tmp_path])]
    assert len(found) == 5
    unread = unread_inputs(found, load_texts("en"), redact=True)
    assert [row.path for row in unread] == ["a.csv", "b.csv"]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_report_tells_what_was_not_read(
    make_scan: Callable[..., Scan], tmp_path: Path, language: str
) -> None:
    made = make_scan(tmp_path / "scan")
    run = json.loads((made.path / "run.json").read_text("utf-8"))
    (made.path / "run.json").write_text(
        json.dumps(run | {"inputs": RECORDS, "rows": {"merged": 4}}), "utf-8"
    )
    html = render_report(Scan(made.path), language=language)
    texts = load_texts(language)
    assert texts("summary.unread", n=3) in html
    assert texts("summary.files", n=2, read=10, merged=4, rejected=0) in html
    where = html.index('id="unread"')
    assert where < html.index("2024/c.csv", where) < html.index('<section id="contest"')
    assert "someone" not in html
