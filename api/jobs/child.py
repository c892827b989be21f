"""The worker's end of the process that scans (`runner.py`): start, task, lines, end."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from contextlib import suppress
from typing import IO, Any, Final

from zhenzan.api.jobs.task import Task

__all__ = ["Child", "ChildDied"]

_TASKS: Final = 20
"""Tasks of one process: a new one costs seconds of imports, an old one keeps what leaks."""

_OURS: Final = "ZHENZAN_"  # settings of the service, among them the database's password


class ChildDied(Exception):
    """The process ended in the middle of a task.

    Args:
        code: As the system tells it: negative for a signal, such as -9 where memory ran out.
    """

    def __init__(self, code: int) -> None:
        super().__init__(f"the process of the scan ended with {code}")
        self.code = code


class Child:
    """A process that scans one task after the other; started when it is first needed."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._lines: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._tasks = 0

    def send(self, task: Task) -> None:
        """Gives it a task; the one before must be over.

        Raises:
            ChildDied: It ended before it could take it.
        """
        process = self._process
        if process is None or self._tasks >= _TASKS or process.poll() is not None:
            self.end()
            process = self._start()
        self._tasks += 1
        try:
            _input(process).write(task.line())
            _input(process).flush()
        except OSError as error:
            raise ChildDied(self._code()) from error

    def next(self, timeout_s: float) -> dict[str, Any] | None:
        """The next line, or None where none came in that time.

        Raises:
            ChildDied: There will be none.
        """
        try:
            line = self._lines.get(timeout=timeout_s)
        except queue.Empty:
            return None
        if line is None:
            raise ChildDied(self._code())
        return line

    def end(self) -> None:
        """Ends the process at once, whatever it does; a run resumes after its last step."""
        if self._process is None:
            return
        self._process.kill()
        self._code()

    def _start(self) -> subprocess.Popen[bytes]:
        own = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
        self._lines = queue.SimpleQueue()
        self._tasks = 0
        self._process = process = subprocess.Popen(
            [sys.executable, "-m", "zhenzan.api.jobs.runner"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # what a library says there may hold comment text
            env=own,
            start_new_session=True,  # Ctrl-C is for the worker, which ends it in good order
        )
        reader = threading.Thread(target=_read, args=(process.stdout, self._lines), daemon=True)
        reader.start()
        return process

    def _code(self) -> int:
        process, self._process = self._process, None
        if process is None:
            return 0
        with suppress(OSError):  # what nobody took
            _input(process).close()
        return process.wait()


def _input(process: subprocess.Popen[bytes]) -> IO[bytes]:
    if process.stdin is None:
        raise ValueError("the process was started without an input")
    return process.stdin


def _read(stream: IO[bytes], lines: queue.SimpleQueue[Any]) -> None:
    with stream:
        for line in stream:
            try:
                lines.put(json.loads(line))
            except ValueError:  # cut off by its death
                break
    lines.put(None)
