"""Metrics for Prometheus: requests as they are answered, the rest as the database tells it.

Requests are those of this process; jobs, streams and scans are those of the whole service, the same
from every process. No label holds an id, a name or an address.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import and_, func, select
from zhenzan.api.context import Service
from zhenzan.api.jobs.states import QUEUED, STATUSES
from zhenzan.api.request_log import RequestSeen
from zhenzan.api.storage.models import Job, StoredScan, Stream, StreamBatch
from zhenzan.detector.versions import zhenzan_version

__all__ = ["CONTENT_TYPE", "Metrics"]

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST

# Upper ends in seconds: around the aims of 60 and 250 ms of a score, up to what an upload takes.
_SECONDS: Final = (0.005, 0.01, 0.025, 0.06, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0)


class Metrics:
    """Counts requests from when the service starts (`context.Part`).

    Args:
        held: The service.
    """

    def __init__(self, held: Service) -> None:
        self._held = held
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "zhenzan_requests", "Requests that were answered.", ("method", "route", "status"),
            registry=self._registry,
        )  # fmt: skip
        self._seconds = Histogram(
            "zhenzan_request_seconds", "Until the answer was sent; scoring is POST /v1/score.",
            ("method", "route"), buckets=_SECONDS, registry=self._registry,
        )  # fmt: skip
        self._registry.register(_OfDatabase(held))

    def start(self) -> None:
        """Begins to count."""
        self._held.observers.append(self._observe)

    def stop(self) -> None:
        """Ends counting."""
        self._held.observers.remove(self._observe)

    def text(self) -> bytes:
        """All metrics in the form that Prometheus reads."""
        return generate_latest(self._registry)

    def _observe(self, seen: RequestSeen) -> None:
        self._requests.labels(seen.method, seen.route, str(seen.status)).inc()
        self._seconds.labels(seen.method, seen.route).observe(seen.seconds)


class _OfDatabase:
    """What stands in the database, asked for at every reading."""

    def __init__(self, held: Service) -> None:
        self._held = held

    def describe(self) -> Iterator[Metric]:
        """Nothing: otherwise registering would ask the database."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """The gauges."""
        yield InfoMetricFamily("zhenzan", "The service.", {"version": zhenzan_version()})
        yield from self._jobs()
        yield from self._streams()

    def _jobs(self) -> Iterator[Metric]:
        with self._held.database.reading() as session:
            by_status = select(Job.status, func.count()).group_by(Job.status)
            counted = {row[0]: row[1] for row in session.execute(by_status)}
            queued = session.scalar(select(func.min(Job.created_ms)).where(Job.status == QUEUED))
            kept = select(func.count(), func.coalesce(func.sum(StoredScan.size_bytes), 0))
            scans, size = session.execute(kept.where(StoredScan.deleted_ms.is_(None))).one()
        jobs = GaugeMetricFamily("zhenzan_jobs", "Jobs by status.", labels=["status"])
        for status in STATUSES:
            jobs.add_metric([status], counted.get(status, 0))
        yield jobs
        age = self._age_s(queued)
        yield _gauge("zhenzan_queue_age_seconds", "How long the oldest queued job waits.", age)
        yield _gauge("zhenzan_scans", "Scans that are kept.", scans)
        yield _gauge("zhenzan_scans_bytes", "Their size.", float(size))

    def _streams(self) -> Iterator[Metric]:
        waiting = and_(
            StreamBatch.stream_id == Stream.id,
            StreamBatch.seq > Stream.judged,
            StreamBatch.scored_ms.is_(None),
        )
        with self._held.database.reading() as session:
            rows, oldest = session.execute(
                select(
                    func.coalesce(func.sum(StreamBatch.n_rows), 0),
                    func.min(StreamBatch.received_ms),
                ).join(Stream, waiting)
            ).one()  # fmt: skip
            appended = session.scalar(select(func.coalesce(func.sum(Stream.n_rows), 0)))
            states = list(session.scalars(select(Stream.state)))
        last = [state["last_pass"] for state in states if "last_pass" in state]
        late = max((told["late_ms"] / 1000 for told in last), default=0.0)
        longest = max((told["seconds"] for told in last), default=0.0)
        yield _gauge("zhenzan_stream_rows", "Rows that streams hold.", float(appended or 0))
        yield _gauge("zhenzan_stream_backlog_rows", "Rows that wait to be judged.", float(rows))
        yield _gauge(
            "zhenzan_stream_backlog_age_seconds", "How long the oldest waits.", self._age_s(oldest)
        )
        yield _gauge("zhenzan_stream_pass_seconds", "The longest of the last passes.", longest)
        yield _gauge(
            "zhenzan_stream_judged_after_seconds",
            "From arrival to judged, the worst of them.",
            late,
        )

    def _age_s(self, since_ms: int | None) -> float:
        return 0.0 if since_ms is None else max(self._held.clock() - since_ms, 0) / 1000


def _gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(name, words, value=value)
