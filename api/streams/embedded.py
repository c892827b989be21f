"""The follower beside the service: started with it, stopped with it, started again if it dies."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from contextlib import suppress
from typing import Final

from sqlalchemy import select
from zhenzan.api.context import Service
from zhenzan.api.storage.models import Stream

__all__ = ["EmbeddedFollower", "Following"]

_log: Final = logging.getLogger("zhenzan.api.streams")
# A part of a pass takes seconds; what it loses by a kill is done again.
_PATIENCE_S: Final = 20.0
_AGAIN_S: Final = 5.0


class Following:
    """A follower's process, kept alive by a thread.

    Args:
        settings: The service's, as JSON: they may hold a password, so they go in by a pipe.
    """

    def __init__(self, settings: str) -> None:
        self._settings = settings
        self._stop = threading.Event()
        self._starting = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._keep, name="follower", daemon=True)

    def start(self) -> None:
        """Starts it."""
        self._thread.start()

    def stop(self) -> None:
        """Lets it end the part it is at, then ends it."""
        with self._starting:
            self._stop.set()
            process = self._process
        if process is not None:
            _close(process)
            try:
                process.wait(_PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()
        self._thread.join()

    @property
    def pid(self) -> int | None:
        """Of the process that runs."""
        return None if self._process is None else self._process.pid

    def _keep(self) -> None:
        while True:
            with self._starting:  # either it is stopped before, or the stop finds the new one
                if self._stop.is_set():
                    return
                process = self._process = subprocess.Popen(
                    [sys.executable, "-m", "zhenzan.api.streams.follower"],
                    stdin=subprocess.PIPE,
                    start_new_session=True,  # Ctrl-C is for the service, which ends it in order
                )
                _tell(process, self._settings)
            code = process.wait()
            _close(process)
            if not self._stop.is_set():
                _log.error("the follower ended with %d; it starts again", code)
                self._stop.wait(_AGAIN_S)


def _tell(process: subprocess.Popen[bytes], line: str) -> None:
    if process.stdin is not None:
        with suppress(OSError):  # it died at once, which its end will tell
            process.stdin.write(line.encode() + b"\n")
            process.stdin.flush()


def _close(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        with suppress(OSError):  # what nobody took
            process.stdin.close()


class EmbeddedFollower:
    """The follower as a part of the service (`context.Part`), from when there is a stream.

    Args:
        held: The service.
    """

    def __init__(self, held: Service) -> None:
        self._held = held
        self._following: Following | None = None
        self._lock = threading.Lock()
        self._ended = False

    def start(self) -> None:
        """Starts it where there is something to follow."""
        with self._held.database.reading() as session:
            found = session.scalars(select(Stream.id).limit(1)).first()
        if found is not None:
            self.wake()

    def wake(self) -> None:
        """Starts it unless it runs, or settings leave it to other processes."""
        with self._lock:
            if self._following is None and self._held.settings.followers and not self._ended:
                self._following = Following(self._held.settings.model_dump_json())
                self._following.start()

    def stop(self) -> None:
        """Ends it."""
        with self._lock:
            self._ended = True
            following, self._following = self._following, None
        if following is not None:
            following.stop()
