"""A job's progress as server-sent events, from any line on.

Lines with a number come from the table and are sent exactly once each, in order; a client that lost
the connection names the last one it saw (`Last-Event-ID`). The share in between is sent without.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import anyio
import anyio.to_thread
from zhenzan.api.context import Service
from zhenzan.api.jobs.queue import JobQueue
from zhenzan.api.problems import Problem
from zhenzan.api.security.principal import Principal

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["EventStreams"]

_EVERY_S: Final = 0.5
_ALIVE_S: Final = 15.0
"""Proxies close what is silent for 30 or 60 seconds."""

_LONGEST_S: Final = 600.0
"""Then the client connects again by itself, perhaps to another process."""

_MOST: Final = 20
"""Streams of one key."""

_LINES: Final = 200


class EventStreams:
    """All streams of this process (`context.Part`).

    Args:
        held: The service.
    """

    def __init__(self, held: Service) -> None:
        self._held = held
        self._queue = JobQueue()
        self._open: Counter[str] = Counter()

    def start(self) -> None:
        """Nothing to do."""

    def stop(self) -> None:
        """Nothing to do: streams end by themselves when the service is told to stop."""

    def check_room(self, who: Principal) -> None:
        """Refuses one more stream where there are too many.

        Raises:
            Problem: 429.
        """
        if self._open[who.key_id] >= _MOST:
            detail = f"{_MOST} streams of this key are open; close some"
            raise Problem(429, "too-many-streams", detail, headers={"Retry-After": "5"})

    async def lines(self, who: Principal, job_id: str, after: int) -> AsyncIterator[bytes]:
        """The stream of one job until it is over.

        Args:
            who: Who asks; sees the job.
            job_id: The job.
            after: Number of the last line that was seen; 0 for none.
        """
        with self._counted(who):
            began = spoke = time.monotonic()
            share = -1.0
            yield b"retry: 2000\n\n"
            while not self._held.stopping.is_set() and time.monotonic() - began < _LONGEST_S:
                events, now_share, over = await anyio.to_thread.run_sync(
                    self._read, who, job_id, after
                )
                for number, kind, body in events:
                    after = number
                    yield _event(kind, body, number)
                if now_share != share and not over:
                    share = now_share
                    yield _event("share", {"share": share}, None)
                    spoke = time.monotonic()
                if over and len(events) < _LINES:
                    return
                if time.monotonic() - spoke > _ALIVE_S:
                    spoke = time.monotonic()
                    yield b": alive\n\n"
                await anyio.sleep(0 if len(events) == _LINES else _EVERY_S)

    @contextmanager
    def _counted(self, who: Principal) -> Iterator[None]:
        self._open[who.key_id] += 1
        try:
            yield
        finally:
            self._open[who.key_id] -= 1
            self._open += Counter()  # forgets keys without streams

    def _read(
        self, who: Principal, job_id: str, after: int
    ) -> tuple[list[tuple[int, str, dict[str, Any]]], float, bool]:
        """Status first, lines second: what ended a job is among its lines."""
        with self._held.database.reading() as session:
            job = self._queue.find(session, who, job_id)
            share, over = job.share, self._queue.is_over(job)
            rows = self._queue.events(session, job, after, _LINES)
            events = [(row.id, row.kind, {"at_ms": row.at_ms, **row.body}) for row in rows]
        return events, share, over


def _event(kind: str, body: dict[str, Any], number: int | None) -> bytes:
    head = "" if number is None else f"id: {number}\n"
    text = json.dumps(body, ensure_ascii=True)  # one line, whatever it holds
    return f"{head}event: {kind}\ndata: {text}\n\n".encode("ascii")
