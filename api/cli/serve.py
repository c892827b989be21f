"""`zhenzan serve`: the API and the review pages."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from zhenzan.api.cli.common import DatabaseUrl, DataDir, service_settings

__all__ = ["serve"]


def serve(
    host: Annotated[
        str | None,
        typer.Option(
            "--host", metavar="ADDRESS", help="Default: 127.0.0.1. Any but loopback needs keys."
        ),
    ] = None,
    port: Annotated[
        int | None, typer.Option("--port", metavar="N", min=1, max=65535, help="Default: 8650.")
    ] = None,
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
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers", metavar="N", min=0, help="Jobs at once; 0 leaves them to other processes."
        ),
    ] = None,
    shadow: Annotated[
        bool | None,
        typer.Option("--shadow", help="Decisions only measure precision; nothing is handed on."),
    ] = None,
    log_json: Annotated[bool | None, typer.Option("--log-json", help="Logs as JSON lines.")] = None,
) -> None:
    """Serve the API and the review pages.

    Without keys it listens on this machine only and lets its users in; `zhenzan keys create` makes
    keys. Every setting has an environment variable as well: ZHENZAN_ and its name in capitals.
    """
    settings = service_settings(
        host=host,
        port=port,
        data_dir=data_dir,
        database_url=database_url,
        roots=tuple(root) if root else None,
        url_prefixes=tuple(url_prefix) if url_prefix else None,
        store_url=store_url,
        workers=workers,
        shadow=shadow,
        log_json=log_json,
    )
    from zhenzan.api.server import run

    run(settings)
