"""The whole way: a request, a worker in the service or beside it, a scan in the store."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from fastapi.testclient import TestClient
from zhenzan.api.jobs.store import open_store
from zhenzan.api.settings import Settings

pytestmark = pytest.mark.slow
COMMAND = "import sys; from zhenzan.api.cli.work import work; import typer; typer.run(work)"


class Quiet(SimpleHTTPRequestHandler):
    """Serves the folder of the world."""

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def site(world: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(world)))
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def settings(tmp_path: Path, database_url: str, site: str) -> Settings:
    """One embedded worker; scans go to a store that is not a folder."""
    (tmp_path / "data").mkdir()
    return Settings.read(
        data_dir=tmp_path / "data",
        database_url=database_url,
        workers=1,
        url_prefixes=(site,),
        job_threads=1,
    )


def wait(client: TestClient, job_id: str, *states: str) -> dict[str, Any]:
    end = time.monotonic() + 120
    while True:
        job: dict[str, Any] = client.get(f"/v1/jobs/{job_id}").json()
        if job["status"] in states:
            return job
        assert time.monotonic() < end, job
        time.sleep(0.2)


def test_an_upload_becomes_a_scan_and_an_address_the_same(
    client: TestClient, world: Path, site: str, settings: Settings, digests: Callable[..., Any]
) -> None:
    files = [("files", (p.name, p.read_bytes())) for p in sorted(world.iterdir())]
    options = '{"ids": "keep", "observed_at_ms": 1790000000000}'
    first = client.post("/v1/jobs/upload", files=files, data={"options": options}).json()
    urls = [f"{site}{path.name}" for path in sorted(world.iterdir())]
    body = {"urls": urls, "options": {"ids": "keep", "observed_at_ms": 1790000000000}}
    second = client.post("/v1/jobs", json=body).json()
    scans = [wait(client, job["id"], "succeeded", "failed") for job in (first, second)]
    assert [job["status"] for job in scans] == ["succeeded"] * 2, scans
    assert [job["share"] for job in scans] == [1.0, 1.0]
    store = open_store(settings.store_url, settings.data_dir / "cache")
    one, two = (digests(store.local("default", job["scan_id"])) for job in scans)
    assert one == two
    events = client.get(f"/v1/jobs/{first['id']}/events").text
    assert events.count("event: step") == 13
    assert events.count("event: finished") == 11
    assert not [path for path in (settings.data_dir / "jobs").rglob("*") if path.is_file()]


def test_what_cannot_be_read_fails_with_the_reason_and_no_folder_of_ours(
    client: TestClient, settings: Settings
) -> None:
    answer = client.post(
        "/v1/jobs/upload", content=b"\x00\x01nothing", params={"filename": "a.csv"}
    )
    job = wait(client, answer.json()["id"], "succeeded", "failed")
    assert job["status"] == "failed"
    assert job["error"]["status"] == 422
    assert job["error"]["slug"] == "input"
    assert "a.csv" in job["error"]["detail"]
    assert str(settings.data_dir) not in job["error"]["detail"]


def test_a_stop_of_the_service_hands_its_job_to_the_next(
    settings: Settings, run_service: Callable[..., Any], world: Path
) -> None:
    with run_service(settings) as client:
        content = (world / "engagement.jsonl").read_bytes()
        params = {"filename": "engagement.jsonl"}
        job_id = client.post("/v1/jobs/upload", content=content, params=params).json()["id"]
        wait(client, job_id, "running")
    with run_service(settings.model_copy(update={"workers": 0})) as client:
        job = client.get(f"/v1/jobs/{job_id}").json()
        assert job["status"] == "queued"
    with run_service(settings) as client:
        assert wait(client, job_id, "succeeded", "failed")["status"] == "succeeded"


def test_the_command_does_all_there_is_and_stops(
    settings: Settings, run_service: Callable[..., Any], world: Path
) -> None:
    told = {
        "ZHENZAN_DATA_DIR": str(settings.data_dir),
        "ZHENZAN_DATABASE_URL": settings.database_url,
        "ZHENZAN_STORE_URL": f"file://{settings.data_dir}/elsewhere",
    }
    run = partial(subprocess.Popen, env=os.environ | told, stderr=subprocess.PIPE, text=True)
    with run_service(settings.model_copy(update={"workers": 0})) as client:
        content = (world / "engagement.jsonl").read_bytes()
        params = {"filename": "engagement.jsonl"}
        job_id = client.post("/v1/jobs/upload", content=content, params=params).json()["id"]
        with run([sys.executable, "-c", COMMAND, "--until-idle"]) as process:
            _, log = process.communicate(timeout=120)
            assert process.returncode == 0, log
        assert "job succeeded" in log
        job = client.get(f"/v1/jobs/{job_id}").json()
        assert job["status"] == "succeeded"
        assert (settings.data_dir / "elsewhere" / "default" / job["scan_id"]).is_dir()
        with run([sys.executable, "-c", COMMAND]) as waiting:
            assert waiting.stderr is not None
            assert any("worker ready" in line for line in waiting.stderr)
            waiting.send_signal(signal.SIGTERM)
            waiting.communicate(timeout=20)
            assert waiting.returncode == 0
