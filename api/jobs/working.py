"""One lease from its first to its last moment: the process that scans, and what the table hears.

Whatever happens, one of five things does: the job succeeds, fails, is cancelled, goes back into the
queue, or belongs to somebody else by now, and then nothing more is written.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy.exc import OperationalError
from zhenzan.api.clock import Clock
from zhenzan.api.jobs.child import Child, ChildDied
from zhenzan.api.jobs.leases import MOST_LEASES, Held, Lease, Leases
from zhenzan.api.jobs.places import Places
from zhenzan.api.jobs.runner import PHASES
from zhenzan.api.jobs.store import StoreBase
from zhenzan.api.jobs.tasks import task_of
from zhenzan.api.settings import Settings
from zhenzan.api.storage import Database
from zhenzan.api.storage.models import StoredScan
from zhenzan.features.errors import ZhenzanError

__all__ = ["MOST_ATTEMPTS", "Working"]

MOST_ATTEMPTS: Final = 4
"""Deaths of the process in one step before a job is given up: three are chance, four are not."""

_FIRST_WAIT_MS: Final = 5_000
_LONGEST_S: Final = 24 * 3600.0
"""A scan of 10^8 engagements takes some hours; what takes a day will not end."""

_log: Final = logging.getLogger("zhenzan.api.jobs")


@dataclass(slots=True)
class Working:
    """A worker at one job.

    Attributes:
        lease: The job.
        leases: To keep and end it.
        child: The process that scans.
        database, settings, store, clock: Of the service.
        beat_s: Seconds between two signs of life.
        stop: Set when the worker is to hand its job back.
    """

    lease: Lease
    leases: Leases
    child: Child
    database: Database
    settings: Settings
    store: StoreBase
    clock: Clock
    beat_s: float
    stop: threading.Event
    _phase: str = field(default=PHASES[0], init=False)
    _share: float = field(default=0.0, init=False)
    _beaten: float = field(default=0.0, init=False)

    def run(self) -> None:
        """Works until the job is over or somebody else's."""
        if self.lease.cancelled:
            self._cancelled()
            return
        if self.lease.fence > MOST_LEASES:
            self._failed({"status": 500, "slug": "lost", "detail": _LOST_TOO_OFTEN})
            return
        try:
            task = task_of(self.lease, self.settings)
        except ZhenzanError as error:
            self._failed({"status": error.http_status, "slug": "usage", "detail": str(error)})
            return
        try:
            self.child.send(task)
            self._watch()
        except ChildDied as death:
            _log.warning("scan process died", extra=self._about(code=death.code))
            died = f"the process of the scan was ended ({death.code}); memory may have run out"
            self._again({"status": 500, "slug": "died", "detail": died})

    def _watch(self) -> None:
        """Passes on what the process says; its last line, or an order from outside, ends it."""
        began = self._beaten = time.monotonic()
        while True:
            line = self.child.next(self.beat_s / 4)
            if line is not None and ("done" in line or "failed" in line):
                self._finish(line)
                return
            if line is not None and not self._tell(line):
                self.child.end()
                return
            if self.stop.is_set():
                self.child.end()
                self._handed_back()
                return
            if time.monotonic() - began > _LONGEST_S:
                self.child.end()
                self._failed({"status": 500, "slug": "too-long", "detail": "more than a day"})
                return
            if not self._still_held():
                return

    def _still_held(self) -> bool:
        """A sign of life where one is due; ends the process where the job is not ours to go on."""
        if time.monotonic() - self._beaten < self.beat_s:
            return True
        held = self._renew()
        if held == "held":
            return True
        self.child.end()
        if held == "cancelled":
            self._cancelled()
        else:
            _log.warning("lease lost", extra=self._about())
        return False

    def _renew(self) -> Held:
        """An absent database is no reason to stop: the lease says how long that may last."""
        try:
            with self.database.session() as session:
                held = self.leases.renew(session, self.lease, self.clock(), self._overall)
        except OperationalError:
            _log.warning("database does not answer", extra=self._about())
            held = "held"
        self._beaten = time.monotonic()
        return held

    @property
    def _overall(self) -> float:
        return round((PHASES.index(self._phase) + self._share) / len(PHASES), 4)

    def _tell(self, line: dict[str, Any]) -> bool:
        """Notes where the scan is. False: the lease is lost."""
        if "share" in line:
            self._share = float(line["share"])
            return True
        if "step" in line:
            self._phase, self._share = str(line["step"]), 0.0
            number = PHASES.index(self._phase) + 1
            body = {"step": self._phase, "number": number, "of": len(PHASES)}
            body["share"] = self._overall
            return self._write("step", body)
        return self._write("finished", {"step": str(line["finished"])})

    def _write(self, kind: str, body: dict[str, Any]) -> bool:
        try:
            with self.database.session() as session:
                return self.leases.tell(session, self.lease, self.clock(), kind, body)
        except OperationalError:
            return True  # the next sign of life tells more

    def _finish(self, line: dict[str, Any]) -> None:
        if "done" in line:
            self._succeeded(line["done"])
            return
        failed = dict(line["failed"])
        if "trace" in line:
            _log.error("scan failed", extra=self._about(at=line["trace"]))
        if failed.pop("again", False):
            self._again(failed)
        else:
            self._failed(failed)

    def _succeeded(self, told: dict[str, Any]) -> None:
        request = self.lease.request
        named = [*(file.name for file in request.files), *request.paths, *request.urls]
        scan = StoredScan(
            id=self.lease.scan_id,
            tenant_id=self.lease.tenant_id,
            job_id=self.lease.job_id,
            owner=self.lease.owner,
            title=request.title or (named[0].rpartition("/")[2].partition("?")[0] if named else ""),
            created_ms=self.clock(),
            **told,
        )
        with self.database.session() as session:
            done = self.leases.succeed(session, self.lease, self.clock(), scan)
        if done:
            _log.info("job succeeded", extra=self._about())
            self._clean()
        elif self._renew() == "cancelled":
            self._cancelled()

    def _again(self, error: dict[str, Any]) -> None:
        """Hands the job back for another try, later each time, until it was tried often enough."""
        with self.database.reading() as session:
            attempts = self.leases.attempts(session, self.lease)
        if attempts + 1 >= MOST_ATTEMPTS:
            self._failed(error)
            return
        wait_ms = _FIRST_WAIT_MS << attempts
        with self.database.session() as session:
            self.leases.hand_back(session, self.lease, self.clock(), wait_ms=wait_ms, died=True)

    def _handed_back(self) -> None:
        with self.database.session() as session:
            self.leases.hand_back(session, self.lease, self.clock())
        _log.info("job handed back", extra=self._about())

    def _failed(self, error: dict[str, Any]) -> None:
        with self.database.session() as session:
            done = self.leases.fail(session, self.lease, self.clock(), error)
        if done:
            _log.info("job failed", extra=self._about(slug=error["slug"]))
            self._clean(scan=True)

    def _cancelled(self) -> None:
        with self.database.session() as session:
            done = self.leases.cancel(session, self.lease, self.clock())
        if done:
            _log.info("job cancelled", extra=self._about())
            self._clean(scan=True)

    def _clean(self, *, scan: bool = False) -> None:
        """Removes the job's files, and the scan where it was published for nothing."""
        Places.below(self.settings.data_dir).of(self.lease.tenant_id, self.lease.job_id).remove()
        if scan:
            self.store.delete(self.lease.tenant_id, self.lease.scan_id)

    def _about(self, **more: Any) -> dict[str, Any]:
        return {"job": self.lease.job_id, "tenant": self.lease.tenant_id, **more}


_LOST_TOO_OFTEN: Final = (
    f"{MOST_LEASES} workers were lost while they did this job; it may be what brings them down"
)
