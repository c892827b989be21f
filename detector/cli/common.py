"""What all commands share: options, languages, output, and how an error becomes an exit code.

stdout is data, stderr is progress and logs. Exit codes: 0 done, 1 internal, 2 input or usage,
3 a missing optional dependency or service, 130 interrupted.
"""

from __future__ import annotations

import errno
import json
import os
import re
import sys
import traceback
from collections.abc import Iterable, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, NoReturn, TypeAlias
from zoneinfo import ZoneInfo

import typer
from typer.core import TyperGroup
from zhenzan.detector.terminal import clean
from zhenzan.features.errors import UsageError, ZhenzanError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zhenzan.detector.progress import Progress

__all__ = [
    "LEAST_SCALE",
    "Commands",
    "EngineName",
    "Ids",
    "JsonFlag",
    "KeyFile",
    "Lang",
    "Language",
    "MapFile",
    "Memory",
    "ObservedAt",
    "Paths",
    "SectionId",
    "SourceName",
    "SpillDir",
    "Threads",
    "Timezone",
    "columns",
    "emit_json",
    "language",
    "moment",
    "progress_bar",
    "say",
]

Language: TypeAlias = Literal["zh", "en"]

Paths = Annotated[
    list[Path],
    typer.Argument(metavar="PATH", help="Files or directories of any supported format, mixed."),
]
SourceName = Annotated[
    str | None, typer.Option("--source", metavar="NAME", help="Read all files as this source.")
]
MapFile = Annotated[
    str | None,
    typer.Option(
        "--map",
        metavar="FILE",
        help="A map (TOML file, or a built-in name) for files that no source knows.",
    ),
]
Ids = Annotated[
    Literal["keep", "hash"] | None,
    typer.Option(
        "--ids",
        help="Keep account ids or replace them by keyed hashes. "
        "Default: `canonical` keeps, all other sources hash.",
    ),
]
KeyFile = Annotated[
    Path | None,
    typer.Option("--key-file", metavar="FILE", help="Key of the hashes. Default: one per user."),
]
Timezone = Annotated[
    str | None,
    typer.Option(
        "--timezone", metavar="ZONE", help="Of times that name none, such as Asia/Shanghai."
    ),
]
ObservedAt = Annotated[
    str | None,
    typer.Option(
        "--observed-at",
        metavar="TIME",
        help="When the files were collected: ISO 8601, or milliseconds since 1970.",
    ),
]
SectionId = Annotated[
    str | None,
    typer.Option("--section-id", metavar="ID", help="Section of files that do not name theirs."),
]
EngineName = Annotated[
    Literal["duckdb", "spark"], typer.Option("--engine", help="Where tables live.")
]
Memory = Annotated[
    str | None, typer.Option("--memory", metavar="SIZE", help="Limit of the engine, such as 2GB.")
]
SpillDir = Annotated[
    Path | None,
    typer.Option("--spill-dir", metavar="DIR", help="Where the engine spills past its limit."),
]
Threads = Annotated[
    int | None, typer.Option("--threads", metavar="N", min=1, help="Of the engine.")
]
Lang = Annotated[
    Language | None,
    typer.Option("--lang", help="Language of the text. Default: that of the locale."),
]
JsonFlag = Annotated[bool, typer.Option("--json", help="Print JSON.")]

LEAST_SCALE: Final = 5_000
"""Engagements of the smallest world; that of the simulation, without loading it for a help text."""

_ClickError: type[Exception] = next(
    kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException"
)
# What JSON may hold raw and a terminal would act on: escaped, which JSON readers undo.
_ACTING: Final = re.compile("[\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")


_EARLIEST_MS: Final = 1_104_537_600_000  # 2005-01-01, as for every time in a file


class Commands(TyperGroup):
    """Runs a command; every error becomes one clear message and its exit code."""

    def invoke(self, ctx: Any) -> Any:
        """Runs the command that was asked for."""
        debug = bool(ctx.params.get("debug"))
        try:
            return super().invoke(ctx)
        except (_ClickError, typer.Exit, typer.Abort):
            raise
        except ZhenzanError as error:
            _fail(str(error), error.exit_code, debug)
        except KeyboardInterrupt:
            _fail("stopped", 130, debug)
        except OSError as error:
            if error.errno == errno.EPIPE:  # the reader of our output has gone; typer ends quietly
                raise
            known = error.errno in (errno.ENOSPC, errno.EACCES, errno.EROFS, errno.EPERM)
            _fail(str(error), 2 if known else 1, debug)
        except Exception as error:
            label = f"internal error: {type(error).__name__}: {error}"
            hint = "" if debug else "\n`zhenzan --debug …` shows where; please report it"
            _fail(label + hint, 1, debug)


def _fail(message: str, code: int, debug: bool) -> NoReturn:
    if debug:
        traceback.print_exc()
    shown = "\n".join(clean(line, 2000) for line in message.split("\n"))
    typer.echo(f"error: {shown}", err=True)
    raise typer.Exit(code)


def say(line: str = "") -> None:
    """One line of data on stdout."""
    typer.echo(line)


def emit_json(value: Any) -> None:
    """Data for programs: one JSON document on stdout, safe to look at on a terminal."""
    from zhenzan.detector.statements import plain

    text = json.dumps(plain(value), ensure_ascii=False, indent=2, allow_nan=False)
    typer.echo(_ACTING.sub(lambda m: f"\\u{ord(m[0]):04x}", text))


def language(chosen: Language | None) -> Language:
    """The language asked for, else that of the locale, else English."""
    if chosen is not None:
        return chosen
    names = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    locale = next((name for name in names if name), "")
    return "zh" if locale.lower().startswith("zh") else "en"


def moment(text: str | None, timezone: str | None) -> int | None:
    """Milliseconds since 1970 UTC of an ISO 8601 time or a number.

    Raises:
        UsageError: It is neither, or no time that files could be collected at.
    """
    if text is None:
        return None
    if text.isdigit():
        return _not_early(int(text), text)
    try:
        when = datetime.fromisoformat(text)
        if when.tzinfo is None:
            when = when.replace(tzinfo=ZoneInfo(timezone) if timezone else UTC)
    except (ValueError, KeyError, OSError) as error:
        raise UsageError(
            f"--observed-at {clean(text)!r} is no time; expected 2024-05-01T12:00:00+08:00 or "
            "milliseconds since 1970"
        ) from error
    return _not_early(round(when.timestamp() * 1000), text)


def _not_early(ms: int, text: str) -> int:
    if ms < _EARLIEST_MS:
        raise UsageError(
            f"--observed-at {clean(text)!r} is before 2005, when no file of engagement was made; "
            "expected 2024-05-01T12:00:00+08:00 or milliseconds since 1970, not seconds"
        )
    return ms


def columns(rows: Iterable[Sequence[str]], *, right: Sequence[int] = ()) -> Iterator[str]:
    """Aligned lines; Chinese characters count as the two cells that they take."""
    from rich.cells import cell_len

    lines = [list(row) for row in rows]
    if not lines:
        return
    widths = [max(cell_len(line[i]) for line in lines) for i in range(len(lines[0]))]
    for line in lines:
        cells = [
            " " * (w - cell_len(c)) + c if i in right else c + " " * (w - cell_len(c))
            for i, (c, w) in enumerate(zip(line, widths, strict=True))
        ]
        yield "  ".join(cells).rstrip()


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """A bar on a terminal, plain lines elsewhere; on stderr."""
    from zhenzan.detector.progress import BarProgress, progress_for

    progress = progress_for(sys.stderr)
    if isinstance(progress, BarProgress):
        with progress:
            yield progress
    else:
        yield progress
