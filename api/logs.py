"""Logs on stderr: JSON lines for machines, plain lines for people; no text, no secret.

A log line is made of what our own code says plus known fields. Errors are told by type and place:
their messages may hold what people wrote.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Final, TextIO

from zhenzan.api.request_log import where
from zhenzan.api.settings import Settings, misspelt
from zhenzan.detector.terminal import clean

__all__ = ["FIELDS", "JsonLines", "PlainLines", "begin", "configure"]

_log: Final = logging.getLogger("zhenzan.api")

FIELDS: Final = (
    "request_id", "method", "route", "status", "ms", "tenant", "key", "job", "scan", "stream",
    "step", "worker", "rows", "error", "at",
)  # fmt: skip
"""What may stand in `extra=`; anything else is left out."""


def _facts(record: logging.LogRecord) -> dict[str, Any]:
    found = {name: getattr(record, name, None) for name in FIELDS}
    trace: tuple[Any, BaseException | None, TracebackType | None] | None = None
    if isinstance(record.exc_info, tuple):
        trace = record.exc_info
    if trace is not None and trace[1] is not None:
        found |= where(trace[1])
    return {name: value for name, value in found.items() if value is not None}


def _when(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class JsonLines(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line = {
            "time": _when(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_facts(record),
        }
        return json.dumps(line, ensure_ascii=True, default=str)


class PlainLines(logging.Formatter):
    """Time, level, words, facts."""

    def format(self, record: logging.LogRecord) -> str:
        """The line; nothing in it acts on a terminal."""
        facts = " ".join(f"{name}={value}" for name, value in _facts(record).items())
        words = f"{_when(record)} {record.levelname.lower():7} {record.getMessage()} {facts}"
        return clean(words.rstrip(), 2000)


def begin(settings: Settings) -> None:
    """Logs of a process that an operator starts, and first a warning of names that set nothing."""
    configure(as_json=settings.log_json)
    for name, meant in misspelt(os.environ).items():
        hint = f"; {meant} may be meant" if meant else ""
        _log.warning("%s is no setting%s", clean(name, 80), hint)


def configure(*, as_json: bool, stream: TextIO | None = None) -> None:
    """Sends all logs of this process there, in that form.

    Args:
        as_json: JSON lines rather than plain ones.
        stream: Default: stderr.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines() if as_json else PlainLines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("zhenzan").setLevel(logging.INFO)
    logging.getLogger("uvicorn").setLevel(logging.INFO)
