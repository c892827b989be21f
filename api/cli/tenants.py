"""`zhenzan tenants`: whose data never meet."""

from __future__ import annotations

import re
from typing import Annotated, Final

import typer
from zhenzan.api.cli.common import DatabaseUrl, DataDir, open_database, service_settings, shown
from zhenzan.detector.cli.common import JsonFlag, columns, emit_json, say
from zhenzan.features.errors import UsageError

__all__ = ["tenants"]

tenants = typer.Typer(no_args_is_help=True, help="Make and list tenants.")

_ID: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")  # it names a folder of the store


@tenants.command()
def create(
    tenant: Annotated[str, typer.Argument(metavar="ID", help="Small letters, digits and hyphens.")],
    title: Annotated[str, typer.Option("--title", metavar="TEXT", help="For people.")] = "",
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Make a tenant; keys of it are made with `zhenzan keys create --tenant ID`."""
    if not _ID.fullmatch(tenant):
        raise UsageError(f"{tenant!r} cannot name a tenant: small letters, digits, hyphens")
    settings = service_settings(data_dir=data_dir, database_url=database_url)
    from zhenzan.api.clock import system_clock
    from zhenzan.api.security.audit import record
    from zhenzan.api.security.principal import operator_of
    from zhenzan.api.storage.models import Tenant

    now = system_clock()
    database = open_database(settings)
    try:
        with database.session() as session:
            if session.get(Tenant, tenant) is not None:
                raise UsageError(f"there is a tenant {tenant!r} already")
            session.add(Tenant(id=tenant, title=title or tenant, created_ms=now))
            session.flush()
            record(session, operator_of(tenant), "tenant.create", tenant, now_ms=now)
    finally:
        database.close()
    say(tenant)


@tenants.command(name="list")
def list_tenants(
    data_dir: DataDir = None, database_url: DatabaseUrl = None, as_json: JsonFlag = False
) -> None:
    """List all tenants."""
    settings = service_settings(data_dir=data_dir, database_url=database_url)
    from sqlalchemy import select
    from zhenzan.api.storage.models import Tenant
    from zhenzan.detector.terminal import clean

    database = open_database(settings)
    try:
        with database.reading() as session:
            rows = session.scalars(select(Tenant).order_by(Tenant.id)).all()
    finally:
        database.close()
    if as_json:
        emit_json([{"id": r.id, "title": r.title, "created_ms": r.created_ms} for r in rows])
        return
    for line in columns([(r.id, shown(r.created_ms), clean(r.title)) for r in rows]):
        say(line)
