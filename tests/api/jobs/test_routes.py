"""Jobs over HTTP: asking, looking, cancelling, and what is refused."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import update
from zhenzan.api.context import Service
from zhenzan.api.settings import Settings
from zhenzan.api.storage.models import Job

CSV = b"kind,section_id,account_id,ts_ms\nlike,x:s,x:a,1700000000000\n"
Headers = dict[str, str]


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    """With a root for each tenant, a prefix, and small limits."""
    for tenant in ("default", "other"):
        (tmp_path / "open" / tenant).mkdir(parents=True)
        (tmp_path / "open" / tenant / "engagement.csv").write_bytes(CSV)
    (tmp_path / "data").mkdir()
    return Settings.read(
        data_dir=tmp_path / "data",
        database_url=database_url,
        workers=0,
        roots=(tmp_path / "open" / "{tenant}",),
        url_prefixes=("https://data.example.com/{tenant}/",),
        max_upload_bytes=1 << 20,
    )


def files_of(held: Service) -> list[str]:
    root = held.settings.data_dir / "jobs"
    return sorted(p.name for p in root.rglob("*") if p.is_file())


def problem(answer: Any, status: int, slug: str) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == f"urn:zhenzan:problem:{slug}"


def upload(client: TestClient, content: bytes = CSV, **options: Any) -> Any:
    params = {"filename": "engagement.csv", **options.pop("params", {})}
    return client.post("/v1/jobs/upload", content=content, params=params, **options)


def test_an_uploaded_file_waits_as_a_job(client: TestClient, held: Service) -> None:
    answer = upload(client, params={"title": "May", "options": '{"ids": "keep"}'})
    assert answer.status_code == 202, answer.text
    job = answer.json()
    assert job["status"] == "queued"
    assert (job["title"], job["options"]["ids"], job["share"]) == ("May", "keep", 0)
    digest = hashlib.sha256(CSV).hexdigest()
    assert job["files"] == [{"name": "engagement.csv", "size": len(CSV), "sha256": digest}]
    assert client.get(f"/v1/jobs/{job['id']}").json() == job
    assert client.get("/v1/jobs").json()["items"] == [job]
    assert files_of(held) == ["engagement.csv"]


def test_a_form_carries_several_files_and_options(client: TestClient, held: Service) -> None:
    files = [("files", ("engagement.csv", CSV)), ("files", ("section.csv", b"section_id\nx:s\n"))]
    given = {"options": '{"timezone": "Asia/Shanghai"}'}
    answer = client.post("/v1/jobs/upload", files=files, data=given)
    assert answer.status_code == 202, answer.text
    assert answer.json()["options"]["timezone"] == "Asia/Shanghai"
    assert files_of(held) == ["engagement.csv", "section.csv"]


def test_a_path_below_a_root_waits_as_a_job(client: TestClient, tmp_path: Path) -> None:
    path = str(tmp_path / "open" / "default")
    answer = client.post("/v1/jobs", json={"paths": [path]})
    assert answer.status_code == 202, answer.text
    assert answer.json()["paths"] == [path]


def test_an_address_at_a_prefix_waits_and_keeps_its_secret(client: TestClient) -> None:
    url = "https://data.example.com/default/likes.parquet?signature=secret"
    answer = client.post("/v1/jobs", json={"urls": [url]})
    assert answer.status_code == 202, answer.text
    assert answer.json()["urls"] == [url.partition("?")[0]]


REFUSED: list[tuple[dict[str, Any], int, str]] = [
    ({}, 422, "nothing-to-read"),
    ({"paths": ["/etc/passwd"]}, 400, "bad-request"),
    ({"paths": ["{root}/../other/engagement.csv"]}, 400, "bad-request"),
    ({"paths": ["{root}/../../data/zhenzan.db"]}, 400, "bad-request"),
    ({"urls": ["http://169.254.169.254/latest/"]}, 400, "bad-request"),
    ({"urls": ["https://data.example.com/other/a"]}, 400, "bad-request"),
    ({"urls": ["file:///etc/passwd"]}, 400, "bad-request"),
    ({"paths": ["{root}"], "options": {"model": "../../x"}}, 422, "invalid-request"),
    ({"paths": ["{root}"], "options": {"model": "nothing"}}, 400, "bad-request"),
    ({"paths": ["{root}"], "options": {"source": "nothing"}}, 400, "bad-request"),
    ({"paths": ["{root}"], "options": {"map": "nothing"}}, 400, "bad-request"),
    ({"paths": ["{root}"], "options": {"timezone": "../etc"}}, 422, "invalid-request"),
    ({"paths": ["{root}"], "options": {"contexts": ["x"]}}, 400, "bad-request"),
    ({"paths": ["{root}"], "options": {"base_rate": 1}}, 422, "invalid-request"),
    ({"paths": ["{root}"], "options": {"unknown": 1}}, 422, "invalid-request"),
    ({"paths": ["{root}"], "options": {"reference": "scan_none"}}, 404, "not-found"),
    ({"paths": ["{root}"], "options": {"previous": "scan_none"}}, 404, "not-found"),
]


def test_what_cannot_be_right_is_told_at_once(client: TestClient, tmp_path: Path) -> None:
    root = str(tmp_path / "open" / "default")
    for body, status, slug in REFUSED:
        text = json.dumps(body).replace("{root}", root)
        answer = client.post("/v1/jobs", content=text, headers={"Content-Type": "application/json"})
        problem(answer, status, slug)
    assert client.get("/v1/jobs").json()["items"] == []


def test_refused_uploads_leave_no_file(client: TestClient, held: Service) -> None:
    problem(upload(client, b""), 422, "empty-upload")
    problem(upload(client, params={"options": "{"}), 422, "invalid-request")
    problem(upload(client, params={"options": '{"ids": "no"}'}), 422, "invalid-request")
    problem(upload(client, params={"options": '{"model": "none"}'}), 400, "bad-request")
    form = {"Content-Type": "multipart/form-data; boundary=x"}
    problem(upload(client, b"nonsense", headers=form), 422, "bad-form")
    packed = {"Content-Encoding": "gzip"}
    problem(upload(client, gzip.compress(CSV), headers=packed), 415, "content-encoding")
    problem(upload(client, b"x" * (2 << 20)), 413, "too-large")

    def endless() -> Iterator[bytes]:  # without a length in front
        for _ in range(40):
            yield b"x" * (1 << 15)

    problem(client.post("/v1/jobs/upload", content=endless()), 413, "too-large")
    assert files_of(held) == []
    assert client.get("/v1/jobs").json()["items"] == []


def test_a_zip_bomb_is_refused_before_it_waits(client: TestClient, held: Service) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("zeros.csv", b"0")
        archive.filelist[0].file_size = 1 << 40  # as its index says
    content = packed.getvalue()
    problem(upload(client, content), 422, "input")
    assert files_of(held) == []


def test_a_digest_that_was_announced_is_compared(client: TestClient, held: Service) -> None:
    digest = base64.b64encode(hashlib.sha256(CSV).digest()).decode()
    good = {"Content-Digest": f"sha-256=:{digest}:"}
    assert upload(client, headers=good).status_code == 202
    problem(upload(client, CSV + b"x", headers=good), 422, "digest")
    problem(upload(client, headers={"Content-Digest": "sha-256=:?:"}), 422, "digest")
    assert files_of(held) == ["engagement.csv"]


def test_a_request_that_is_sent_twice_is_one_job(client: TestClient, held: Service) -> None:
    key = {"Idempotency-Key": "k1"}
    first, second = upload(client, headers=key), upload(client, headers=key)
    assert first.json() == second.json()
    assert second.headers["Idempotency-Replayed"] == "true"
    assert len(client.get("/v1/jobs").json()["items"]) == 1
    assert files_of(held) == ["engagement.csv"]
    problem(upload(client, CSV * 2, headers=key), 422, "idempotency-key-reused")
    assert files_of(held) == ["engagement.csv"]


def test_a_job_that_waits_is_cancelled_at_once(client: TestClient, held: Service) -> None:
    job = upload(client).json()
    done = client.post(f"/v1/jobs/{job['id']}/cancel")
    assert done.json()["status"] == "cancelled"
    assert client.post(f"/v1/jobs/{job['id']}/cancel").json() == done.json()
    assert files_of(held) == []
    events = client.get(f"/v1/jobs/{job['id']}/events").text
    assert '"status": "queued"' in events
    assert '"status": "cancelled"' in events


@pytest.mark.parametrize(
    ("status", "lines"), [("queued", 1), ("running", 1), ("succeeded", 0), ("failed", 0)]
)
def test_a_cancelling_that_changes_nothing_leaves_no_line(
    client: TestClient, held: Service, status: str, lines: int
) -> None:
    job = upload(client).json()
    with held.database.session() as session:
        session.execute(update(Job).values(status=status))
    for _ in range(3):
        assert client.post(f"/v1/jobs/{job['id']}/cancel").status_code == 200
    told = client.get("/v1/audit", params={"target": job["id"]}).json()["items"]
    assert [line["action"] for line in told] == ["job.cancel"] * lines + ["job.create"]


def test_events_go_on_after_the_last_that_was_seen(client: TestClient) -> None:
    job = upload(client).json()
    client.post(f"/v1/jobs/{job['id']}/cancel")
    answer = client.get(f"/v1/jobs/{job['id']}/events")
    assert answer.headers["content-type"].startswith("text/event-stream")
    ids = [line[4:] for line in answer.text.splitlines() if line.startswith("id: ")]
    assert len(ids) == 2
    again = client.get(f"/v1/jobs/{job['id']}/events", headers={"Last-Event-ID": ids[0]})
    assert [line[4:] for line in again.text.splitlines() if line.startswith("id: ")] == ids[1:]
    wrong = client.get(f"/v1/jobs/{job['id']}/events", headers={"Last-Event-ID": "x"})
    problem(wrong, 422, "invalid-request")


def test_pages_hold_every_job_once(client: TestClient) -> None:
    made = {upload(client).json()["id"] for _ in range(7)}
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        found = client.get("/v1/jobs", params={"limit": 3, **cursor}).json()
        seen += [job["id"] for job in found["items"]]
        if found["next_cursor"] is None:
            break
        cursor = {"cursor": found["next_cursor"]}
    assert sorted(seen) == sorted(made)
    other = client.get("/v1/jobs", params={"status": "failed", "cursor": cursor["cursor"]})
    problem(other, 400, "cursor")


def test_a_creator_uploads_and_sees_own_jobs_only(
    client: TestClient, make_key: Callable[..., Headers], tmp_path: Path
) -> None:
    anna, ben, chief = make_key("creator"), make_key("creator"), make_key("reviewer")
    job = upload(client, headers=anna).json()
    place = f"/v1/jobs/{job['id']}"
    for who, status in ((anna, 200), (ben, 404), (chief, 200)):
        assert client.get(place, headers=who).status_code == status
        assert client.get(f"{place}/cancel", headers=who).status_code == 405
        n_seen = len(client.get("/v1/jobs", headers=who).json()["items"])
        assert n_seen == (1 if status == 200 else 0)
    problem(client.post(f"{place}/cancel", headers=ben), 404, "not-found")
    path = str(tmp_path / "open" / "default")
    problem(client.post("/v1/jobs", json={"paths": [path]}, headers=anna), 403, "upload-only")
    assert client.post("/v1/jobs", json={"paths": [path]}, headers=chief).status_code == 202


def test_tenants_do_not_meet(
    client: TestClient, make_key: Callable[..., Headers], tmp_path: Path
) -> None:
    ours, theirs = make_key("admin"), make_key("admin", tenant="other")
    job = upload(client, headers=ours).json()
    for method, place in (
        ("GET", f"/v1/jobs/{job['id']}"),
        ("GET", f"/v1/jobs/{job['id']}/events"),
        ("POST", f"/v1/jobs/{job['id']}/cancel"),
    ):
        problem(client.request(method, place, headers=theirs), 404, "not-found")
    assert client.get("/v1/jobs", headers=theirs).json()["items"] == []
    path = str(tmp_path / "open" / "default")
    answer = client.post("/v1/jobs", json={"paths": [path]}, headers=theirs)
    problem(answer, 400, "bad-request")
    assert client.get(f"/v1/jobs/{job['id']}", headers=ours).json()["status"] == "queued"


def test_scopes_are_asked_for(client: TestClient, make_key: Callable[..., Headers]) -> None:
    reader = make_key("creator", scopes=("jobs:read",))
    problem(upload(client, headers=reader), 403, "missing-scope")
    writer = make_key("creator", scopes=("jobs:write",))
    problem(client.get("/v1/jobs", headers=writer), 403, "missing-scope")
