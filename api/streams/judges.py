"""Processes that judge the parts of a pass side by side.

The parts of a pass do not depend on each other. Processes are started at the first pass of more
than one part, so that a small stream is followed by one process, and end with their follower.
"""

from __future__ import annotations

import logging
import multiprocessing
from collections import deque
from collections.abc import Generator, Iterable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import chain, islice
from pathlib import Path
from typing import Final

from zhenzan.api.processes import end_with_parent
from zhenzan.api.request_log import where
from zhenzan.api.streams.judge import Judged, JudgeParts, References, in_turn, judge_part
from zhenzan.features.errors import ZhenzanError

__all__ = ["Judges", "JudgingFailedError"]

_log: Final = logging.getLogger("zhenzan.api.streams")
# Parts that wait beside those at work, so that none of the processes waits for the follower.
_AHEAD: Final = 1

_references: Final = References()  # of this process, where it is one of the pool


class JudgingFailedError(ZhenzanError):
    """A part could not be judged; holds the type of the error and where it arose, no message."""


class Judges:
    """Judges parts, several at a time where there are several.

    Args:
        processes: At most so many at a time; 1 judges in the process that asks.
    """

    def __init__(self, processes: int) -> None:
        self._processes = processes
        self._references = References()
        self._pool: ProcessPoolExecutor | None = None

    def by(self, learnt: Path) -> JudgeParts:
        """Judges by the reference in a folder."""

        def judge(folder: Path, parts: Iterable[Sequence[str]]) -> Generator[Judged]:
            rest = iter(parts)
            first = list(islice(rest, 2))
            if self._processes > 1 and len(first) > 1:
                yield from self._side_by_side(folder, learnt, chain(first, rest))
                return
            yield from in_turn(self._references.get(learnt))(folder, chain(first, rest))

        return judge

    def close(self) -> None:
        """Ends the processes; the part that each is at is finished first."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=True, cancel_futures=True)

    def _side_by_side(
        self, folder: Path, learnt: Path, parts: Iterable[Sequence[str]]
    ) -> Generator[Judged]:
        pool, rest = self._open(), iter(parts)
        asked: deque[Future[Judged | tuple[str, ...]]] = deque()
        try:
            while True:
                for ids in islice(rest, self._processes + _AHEAD - len(asked)):
                    asked.append(pool.submit(_judge, folder, learnt, tuple(ids)))
                if not asked:
                    return
                yield _checked(asked.popleft().result())
        except BrokenProcessPool:
            self._pool = None
            pool.shutdown(wait=False, cancel_futures=True)
            raise
        finally:
            for future in asked:  # of a pass that ends early
                future.cancel()
            for future in asked:
                if not future.cancelled():
                    future.exception()  # writes into the folder until then

    def _open(self) -> ProcessPoolExecutor:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                max_workers=self._processes,
                mp_context=multiprocessing.get_context("spawn"),
                initializer=_prepare,
            )
        return self._pool


def _checked(answer: Judged | tuple[str, ...]) -> Judged:
    if isinstance(answer, tuple):
        _log.error("part failed", extra={"error": answer[0], "at": list(answer[1:])})
        raise JudgingFailedError(*answer)
    return answer


def _judge(folder: Path, learnt: Path, ids: Sequence[str]) -> Judged | tuple[str, ...]:
    """In a process of the pool; errors do not all survive the way, and may hold what was sent."""
    try:
        return judge_part(folder, ids, _references.get(learnt))
    except Exception as error:
        facts = where(error)
        return (facts["error"], *facts["at"])


def _prepare() -> None:
    """Loads code, and sees to it that the process ends with its follower."""
    from zhenzan.detector import judge_sections

    _ = judge_sections
    end_with_parent()
