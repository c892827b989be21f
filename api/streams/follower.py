"""The process that follows all streams: one pass after another, until its input ends.

    python -m zhenzan.api.streams.follower < settings.json

It is a process of its own, so that judging takes no time from answering. It holds nothing that a
kill could lose.
"""

from __future__ import annotations

import logging
import shutil
import sys
import threading
import time
from collections.abc import Callable
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError
from zhenzan.api.jobs.store import open_store
from zhenzan.api.jobs.tasks import cache_of
from zhenzan.api.request_log import where
from zhenzan.api.settings import Settings
from zhenzan.api.storage import Database
from zhenzan.api.storage.models import NamedReference, Stream, StreamBatch
from zhenzan.api.streams.appended import stream_folder
from zhenzan.api.streams.follow import Passed, follow, held_alone
from zhenzan.api.streams.judge import JudgeParts
from zhenzan.api.streams.judges import Judges
from zhenzan.api.streams.leftovers import is_gone, sweep_deleted
from zhenzan.detector.results import Scan
from zhenzan.features.errors import ZhenzanError

__all__ = ["Follower", "main"]

_log: Final = logging.getLogger("zhenzan.api.streams")
_AGAIN_S: Final = 30.0  # after a pass that failed
_LOOK_S: Final = 0.5
_SWEEP_S: Final = 60.0


class Follower:
    """Follows the streams of a database.

    Args:
        settings: Of the service.
        database: Of the service.
        clock: Milliseconds since 1970 UTC.
    """

    def __init__(self, settings: Settings, database: Database, clock: Callable[[], int]) -> None:
        self._settings, self._database, self._clock = settings, database, clock
        self._store = open_store(settings.store_url, cache_of(settings))
        self._judges = Judges(settings.stream_judges)
        self._not_before: dict[str, float] = {}

    def run_forever(self, stopped: threading.Event) -> None:
        """Passes until it is told to stop; a pass ends between two parts of its work."""
        self.sweep()
        swept = -_SWEEP_S
        try:
            while not stopped.is_set():
                if time.monotonic() - swept >= _SWEEP_S:
                    swept = time.monotonic()
                    self._sweep_deleted()
                if not self.once(stopped.is_set):
                    stopped.wait(_LOOK_S)
        finally:
            self._judges.close()

    def once(self, stopped: Callable[[], bool] = lambda: False) -> int:
        """A pass over each stream that has something to judge and is due; how many there were."""
        made = 0
        for stream in self._waiting():
            began = time.monotonic()
            if stopped() or began < self._not_before.get(stream.id, 0.0):
                continue
            pause = self._settings.stream_every_s
            try:
                made += self._pass(stream, stopped)
            except Exception as error:  # one stream must not stop the others
                pause = _AGAIN_S
                _log.error("pass failed", extra={"stream": stream.id, **where(error)})
            self._not_before[stream.id] = began + pause
        return made

    def sweep(self) -> None:
        """Removes rows of batches that nobody was promised, where a process died on the way."""
        with self._database.reading() as session:
            known = set(session.scalars(select(StreamBatch.segment)))
            streams = [(s.tenant_id, s.id, s.created_ms) for s in session.scalars(select(Stream))]
        for tenant_id, stream_id, _ in streams:
            folder = stream_folder(self._settings.data_dir, tenant_id, stream_id)
            for place in (folder / "pending").glob("*"):
                old = self._clock() - place.stat().st_mtime * 1000 > 3_600_000
                if old and place.name not in known:
                    shutil.rmtree(place, ignore_errors=True)

    def _sweep_deleted(self) -> None:
        try:
            sweep_deleted(self._database, self._settings.data_dir)
        except Exception as error:  # it is looked again in a minute
            _log.error("sweep failed", extra=where(error))

    def _waiting(self) -> list[Stream]:
        anew = Stream.state["anew"].as_boolean()
        with self._database.reading() as session:
            found = session.scalars(
                select(Stream).where(or_(Stream.appended > Stream.judged, anew))
                .order_by(Stream.scored_ms.nulls_first(), Stream.id)
            )  # fmt: skip
            return list(found)

    def _pass(self, stream: Stream, stopped: Callable[[], bool]) -> int:
        folder = stream_folder(self._settings.data_dir, stream.tenant_id, stream.id)
        with held_alone(folder) as alone:
            if not alone:
                return 0
            began = time.monotonic()
            try:
                judge = self._judge(stream)
                done = follow(self._database, stream, folder, judge, self._clock, stopped)
            except (IntegrityError, FileNotFoundError):
                if not is_gone(self._database, stream.id):
                    raise
                done = None  # deleted meanwhile; the sweep removes what was written since
        if done is not None:
            self._tell(stream, done, time.monotonic() - began)
        return int(done is not None)

    def _tell(self, stream: Stream, done: Passed, seconds: float) -> None:
        facts = {"seconds": round(seconds, 3), "sections": done.sections, "rows": done.rows,
                 "taken": done.taken, "late_ms": done.late_ms}  # fmt: skip
        with self._database.session() as session:
            row = session.get(Stream, stream.id)
            if row is not None:
                passes = row.state.get("passes", 0) + 1
                row.state = {**row.state, "last_pass": facts, "passes": passes}
        extra = {"stream": stream.id, "rows": done.rows, "ms": round(seconds * 1000)}
        _log.info("pass", extra=extra)

    def _judge(self, stream: Stream) -> JudgeParts | None:
        """Judges by what the stream names; None where it names nothing."""
        if stream.reference is None:
            return None
        with self._database.reading() as session:
            named = session.scalars(
                select(NamedReference).where(
                    NamedReference.tenant_id == stream.tenant_id,
                    NamedReference.name == stream.reference,
                )
            ).one_or_none()
        if named is None:
            raise ZhenzanError("the reference of the stream is gone")
        scan = Scan.load(self._store.local(stream.tenant_id, named.scan_id))
        return self._judges.by(scan.learnt)


def main() -> None:
    """The process: settings on the first line of its input, and work until the input ends."""
    from zhenzan.api.clock import system_clock
    from zhenzan.api.logs import configure

    settings = Settings.model_validate_json(sys.stdin.readline())
    configure(as_json=settings.log_json)
    stopped = threading.Event()
    threading.Thread(target=_until_end, args=(stopped,), daemon=True).start()
    database = Database(settings.database_url)
    try:
        Follower(settings, database, system_clock).run_forever(stopped)
    finally:
        database.close()


def _until_end(stopped: threading.Event) -> None:
    """The parent keeps the other end open as long as it lives."""
    sys.stdin.read()
    stopped.set()


if __name__ == "__main__":
    main()
