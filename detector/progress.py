"""How a run tells where it is: a bar on a terminal, plain lines elsewhere, nothing in a library."""

from __future__ import annotations

import time
from types import TracebackType
from typing import TYPE_CHECKING, Final, Protocol, Self, TextIO

from zhenzan.detector.terminal import clean

if TYPE_CHECKING:
    from rich.progress import Progress as RichBars
    from rich.progress import TaskID

__all__ = ["BarProgress", "LineProgress", "Progress", "Silent", "progress_for"]

# A line every ten seconds tells a log reader that the run is alive without filling the log.
_LINE_EVERY_S: Final = 10.0
_LONGEST: Final = 2000  # characters of one message


class Progress(Protocol):
    """What a run reports to."""

    def begin(self, title: str, number: int, of: int) -> None:
        """A step starts."""

    def update(self, done: int, total: int, note: str) -> None:
        """Part of the step is done; `total` 0 where it is unknown."""

    def end(self, seconds: float, note: str = "") -> None:
        """The step is done, or was found done (`note` says so)."""

    def say(self, message: str) -> None:
        """Something the user should know."""


class Silent:
    """Reports nothing: the default of the Python API."""

    def begin(self, title: str, number: int, of: int) -> None:
        """See `Progress`."""

    def update(self, done: int, total: int, note: str) -> None:
        """See `Progress`."""

    def end(self, seconds: float, note: str = "") -> None:
        """See `Progress`."""

    def say(self, message: str) -> None:
        """See `Progress`."""


class LineProgress:
    """Plain lines, for logs and pipes."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._label = ""
        self._spoke = 0.0

    def begin(self, title: str, number: int, of: int) -> None:
        """See `Progress`; the line is written when the step ends."""
        self._label = f"[{number}/{of}] {title}"
        self._spoke = time.monotonic()

    def update(self, done: int, total: int, note: str) -> None:
        """See `Progress`; at most one line every ten seconds."""
        if time.monotonic() - self._spoke >= _LINE_EVERY_S:
            self._spoke = time.monotonic()
            share = f"{done / total:4.0%} " if total else ""
            self._write(f"{self._label}: {share}{clean(note, 60)}")

    def end(self, seconds: float, note: str = "") -> None:
        """See `Progress`."""
        self._write(f"{self._label}: {note or f'{seconds:.1f} s'}")

    def say(self, message: str) -> None:
        """See `Progress`."""
        self._write(clean(message, _LONGEST))

    def _write(self, line: str) -> None:
        self._stream.write(line + "\n")
        self._stream.flush()


class BarProgress:
    """One live line on a terminal; the bar of the run is the share of its steps."""

    def __init__(self, bars: RichBars) -> None:
        self._bars = bars
        self._task: TaskID | None = None
        self._number = 0
        self._of = 1

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._bars.stop()

    def begin(self, title: str, number: int, of: int) -> None:
        """See `Progress`."""
        self._number, self._of = number, of
        if self._task is None:
            self._task = self._bars.add_task(title, total=of, note="")
        self._bars.update(self._task, description=title, total=of, completed=number - 1, note="")

    def update(self, done: int, total: int, note: str) -> None:
        """See `Progress`."""
        if self._task is not None:
            part = min(done / total, 1.0) if total else 0.0
            self._bars.update(
                self._task, completed=self._number - 1 + part, note=_escaped(clean(note, 40))
            )

    def end(self, seconds: float, note: str = "") -> None:
        """See `Progress`."""
        if self._task is not None:
            self._bars.update(self._task, completed=self._number, note=note)

    def say(self, message: str) -> None:
        """See `Progress`."""
        self._bars.console.print(_escaped(clean(message, _LONGEST)), highlight=False)


def _escaped(text: str) -> str:
    from rich.markup import escape

    return escape(text)


def progress_for(stream: TextIO) -> BarProgress | LineProgress:
    """A bar where the stream is a terminal, lines elsewhere."""
    if not stream.isatty():
        return LineProgress(stream)
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    bars = Bars(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
        TextColumn("{task.fields[note]}"),
        console=Console(file=stream),
        transient=True,
    )
    return BarProgress(bars)
