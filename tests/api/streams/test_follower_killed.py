"""The follower as a process: killed at random points it loses nothing, told to stop it ends."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from zhenzan.api.context import Service
from zhenzan.api.settings import Settings
from zhenzan.api.storage.models import NamedReference, StoredScan
from zhenzan.api.streams.embedded import EmbeddedFollower

pytestmark = pytest.mark.slow
HEADERS = {"Content-Type": "application/x-ndjson"}


def prepare(client: TestClient, learnt: Path) -> Service:
    held: Any = client.app.state.service  # type: ignore[attr-defined]
    place = Path(held.settings.store_url) / "default" / "scan_1"
    shutil.copytree(learnt, place / "reference" / "attribution")
    for name in ("run.json", "sections.parquet"):
        (place / name).write_text("{}")
    with held.database.session() as session:
        session.add(
            StoredScan(
                id="scan_1", tenant_id="default", owner="local", title="t", n_sections=1,
                n_engagements=1, size_bytes=1, summary={}, created_ms=1,
            )
        )  # fmt: skip
        session.flush()
        session.add(
            NamedReference(
                id="ref_1", tenant_id="default", name="spring", scan_id="scan_1", created_ms=1,
                created_by="local",
            )
        )  # fmt: skip
    client.put("/v1/streams/main", json={"reference": "spring"}).raise_for_status()
    return held  # type: ignore[no-any-return]


def judged(client: TestClient, batches: int, seconds: float) -> list[dict[str, Any]]:
    """All sections once so many batches are judged."""
    deadline = time.monotonic() + seconds
    while client.get("/v1/streams/main").json()["judged"] < batches:
        assert time.monotonic() < deadline, "not judged in time"
        time.sleep(0.2)
    page = client.get("/v1/streams/main/sections", params={"limit": 1000}).json()
    return [{k: v for k, v in row.items() if k != "judged_ms"} for row in page["items"]]


def test_kills_lose_and_double_nothing(
    settings: Settings,
    run_service: Callable[..., Any],
    learnt: Path,
    lines: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("zhenzan.api.streams.embedded._AGAIN_S", 0.0)
    rng, parts = np.random.default_rng(1), np.array_split(np.array(lines, object), 8)
    with run_service(settings.model_copy(update={"stream_every_s": 0.0})) as client:
        held = prepare(client, learnt)
        following = held.part(EmbeddedFollower)._following
        assert following is not None
        kills = 0
        for number, part in enumerate(parts):
            client.post(
                "/v1/engagements?stream=main",
                content="\n".join(part.tolist()),
                headers={**HEADERS, "X-Batch-Id": str(number)},
            ).raise_for_status()
            time.sleep(float(rng.uniform(1.0, 5.0)))  # in imports, in a pass, between two
            if following.pid is not None:
                os.kill(following.pid, signal.SIGKILL)
                kills += 1
        rows = judged(client, len(parts), 120)
        folder = held.settings.data_dir / "streams"
        names = [p.name for p in folder.rglob("*") if p.is_dir()]
        assert not [name for name in names if name.startswith("pass-")]
        pid = following.pid
    assert kills == 8
    assert sum(row["n_engagements"] for row in rows) == sum('"ts_ms"' in line for line in lines)
    assert len(rows) == 60
    with pytest.raises(ProcessLookupError):  # stopped with the service
        os.kill(pid or 0, 0)
