"""One section over HTTP: the rows of a scan of it, for whoever may ask."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest
from fastapi.testclient import TestClient
from zhenzan.api.context import Service
from zhenzan.api.operations.unlink import unlink
from zhenzan.api.scoring import worker
from zhenzan.api.scoring.pool import ScorePool
from zhenzan.detector import Scan, scan
from zhenzan.detector.score_section import write_section
from zhenzan.models.attribution import Reference

NOW_MS = 1_790_000_000_000
ALL = ["comments", "accounts", "engagements", "campaigns", "campaign_members", "evidence",
       "insights"]  # fmt: skip


def payload_of(world: Path, section_id: str) -> dict[str, Any]:
    payload: dict[str, Any] = {}
    for part, table in (
        ("section", "section"), ("comments", "comment"), ("engagements", "engagement"),
    ):  # fmt: skip
        frame = pd.read_parquet(world / f"{table}.parquet")
        rows = json.loads(frame[frame["section_id"] == section_id].to_json(orient="records"))
        payload[part] = [
            {k: v for k, v in row.items() if v is not None and k != "dataset_id"} for row in rows
        ]
    payload["section"] = {
        k: v for k, v in payload["section"][0].items() if k != "published_precision_s"
    }
    return payload


@pytest.mark.parametrize(
    ("name", "band"), [("suspicious", "likely_purchased"), ("clean", "organic")]
)
def test_fixtures_need_nothing(client: TestClient, name: str, band: str) -> None:
    body = {"section": {"section_id": f"zhenzan:always-{name}"}, "include": ALL}
    found = client.post("/v1/score", json=body).json()
    assert found["fixture"] and found["section"]["band"] == band
    assert bool(found["evidence"]) == (name == "suspicious")


def test_what_cannot_be_scored_is_told(
    client: TestClient, publish: Callable[..., str], make_key: Callable[..., dict[str, str]]
) -> None:
    section = {"section": {"section_id": "x:1"}}
    for body, status in (
        (section, 404), ({**section, "reference": "../x"}, 422), ({}, 422),
        ({**section, "reference": publish(tenant="default"), "do_not_store": False}, 422),
        ({**section, "likes": []}, 422), ({**section, "comments": [3]}, 422),
        ({**section, "comments": [{}] * 50_001}, 422),
    ):  # fmt: skip
        answer = client.post("/v1/score", json=body)
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
    theirs, reviewer = make_key("admin", tenant="b"), make_key("reviewer")
    scan_id = publish()
    named = {"name": "2026-q1", "scan_id": scan_id}
    admin = make_key("admin")
    assert client.post("/v1/references", json=named, headers=reviewer).status_code == 403
    assert client.post("/v1/references", json=named, headers=theirs).status_code == 404
    made = client.post("/v1/references", json=named, headers=admin)
    assert made.status_code == 201
    assert client.post("/v1/references", json=named, headers=admin).status_code == 409
    assert client.get("/v1/references", headers=reviewer).json()["items"] == [made.json()]
    assert client.get("/v1/references", headers=theirs).json()["items"] == []
    for name in ("2026-q1", scan_id):
        body = {**section, "reference": name}
        assert client.post("/v1/score", json=body, headers=theirs).status_code == 404
    url = "/v1/references/2026-q1"
    assert [client.delete(url, headers=admin).status_code for _ in range(2)] == [204, 404]


def test_a_scan_that_was_rewritten_is_read_again(
    scanned: Scan, world: Path, tmp_path: Path
) -> None:
    place = tmp_path / "scan"
    shutil.copytree(scanned.path, place)
    payload = payload_of(world, scanned.sections["section_id"].iloc[0])
    task = worker.ScoreTask(str(place), payload, NOW_MS, str(tmp_path / "key"))
    try:
        before = [worker.score(task)["reference_digest"] for _ in range(2)]
        assert unlink(place, scanned.accounts["account_id"].iloc[0], "gone:1")
        after = worker.score(task)["reference_digest"]
        assert len(worker._scorers) == 1
    finally:
        worker._close()
    learnt = Reference.load(Scan.load(place).learnt)
    assert before == [scanned.run["attribution"]["learnt_reference"]] * 2
    assert after == learnt.digest != before[0]


@pytest.mark.slow
def test_the_answer_is_the_scan(
    client: TestClient,
    held: Service,
    publish: Callable[..., str],
    scanned: Scan,
    world: Path,
    tmp_path: Path,
) -> None:
    client.post("/v1/references", json={"name": "default", "scan_id": publish()})
    busy = scanned.sections.nlargest(1, "n_purchased")["section_id"].item()
    payload = payload_of(world, busy)
    (tmp_path / "given").mkdir()
    write_section(payload, tmp_path / "given")
    batch = scan(
        tmp_path / "given", tmp_path / "out", source="canonical", reference=scanned.path,
        now_ms=NOW_MS, observed_at_ms=NOW_MS,
    )  # fmt: skip
    body = {**payload, "observed_at_ms": NOW_MS, "include": ALL}
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda _: client.post("/v1/score", json=body), range(4)))
    assert {a.status_code for a in answers} == {200} and len({a.text for a in answers}) == 1
    found = answers[0].json()
    for name in ("sections", "comments", "accounts", "engagements", "campaigns"):
        rows = pq.read_table(batch.path / f"{name}.parquet").to_pylist()
        assert (found[name] if name != "sections" else [found["section"]]) == rows, name
    assert found["section"]["n_purchased"] > 10 and found["comments"]
    assert [e["evidence_id"] for e in found["evidence"]] == [key for key, _ in batch.statements]
    assert found["insights"] == list(batch.insights)
    assert found["reference_digest"] == batch.run["attribution"]["reference"]["digest"]
    assert "giveaway" not in found["section"]["contexts"]
    window = {"start_ms": 1, "end_ms": NOW_MS}
    told = {"section_id": busy, "kind": "giveaway", **window}
    assert client.post("/v1/contexts", json=told).status_code == 201
    assert "giveaway" in client.post("/v1/score", json=body).json()["section"]["contexts"]
    bad = {"section": {"section_id": "x:\0"}, "observed_at_ms": NOW_MS}
    refused = client.post("/v1/score", json=bad)
    assert refused.status_code == 422 and "/zhenzan-" not in refused.text
    lone = {"section": {"section_id": "x:\ud800"}, "comments": [{"text": "\ud800"}]}
    sent = client.post("/v1/score", content=json.dumps(lone))
    assert sent.status_code in (200, 422)
    pool = held.part(ScorePool)
    assert pool._pool is not None
    for process in list(pool._pool._processes.values()):
        process.kill()
    assert client.post("/v1/score", json=body).status_code == 503
    assert client.post("/v1/score", json=body).status_code == 200
