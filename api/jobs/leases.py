"""Who works on a job: a lease that ends by itself, and a number that rises with every lease.

A worker takes a job for some seconds and renews the lease while it works. One that dies, or is cut
off, loses it by silence, and the next worker continues. One that was only frozen comes back with an
old number (`fence`), and every one of its writes finds no row. On PostgreSQL the database's own
clock counts, so that clocks of workers need not agree; SQLite is used on one machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from sqlalchemy import BigInteger, ColumnElement, and_, cast, func, literal, or_, select, update
from sqlalchemy.orm import Session, aliased
from zhenzan.api.jobs.queue import note
from zhenzan.api.jobs.request import JobRequest
from zhenzan.api.jobs.states import CANCELLED, FAILED, QUEUED, RUNNING, SUCCEEDED
from zhenzan.api.storage.models import Job, StoredScan

__all__ = ["MOST_LEASES", "Held", "Lease", "Leases"]

Held: TypeAlias = Literal["held", "cancelled", "lost"]

MOST_LEASES: Final = 100
"""Leases of one job. Machines are restarted and workers killed; a job that is there each time
brings them down itself, and is given up."""


@dataclass(frozen=True, slots=True)
class Lease:
    """A job in a worker's hands.

    Attributes:
        job_id, tenant_id, owner: Of the job.
        fence: The number of this lease.
        created_ms: When the job was asked for: the present, to the scan.
        cancelled: Somebody asked for its end meanwhile.
        request: What to do.
    """

    job_id: str
    tenant_id: str
    owner: str
    fence: int
    created_ms: int
    cancelled: bool
    request: JobRequest

    @property
    def scan_id(self) -> str:
        """Follows from the job, so that a second run publishes to the same place."""
        return f"scan_{self.job_id.partition('_')[2]}"


class Leases:
    """Takes, renews and ends leases; each call is to be one transaction of its own.

    Args:
        worker: Name of the worker, for people who look at the table.
        length_ms: How long a lease lasts without being renewed.
    """

    def __init__(self, worker: str, length_ms: int) -> None:
        self._worker = worker
        self._length_ms = length_ms

    def any_due(self, session: Session, now_ms: int) -> bool:
        """Whether `take` would find something; asks without a lock."""
        due = select(Job.id).where(_due(_now(session, now_ms)))
        return session.scalar(due.limit(1)) is not None

    def take(self, session: Session, now_ms: int) -> Lease | None:
        """The next job: one that waits, or whose worker fell silent; None if there is none.

        Tenants take turns: those with fewer jobs under way come first, then who asked first.
        """
        other = aliased(Job)
        busy = select(func.count()).select_from(other)
        busy = busy.where(other.tenant_id == Job.tenant_id, other.status == RUNNING)
        now = _now(session, now_ms)
        chosen = (
            select(Job.id)
            .where(_due(now))
            .order_by(busy.scalar_subquery(), Job.created_ms, Job.id)
            .limit(1)
            .with_for_update(skip_locked=True, of=Job)
        )
        job_id = session.scalar(chosen)
        job = session.get(Job, job_id) if job_id is not None else None
        if job is None:
            return None
        again = job.status == RUNNING
        started = func.coalesce(Job.started_ms, now_ms)
        self._write(
            session,
            job,
            status=RUNNING,
            worker=self._worker,
            lease_until_ms=now + self._length_ms,
            fence=Job.fence + 1,
            started_ms=started,
        )
        note(session, job, "status", {"status": RUNNING, "again": again}, now_ms)
        return Lease(
            job_id=job.id,
            tenant_id=job.tenant_id,
            owner=job.owner,
            fence=job.fence,
            created_ms=job.created_ms,
            cancelled=job.cancel_ms is not None,
            request=JobRequest.model_validate(job.request),
        )

    def renew(self, session: Session, lease: Lease, now_ms: int, share: float | None) -> Held:
        """Keeps a lease, and says whether somebody wants the job to end or has taken it over."""
        job = self._own(session, lease)
        if job is None:
            return "lost"
        values: dict[str, Any] = {"lease_until_ms": _now(session, now_ms) + self._length_ms}
        if share is not None:
            values["share"] = share
        self._write(session, job, **values)
        return "held" if job.cancel_ms is None else "cancelled"

    def tell(
        self, session: Session, lease: Lease, now_ms: int, kind: str, body: dict[str, Any]
    ) -> bool:
        """Notes progress; a step that is done forgives earlier deaths. False: the lease is lost."""
        job = self._own(session, lease)
        if job is None:
            return False
        values: dict[str, Any] = {"lease_until_ms": _now(session, now_ms) + self._length_ms}
        if kind == "finished":
            values["attempts"] = 0
        else:
            values |= {"step": body["step"], "share": body["share"]}
        self._write(session, job, **values)
        note(session, job, kind, body, now_ms)
        return True

    def hand_back(
        self, session: Session, lease: Lease, now_ms: int, *, wait_ms: int = 0, died: bool = False
    ) -> bool:
        """Puts the job back into the queue, for any worker; what is finished of it is kept.

        Args:
            session: A transaction.
            lease: The lease, which ends.
            now_ms: The present.
            wait_ms: How long nobody is to take it.
            died: It was tried and the attempt counts.
        """
        job = self._own(session, lease)
        if job is None:
            return False
        until = _now(session, now_ms) + wait_ms if wait_ms else None
        attempts = job.attempts + 1 if died else job.attempts
        self._write(
            session, job, status=QUEUED, worker=None, lease_until_ms=until, attempts=attempts
        )
        note(session, job, "status", {"status": QUEUED, "again": True}, now_ms)
        return True

    def succeed(self, session: Session, lease: Lease, now_ms: int, scan: StoredScan) -> bool:
        """The scan is in the store: its row and the end of the job are one transaction."""
        job = self._own(session, lease)
        if job is None or job.cancel_ms is not None:
            return False
        session.add(scan)
        self._end(session, job, now_ms, SUCCEEDED, scan_id=scan.id, share=1.0)
        return True

    def fail(self, session: Session, lease: Lease, now_ms: int, error: dict[str, Any]) -> bool:
        """The job cannot be done; `error` says why, as the members of a problem."""
        job = self._own(session, lease)
        if job is None:
            return False
        self._end(session, job, now_ms, FAILED, error=error)
        return True

    def cancel(self, session: Session, lease: Lease, now_ms: int) -> bool:
        """The job was stopped because somebody asked for it."""
        job = self._own(session, lease)
        if job is None:
            return False
        self._end(session, job, now_ms, CANCELLED)
        return True

    def attempts(self, session: Session, lease: Lease) -> int:
        """Deaths of the process since the last finished step, as the table has them now."""
        return session.scalar(select(Job.attempts).where(Job.id == lease.job_id)) or 0

    def _end(self, session: Session, job: Job, now_ms: int, status: str, **more: Any) -> None:
        ended: dict[str, Any] = {"worker": None, "lease_until_ms": None, "finished_ms": now_ms}
        self._write(session, job, status=status, **ended, **more)
        body: dict[str, Any] = {"status": status}
        body.update((key, more[key]) for key in ("error", "scan_id") if key in more)
        note(session, job, "status", body, now_ms)

    def _own(self, session: Session, lease: Lease) -> Job | None:
        """The job's row, locked, if the lease still holds it."""
        own = select(Job).where(
            Job.id == lease.job_id, Job.fence == lease.fence, Job.status == RUNNING
        )
        return session.scalar(own.with_for_update())

    def _write(self, session: Session, job: Job, **values: Any) -> None:
        session.execute(
            update(Job)
            .where(Job.id == job.id)
            .values(**values)
            .execution_options(synchronize_session=False)
        )
        session.refresh(job)


def _due(now: ColumnElement[int]) -> ColumnElement[bool]:
    """Jobs that wait and may be taken, and those whose worker fell silent."""
    free = or_(Job.lease_until_ms.is_(None), Job.lease_until_ms <= now)
    return and_(Job.status.in_((QUEUED, RUNNING)), free)


def _now(session: Session, now_ms: int) -> ColumnElement[int]:
    if session.get_bind().dialect.name != "postgresql":
        return literal(now_ms, BigInteger)
    seconds = func.extract("epoch", func.clock_timestamp())
    return cast(func.floor(seconds * 1000), BigInteger)
