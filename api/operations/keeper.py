"""Retention beside the service: what is too old goes, looked at every hour.

Answers to idempotency keys are always too old one day; all else where `retention_days` says so.
"""

from __future__ import annotations

import logging
import threading
from typing import Final

from zhenzan.api.context import Service
from zhenzan.api.jobs.store import open_store
from zhenzan.api.jobs.tasks import cache_of
from zhenzan.api.once import KEPT_MS, forget_before
from zhenzan.api.operations.retention import purge_old
from zhenzan.api.request_log import where

__all__ = ["Keeper"]

_log: Final = logging.getLogger("zhenzan.api.retention")
_EVERY_S: Final = 3600.0


class Keeper:
    """Deletes by age (`context.Part`).

    Args:
        held: The service.
    """

    def __init__(self, held: Service) -> None:
        self._held = held
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begins to look."""
        self._thread = threading.Thread(target=self._keep, name="keeper", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends it."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _keep(self) -> None:
        while not self._stop.is_set():
            try:
                self._purge()
            except Exception as error:  # tomorrow it may go
                _log.error("purge failed", extra=where(error))
            self._stop.wait(_EVERY_S)

    def _purge(self) -> None:
        settings, database, now_ms = self._held.settings, self._held.database, self._held.clock()
        with database.session() as session:
            forget_before(session, now_ms - KEPT_MS)
        if settings.retention_days is not None:
            store = open_store(settings.store_url, cache_of(settings))
            gone = purge_old(database, store, settings, now_ms, settings.retention_days)
            _log.info("purged", extra={"rows": sum(gone.gone.values())})
            if gone.failed:
                _log.warning("%d streams were in use; the next hour tries again", len(gone.failed))
