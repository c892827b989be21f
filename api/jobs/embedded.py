"""Workers inside the service, so that one command on a laptop is enough."""

from __future__ import annotations

import threading

from zhenzan.api.context import Service
from zhenzan.api.jobs.worker import Worker

__all__ = ["EmbeddedWorkers"]


class EmbeddedWorkers:
    """As many workers as the settings say, a thread each (`context.Part`).

    Args:
        held: The service.
    """

    def __init__(self, held: Service) -> None:
        self._held = held
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Starts them."""
        for number in range(self._held.settings.workers):
            worker = Worker(self._held.settings, self._held.database, clock=self._held.clock)
            thread = threading.Thread(
                target=worker.run_forever, args=(self._stop,), name=f"worker-{number}", daemon=True
            )
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """Ends the scans under way; their jobs go back into the queue, with what is finished."""
        self._stop.set()
        for thread in self._threads:
            thread.join()
        self._threads.clear()
