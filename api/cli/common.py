"""What the service's commands share: options, times, and the check for the extra."""

from __future__ import annotations

import re
import time
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from zhenzan.features.errors import MissingDependencyError, UsageError

if TYPE_CHECKING:
    from zhenzan.api.settings import Settings
    from zhenzan.api.storage import Database

__all__ = ["DataDir", "DatabaseUrl", "duration_ms", "open_database", "service_settings", "shown"]

DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir", metavar="DIR", help="Folder of the service. Default: ZHENZAN_DATA_DIR."
    ),
]
DatabaseUrl = Annotated[
    str | None,
    typer.Option(
        "--database-url",
        metavar="URL",
        help="sqlite:///FILE or postgresql://…. Default: ZHENZAN_DATABASE_URL, or a file in DIR.",
    ),
]
_NEEDED: Final = ("alembic", "fastapi", "fsspec", "pydantic_settings", "sqlalchemy", "uvicorn")
_UNITS: Final = {"m": 60_000, "h": 3_600_000, "d": 86_400_000}


def service_settings(**options: Any) -> Settings:
    """Settings from the environment and these options.

    Raises:
        MissingDependencyError: The extra `service` is not installed.
        UsageError: A setting cannot be right.
    """
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise MissingDependencyError(
            f"this needs the extra `service` (absent: {', '.join(missing)}); "
            "install it with: pip install 'zhenzan[service]'"
        )
    from zhenzan.api.settings import Settings

    return Settings.read(**options)


def open_database(settings: Settings) -> Database:
    """The database with all its tables; made where there is none."""
    from zhenzan.api.context import opened

    return opened(settings)


def duration_ms(text: str | None, option: str) -> int | None:
    """Milliseconds of `30m`, `12h` or `90d`.

    Raises:
        UsageError: It is none of these.
    """
    if text is None:
        return None
    found = re.fullmatch(r"([1-9]\d{0,5})([mhd])", text)
    if found is None:
        raise UsageError(f"{option} {text!r} is no time; expected such as 12h or 90d")
    return int(found[1]) * _UNITS[found[2]]


def shown(ms: int | None) -> str:
    """A time for people, UTC; a dash for none."""
    return "-" if ms is None else time.strftime("%Y-%m-%d %H:%M", time.gmtime(ms / 1000))
