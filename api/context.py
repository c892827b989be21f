"""What a running service holds; routes get it by `Depends(service)`."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

from fastapi import Request
from zhenzan.api.clock import Clock, system_clock
from zhenzan.api.rates import Rates
from zhenzan.api.request_log import Observer
from zhenzan.api.settings import Settings
from zhenzan.api.storage import Database
from zhenzan.features.errors import UsageError, ZhenzanError, printable

__all__ = ["Part", "Service", "opened", "service"]

_T = TypeVar("_T")


class Part(Protocol):
    """Something that lives as long as the service: a queue, a worker, a pool of scorers."""

    def start(self) -> None:
        """Called once the database is ready; must return."""

    def stop(self) -> None:
        """Called once no request runs; hands back what was begun."""


class Service:
    """Settings, database, clock, and the parts that others add.

    Args:
        settings: What the operator chose.
        clock: Milliseconds since 1970 UTC.
        parts: Makers of parts, started in this order and stopped in the reverse one.

    `stopping` is set as soon as the service is told to stop: answers without an end then end.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Clock = system_clock,
        parts: Sequence[Callable[[Service], Part]] = (),
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.database = Database(settings.database_url)
        self.rates = Rates(settings.rate_per_minute)
        self.has_keys = False
        self.stopping = threading.Event()
        self.observers: list[Observer] = []
        self._makers = tuple(parts)
        self._parts: list[Part] = []

    def part(self, kind: type[_T]) -> _T:
        """The part of that class.

        Raises:
            ZhenzanError: None was started.
        """
        for part in self._parts:
            if isinstance(part, kind):
                return part
        raise ZhenzanError(f"the service runs without {kind.__name__}")

    def start(self) -> None:
        """Makes folder and tables, then starts the parts; stops those started if one cannot."""
        _make(self.settings.data_dir)
        self.database.migrate()
        try:
            for make in self._makers:
                part = make(self)
                part.start()
                self._parts.append(part)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stops the parts, the last one first, and closes the database."""
        self.stopping.set()
        try:
            while self._parts:
                self._parts.pop().stop()
        finally:
            self.database.close()


def opened(settings: Settings) -> Database:
    """The database with all its tables, made with its folder where there is none.

    Raises:
        UsageError: Folder or database cannot be used.
        MissingDependencyError: The database cannot be reached.
    """
    _make(settings.data_dir)
    database = Database(settings.database_url)
    try:
        database.migrate()
    except BaseException:
        database.close()
        raise
    return database


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        place = printable(str(folder), 200)
        raise UsageError(f"the folder of data {place} cannot be used: {error.strerror}") from error


def service(request: Request) -> Service:
    """The service that answers this request."""
    found: Service = request.app.state.service
    return found
