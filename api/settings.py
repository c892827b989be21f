"""Settings of the service: from the environment (`ZHENZAN_…`), or from options of `serve`.

A setting is named like its field: `ZHENZAN_DATA_DIR`, `ZHENZAN_ROOTS`, …. Lists of folders are
separated as the system separates them (`:`), lists of prefixes by spaces or commas.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from zhenzan.features.errors import UsageError

__all__ = ["LOOPBACK", "Settings", "misspelt"]

LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")
"""Addresses that only this machine reaches."""

_MB: Final = 1 << 20
_PREFIX: Final = "ZHENZAN_"
_OF_TESTS: Final = "ZHENZAN_TEST_"


def _folders(value: Any) -> Any:
    return tuple(part for part in value.split(os.pathsep) if part) if _is_text(value) else value


def _words(value: Any) -> Any:
    return tuple(value.replace(",", " ").split()) if _is_text(value) else value


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _home() -> Path:
    base = os.environ.get("XDG_DATA_HOME")
    return (Path(base) if base else Path.home() / ".local" / "share") / "zhenzan"


class Settings(BaseSettings):
    """What an operator chooses; none of it changes while the service runs.

    Attributes:
        data_dir: Where the service keeps what it owns: database, uploads, scans.
        database_url: SQLAlchemy address; default SQLite in `data_dir`. `postgresql://…` works.
        host: Address to listen on; any but loopback needs keys.
        port: Port to listen on.
        hosts: Names under which the service may be called besides loopback ones; `*` for any.
        https: A proxy before the service ends TLS: cookies go over it alone, browsers are told so.
        roots: Folders that jobs may read by path.
        url_prefixes: Addresses that jobs may read, by prefix.
        store_url: Where scans are kept (fsspec address or folder); default in `data_dir`.
        max_body_bytes: Largest body of a request that is no upload.
        max_upload_bytes: Largest upload.
        body_grace_s: Seconds that any body may take, however slow.
        body_bytes_per_s: What a body must arrive at past the grace, on average.
        rate_per_minute: Requests that one key may make a minute; 0 for no limit.
        session_hours: How long a log-in to the console lasts.
        retention_days: Scans and uploads are deleted after so many days; None keeps them.
        scorers: Processes that score sections while callers wait; started at the first request.
        workers: Jobs that run at once in the embedded worker; 0 leaves them to `zhenzan work`.
        job_memory: Limit of the engine in one job, such as `2GB`; None leaves it to the engine.
        job_threads: Of the engine in one job; None means one a core.
        followers: 1 judges streams beside the service; 0 leaves them to `zhenzan follow`.
        stream_judges: Processes that judge a pass over a stream where it has several parts; 1
            judges in the follower itself.
        stream_every_s: Seconds from one pass over a stream to the next, at least.
        stream_backlog_rows: Rows of a stream that may wait to be judged; past it, 503.
        stream_batch_bytes: Largest batch of a stream.
        shadow: Decisions are collected to measure precision; nothing is handed on.
        log_json: Logs as JSON lines instead of text.
    """

    model_config = SettingsConfigDict(env_prefix=_PREFIX, frozen=True, extra="forbid")

    data_dir: Path = Field(default_factory=_home)
    database_url: str = Field("", repr=False)  # may hold a password
    host: str = "127.0.0.1"
    port: int = Field(8650, ge=0, le=65535)
    hosts: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)] = ()
    https: bool = False
    roots: Annotated[tuple[Path, ...], NoDecode, BeforeValidator(_folders)] = ()
    url_prefixes: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)] = ()
    store_url: str = Field("", repr=False)
    max_body_bytes: int = Field(8 * _MB, ge=1024)
    max_upload_bytes: int = Field(2048 * _MB, ge=1024)
    body_grace_s: float = Field(30, gt=0)
    body_bytes_per_s: int = Field(4096, ge=1)
    rate_per_minute: int = Field(1200, ge=0)
    session_hours: float = Field(12, gt=0)
    retention_days: int | None = Field(None, ge=1)
    scorers: int = Field(2, ge=1, le=64)
    workers: int = Field(1, ge=0)
    job_memory: str | None = Field(None, pattern=r"^\d+(\.\d+)?\s*[KMGT]i?B$")
    job_threads: int | None = Field(None, ge=1)
    followers: int = Field(1, ge=0, le=1)
    stream_judges: int = Field(2, ge=1, le=64)
    stream_every_s: float = Field(10, ge=0)
    stream_backlog_rows: int = Field(2_000_000, ge=1)
    stream_batch_bytes: int = Field(64 * _MB, ge=1024)
    shadow: bool = False
    log_json: bool = False

    @model_validator(mode="before")
    @classmethod
    def _fill_in(cls, given: Any) -> Any:
        """What depends on the folder of data."""
        folder = Path(given.get("data_dir") or _home()).expanduser().absolute()
        filled = {**given, "data_dir": folder}
        filled["database_url"] = given.get("database_url") or f"sqlite:///{folder}/zhenzan.db"
        filled["store_url"] = given.get("store_url") or str(folder / "scans")
        return filled

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach the service."""
        return self.host in LOOPBACK

    @classmethod
    def read(cls, **options: Any) -> Settings:
        """Settings of the environment, with options in front; those that are None do not count.

        Raises:
            UsageError: A setting cannot be right; the value is not repeated (it may be a secret).
        """
        try:
            return cls(**{name: value for name, value in options.items() if value is not None})
        except ValueError as error:
            raise UsageError(_told(error)) from error


def misspelt(names: Iterable[str]) -> dict[str, str | None]:
    """Names of the environment that set nothing, each with the setting that may be meant.

    `ZHENZAN_TEST_…` is left to tests.
    """
    known = {name.upper() for name in Settings.model_fields}
    found = {}
    for name in sorted(names):
        upper = name.upper()  # settings are read whatever their case
        setting = upper.removeprefix(_PREFIX)
        if setting == upper or upper.startswith(_OF_TESTS) or setting in known:
            continue
        near = get_close_matches(setting, known, n=1)
        found[name] = f"{_PREFIX}{near[0]}" if near else None
    return found


def _told(error: ValueError) -> str:
    parts = error.errors() if isinstance(error, ValidationError) else []
    faults = [f"ZHENZAN_{'_'.join(map(str, p['loc'])).upper()}: {p['msg']}" for p in parts]
    return "settings of the service: " + ("; ".join(faults) or "cannot be read")
