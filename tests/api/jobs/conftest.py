"""A small world to scan, jobs that scan it, workers that do."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select
from zhenzan.api.jobs.queue import JobQueue
from zhenzan.api.jobs.request import JobOptions, JobRequest
from zhenzan.api.jobs.worker import Worker
from zhenzan.api.security.principal import LOCAL, Principal
from zhenzan.api.settings import Settings
from zhenzan.api.storage import Database
from zhenzan.api.storage.models import Job, Tenant

NOW_MS = 1_790_000_000_000
START_MS = 1_700_000_000_000


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four sections with 40 likes each, one of them in a burst by accounts that come again."""
    folder = tmp_path_factory.mktemp("world")
    likes = [
        {
            "kind": "like",
            "section_id": f"x:s{section}",
            "account_id": f"x:p{i}" if section < 2 else f"x:a{section}_{i}",
            "ts_ms": START_MS + section * 86_400_000 + i * (20_000 if section < 2 else 3_100_000),
        }
        for section in range(4)
        for i in range(40)
    ]
    comments = [
        {
            "comment_id": f"x:c{i}",
            "section_id": f"x:s{i % 2}",
            "account_id": f"x:p{i}",
            "text": "支持!+1" if i % 2 else f"第{i}次来,写得好",
            "created_ms": START_MS + i * 60_000,
        }
        for i in range(20)
    ]
    for name, rows in (("engagement", likes), ("comment", comments)):
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (folder / f"{name}.jsonl").write_text(lines, "utf-8")
    return folder


@pytest.fixture
def database(database_url: str, settings: Settings) -> Iterator[Database]:
    """Tables, empty, on each kind of database."""
    opened = Database(database_url)
    opened.migrate()
    yield opened
    opened.close()


@pytest.fixture
def submit(database: Database) -> Callable[..., str]:
    """`submit(principal, now_ms=…, paths=…)`: the id of a new job."""

    def one(who: Principal = LOCAL, *, now_ms: int = NOW_MS, **asked: object) -> str:
        with database.session() as session:
            if session.get(Tenant, who.tenant_id) is None:
                session.add(Tenant(id=who.tenant_id, title="", created_ms=0))
                session.flush()
            given = {"options": JobOptions(observed_at_ms=NOW_MS), **asked}
            request = JobRequest.model_validate(given)
            return JobQueue().submit(session, who, request, now_ms=now_ms)

    return one


@pytest.fixture
def jobs(database: Database) -> Callable[[], dict[str, Job]]:
    """All jobs by id, as the table has them now."""

    def all_jobs() -> dict[str, Job]:
        with database.reading() as session:
            return {job.id: job for job in session.scalars(select(Job)).all()}

    return all_jobs


@pytest.fixture
def make_worker(settings: Settings, database: Database) -> Iterator[Callable[..., Worker]]:
    """Workers whose processes end with the test."""
    made: list[Worker] = []

    def one(chosen: Settings = settings, **options: object) -> Worker:
        made.append(Worker(chosen, database, **options))  # type: ignore[arg-type]
        return made[-1]

    yield one
    for worker in made:
        worker.end()


@pytest.fixture(scope="session")
def digests() -> Callable[[Path], dict[str, str]]:
    """SHA-256 of every file of a scan but `run.json`, which alone may know the clock."""

    def of(directory: Path) -> dict[str, str]:
        return {
            p.relative_to(directory).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
            for p in sorted(directory.rglob("*"))
            if p.is_file() and p.name != "run.json"
        }

    return of
