"""Coded events from plain lists, through the real engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest
from zhenzan.models.attribution.events import Events, prepare

Make = Callable[..., Events]


@pytest.fixture
def make_events(engine) -> Make:
    """`make_events(rows)`: rows of (account or None, section, second)."""

    def make(rows: list[tuple[Any, Any, float]]) -> Events:
        times = pa.array([1_700_000_000_000 + int(r[2] * 1000) for r in rows], pa.int64())
        accounts = [None if r[0] is None else str(r[0]) for r in rows]
        table = pa.table(
            {
                "engagement_id": pa.array([f"{i:08d}" for i in range(len(rows))], pa.string()),
                "kind": pa.array(["like"] * len(rows), pa.string()),
                "section_id": pa.array([str(r[1]) for r in rows], pa.string()),
                "comment_id": pa.nulls(len(rows), pa.string()),
                "account_id": pa.array(accounts, pa.string()),
                "ts_lo_ms": times,
                "ts_hi_ms": times,
            }
        )
        return prepare(engine, {"engagement": engine.load("engagement", table)})

    return make
