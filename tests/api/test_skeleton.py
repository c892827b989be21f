"""The service starts, answers, and answers wrong requests as problems."""

from __future__ import annotations

from fastapi.testclient import TestClient
from zhenzan.api.context import Service
from zhenzan.api.request_log import RequestSeen


def test_it_lives_and_is_ready(client: TestClient) -> None:
    for path in ("/health/live", "/health/ready"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert answer.json() == {"status": "ok"}
        assert answer.headers["x-request-id"].startswith("req_")
        assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_a_method_that_is_not_there_is_told_those_that_are(client: TestClient) -> None:
    for path, allowed in (
        ("/v1/me", "GET, HEAD"), ("/v1/jobs", "GET, HEAD, POST"), ("/v1/score", "POST"),
        ("/login", "GET, HEAD, POST"),
    ):  # fmt: skip
        answer = client.put(path)
        assert (answer.status_code, answer.headers["allow"]) == (405, allowed)


def test_what_is_not_there_is_a_problem(client: TestClient) -> None:
    answer = client.get("/v1/nothing", headers={"X-Request-Id": "mine"})
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "urn:zhenzan:problem:not-found"
    assert answer.json()["request_id"] == answer.headers["x-request-id"] == "mine"


def test_head_is_get_without_its_body(client: TestClient, held: Service) -> None:
    seen: list[RequestSeen] = []
    held.observers.append(seen.append)
    absent = f"/v1/scans/scan_{'0' * 24}"
    for path in ("/health/ready", "/v1/me", "/v1/openapi.json", "/", "/static/console.css", absent):
        whole, head = client.get(path), client.head(path)
        assert (head.status_code, head.content) == (whole.status_code, b""), path
        for name in ("content-type", "content-length", "etag"):
            assert head.headers.get(name) == whole.headers.get(name), (path, name)
        got, asked = seen[-2:]
        assert (got.method, asked.method, got.route) == ("GET", "HEAD", asked.route)
    refused = client.head("/v1/score")
    assert (refused.status_code, refused.headers["allow"], refused.content) == (405, "POST", b"")


def test_the_head_of_an_answer_without_end_ends(client: TestClient) -> None:
    job = client.post("/v1/jobs/upload", params={"filename": "a.csv"}, content=b"a,b\n1,2\n").json()
    head = client.head(f"/v1/jobs/{job['id']}/events")  # waits: nobody does it
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-type"].startswith("text/event-stream")
