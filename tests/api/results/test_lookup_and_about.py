"""Look-ups say what the scan says; what is installed is listed."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow.parquet as pq
from fastapi.testclient import TestClient
from zhenzan.detector import Scan
from zhenzan.detector.sources.registry import sources
from zhenzan.features.families import families


def test_a_look_up_tells_all_about_one_thing(
    client: TestClient, publish: Callable[..., str], scanned: Scan
) -> None:
    url = f"/v1/scans/{publish()}/lookup"
    told = {kind: set() for kind in ("section", "account", "comment", "campaign")}  # type: ignore[var-annotated]
    for _, statement in scanned.statements:
        told[statement.subject[0]].add(statement.subject[1])
    for kind in ("section", "account", "comment", "campaign"):
        ids = sorted(told[kind]) or [getattr(scanned, f"{kind}s")[f"{kind}_id"].iloc[0]]
        found = client.get(url, params={"kind": kind, "id": ids[0]}).json()
        rows = pq.read_table(scanned.path / f"{kind}s.parquet").to_pylist()
        assert [found["record"]] == [r for r in rows if r[f"{kind}_id"] == ids[0]]
        own = [key for key, s in scanned.statements if s.subject == (kind, ids[0])]
        assert [line["evidence_id"] for line in found["evidence"]] == own
        assert all(line["counter_evidence"] is not None for line in found["evidence"])
        assert bool(found["members"]) == (kind == "campaign")
        assert (found["about"] is not None) == (kind == "section")
    comment = scanned.comments["comment_id"].iloc[0]
    text = scanned.reference("comment_text").set_index("comment_id")["text"][comment]
    assert client.get(url, params={"kind": "comment", "id": comment}).json()["text"] == text


def test_a_section_has_its_insights(
    client: TestClient, publish: Callable[..., str], scanned: Scan
) -> None:
    line = next(line for line in scanned.insights if line["subject"]["kind"] == "section")
    params = {"kind": "section", "id": line["subject"]["id"]}
    found = client.get(f"/v1/scans/{publish()}/lookup", params=params).json()
    assert line in found["insights"]


def test_what_is_not_there_is_not_found(client: TestClient, publish: Callable[..., str]) -> None:
    url = f"/v1/scans/{publish()}/lookup"
    for entity in ("x", "../run", "a/b", "%00", "' OR 1=1"):
        answer = client.get(url, params={"kind": "section", "id": entity})
        assert answer.status_code == 404, entity
    assert client.get(url, params={"kind": "thing", "id": "x"}).status_code == 422


def test_what_is_installed_is_listed(client: TestClient) -> None:
    models = client.get("/v1/models").json()["items"]
    assert [m["name"] for m in models if m["is_default"]] == ["rules"]
    assert "pretrained" in [m["name"] for m in models if m["is_bundle"]]
    listed = client.get("/v1/families").json()["items"]
    assert [(f["name"], len(f["features"])) for f in listed] == [
        (family.name, len(family.specs)) for family in families()
    ]
    names = [source["name"] for source in client.get("/v1/sources").json()["items"]]
    assert names == [source.name for source in sources()]
