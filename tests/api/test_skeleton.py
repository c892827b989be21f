"""The service starts, answers, and answers wrong requests as problems."""

from __future__ import annotations

from fastapi.testclient import TestClient


def test_it_lives_and_is_ready(client: TestClient) -> None:
    for path in ("/health/live", "/health/ready"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert answer.json() == {"status": "ok"}
        assert answer.headers["x-request-id"].startswith("req_")
        assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_a_method_that_is_not_there_is_told_those_that_are(client: TestClient) -> None:
    for path, allowed in (("/v1/me", "GET"), ("/v1/jobs", "GET, POST")):
        answer = client.put(path)
        assert (answer.status_code, answer.headers["allow"]) == (405, allowed)


def test_what_is_not_there_is_a_problem(client: TestClient) -> None:
    answer = client.get("/v1/nothing", headers={"X-Request-Id": "mine"})
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "urn:zhenzan:problem:not-found"
    assert answer.json()["request_id"] == answer.headers["x-request-id"] == "mine"
