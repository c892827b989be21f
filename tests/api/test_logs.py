"""What is logged about a request, and what never is."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from zhenzan.api.logs import configure
from zhenzan.api.request_log import RequestSeen

SECRET = "what somebody wrote 你好"


@pytest.fixture
def lines() -> Iterator[Callable[[bool], io.StringIO]]:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in ("zhenzan", "uvicorn")}

    def begin(as_json: bool) -> io.StringIO:
        stream = io.StringIO()
        configure(as_json=as_json, stream=stream)
        return stream

    yield begin
    root.handlers[:], root.level = before[0], before[1]
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def test_a_request_is_one_line_of_json(
    client: TestClient, lines: Callable[[bool], io.StringIO], make_key
) -> None:
    headers, stream = make_key("creator", tenant="b"), lines(True)
    client.get("/v1/me", headers={**headers, "X-Request-Id": "mine-1"})
    (line,) = [json.loads(text) for text in stream.getvalue().splitlines()]
    assert line["message"] == "request" and line["level"] == "info"
    assert (line["request_id"], line["method"], line["status"]) == ("mine-1", "GET", 200)
    assert line["route"] == "/v1/me" and line["ms"] >= 0
    assert line["tenant"] == "b" and line["key"].startswith("key_")
    assert headers["Authorization"][10:] not in stream.getvalue()


@pytest.mark.parametrize("as_json", [True, False])
def test_no_text_no_address_no_secret(
    app: FastAPI, client: TestClient, lines: Callable[[bool], io.StringIO], as_json: bool
) -> None:
    @app.post("/v1/broken/{name}")
    def broken(name: str, body: dict[str, str]) -> None:
        raise ValueError(f"{name} {body}")

    stream = lines(as_json)
    client.post(f"/v1/broken/{SECRET}?q={SECRET}", json={"text": SECRET})
    client.post(f"/v1/broken/{SECRET}", json=[SECRET])
    client.get(f"/v1/nothing/{SECRET}", headers={"Authorization": f"Bearer zz_{'x' * 40}"})
    client.get("/v1/me", headers={"X-Request-Id": "a\tb\x1b[31m" + "x" * 100})
    text = stream.getvalue()
    assert "what" not in text and "你" not in text and "zz_x" not in text and "\x1b" not in text
    assert "ValueError" in text and "broken" in text and "/v1/broken/{name}" in text
    assert len(text.splitlines()) == 5  # four requests, one of them failed


def test_errors_of_other_libraries_lose_their_message(
    lines: Callable[[bool], io.StringIO],
) -> None:
    stream = lines(True)
    try:
        raise RuntimeError(SECRET)
    except RuntimeError:
        logging.getLogger("uvicorn.error").exception("failed in a library")
    line = json.loads(stream.getvalue())
    assert line["error"] == "RuntimeError" and "test_logs.py" in line["at"][0]
    assert "somebody" not in stream.getvalue()


def test_observers_see_patterns_not_addresses(app: FastAPI, client: TestClient) -> None:
    seen: list[RequestSeen] = []
    app.state.service.observers.append(seen.append)
    client.get("/v1/me")
    client.get(f"/v1/{SECRET}")
    client.request("BREW", "/v1/me")
    assert [(s.method, s.route, s.status) for s in seen] == [
        ("GET", "/v1/me", 200), ("GET", "none", 404), ("other", "/v1/me", 405),
    ]  # fmt: skip
    assert all(0 < s.seconds < 60 for s in seen)


@pytest.mark.parametrize(
    ("path", "query", "kind"),
    [
        ("/v1/jobs/upload", b"filename=likes.csv", b"text/csv"),
        ("/v1/engagements", b"stream=main", b"application/x-ndjson"),
    ],
)
def test_who_hangs_up_is_no_failure_of_ours(
    app: FastAPI,
    client: TestClient,
    lines: Callable[[bool], io.StringIO],
    path: str,
    query: bytes,
    kind: bytes,
) -> None:
    client.put("/v1/streams/main", json={})
    seen: list[RequestSeen] = []
    app.state.service.observers.append(seen.append)
    stream = lines(True)
    arriving = iter(
        [{"type": "http.request", "body": b"a", "more_body": True}, {"type": "http.disconnect"}]
    )
    sent: list[object] = []

    async def receive() -> Any:
        return next(arriving)

    async def send(message: object) -> None:
        sent.append(message)

    headers = [(b"host", b"127.0.0.1"), (b"content-type", kind), (b"x-batch-id", b"1")]
    scope = {
        "type": "http", "method": "POST", "path": path, "raw_path": path.encode(),
        "query_string": query, "headers": headers, "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8650), "scheme": "http", "root_path": "", "http_version": "1.1",
    }  # fmt: skip
    assert client.portal is not None
    client.portal.call(app, scope, receive, send)
    (line,) = [json.loads(text) for text in stream.getvalue().splitlines()]
    assert (line["level"], line["status"], line["route"]) == ("info", 499, path)
    assert [(s.route, s.status) for s in seen] == [(path, 499)] and sent == []
