"""Takes jobs and does them, one at a time; several workers may share a database.

Runs inside the service (a thread each, with a process each that scans) or as `zhenzan work`.
"""

from __future__ import annotations

import logging
import os
import secrets
import socket
import threading
from typing import Final

from zhenzan.api.clock import Clock, system_clock
from zhenzan.api.jobs.child import Child
from zhenzan.api.jobs.leases import Lease, Leases
from zhenzan.api.jobs.leftovers import remove_leftovers
from zhenzan.api.jobs.store import StoreBase, open_store
from zhenzan.api.jobs.tasks import cache_of
from zhenzan.api.jobs.working import Working
from zhenzan.api.request_log import where
from zhenzan.api.settings import Settings
from zhenzan.api.storage import Database

__all__ = ["LEASE_MS", "Worker"]

LEASE_MS: Final = 20_000
"""How long a dead worker's job waits for another. Signs of life come twenty times as often, so that
a machine that swaps does not lose its jobs."""

_POLL_S: Final = 0.5
_IDLE_S: Final = 30.0
"""After so long without a job the process that scans, half a gigabyte, is ended."""

_CLEAN_EVERY_S: Final = 3600.0
_log: Final = logging.getLogger("zhenzan.api.jobs")


class Worker:
    """One worker.

    Args:
        settings: Of the service.
        database: With the jobs.
        clock: Milliseconds since 1970 UTC.
        lease_ms: Length of a lease.
        store: Where scans go; default: that of the settings.
    """

    def __init__(
        self,
        settings: Settings,
        database: Database,
        *,
        clock: Clock = system_clock,
        lease_ms: int = LEASE_MS,
        store: StoreBase | None = None,
    ) -> None:
        self.name = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}"
        self._settings = settings
        self._database = database
        self._clock = clock
        self._store = store or open_store(settings.store_url, cache_of(settings))
        self._leases = Leases(self.name, lease_ms)
        self._beat_s = lease_ms / 20_000
        self._child = Child()

    def run_forever(self, stop: threading.Event, *, until_idle: bool = False) -> None:
        """Works until it is told to stop; then the job at hand goes back into the queue.

        Args:
            stop: The order to stop.
            until_idle: Stop as well when nothing is left to do.
        """
        idle_s, cleaned_s = 0.0, _CLEAN_EVERY_S
        _log.info("worker ready", extra={"worker": self.name})
        try:
            while not stop.is_set():
                if cleaned_s >= _CLEAN_EVERY_S:
                    self.clean()
                    cleaned_s = 0.0
                if self._one(stop):
                    idle_s = 0.0
                    continue
                if until_idle:
                    return
                idle_s, cleaned_s = idle_s + _POLL_S, cleaned_s + _POLL_S
                if idle_s >= _IDLE_S:
                    self._child.end()
                stop.wait(_POLL_S)
        finally:
            self._child.end()

    def run_one(self, stop: threading.Event | None = None) -> bool:
        """Does the next job, if there is one; says whether there was."""
        lease = self._take()
        if lease is None:
            return False
        working = Working(
            lease=lease,
            leases=self._leases,
            child=self._child,
            database=self._database,
            settings=self._settings,
            store=self._store,
            clock=self._clock,
            beat_s=self._beat_s,
            stop=stop or threading.Event(),
        )
        try:
            working.run()
        except BaseException:
            self._child.end()  # its task must not run on beside the next
            raise
        return True

    def end(self) -> None:
        """Ends the process that scans; the worker can go on with a new one."""
        self._child.end()

    def clean(self) -> None:
        """Removes what killed workers left."""
        try:
            with self._database.reading() as session:
                gone = remove_leftovers(session, self._settings, self._store, self._clock())
        except Exception as error:  # the next hour may be better
            _log.exception("leftovers stay", exc_info=False, extra=where(error))
            return
        if gone:
            _log.info("leftovers removed", extra={"count": gone})

    def _one(self, stop: threading.Event) -> bool:
        """As `run_one`; a fault costs a pause and not the worker, and the lease runs out."""
        try:
            return self.run_one(stop)
        except Exception as error:
            _log.exception("worker pauses", exc_info=False, extra=where(error))
            stop.wait(4 * _POLL_S)
            return False

    def _take(self) -> Lease | None:
        now_ms = self._clock()
        with self._database.reading() as session:  # an idle worker takes no lock
            if not self._leases.any_due(session, now_ms):
                return None
        with self._database.session() as session:
            return self._leases.take(session, now_ms)
