"""A whole service on a real port, with keys, a worker and something that it has scanned."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any

import httpx2
import pytest
from zhenzan.api.context import Service
from zhenzan.api.security.keys import create_key
from zhenzan.api.server import server
from zhenzan.api.settings import Settings
from zhenzan.api.storage import Database
from zhenzan.api.storage.models import Tenant

START_MS = 1_700_000_000_000


@dataclass
class Running:
    """A service, its address, and how to get keys."""

    url: str
    held: Service
    settings: Settings

    def key(self, *roles: str, tenant: str = "default") -> str:
        database = Database(self.settings.database_url)
        with database.session() as session:
            if session.get(Tenant, tenant) is None:
                session.add(Tenant(id=tenant, title=tenant, created_ms=0))
                session.flush()
            _, secret = create_key(
                session, tenant_id=tenant, name=tenant, roles=roles, now_ms=self.held.clock()
            )
        database.close()
        return secret

    def caller(self, *roles: str, tenant: str = "default") -> httpx2.Client:
        headers = {"Authorization": f"Bearer {self.key(*roles, tenant=tenant)}"}
        return httpx2.Client(base_url=self.url, headers=headers, timeout=60)


def write_world(folder: Path, mark: str, hidden: str = "hidden") -> Path:
    """Three small sections. Ids hold the mark; texts, and a third of the ids, what is hidden."""
    folder.mkdir(parents=True)
    likes = [
        {
            "kind": "like",
            "section_id": f"{mark}-s{section}" if section < 2 else f"{hidden}-s",
            "account_id": f"{mark}-p{i}" if section < 2 else f"{hidden}-a{i}",
            "ts_ms": START_MS + section * 86_400_000 + i * (20_000 if section < 2 else 3_100_000),
        }
        for section in range(3)
        for i in range(40)
    ]
    comments = [
        {
            "comment_id": f"{mark}-c{i}",
            "section_id": f"{mark}-s{i % 2}",
            "account_id": f"{mark}-p{i}",
            "text": f"{hidden} 支持!+1" if i % 2 else f"{hidden} 第{i}次来,写得好",
            "created_ms": START_MS + i * 60_000,
        }
        for i in range(20)
    ]
    for name, rows in (("engagement", likes), ("comment", comments)):
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (folder / f"{name}.jsonl").write_text(lines, "utf-8")
    return folder


def scanned(caller: httpx2.Client, world: Path, title: str) -> dict[str, Any]:
    """A job that has ended; it must have succeeded."""
    body = {"paths": [str(world)], "title": title}
    job = caller.post("/v1/jobs", json=body, headers={"Idempotency-Key": title}).json()
    for _ in range(600):
        found = caller.get(f"/v1/jobs/{job['id']}").json()
        if found["status"] not in ("queued", "running"):
            break
        time.sleep(0.2)
    assert found["status"] == "succeeded", found
    return dict(found)


@contextmanager
def whole_service(settings: Settings) -> Iterator[Running]:
    running = server(settings)
    thread = Thread(target=running.run, daemon=True)
    thread.start()
    while not running.started:
        assert thread.is_alive()
        time.sleep(0.05)
    port = running.servers[0].sockets[0].getsockname()[1]
    held = running.config.app.state.service
    try:
        yield Running(f"http://127.0.0.1:{port}", held, settings)
    finally:
        running.should_exit = True
        thread.join(60)


@pytest.fixture
def whole(tmp_path: Path, database_url: str) -> Iterator[Running]:
    (tmp_path / "data").mkdir(exist_ok=True)
    settings = Settings.read(
        data_dir=tmp_path / "data", database_url=database_url, port=0, rate_per_minute=0,
        roots=(tmp_path / "roots",), workers=1,
    )  # fmt: skip
    with whole_service(settings) as running:
        yield running


@pytest.fixture
def make_world(tmp_path: Path) -> Callable[..., Path]:
    return lambda mark, *more: write_world(tmp_path / "roots" / mark, mark, *more)


@pytest.fixture
def scan_it() -> Callable[..., dict[str, Any]]:
    return scanned
