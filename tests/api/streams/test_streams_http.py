"""Streams over HTTP: exactly once, back-pressure, tenants apart, the latest of each section."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from zhenzan.api.context import Service
from zhenzan.api.request_log import RequestSeen
from zhenzan.api.settings import Settings
from zhenzan.api.storage.models import NamedReference, StoredScan
from zhenzan.api.streams import follow, intake, receive
from zhenzan.api.streams.follower import Follower
from zhenzan.api.streams.leftovers import sweep_deleted

NDJSON = {"Content-Type": "application/x-ndjson"}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"followers": 0, "stream_every_s": 0.0})


@pytest.fixture
def named(held: Service, learnt: Path) -> str:
    """A reference that callers know as `spring`."""
    place = Path(held.settings.store_url) / "default" / "scan_1"
    shutil.copytree(learnt, place / "reference" / "attribution")
    for name in ("run.json", "sections.parquet"):
        (place / name).write_text("{}")
    with held.database.session() as session:
        session.add(
            StoredScan(
                id="scan_1", tenant_id="default", owner="local", title="t", n_sections=1,
                n_engagements=1, size_bytes=1, summary={}, created_ms=1,
            )
        )  # fmt: skip
        session.flush()
        session.add(
            NamedReference(
                id="ref_1", tenant_id="default", name="spring", scan_id="scan_1", created_ms=1,
                created_by="local",
            )
        )  # fmt: skip
    return "spring"


def send(client: TestClient, lines: list[str], batch: str, **headers: str) -> Any:
    return client.post(
        "/v1/engagements",
        params={"stream": "main"},
        content="\n".join(lines) + "\n",
        headers={**NDJSON, "X-Batch-Id": batch, **headers},
    )


def test_from_rows_to_sections(
    client: TestClient, held: Service, named: str, lines: list[str]
) -> None:
    assert send(client, lines[:3], "b0").status_code == 404
    made = client.put("/v1/streams/main", json={"reference": named})
    assert made.status_code == 201, made.text
    assert client.put("/v1/streams/main", json={"reference": named}).status_code == 200
    bad = '{"kind":"like","section_id":"s1","account_id":"a"'
    first = send(client, [*lines[:100], bad], "b1")
    assert first.status_code == 202, first.text
    told = first.json()
    assert (told["n_rows"], told["n_rejected"], told["seq"]) == (100, 1, 1)
    assert told["rejections"][0]["examples"] == ["body:101"]
    again = send(client, [*lines[:100], bad], "b1")
    assert again.status_code == 200
    assert again.json() == {**told, "replayed": True}
    assert send(client, lines[:5], "b1").json()["type"].endswith("batch-id-reused")
    assert send(client, lines[100:], "b2").json()["seq"] == 2
    state = client.get("/v1/streams/main").json()
    assert state["backlog"]["n_rows"] == state["n_rows"] == len(lines)

    assert Follower(held.settings, held.database, held.clock).once() == 1
    state = client.get("/v1/streams/main").json()
    assert (state["judged"], state["backlog"]["n_rows"]) == (2, 0)
    assert state["last_pass"]["sections"] == 60
    assert client.get("/v1/streams").json()["items"] == [state]
    seen, cursor = [], None
    while True:
        params = {"limit": 7, **({"cursor": cursor} if cursor else {})}
        page = client.get("/v1/streams/main/sections", params=params).json()
        seen += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len({row["section_id"] for row in seen}) == len(seen) == 60
    scores = [-1.0 if row["score"] is None else row["score"] for row in seen]
    assert scores == sorted(scores, reverse=True)
    one = client.get("/v1/streams/main/section", params={"section_id": seen[0]["section_id"]})
    assert one.json() == seen[0]
    assert client.get("/v1/streams/main/section", params={"section_id": "x"}).status_code == 404
    assert client.get("/v1/streams/main/batches/b2").json()["n_rows"] == len(lines) - 100
    assert client.delete("/v1/streams/main").status_code == 204
    assert client.get("/v1/streams/main").status_code == 404
    assert not list((held.settings.data_dir / "streams" / "default").iterdir())


def test_a_reference_in_use_stays(client: TestClient, named: str) -> None:
    for stream in ("main", "other"):
        client.put(f"/v1/streams/{stream}", json={"reference": named})
    client.put("/v1/streams/free", json={})
    refused = client.delete(f"/v1/references/{named}")
    assert (refused.status_code, refused.json()["streams"]) == (409, ["main", "other"])
    assert "main, other" in refused.json()["detail"]
    assert [row["name"] for row in client.get("/v1/references").json()["items"]] == [named]
    client.put("/v1/streams/main", json={})
    client.delete("/v1/streams/other")
    assert client.delete(f"/v1/references/{named}").status_code == 204


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_batch_that_comes_too_late_is_answered_404(
    client: TestClient, held: Service, lines: list[str], monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    client.put("/v1/streams/main", json={})

    def take_in(*args: Any) -> Any:
        taken = None if when == "before" else intake.take_in(*args)
        assert client.delete("/v1/streams/main").status_code == 204
        return taken or intake.take_in(*args)

    monkeypatch.setattr(receive, "take_in", take_in)
    assert send(client, lines[:5], "b").status_code == 404
    sweep_deleted(held.database, held.settings.data_dir)
    assert not list((held.settings.data_dir / "streams" / "default").iterdir())


def test_a_stream_is_deleted_while_it_is_judged(
    client: TestClient, held: Service, named: str, lines: list[str],
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    client.put("/v1/streams/main", json={"reference": named})
    send(client, lines, "b")
    keep = follow._keep

    def late(*args: Any) -> None:
        assert client.delete("/v1/streams/main").status_code == 204
        keep(*args)

    monkeypatch.setattr(follow, "_keep", late)
    place = held.settings.data_dir / "streams" / "default"
    (place / "of another database" / "segments").mkdir(parents=True)
    assert Follower(held.settings, held.database, held.clock).once() == 0
    assert not [line for line in caplog.records if line.levelname == "ERROR"]
    assert len(list(place.iterdir())) == 2
    assert sweep_deleted(held.database, held.settings.data_dir) == 1
    assert [path.name for path in place.iterdir()] == ["of another database"]


def test_the_same_batch_at_once_counts_once(client: TestClient, lines: list[str]) -> None:
    client.put("/v1/streams/main", json={})
    codes: list[int] = []

    def one() -> None:
        codes.append(send(client, lines[:500], "same").status_code)

    threads = [threading.Thread(target=one) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == [200] * 5 + [202]
    assert client.get("/v1/streams/main").json()["n_rows"] == 500


def test_backlog_pushes_back_and_forgets_no_promise(
    settings: Settings, run_service: Callable[..., Any], lines: list[str]
) -> None:
    small = settings.model_copy(update={"stream_backlog_rows": 150, "stream_batch_bytes": 20_000})
    with run_service(small) as client:
        client.put("/v1/streams/main", json={})
        assert send(client, lines[:100], "1").status_code == 202
        assert send(client, lines[100:200], "2").status_code == 202
        full = send(client, lines[200:300], "3")
        assert full.status_code == 503
        assert full.headers["retry-after"] == "5"
        assert full.json()["type"].endswith("stream-backlog")
        assert send(client, lines[:100], "1").status_code == 200
        assert client.get("/v1/streams/main/batches/3").status_code == 404
        client.put("/v1/streams/other", json={})
        large = client.post(
            "/v1/engagements?stream=other",
            content=b"x" * 30_000,
            headers={**NDJSON, "X-Batch-Id": "b"},
        )
        assert large.status_code == 413
        folder = small.data_dir / "streams"
        assert not list(folder.rglob("arriving/*"))
        assert len(list(folder.rglob("pending/*"))) == 2


@pytest.mark.parametrize("batch", ["2026/05/01-17", "/a", "a/", "a//b", "?#"])
def test_a_batch_is_asked_for_by_any_id(
    client: TestClient, held: Service, lines: list[str], batch: str
) -> None:
    seen: list[RequestSeen] = []
    held.observers.append(seen.append)
    client.put("/v1/streams/main", json={})
    sent = send(client, lines[:2], batch)
    assert sent.status_code == 202, sent.text
    found = client.get(f"/v1/streams/main/batches/{quote(batch, safe='')}")
    assert found.json() == {**sent.json(), "replayed": True}
    assert seen[-1].route == "/v1/streams/{name}/batches/{batch_id}"


def test_what_is_no_batch_is_refused(client: TestClient, lines: list[str]) -> None:
    client.put("/v1/streams/main", json={})
    url = "/v1/engagements?stream=main"
    body = "\n".join(lines[:2])
    for headers, status in (
        ({**NDJSON}, 422),
        ({"X-Batch-Id": "1", "Content-Type": "text/csv"}, 415),
        ({"X-Batch-Id": "1", **NDJSON, "Content-Encoding": "gzip"}, 415),
        ({"X-Batch-Id": "a b", **NDJSON}, 422),
    ):
        assert client.post(url, content=body, headers=headers).status_code == status
    arrow = {"X-Batch-Id": "1", "Content-Type": "application/vnd.apache.arrow.stream"}
    assert client.post(url, content=b"nonsense", headers=arrow).status_code == 422
    assert client.put("/v1/streams/NO", json={}).status_code == 422
    assert client.put("/v1/streams/x", json={"reference": "none"}).status_code == 404
    assert client.get("/v1/streams/main").json()["n_rows"] == 0


def test_tenants_and_roles(
    client: TestClient, make_key: Callable[..., dict[str, str]], lines: list[str]
) -> None:
    here, there = make_key("admin"), make_key("admin", tenant="other")
    creator = make_key("creator")
    assert client.put("/v1/streams/main", json={}, headers=here).status_code == 201
    assert send(client, lines[:10], "1", **here).status_code == 202
    assert send(client, lines[:10], "1", **there).status_code == 404
    for path in ("", "/sections", "/batches/1"):
        assert client.get(f"/v1/streams/main{path}", headers=there).status_code == 404
    assert client.get("/v1/streams", headers=there).json()["items"] == []
    assert client.get("/v1/streams/main", headers=creator).status_code == 403
    assert send(client, lines[:10], "2", **creator).status_code == 403


def test_logs_hold_no_text(
    client: TestClient, caplog: pytest.LogCaptureFixture, lines: list[str]
) -> None:
    caplog.set_level("DEBUG")
    client.put("/v1/streams/main", json={})
    row = {"table": "comment", "comment_id": "c", "section_id": "s", "text": "SECRET-TEXT"}
    send(client, [json.dumps(row), '{"text": "SECRET-TEXT'], "1")
    assert "SECRET-TEXT" not in caplog.text
