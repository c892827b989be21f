"""`zhenzan purge`, `backup`, `restore`, `follow`: what an operator does."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from zhenzan.api.cli.common import DatabaseUrl, DataDir, open_database, service_settings
from zhenzan.detector.cli.common import JsonFlag, emit_json, say
from zhenzan.features.errors import UsageError, ZhenzanError

if TYPE_CHECKING:
    from zhenzan.api.jobs.store import StoreBase
    from zhenzan.api.settings import Settings

__all__ = ["backup", "follow", "purge", "restore"]


def purge(
    days: Annotated[
        int | None,
        typer.Option("--days", metavar="N", min=1, help="Delete what is older than so many days."),
    ] = None,
    account: Annotated[
        str | None,
        typer.Option(
            "--account", metavar="ID", help="Take out this account, spelled as in the scans."
        ),
    ] = None,
    tenant: Annotated[
        str, typer.Option("--tenant", metavar="ID", help="Whose data, with --account.")
    ] = "default",
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    as_json: JsonFlag = False,
) -> None:
    """Delete by age, or take one account out of scans, streams and decisions.

    Says what went and what stays. Whoever deletes by age all the time sets ZHENZAN_RETENTION_DAYS.
    """
    if (days is None) == (account is None):
        raise UsageError("say either --days or --account")
    settings = service_settings(data_dir=data_dir, database_url=database_url)
    from zhenzan.api.clock import system_clock
    from zhenzan.api.operations.retention import purge_account, purge_old

    database, store = open_database(settings), _store(settings)
    try:
        if days is not None:
            done = purge_old(database, store, settings, system_clock(), days)
        else:
            done = purge_account(database, store, settings, tenant, str(account))
    finally:
        database.close()
    if as_json:
        emit_json({"gone": done.gone, "stays": list(done.stays), "failed": done.failed})
    else:
        say("\n".join(f"gone: {count} {kind}" for kind, count in done.gone.items()))
        say("\n".join(f"stays: {words}" for words in done.stays))
    if done.failed:
        raise ZhenzanError("not all went, run it again: " + "; ".join(done.failed))


def backup(
    out: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that does not exist yet.")],
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    as_json: JsonFlag = False,
) -> None:
    """Copy database, scans and streams to DIR; the service may run meanwhile."""
    settings = service_settings(data_dir=data_dir, database_url=database_url)
    from zhenzan.api.clock import system_clock
    from zhenzan.api.operations.backup import back_up

    database = open_database(settings)
    try:
        made = back_up(database, _store(settings), settings, out, system_clock())
    finally:
        database.close()
    _show(made, as_json)


def restore(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A backup.")],
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    check: Annotated[
        bool, typer.Option("--check", help="Only compare every file with its digest.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Put a backup into an empty place, before the service is started there."""
    settings = service_settings(data_dir=data_dir, database_url=database_url)
    from zhenzan.api.operations.backup import check_backup
    from zhenzan.api.operations.backup import restore as put_back

    _show(check_backup(folder) if check else put_back(folder, settings), as_json)


def follow(data_dir: DataDir = None, database_url: DatabaseUrl = None) -> None:
    """Judge streams as they grow, where `serve` runs with ZHENZAN_FOLLOWERS=0."""
    settings = service_settings(data_dir=data_dir, database_url=database_url)
    from zhenzan.api.clock import system_clock
    from zhenzan.api.logs import begin
    from zhenzan.api.streams.follower import Follower

    begin(settings)
    stopped = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stopped.set())
    database = open_database(settings)
    try:
        Follower(settings, database, system_clock).run_forever(stopped)
    finally:
        database.close()


def _store(settings: Settings) -> StoreBase:
    from zhenzan.api.jobs.store import open_store
    from zhenzan.api.jobs.tasks import cache_of

    return open_store(settings.store_url, cache_of(settings))


def _show(record: dict[str, Any], as_json: bool) -> None:
    if as_json:
        emit_json(record)
    else:
        say("\n".join(f"{name}: {value}" for name, value in record.items()))
