"""`zhenzan keys` and `zhenzan tenants`, and what happens where the service is not installed."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
import typer
from sqlalchemy import select
from typer.testing import CliRunner
from zhenzan.api.cli import common
from zhenzan.api.security.keys import find_key
from zhenzan.api.storage import Database
from zhenzan.api.storage.models import AuditEvent
from zhenzan.detector.cli import plugged
from zhenzan.detector.cli.common import Commands
from zhenzan.detector.cli.main import app


@pytest.fixture
def call(tmp_path: Path) -> Callable[..., Any]:
    runner = CliRunner()

    def run(*words: str, code: int = 0) -> Any:
        found = runner.invoke(app, [*words, "--data-dir", str(tmp_path)])
        assert found.exit_code == code, found.output
        return found

    return run


def test_a_key_is_shown_once_and_works(call: Callable[..., Any], tmp_path: Path) -> None:
    made = call("keys", "create", "--role", "reviewer", "--name", "the intake", "--expires", "90d")
    secret = made.stdout.strip()
    database = Database(f"sqlite:///{tmp_path}/zhenzan.db")
    with database.reading() as session:
        row = find_key(session, secret, 1)
        assert row is not None and row.id in made.stderr and row.name == "the intake"
        assert row.expires_ms == row.created_ms + 90 * 86_400_000
        (event,) = session.scalars(select(AuditEvent)).all()
    assert (event.actor, event.action, event.target) == ("operator", "key.create", row.id)
    assert secret not in json.dumps(event.detail)
    listed = call("keys", "list").stdout
    assert row.id in listed and "the intake" in listed and "valid" in listed
    assert secret[3:] not in listed and row.digest not in listed
    call("keys", "revoke", row.id)
    with database.reading() as session:
        assert find_key(session, secret, 1) is None
    (told,) = json.loads(call("keys", "list", "--json").stdout)
    assert told["state"] == "revoked" and "digest" not in told and "key" not in told
    database.close()


def test_keys_as_json(call: Callable[..., Any]) -> None:
    made = call("keys", "create", "--role", "creator", "--scope", "score", "--json")
    told = json.loads(made.stdout)
    assert told["key"].startswith("zz_") and told["scopes"] == ["score"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("keys", "create", "--role", "owner"), "owner"),
        (("keys", "create", "--role", "creator", "--scope", "admin"), "more than creator"),
        (("keys", "create", "--role", "admin", "--tenant", "absent"), "absent"),
        (("keys", "create", "--role", "admin", "--expires", "soon"), "soon"),
        (("keys", "revoke", "key_absent"), "key_absent"),
        (("tenants", "create", "No Such"), "No Such"),
        (("tenants", "create", "../up"), "../up"),
        (("tenants", "create", "default"), "already"),
        (("keys", "list", "--database-url", "mysql://x/y"), "mysql"),
    ],
)
def test_what_cannot_be_is_said(
    call: Callable[..., Any], words: tuple[str, ...], told: str
) -> None:
    assert told in call(*words, code=2).output


def test_tenants(call: Callable[..., Any]) -> None:
    call("tenants", "create", "shop-1", "--title", "The shop")
    found = json.loads(call("tenants", "list", "--json").stdout)
    assert [row["id"] for row in found] == ["default", "shop-1"]
    assert "The shop" in call("tenants", "list").stdout
    call("keys", "create", "--role", "admin", "--tenant", "shop-1")
    assert "shop-1" in call("keys", "list").stdout


def test_settings_that_cannot_be_are_said_without_their_value(
    call: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZHENZAN_PORT", "hidden-value")
    output = call("keys", "list", code=2).output
    assert "ZHENZAN_PORT" in output and "hidden" not in output


def test_without_the_extra_it_says_what_to_install(
    call: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(common, "find_spec", lambda name: None)
    for words in (("keys", "list"), ("tenants", "list"), ("serve",)):
        assert "zhenzan[service]" in call(*words, code=3).output


def test_a_command_that_cannot_be_loaded_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    points = [
        EntryPoint("lost", "no_such_module:go", plugged.ENTRY_POINT_GROUP),
        EntryPoint("fine", "json:dumps", plugged.ENTRY_POINT_GROUP),
    ]
    monkeypatch.setattr(plugged, "entry_points", lambda group: points)
    group = typer.Typer(cls=Commands)
    plugged.add_commands(group)
    found = CliRunner().invoke(group, ["lost"])
    assert found.exit_code == 3 and "no_such_module" in found.output
    assert "lost" in CliRunner().invoke(group, ["--help"]).output
