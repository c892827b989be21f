"""Files of a scan: as they are, as CSV that no spreadsheet runs, and the report."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from zhenzan.api.results.run_record import handed_out
from zhenzan.api.results.tabular import csv_of, harmless
from zhenzan.detector import Scan


def test_parquet_and_lines_come_as_they_are(
    client: TestClient, publish: Callable[..., str], scanned: Scan
) -> None:
    url = f"/v1/scans/{publish()}/files"
    for name in ("sections.parquet", "evidence.jsonl", "insights.jsonl", "run.json"):
        answer = client.get(f"{url}/{name}")
        assert answer.status_code == 200
        kept = (scanned.path / name).read_bytes()
        if name == "run.json":  # without the folders of the server
            assert answer.json() == handed_out(json.loads(kept))
        else:
            assert answer.content == kept
        assert "attachment" in answer.headers["content-disposition"]
        tag = answer.headers["etag"]
        assert client.get(f"{url}/{name}", headers={"If-None-Match": tag}).status_code == 304


def test_a_part_of_a_file(client: TestClient, publish: Callable[..., str], scanned: Scan) -> None:
    url = f"/v1/scans/{publish()}/files/sections.parquet"
    whole = (scanned.path / "sections.parquet").read_bytes()
    for asked, status, content in (
        ("bytes=2-5", 206, whole[2:6]), ("bytes=4-", 206, whole[4:]), ("bytes=5-2", 200, whole),
        ("bytes=0-1,3-4", 200, whole), ("pages=1", 200, whole),
    ):  # fmt: skip
        answer = client.get(url, headers={"Range": asked})
        assert (answer.status_code, answer.content) == (status, content), asked
    beyond = client.get(url, headers={"Range": f"bytes={len(whole)}-"})
    assert beyond.status_code == 416
    assert beyond.headers["content-type"] == "application/problem+json"


def test_csv_has_the_rows(client: TestClient, publish: Callable[..., str], scanned: Scan) -> None:
    url = f"/v1/scans/{publish()}/files/comments.csv"
    rows = list(csv.DictReader(io.StringIO(client.get(url).content.decode("utf-8-sig"))))
    assert [row["comment_id"] for row in rows] == scanned.comments["comment_id"].tolist()


@pytest.mark.parametrize("name", ["../run.json", "passwd", "sections", "checkpoint.json", "a.csv"])
def test_no_other_file_is_given(client: TestClient, publish: Callable[..., str], name: str) -> None:
    assert client.get(f"/v1/scans/{publish()}/files/{name}").status_code in (404, 422)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=12))
def test_no_cell_begins_a_formula(text: str) -> None:
    cell = harmless(pa.array([text]))[0].as_py()
    shown = cell.lstrip(" \t\r\n\x0b\x0c\0")
    assert not shown.startswith(("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20"))
    assert cell in (text, f"'{text}")


def test_csv_of_hostile_texts_is_read_back(tmp_path: Path) -> None:
    texts = ['=cmd|"/c calc"!A1', "\t=1+1", 'a"b,c\nd', "+49", "plain", None, "你好"]
    lists = [["=a", "b"], [], None, ["-x"], ["ok"], [], ["c"]]
    table = pa.table({"text": texts, "ids": pa.array(lists, pa.list_(pa.string())), "n": range(7)})
    pq.write_table(table, tmp_path / "t.parquet", row_group_size=2)
    content = b"".join(csv_of(tmp_path / "t.parquet")).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(content, newline="")))
    assert rows[0] == ["text", "ids", "n"]
    assert [row[0] for row in rows[1:]] == [
        "'" + texts[0], "'\t=1+1", 'a"b,c\nd', "'+49", "plain", "", "你好",
    ]  # fmt: skip
    assert [row[1] for row in rows[1:]] == ["'=a b", "", "", "'-x", "ok", "", "c"]


@pytest.mark.slow
def test_the_report_runs_its_own_script_alone(
    client: TestClient, publish: Callable[..., str], scanned: Scan
) -> None:
    url = f"/v1/scans/{publish()}/report.html"
    answer = client.get(url, params={"lang": "en"})
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/html")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "script-src 'sha256-" in policy
    assert "unsafe" not in policy
    section = scanned.sections["section_id"].iloc[0]
    assert client.get(url, params={"section_id": section}).status_code == 200
    assert client.get(url, params={"section_id": "no:such"}).status_code == 404
    tag = answer.headers["etag"]
    again = client.get(url, params={"lang": "en"}, headers={"If-None-Match": tag})
    assert again.status_code == 304
