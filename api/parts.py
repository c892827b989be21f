"""The parts of the service, one line each: started in this order, stopped in the reverse one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from zhenzan.api.context import Part, Service
from zhenzan.api.jobs.embedded import EmbeddedWorkers
from zhenzan.api.jobs.event_stream import EventStreams
from zhenzan.api.operations.keeper import Keeper
from zhenzan.api.operations.metrics import Metrics
from zhenzan.api.results.rows import ResultPages
from zhenzan.api.scoring.pool import ScorePool
from zhenzan.api.streams.embedded import EmbeddedFollower

__all__ = ["PARTS"]

PARTS: Final[tuple[Callable[[Service], Part], ...]] = (
    Metrics,
    EventStreams,
    ResultPages,
    ScorePool,
    EmbeddedWorkers,
    EmbeddedFollower,
    Keeper,
)
