"""The processes that score, started at the first request; what is too much is refused at once."""

from __future__ import annotations

import logging
import multiprocessing
import threading
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, Final

from zhenzan.api.context import Service
from zhenzan.api.problems import Problem
from zhenzan.api.scoring.worker import ScoreTask, prepare, score

__all__ = ["ScorePool"]

_log: Final = logging.getLogger("zhenzan.api.scoring")

_WAITING: Final = 16
"""Requests a process that may wait: at a second each nobody waits longer than half a minute."""
_LONGEST_S: Final = 60.0


class ScorePool:
    """Scores in other processes (`context.Part`): one a core, so that threads stay free.

    Args:
        held: The service.
    """

    def __init__(self, held: Service) -> None:
        self._processes = held.settings.scorers
        self._room = threading.BoundedSemaphore(_WAITING * max(self._processes, 1))
        self._lock = threading.Lock()
        self._pool: ProcessPoolExecutor | None = None

    def start(self) -> None:
        """Nothing is started before it is needed."""

    def stop(self) -> None:
        """Ends the processes; a section that is being scored is finished first."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=True, cancel_futures=True)

    def score(self, task: ScoreTask) -> dict[str, Any]:
        """The answer of `worker.score`.

        Raises:
            Problem: 503, too many wait, it took too long, or the process died; whatever else
                keeps the section from being scored.
        """
        if not self._room.acquire(blocking=False):
            raise _busy("too many sections wait to be scored")
        try:
            pool = self._open()
            return _checked(pool.submit(score, task).result(timeout=_LONGEST_S))
        except TimeoutError:
            raise _busy(f"the score took more than {_LONGEST_S:.0f} s; make it a job") from None
        except BrokenProcessPool:
            self._forget(pool)
            raise _busy("the process that scored was ended; memory may have run out") from None
        finally:
            self._room.release()

    def _open(self) -> ProcessPoolExecutor:
        with self._lock:
            if self._pool is None:
                self._pool = ProcessPoolExecutor(
                    max_workers=max(self._processes, 1),
                    mp_context=multiprocessing.get_context("spawn"),
                    initializer=prepare,
                )
            return self._pool

    def _forget(self, pool: ProcessPoolExecutor) -> None:
        """The next request starts new processes."""
        with self._lock:
            if self._pool is pool:
                self._pool = None
        pool.shutdown(wait=False, cancel_futures=True)


def _checked(answer: dict[str, Any]) -> dict[str, Any]:
    failed = answer.get("failed")
    if failed is None:
        return answer
    if failed["trace"]:
        _log.error("score failed", extra={"at": failed["trace"]})
    if failed["status"] == 500:
        raise Problem(500, "internal", "the request failed inside; see the logs")
    slug = "scoring-busy" if failed["status"] == 503 else "input"
    raise Problem(failed["status"], slug, failed["detail"])


def _busy(detail: str) -> Problem:
    return Problem(503, "scoring-busy", detail, headers={"Retry-After": "5"})
