"""Ten jobs, and workers that are killed twenty times at random moments: nothing is lost or doubled.

Killed is the whole worker, as when a machine goes: the process that scans ends by itself. Each
kill falls at a random moment after a worker was seen to have a job, which goes on after its last
finished step, so that every step is met, and the moments in which a result is published.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select
from zhenzan.api.settings import Settings
from zhenzan.api.storage import Database
from zhenzan.api.storage.models import Job, JobEvent, StoredScan
from zhenzan.detector import scan

NOW_MS = 1_790_000_000_000
N_JOBS, N_KILLS, N_WORKERS = 10, 20, 2
LEASE_MS = 3_000
# A worker with a short lease; otherwise what `zhenzan work --until-idle` does.
PROGRAM = f"""
import threading
from zhenzan.api.jobs.worker import Worker
from zhenzan.api.settings import Settings
from zhenzan.api.storage import Database
settings = Settings.read()
worker = Worker(settings, Database(settings.database_url), lease_ms={LEASE_MS})
worker.run_forever(threading.Event())
"""


@pytest.fixture
def settings(tmp_path: Path, database_url: str, world: Path) -> Settings:
    (tmp_path / "data").mkdir()
    return Settings.read(
        data_dir=tmp_path / "data", database_url=database_url, workers=0, roots=(world,)
    )


@pytest.fixture
def start(settings: Settings, world: Path) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Starts workers; all are gone at the end."""
    started: list[subprocess.Popen[bytes]] = []
    told = {
        "ZHENZAN_DATA_DIR": str(settings.data_dir),
        "ZHENZAN_DATABASE_URL": settings.database_url,
        "ZHENZAN_ROOTS": str(world),
        "ZHENZAN_JOB_THREADS": "1",
    }

    def one() -> subprocess.Popen[bytes]:
        started.append(subprocess.Popen([sys.executable, "-c", PROGRAM], env=os.environ | told))
        return started[-1]

    yield one
    for process in started:
        process.kill()
        process.wait()


def states(database: Database) -> Counter[str]:
    with database.reading() as session:
        return Counter(session.scalars(select(Job.status)).all())


def holders(database: Database) -> set[int]:
    """Numbers of the processes that hold a job."""
    with database.reading() as session:
        names = session.scalars(select(Job.worker).where(Job.status == "running")).all()
    return {int(name.split(":")[1]) for name in names if name}


@pytest.mark.slow
def test_twenty_kills_lose_and_double_nothing(
    settings: Settings,
    database: Database,
    submit: Callable[..., str],
    start: Callable[[], subprocess.Popen[bytes]],
    world: Path,
    tmp_path: Path,
    digests: Callable[[Path], dict[str, str]],
) -> None:
    plain = scan([world], tmp_path / "plain", now_ms=NOW_MS, observed_at_ms=NOW_MS, threads=1)
    began = time.monotonic()  # the first scan may have compiled what later ones find compiled
    scan([world], tmp_path / "again", now_ms=NOW_MS, observed_at_ms=NOW_MS, threads=1)
    span = time.monotonic() - began  # of one job, about
    n_jobs = 0

    def another() -> None:
        nonlocal n_jobs
        submit(now_ms=NOW_MS + n_jobs, paths=(str(world),))
        n_jobs += 1

    for _ in range(N_JOBS):
        another()
    chance = random.Random(20)
    workers = [start() for _ in range(N_WORKERS)]
    kills, end = 0, time.monotonic() + 900
    while (done := states(database)["succeeded"]) < n_jobs:
        assert time.monotonic() < end, (kills, states(database))
        if kills < N_KILLS and n_jobs - done <= N_WORKERS:
            another()  # a machine may finish the ten before the twentieth kill
        busy = [w for w in workers if w.pid in holders(database)]
        if not busy or kills == N_KILLS:
            time.sleep(0.1)
            continue
        time.sleep(chance.uniform(0, span / 2))
        victim = chance.choice(busy)
        victim.kill()
        victim.wait()
        workers[workers.index(victim)] = start()
        kills += 1
    assert kills == N_KILLS
    with database.reading() as session:
        jobs = session.scalars(select(Job)).all()
        scans = session.scalars(select(StoredScan)).all()
        ended = session.scalars(select(JobEvent).where(JobEvent.kind == "status")).all()
    assert sum(job.fence for job in jobs) >= n_jobs + N_KILLS // 2  # kills did meet jobs
    assert [job.status for job in jobs] == ["succeeded"] * n_jobs
    assert Counter(scan.job_id for scan in scans) == Counter({job.id: 1 for job in jobs})
    successes = Counter(line.job_id for line in ended if line.body["status"] == "succeeded")
    assert successes == Counter({job.id: 1 for job in jobs})
    stored = sorted(Path(settings.store_url, "default").iterdir())
    assert [path.name for path in stored] == sorted(scan.id for scan in scans)
    for path in stored:
        assert digests(path) == digests(plain.path)
    for _ in range(100):  # the last job's files go just after its row
        if not any(path.is_file() for path in (settings.data_dir / "jobs").rglob("*")):
            break
        time.sleep(0.1)
    left = [path for path in (settings.data_dir / "jobs").rglob("*") if path.is_file()]
    assert left == []
