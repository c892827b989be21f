"""`zhenzan keys`: who may use the service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from zhenzan.api.cli.common import (
    DatabaseUrl,
    DataDir,
    duration_ms,
    open_database,
    service_settings,
    shown,
)
from zhenzan.detector.cli.common import JsonFlag, columns, emit_json, say

if TYPE_CHECKING:
    from zhenzan.api.storage.models import ApiKey

__all__ = ["keys"]

keys = typer.Typer(no_args_is_help=True, help="Make, list and revoke API keys.")


@keys.command()
def create(
    role: Annotated[
        list[str],
        typer.Option("--role", metavar="ROLE", help="creator, reviewer or admin; repeat it."),
    ],
    name: Annotated[str, typer.Option("--name", metavar="TEXT", help="For people.")] = "",
    tenant: Annotated[
        str, typer.Option("--tenant", metavar="ID", help="Whose data it opens.")
    ] = "default",
    scope: Annotated[
        list[str] | None,
        typer.Option(
            "--scope", metavar="SCOPE", help="Less than the role may do, such as score; repeat it."
        ),
    ] = None,
    expires: Annotated[
        str | None,
        typer.Option("--expires", metavar="TIME", help="It ends after, such as 12h or 90d."),
    ] = None,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    as_json: JsonFlag = False,
) -> None:
    """Make a key and show it, once.

    From the first key on, the service lets nobody in without one.
    """
    settings = service_settings(data_dir=data_dir, database_url=database_url)
    from zhenzan.api.clock import system_clock
    from zhenzan.api.security.audit import record
    from zhenzan.api.security.keys import create_key
    from zhenzan.api.security.principal import operator_of

    now, lasts = system_clock(), duration_ms(expires, "--expires")
    database = open_database(settings)
    try:
        with database.session() as session:
            row, secret = create_key(
                session,
                tenant_id=tenant,
                name=name,
                roles=role,
                scopes=scope or (),
                now_ms=now,
                expires_ms=None if lasts is None else now + lasts,
            )
            facts = {"roles": row.roles, "scopes": row.scopes, "expires_ms": row.expires_ms}
            record(session, operator_of(tenant), "key.create", row.id, facts, now_ms=now)
    finally:
        database.close()
    if as_json:
        emit_json({**_facts(row, now), "key": secret})
        return
    say(secret)
    typer.echo(f"{row.id}: keep it now, it cannot be shown again", err=True)


@keys.command(name="list")
def list_keys(
    data_dir: DataDir = None, database_url: DatabaseUrl = None, as_json: JsonFlag = False
) -> None:
    """List all keys, without the keys themselves."""
    settings = service_settings(data_dir=data_dir, database_url=database_url)
    from sqlalchemy import select
    from zhenzan.api.clock import system_clock
    from zhenzan.api.storage.models import ApiKey

    database = open_database(settings)
    try:
        with database.reading() as session:
            rows = session.scalars(select(ApiKey).order_by(ApiKey.created_ms, ApiKey.id)).all()
    finally:
        database.close()
    found = [_facts(row, system_clock()) for row in rows]
    if as_json:
        emit_json(found)
        return
    head = ("id", "tenant", "state", "roles", "created", "expires", "used", "name")
    for line in columns([head, *(_cells(fact) for fact in found)]):
        say(line)


@keys.command()
def revoke(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="As `zhenzan keys list` shows it.")],
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """End a key and its log-ins, at once."""
    settings = service_settings(data_dir=data_dir, database_url=database_url)
    from zhenzan.api.clock import system_clock
    from zhenzan.api.security.audit import record
    from zhenzan.api.security.keys import revoke_key
    from zhenzan.api.security.principal import operator_of

    now = system_clock()
    database = open_database(settings)
    try:
        with database.session() as session:
            row = revoke_key(session, key_id, now)
            record(session, operator_of(row.tenant_id), "key.revoke", row.id, now_ms=now)
    finally:
        database.close()
    say(f"{key_id} is revoked")


def _facts(row: ApiKey, now_ms: int) -> dict[str, Any]:
    over = row.expires_ms is not None and row.expires_ms <= now_ms
    state = "revoked" if row.revoked_ms is not None else "expired" if over else "valid"
    names = ("id", "tenant_id", "name", "roles", "scopes", "created_ms", "expires_ms")
    facts = {name: getattr(row, name) for name in names}
    return {**facts, "revoked_ms": row.revoked_ms, "used_ms": row.used_ms, "state": state}


def _cells(fact: dict[str, Any]) -> tuple[str, ...]:
    from zhenzan.detector.terminal import clean

    times = (shown(fact[name]) for name in ("created_ms", "expires_ms", "used_ms"))
    who = (fact["id"], clean(fact["tenant_id"]), fact["state"], ",".join(fact["roles"]))
    return (*who, *times, clean(fact["name"]))
