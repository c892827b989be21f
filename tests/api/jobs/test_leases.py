"""Leases: each job is one worker's, whoever is slow, dead or back from the dead."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import select, update
from zhenzan.api.jobs.leases import Lease, Leases
from zhenzan.api.jobs.queue import JobQueue
from zhenzan.api.security.principal import LOCAL
from zhenzan.api.storage import Database
from zhenzan.api.storage.models import Job, JobEvent, StoredScan

NOW_MS = 1_790_000_000_000
Jobs = Callable[[], dict[str, Job]]
OTHER = replace(LOCAL, tenant_id="other")


@pytest.fixture
def leases() -> Leases:
    return Leases("me", 20_000)


def take(database: Database, leases: Leases, now_ms: int = NOW_MS) -> Lease | None:
    with database.session() as session:
        return leases.take(session, now_ms)


def expire(database: Database, job_id: str) -> None:
    """As if the lease's time had passed (PostgreSQL asks its own clock)."""
    with database.session() as session:
        session.execute(update(Job).where(Job.id == job_id).values(lease_until_ms=1))


def scan_for(lease: Lease) -> StoredScan:
    return StoredScan(
        id=lease.scan_id, tenant_id=lease.tenant_id, job_id=lease.job_id, owner=lease.owner,
        title="", n_sections=1, n_engagements=1, size_bytes=1, summary={}, created_ms=NOW_MS,
    )  # fmt: skip


def test_whoever_asked_first_comes_first(
    database: Database, leases: Leases, submit: Callable[..., str]
) -> None:
    second, first = submit(now_ms=NOW_MS + 1), submit(now_ms=NOW_MS)
    taken = [take(database, leases), take(database, leases), take(database, leases)]
    assert [lease and lease.job_id for lease in taken] == [first, second, None]


def test_tenants_take_turns(database: Database, leases: Leases, submit: Callable[..., str]) -> None:
    for i in range(3):
        submit(now_ms=NOW_MS + i)
    submit(OTHER, now_ms=NOW_MS + 10)
    found = [take(database, leases) for _ in range(4)]
    assert [lease.tenant_id for lease in found if lease] == ["default", "other"] + 2 * ["default"]


def test_a_lease_that_ran_out_goes_to_the_next_and_the_first_writes_nothing(
    database: Database, leases: Leases, submit: Callable[..., str], jobs: Jobs
) -> None:
    job_id = submit()
    old = take(database, leases)
    assert old is not None
    assert take(database, leases) is None
    expire(database, job_id)
    new = take(database, Leases("you", 20_000))
    assert new is not None
    assert (new.job_id, new.fence) == (job_id, old.fence + 1)
    step = {"step": "ingest", "share": 0.5}
    with database.session() as session:
        assert leases.renew(session, old, NOW_MS, 0.9) == "lost"
        assert not leases.tell(session, old, NOW_MS, "step", step)
        assert not leases.hand_back(session, old, NOW_MS)
        assert not leases.fail(session, old, NOW_MS, {"status": 500, "slug": "x", "detail": ""})
        assert not leases.cancel(session, old, NOW_MS)
        assert not leases.succeed(session, old, NOW_MS, scan_for(old))
    job = jobs()[job_id]
    assert (job.status, job.worker, job.share) == ("running", "you", 0.0)
    with database.session() as session:
        assert leases.succeed(session, new, NOW_MS, scan_for(new))
    assert jobs()[job_id].status == "succeeded"
    with database.reading() as session:
        assert session.scalars(select(StoredScan.id)).all() == [new.scan_id]


def test_renewing_keeps_a_lease(
    database: Database, leases: Leases, submit: Callable[..., str], jobs: Jobs
) -> None:
    job_id = submit()
    lease = take(database, leases)
    assert lease is not None
    expire(database, job_id)
    with database.session() as session:
        assert leases.renew(session, lease, NOW_MS, 0.25) == "held"
    assert jobs()[job_id].share == 0.25
    assert take(database, leases) is None


def test_a_job_that_is_handed_back_is_anybodys(
    database: Database, leases: Leases, submit: Callable[..., str]
) -> None:
    job_id = submit()
    lease = take(database, leases)
    assert lease is not None
    with database.session() as session:
        assert leases.hand_back(session, lease, NOW_MS)
    again = take(database, Leases("you", 20_000))
    assert again is not None
    assert again.job_id == job_id


def test_one_that_has_to_wait_is_nobodys_for_a_while(
    database: Database, leases: Leases, submit: Callable[..., str], jobs: Jobs
) -> None:
    job_id = submit()
    lease = take(database, leases)
    assert lease is not None
    with database.session() as session:
        assert leases.hand_back(session, lease, NOW_MS, wait_ms=60_000, died=True)
    assert take(database, leases) is None
    assert jobs()[job_id].attempts == 1
    expire(database, job_id)
    again = take(database, leases)
    assert again is not None
    with database.session() as session:
        leases.tell(session, again, NOW_MS, "finished", {"step": "ingest"})
    assert jobs()[job_id].attempts == 0


def test_cancelling_is_heard_by_the_worker(
    database: Database, leases: Leases, submit: Callable[..., str], jobs: Jobs
) -> None:
    job_id = submit()
    lease = take(database, leases)
    assert lease is not None
    with database.session() as session:
        assert JobQueue().cancel(session, LOCAL, job_id, now_ms=NOW_MS).status == "running"
    with database.session() as session:
        assert leases.renew(session, lease, NOW_MS, None) == "cancelled"
        assert not leases.succeed(session, lease, NOW_MS, scan_for(lease))
        assert leases.cancel(session, lease, NOW_MS)
    assert jobs()[job_id].status == "cancelled"
    with database.reading() as session:
        kinds = session.scalars(select(JobEvent.kind).order_by(JobEvent.id)).all()
    assert kinds == ["status", "status", "cancel_requested", "status"]


def test_the_dead_workers_job_that_was_cancelled_meanwhile_is_known_as_such(
    database: Database, leases: Leases, submit: Callable[..., str]
) -> None:
    job_id = submit()
    assert take(database, leases) is not None
    with database.session() as session:
        JobQueue().cancel(session, LOCAL, job_id, now_ms=NOW_MS)
    expire(database, job_id)
    again = take(database, leases)
    assert again is not None
    assert again.cancelled


def test_many_workers_at_once_take_each_job_once(
    database: Database, submit: Callable[..., str]
) -> None:
    made = [submit(now_ms=NOW_MS + i) for i in range(40)]
    taken: list[str] = []
    start = threading.Barrier(4)

    def work(name: str) -> None:
        own = Leases(name, 60_000)
        start.wait()
        while (lease := take(database, own)) is not None:
            taken.append(lease.job_id)

    threads = [threading.Thread(target=work, args=(f"w{i}",)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # On PostgreSQL a worker may find all it sees locked and stop early; nothing is taken twice.
    assert max(Counter(taken).values()) == 1
    own = Leases("last", 60_000)
    while (lease := take(database, own)) is not None:
        taken.append(lease.job_id)
    assert sorted(taken) == sorted(made)
