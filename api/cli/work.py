"""`zhenzan work`: jobs of the service in a process, or on a machine, of their own."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from zhenzan.api.cli.common import DatabaseUrl, DataDir, open_database, service_settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zhenzan.api.jobs.worker import Worker

__all__ = ["work"]


def work(
    workers: Annotated[
        int | None, typer.Option("--workers", metavar="N", min=1, help="Jobs at once. Default: 1.")
    ] = None,
    until_idle: Annotated[
        bool, typer.Option("--until-idle", help="Stop when no job is left to do.")
    ] = False,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    root: Annotated[
        list[Path] | None,
        typer.Option("--root", metavar="DIR", help="A folder that jobs may read; repeat it."),
    ] = None,
    url_prefix: Annotated[
        list[str] | None,
        typer.Option(
            "--url-prefix", metavar="URL", help="Addresses that jobs may read; repeat it."
        ),
    ] = None,
    store_url: Annotated[
        str | None,
        typer.Option("--store-url", metavar="URL", help="Where scans are kept. Default: in DIR."),
    ] = None,
    log_json: Annotated[bool | None, typer.Option("--log-json", help="Logs as JSON lines.")] = None,
) -> None:
    """Do the jobs of a service that runs elsewhere, or with --workers 0.

    Any number of these may share one database; a killed one loses no job. All of them need the
    settings of the service and its folder of data. Ctrl-C hands the job at hand to another.
    """
    settings = service_settings(
        workers=workers,
        data_dir=data_dir,
        database_url=database_url,
        roots=tuple(root) if root else None,
        url_prefixes=tuple(url_prefix) if url_prefix else None,
        store_url=store_url,
        log_json=log_json,
    )
    from zhenzan.api.jobs.reach import check_reach
    from zhenzan.api.jobs.worker import Worker
    from zhenzan.api.logs import begin

    begin(settings)
    check_reach(settings)
    database = open_database(settings)
    try:
        made = [Worker(settings, database) for _ in range(max(settings.workers, 1))]
        _run(made, until_idle=until_idle)
    finally:
        database.close()


def _run(workers: Sequence[Worker], *, until_idle: bool) -> None:
    """Until a signal comes; the main thread only waits, so that it hears it."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    threads = [
        threading.Thread(target=worker.run_forever, args=(stop,), kwargs={"until_idle": until_idle})
        for worker in workers
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        while thread.is_alive():
            thread.join(0.5)
