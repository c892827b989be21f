"""A full disk, under the files or under the database: 503, to be sent again; others stay 500."""

from __future__ import annotations

import errno
import sqlite3
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.exc import OperationalError

NDJSON = {"Content-Type": "application/x-ndjson", "X-Batch-Id": "1"}
CONTEXT = {"section_id": "s", "kind": "giveaway", "start_ms": 1}
WRITES: list[tuple[str, str, str, dict[str, Any]]] = [
    ("zhenzan.api.streams.receive._written", "POST", "/v1/engagements?stream=main",
     {"content": b"{}", "headers": NDJSON}),
    ("zhenzan.api.jobs.uploading._fill", "POST", "/v1/jobs/upload?filename=a.csv",
     {"content": b"x"}),
    ("zhenzan.api.routes.contexts._record", "POST", "/v1/contexts", {"json": CONTEXT}),
    ("zhenzan.api.routes.streams.record", "PUT", "/v1/streams/other", {"json": {}}),
]  # fmt: skip


def of_database(words: str) -> OperationalError:
    return OperationalError("INSERT", {}, sqlite3.OperationalError(words))


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), 503),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), 503),
        (of_database("database or disk is full"), 503),
        (of_database("disk I/O error"), 503),
        (of_database('could not extend file "base/1": No space left on device'), 503),
        (OSError(errno.EIO, "Input/output error"), 500),
        (of_database("no such table: stream"), 500),
    ],
    ids=str,
)
def test_a_full_disk_is_told_as_such(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    client.put("/v1/streams/main", json={})
    for place, method, url, body in WRITES:
        with monkeypatch.context() as patched:
            patched.setattr(place, fail)
            answer = client.request(method, url, **body)
        assert answer.status_code == status, (url, answer.text)
        if status == 503:
            assert answer.json()["type"] == "urn:zhenzan:problem:no-space"
            assert answer.headers["retry-after"] == "60"


def test_a_page_says_it_as_a_page(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("zhenzan.api.pages.routes.home.list_scans", fail)
    answer = client.get("/")
    assert answer.status_code == 503 and answer.headers["content-type"].startswith("text/html")
