"""Retention beside the service: what is too old goes, looked at every hour."""

from __future__ import annotations

import logging
import threading
from typing import Final

from zhenzan.api.context import Service
from zhenzan.api.jobs.store import open_store
from zhenzan.api.jobs.tasks import cache_of
from zhenzan.api.operations.retention import purge_old
from zhenzan.api.request_log import where

__all__ = ["Keeper"]

_log: Final = logging.getLogger("zhenzan.api.retention")
_EVERY_S: Final = 3600.0


class Keeper:
    """Deletes by age where `retention_days` says so (`context.Part`).

    Args:
        held: The service.
    """

    def __init__(self, held: Service) -> None:
        self._held = held
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begins to look."""
        if self._held.settings.retention_days is not None:
            self._thread = threading.Thread(target=self._keep, name="keeper", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Ends it."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _keep(self) -> None:
        settings = self._held.settings
        store = open_store(settings.store_url, cache_of(settings))
        while not self._stop.is_set():
            try:
                days = settings.retention_days or 0
                gone = purge_old(self._held.database, store, settings, self._held.clock(), days)
                _log.info("purged", extra={"rows": sum(gone.gone.values())})
            except Exception as error:  # tomorrow it may go
                _log.error("purge failed", extra=where(error))
            self._stop.wait(_EVERY_S)
