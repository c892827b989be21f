"""A small world, scanned once, and laid into the store of whichever service a test runs."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from zhenzan.api.context import Service
from zhenzan.api.ids import new_id
from zhenzan.api.storage.models import StoredScan
from zhenzan.detector import Scan, scan
from zhenzan.detector.simulate import simulate

NOW_MS = 1_790_000_000_000


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Canonical tables of 5,000 acts, with two sections in the top band and one campaign."""
    return simulate(tmp_path_factory.mktemp("world"), scenario="demo", scale=5_000, seed=3).path


@pytest.fixture(scope="session")
def scanned(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Scan:
    """The world's scan, which learnt a reference."""
    return scan(world, tmp_path_factory.mktemp("scanned") / "out", now_ms=NOW_MS)


@pytest.fixture
def publish(held: Service, scanned: Scan) -> Callable[..., str]:
    """`publish(tenant="a", owner="key_…")`: the id of a finished scan in the service."""

    def put(*, tenant: str = "default", owner: str = "local") -> str:
        scan_id = new_id("scan")
        place = Path(held.settings.store_url) / tenant / scan_id
        shutil.copytree(scanned.path, place)
        counts = json.loads((place / "run.json").read_text("utf-8"))["counts"]
        row: dict[str, Any] = {
            "job_id": None, "owner": owner, "title": "demo", "n_sections": counts["sections"],
            "n_engagements": counts["engagements"], "size_bytes": 1,
            "summary": {"counts": counts}, "created_ms": held.clock(), "deleted_ms": None,
        }  # fmt: skip
        with held.database.session() as session:
            session.add(StoredScan(id=scan_id, tenant_id=tenant, **row))
        return scan_id

    return put
