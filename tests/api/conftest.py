"""A running service on a folder of its own, on SQLite and, where there is one, on PostgreSQL.

`ZHENZAN_TEST_POSTGRES` is the URL of a server on which databases may be made and dropped.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from zhenzan.api.app import create_app
from zhenzan.api.context import Service
from zhenzan.api.security.keys import create_key
from zhenzan.api.settings import Settings
from zhenzan.api.storage.models import Tenant

POSTGRES = os.environ.get("ZHENZAN_TEST_POSTGRES", "")
DATABASES = [
    "sqlite",
    *([pytest.param("postgresql", marks=pytest.mark.postgres)] if POSTGRES else []),
]


@contextmanager
def own_postgres() -> Iterator[str]:
    """The URL of a new, empty database."""
    name = f"zhenzan_{secrets.token_hex(6)}"
    server = make_url(POSTGRES).set(drivername="postgresql+psycopg")
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        yield server.set(database=name).render_as_string(hide_password=False)
        with engine.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    finally:
        engine.dispose()


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database; a test that uses it runs once for each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/data/zhenzan.db"
    else:
        with own_postgres() as url:
            yield url


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    """No keys, loopback, nothing in the background."""
    (tmp_path / "data").mkdir(exist_ok=True)
    return Settings.read(data_dir=tmp_path / "data", database_url=database_url, workers=0)


@pytest.fixture
def run_service() -> Callable[..., Any]:
    """`with run_service(settings) as client:` a service of the test's own settings."""
    return running


@contextmanager
def running(settings: Settings, **options: Any) -> Iterator[TestClient]:
    app = create_app(settings, **options)
    with TestClient(
        app,
        base_url="http://127.0.0.1:8650",
        client=("127.0.0.1", 50000),
        raise_server_exceptions=False,
    ) as client:
        yield client


@pytest.fixture
def client(settings: Settings) -> Iterator[TestClient]:
    """Talks to a running service without keys, as the user of a laptop does."""
    with running(settings) as started:
        yield started


@pytest.fixture
def app(client: TestClient) -> FastAPI:
    """The application behind `client`."""
    assert isinstance(client.app, FastAPI)
    return client.app


@pytest.fixture
def held(app: FastAPI) -> Service:
    """What the service behind `client` holds: database, clock, parts."""
    found = app.state.service
    assert isinstance(found, Service)
    return found


@pytest.fixture
def make_key(held: Service) -> Callable[..., dict[str, str]]:
    """`make_key("creator", tenant="a")`: headers of a new key, its tenant made where needed."""

    def make(*roles: str, tenant: str = "default", **options: Any) -> dict[str, str]:
        with held.database.session() as session:
            if session.get(Tenant, tenant) is None:
                session.add(Tenant(id=tenant, title=tenant, created_ms=0))
                session.flush()
            _, secret = create_key(
                session,
                tenant_id=tenant,
                name=f"{'-'.join(roles)} of {tenant}",
                roles=roles or ("admin",),
                now_ms=held.clock(),
                **options,
            )
        return {"Authorization": f"Bearer {secret}"}

    return make
