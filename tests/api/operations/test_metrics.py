"""Metrics tell what is, to whom may know, and nobody's ids."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families
from zhenzan.api.context import Service
from zhenzan.api.settings import Settings
from zhenzan.api.storage.models import Job


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"followers": 0})


def samples(client: TestClient, **options: Any) -> dict[tuple[str, tuple[str, ...]], float]:
    answer = client.get("/metrics", **options)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/plain")
    return {
        (sample.name, tuple(sorted(sample.labels.values()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_requests_jobs_and_streams_are_counted(client: TestClient, held: Service) -> None:
    client.get("/health/live")
    client.get("/v1/nothing/secret-id")
    client.put("/v1/streams/main", json={})
    row = '{"kind":"like","section_id":"s","account_id":"a","ts_ms":1700000000000}\n'
    headers = {"Content-Type": "application/x-ndjson", "X-Batch-Id": "1"}
    client.post("/v1/engagements?stream=main", content=row * 3, headers=headers)
    with held.database.session() as session:
        session.add(
            Job(
                id="job_1", tenant_id="default", owner="local", status="queued", request={},
                created_ms=held.clock() - 60_000,
            )
        )  # fmt: skip
    found = samples(client)
    assert found["zhenzan_requests_total", ("/health/live", "200", "GET")] == 1
    assert found["zhenzan_requests_total", ("404", "GET", "none")] == 1
    assert found["zhenzan_request_seconds_count", ("/v1/engagements", "POST")] == 1
    assert found["zhenzan_jobs", ("queued",)] == 1
    assert found["zhenzan_jobs", ("failed",)] == 0
    assert 60 <= found["zhenzan_queue_age_seconds", ()] < 90
    assert found["zhenzan_stream_rows", ()] == 3
    assert found["zhenzan_stream_backlog_rows", ()] == 3
    assert 0 <= found["zhenzan_stream_backlog_age_seconds", ()] < 60
    text = client.get("/metrics").text
    assert not [word for word in ("secret-id", "job_1", "main", "strm_", "local") if word in text]


def test_only_keys_that_may(client: TestClient, make_key: Callable[..., dict[str, str]]) -> None:
    reader = make_key("admin", scopes=["metrics:read"])
    other = make_key("reviewer")
    assert client.get("/metrics").status_code == 401
    assert client.get("/metrics", headers=other).status_code == 403
    assert samples(client, headers=reader)
    assert client.get("/v1/jobs", headers=reader).status_code == 403


def test_a_full_disk_is_not_ready(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    class Usage(NamedTuple):
        free: int

    assert client.get("/health/ready").status_code == 200
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(1 << 20))
    answer = client.get("/health/ready")
    assert answer.status_code == 503
    assert "1 MB are left" in answer.json()["detail"]
    assert client.get("/health/live").status_code == 200
