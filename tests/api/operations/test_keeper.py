"""What goes by age beside the service."""

from __future__ import annotations

import time

from sqlalchemy import select
from zhenzan.api.context import Service
from zhenzan.api.once import KEPT_MS
from zhenzan.api.operations.keeper import Keeper
from zhenzan.api.storage.models import Idempotency


def test_kept_answers_go_though_nothing_else_does(held: Service) -> None:
    assert held.settings.retention_days is None
    now_ms = held.clock()
    with held.database.session() as session:
        for key, age in (("old", KEPT_MS + 60_000), ("new", KEPT_MS - 60_000)):
            session.add(
                Idempotency(
                    tenant_id="default", owner="local", key=key, request="", answer={},
                    created_ms=now_ms - age,
                )
            )  # fmt: skip
    keeper = Keeper(held)
    keeper.start()
    kept: list[str] = []
    for _ in range(200):
        with held.database.reading() as session:
            kept = list(session.scalars(select(Idempotency.key)))
        if "old" not in kept:
            break
        time.sleep(0.05)
    keeper.stop()
    assert kept == ["new"]
