"""Every error that a user of Zhenzan can meet; each class knows its exit code and HTTP status.

    ZhenzanError                 1 / 500
    ├── UsageError               2 / 400   an option or argument that cannot be right
    ├── InputError               2 / 422   data that cannot be read: file, line, found, expected
    │   ├── UnknownFormatError             no source recognises the file
    │   ├── SchemaError                    a table without a column it must have
    │   └── NothingToReadError             no file, or no usable row in any
    ├── MissingDependencyError   3 / 503   an optional library or service is absent
    ├── EngineError              1 / 500   a statement or kernel failed: shows both
    └── ScanInterruptedError   130 / 500   stopped by the user; `--resume` continues

Raise early, with what was found, what was expected, and what to do.
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

__all__ = [
    "EngineError",
    "InputError",
    "MissingDependencyError",
    "NothingToReadError",
    "ScanInterruptedError",
    "SchemaError",
    "UnknownFormatError",
    "UsageError",
    "ZhenzanError",
]


class ZhenzanError(Exception):
    """Base of all errors raised on purpose."""

    exit_code: ClassVar[int] = 1
    http_status: ClassVar[int] = 500


class UsageError(ZhenzanError):
    """An option or an argument that cannot be right."""

    exit_code = 2
    http_status = 400


class InputError(ZhenzanError):
    """Data that cannot be read.

    Args:
        message: What is wrong, in one sentence.
        path: The file, where one is at fault.
        line: Line (text formats) or row (columnar formats), from 1.
        found: What stood there; shortened and made printable.
        expected: What should have stood there.
    """

    exit_code = 2
    http_status = 422

    def __init__(
        self,
        message: str,
        *,
        path: Path | str | None = None,
        line: int | None = None,
        found: str | None = None,
        expected: str | None = None,
    ) -> None:
        self.path = None if path is None else str(path)
        self.line = line
        self.found = None if found is None else printable(found)
        self.expected = expected
        where = "" if path is None else f"{path}{'' if line is None else f':{line}'}: "
        detail = "".join(
            f"\n  {label}: {text}"
            for label, text in (("found", self.found), ("expected", expected))
            if text is not None
        )
        super().__init__(f"{where}{message}{detail}")


class UnknownFormatError(InputError):
    """No source recognises the file."""


class SchemaError(InputError):
    """A table without a column that it must have, or with one of the wrong type."""


class NothingToReadError(InputError):
    """No file at the given paths, or no usable row in any of them."""


class MissingDependencyError(ZhenzanError):
    """An optional library or service is absent; the message names how to get it."""

    exit_code = 3
    http_status = 503


class EngineError(ZhenzanError):
    """A statement or kernel failed.

    Args:
        step: The named step of the run that asked for it.
        statement: The SQL text, or the kernel's name.
        cause: The engine's own words.
    """

    def __init__(self, step: str, statement: str, cause: str) -> None:
        self.step = step
        self.statement = statement
        super().__init__(f"step {step!r} failed: {cause}\nstatement:\n{statement}")


class ScanInterruptedError(ZhenzanError):
    """The run was stopped; what was finished is kept for `--resume`."""

    exit_code = 130


def printable(text: str, limit: int = 80) -> str:
    """Shortens hostile text and escapes what a terminal would act on."""
    shown = "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text[:limit]
    )
    return shown + ("…" if len(text) > limit else "")
