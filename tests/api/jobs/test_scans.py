"""Workers that really scan: success, failure, cancelling, stopping, death of the process."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select
from zhenzan.api.jobs.places import JobFolder, Places
from zhenzan.api.jobs.queue import JobQueue
from zhenzan.api.jobs.request import JobOptions
from zhenzan.api.jobs.task import _free_place
from zhenzan.api.jobs.worker import Worker
from zhenzan.api.security.principal import LOCAL
from zhenzan.api.settings import Settings
from zhenzan.api.storage import Database
from zhenzan.api.storage.models import Job, JobEvent, StoredScan
from zhenzan.detector import scan

NOW_MS = 1_790_000_000_000
Jobs = Callable[[], dict[str, Job]]
Digests = Callable[[Path], dict[str, str]]


@pytest.fixture
def settings(tmp_path: Path, database_url: str, world: Path) -> Settings:
    """The small world is a root."""
    (tmp_path / "data").mkdir()
    return Settings.read(
        data_dir=tmp_path / "data",
        database_url=database_url,
        workers=0,
        roots=(world,),
        job_threads=1,
    )


def place(settings: Settings, job_id: str) -> Path:
    return Path(settings.store_url) / "default" / job_id.replace("job_", "scan_")


def left(settings: Settings) -> list[Path]:
    return [path for path in (settings.data_dir / "jobs").rglob("*") if path.is_file()]


@pytest.mark.slow
def test_jobs_give_what_a_scan_gives_and_say_how_far_they_are(
    settings: Settings,
    database: Database,
    submit: Callable[..., str],
    make_worker: Callable[..., Worker],
    jobs: Jobs,
    world: Path,
    tmp_path: Path,
    digests: Digests,
) -> None:
    """One process does three jobs: a good one, one that cannot be, and an upload."""
    good = submit(paths=(str(world),), title="World")
    bad = submit(paths=(str(world),), options=JobOptions(section_id="x", source="wechat"))
    uploaded = submit(files=({"name": "engagement.jsonl", "size": 1, "sha256": ""},))
    folder = Places.below(settings.data_dir).of("default", uploaded)
    folder.make()
    (folder.inputs / "engagement.jsonl").write_bytes((world / "engagement.jsonl").read_bytes())
    worker = make_worker()
    while worker.run_one():
        pass
    found = jobs()
    assert {i: found[i].status for i in found} == {
        good: "succeeded", bad: "failed", uploaded: "succeeded",
    }  # fmt: skip
    options = {"now_ms": NOW_MS, "observed_at_ms": NOW_MS, "threads": 1}
    plain = scan([world], tmp_path / "plain", **options)
    assert digests(place(settings, good)) == digests(plain.path)
    inputs = json.loads((place(settings, uploaded) / "run.json").read_text())["inputs"]
    assert [record["path"] for record in inputs] == ["engagement.jsonl"]
    assert left(settings) == []
    error = found[bad].error
    assert error is not None
    assert error["status"] in (400, 422)
    assert str(settings.data_dir) not in error["detail"]
    with database.reading() as session:
        rows = {row.job_id: row for row in session.scalars(select(StoredScan)).all()}
        lines = session.scalars(select(JobEvent).where(JobEvent.job_id == good)).all()
    assert set(rows) == {good, uploaded}
    assert (rows[good].title, rows[good].n_sections, rows[good].n_engagements) == ("World", 4, 160)
    steps = [line.body["step"] for line in lines if line.kind == "step"]
    assert steps[0] == "prepare"
    assert steps[-1] == "publish"
    shares = [line.body["share"] for line in lines if line.kind == "step"]
    assert shares == sorted(shares)


def wait_for(what: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


def in_background(worker: Worker, stop: threading.Event) -> threading.Thread:
    thread = threading.Thread(target=worker.run_forever, args=(stop,), daemon=True)
    thread.start()
    return thread


@pytest.mark.slow
def test_stop_hands_the_job_back_and_another_worker_ends_it(
    settings: Settings,
    submit: Callable[..., str],
    make_worker: Callable[..., Worker],
    jobs: Jobs,
    world: Path,
) -> None:
    job_id, stop = submit(paths=(str(world),)), threading.Event()
    thread = in_background(make_worker(), stop)
    wait_for(lambda: jobs()[job_id].step in ("families", "attribution"))
    stop.set()
    thread.join(5)
    assert not thread.is_alive()
    job = jobs()[job_id]
    assert (job.status, job.worker, job.lease_until_ms) == ("queued", None, None)
    assert make_worker().run_one()
    assert jobs()[job_id].status == "succeeded"
    assert left(settings) == []


@pytest.mark.slow
def test_cancelling_ends_a_run_and_removes_its_files(
    settings: Settings,
    database: Database,
    submit: Callable[..., str],
    make_worker: Callable[..., Worker],
    jobs: Jobs,
    world: Path,
) -> None:
    job_id, stop = submit(paths=(str(world),)), threading.Event()
    thread = in_background(make_worker(), stop)
    wait_for(lambda: jobs()[job_id].step is not None)
    with database.session() as session:
        JobQueue().cancel(session, LOCAL, job_id, now_ms=NOW_MS)
    wait_for(lambda: jobs()[job_id].status == "cancelled", 10)
    wait_for(lambda: left(settings) == [], 5)
    stop.set()
    thread.join()
    assert not place(settings, job_id).exists()


def child_of(worker: Worker) -> int:
    process = worker._child._process
    assert process is not None
    return process.pid


@pytest.mark.slow
def test_a_process_that_dies_is_tried_again_and_given_up_at_last(
    settings: Settings,
    database: Database,
    submit: Callable[..., str],
    make_worker: Callable[..., Worker],
    jobs: Jobs,
    world: Path,
) -> None:
    job_id, worker = submit(paths=(str(world),)), make_worker()
    for death in range(1, 5):
        with database.session() as session:
            session.get_one(Job, job_id).lease_until_ms = None  # as if the wait were over
        done = threading.Thread(target=worker.run_one, daemon=True)
        done.start()
        wait_for(lambda: worker._child._process is not None)
        os.kill(child_of(worker), signal.SIGKILL)
        done.join()
        job = jobs()[job_id]
        assert job.attempts == min(death, 3)
        assert job.status == ("failed" if death == 4 else "queued")
    assert jobs()[job_id].error is not None
    assert left(settings) == []


@pytest.mark.slow
def test_the_process_ends_with_its_worker(
    settings: Settings,
    submit: Callable[..., str],
    make_worker: Callable[..., Worker],
    jobs: Jobs,
    world: Path,
) -> None:
    job_id, worker = submit(paths=(str(world),)), make_worker()
    thread = threading.Thread(target=worker.run_one, daemon=True)
    thread.start()
    wait_for(lambda: jobs()[job_id].step is not None)
    process = worker._child._process
    assert process is not None
    assert process.stdin is not None
    process.stdin.close()  # what a dead worker's system does
    wait_for(lambda: process.poll() is not None, 5)
    thread.join()
    assert jobs()[job_id].status == "queued"


def test_leftovers_are_those_of_jobs_that_are_over(
    settings: Settings,
    database: Database,
    submit: Callable[..., str],
    make_worker: Callable[..., Worker],
    world: Path,
) -> None:
    waits, over = submit(paths=(str(world),)), submit(paths=(str(world),))
    places = Places.below(settings.data_dir)
    upload = places.of("default", "job_" + "0" * 24)
    for folder in (places.of("default", waits), places.of("default", over), upload):
        folder.make()
        (folder.inputs / "a.csv").write_text("x")
    with database.session() as session:
        JobQueue().cancel(session, LOCAL, over, now_ms=NOW_MS)
    scan_dir = place(settings, over)
    scan_dir.mkdir(parents=True)
    (scan_dir / "run.json").write_text("{}")
    now = time.time_ns() // 1_000_000
    make_worker(clock=lambda: now).clean()
    assert [p.parts[-3] for p in left(settings)] == sorted(["job_" + "0" * 24, waits])
    assert not scan_dir.exists()
    make_worker(clock=lambda: now + 2 * 3_600_000).clean()
    assert [p.parts[-3] for p in left(settings)] == [waits]


def test_a_frozen_process_keeps_its_place_and_the_next_takes_another(tmp_path: Path) -> None:
    folder = JobFolder(tmp_path / "job")
    assert _free_place(folder, tries=1) == folder.path / "scan"
    partial = folder.path / "scan.partial"
    partial.mkdir(parents=True)
    with (partial / "lock").open("wb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert _free_place(folder, tries=1) == folder.path / "scan-2"
    assert _free_place(folder, tries=1) == folder.path / "scan"
