"""The process that scans: `python -m zhenzan.api.jobs.runner`, one task a line in, lines out.

A scan runs in a process of its own so that it can be ended at any moment, takes its memory with
it, and no hostile file can bring the service down. It knows no database. When the worker that
started it dies, its input ends, and it ends with it.

    in:   {"folder": …, "files": […], "paths": […], "urls": […], "options": {…}, …}
    out:  {"step": "scores"}   {"share": 0.4}   {"finished": "scores"}
          {"done": {…}}   or   {"failed": {"status": 422, "slug": "input", "detail": …}}
"""

from __future__ import annotations

import json
import os
import sys
import threading
import traceback
from pathlib import Path
from typing import IO, Any, Final

from zhenzan.api.jobs.task import Task, run_task
from zhenzan.detector.scan import STEPS
from zhenzan.features.errors import InputError, ZhenzanError

__all__ = ["PHASES", "Lines", "main"]

PHASES: Final = ("prepare", *(step.name for step in STEPS), "publish")
"""What a job does, in order: the scan's own steps, what comes before, what comes after."""

_LOST: Final = 70
"""Exit code where the worker is gone."""

_FRAMES: Final = 12
_INSIDE: Final = "the scan failed inside; see the logs"


class Lines:
    """Progress as lines of JSON; also what the scan reports to (`detector.progress.Progress`).

    Args:
        out: Where lines go.
    """

    def __init__(self, out: IO[bytes]) -> None:
        self._out = out
        self._told = 0
        self._phase = ""

    def write(self, line: dict[str, Any]) -> None:
        """One line, at once.

        Raises:
            SystemExit: Nobody listens any more.
        """
        try:
            self._out.write(json.dumps(line, ensure_ascii=False).encode("utf-8") + b"\n")
            self._out.flush()
        except BrokenPipeError:
            raise SystemExit(_LOST) from None

    def phase(self, name: str) -> None:
        """A phase begins."""
        self._phase, self._told = name, 0
        self.write({"step": name})

    def begin(self, title: str, number: int, of: int) -> None:
        """See `Progress`; titles are for people, names for programs."""
        self.phase(STEPS[number - 1].name)

    def update(self, done: int, total: int, note: str) -> None:
        """See `Progress`; whole percents only. Notes may name what is in files: not told."""
        percent = min(100 * done // total, 100) if total else 0
        if percent > self._told:
            self._told = percent
            self.write({"share": percent / 100})

    def end(self, seconds: float, note: str = "") -> None:
        """See `Progress`; a note says that an earlier process had done the step."""
        if not note:
            self.write({"finished": self._phase})

    def say(self, message: str) -> None:
        """See `Progress`; messages name files, which is not for logs."""


def main() -> None:
    """Takes tasks until the input ends."""
    own = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(
        sys.stderr.fileno(), sys.stdout.fileno()
    )  # whatever a library prints is no line of ours
    tasks = _Tasks(sys.stdin.buffer)
    while (line := tasks.take()) is not None:
        lines = Lines(own)
        lines.write(_answer(line, lines))


def _answer(line: bytes, lines: Lines) -> dict[str, Any]:
    try:
        task = Task.read(line)
        return {"done": run_task(task, lines)}
    except ZhenzanError as error:
        inner = {"trace": _trace(error)} if error.http_status == 500 else {}
        return {"failed": _told(error, line), **inner}
    except MemoryError:
        return {"failed": {"status": 500, "slug": "memory", "detail": "the scan ran out of memory"}}
    except OSError as error:
        detail = f"the machine refused: {error.strerror or type(error).__name__}"
        failed = {"status": 500, "slug": "machine", "detail": detail, "again": True}
        return {"failed": failed, "trace": _trace(error)}
    except Exception as error:
        failed = {"status": 500, "slug": "internal", "detail": _INSIDE}
        return {"failed": failed, "trace": _trace(error)}


def _told(error: ZhenzanError, line: bytes) -> dict[str, Any]:
    """The members of a problem; folders of the service are not named."""
    detail = str(error)
    for folder in Task.read(line).hidden():
        detail = detail.replace(f"{folder}/", "").replace(folder, "…")
    slug = "input" if isinstance(error, InputError) else "usage"
    if error.http_status == 500:
        return {"status": 500, "slug": "internal", "detail": _INSIDE}
    again = error.http_status == 503
    return {
        "status": error.http_status,
        "slug": "unavailable" if again else slug,
        "detail": detail[:4000],
        "again": again,
    }


def _trace(error: BaseException) -> list[str]:
    """Where it arose, without what it says: messages may hold comment text."""
    frames = traceback.extract_tb(error.__traceback__)
    where = [f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in frames[-_FRAMES:]]
    return [type(error).__name__, *where]


class _Tasks:
    """Lines of the input, read by a thread so that its end is noticed while a scan runs."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self._ready = threading.Semaphore(0)
        self._lines: list[bytes] = []
        self._busy = False
        threading.Thread(target=self._read, daemon=True).start()

    def take(self) -> bytes | None:
        self._busy = False
        self._ready.acquire()
        self._busy = True
        return self._lines.pop(0) if self._lines else None

    def _read(self) -> None:
        for line in self._source:
            self._lines.append(line)
            self._ready.release()
        if self._busy:
            os._exit(_LOST)  # the worker is gone: the next one continues from the last step
        self._ready.release()


if __name__ == "__main__":
    main()
