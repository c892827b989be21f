"""Rows of streams go by when they came, however they are judged; what was promised stays."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from zhenzan.api.jobs.store import open_store
from zhenzan.api.operations import stream_retention
from zhenzan.api.operations.retention import DAY_MS, Purged, purge_account, purge_old
from zhenzan.api.settings import Settings
from zhenzan.api.storage import Database
from zhenzan.api.storage.models import Stream, StreamSection
from zhenzan.api.streams.appended import commit_batch, name_stream, stream_folder
from zhenzan.api.streams.follow import follow, held_alone
from zhenzan.api.streams.intake import take_in
from zhenzan.api.streams.segments import Segments

NOW_MS = 1_790_000_000_000
OLD_MS = NOW_MS - 40 * DAY_MS


class Service:
    """Streams that nothing judges, below HTTP."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.database = Database(settings.database_url)
        self.database.migrate()
        self._sent = 0

    def stream(self, name: str) -> Stream:
        with self.database.session() as session:
            return name_stream(session, "default", name, None, 1)[0]

    def folder(self, name: str) -> Path:
        return stream_folder(self.settings.data_dir, "default", self.stream(name).id)

    def send(self, name: str, at_ms: int, *rows: dict[str, Any], follow_it: bool = True) -> None:
        self._sent += 1
        batch, body = f"b{self._sent}", self.settings.data_dir / "body"
        body.write_text("".join(json.dumps(row) + "\n" for row in rows))
        taken = take_in(body, "json", "engagement", self.folder(name) / "pending" / batch, at_ms)
        assert taken.n_rows == len(rows), taken.rejections
        commit_batch(self.database, self.stream(name), batch, "0", taken, at_ms, batch)
        body.unlink()
        if follow_it:
            self.follow(name, at_ms)

    def follow(self, name: str, at_ms: int = NOW_MS) -> None:
        with held_alone(self.folder(name)) as alone:
            assert alone
            follow(self.database, self.stream(name), self.folder(name), None, lambda: at_ms)

    def purge(self) -> Purged:
        store = open_store(self.settings.store_url, self.settings.data_dir / "cache")
        return purge_old(self.database, store, self.settings, NOW_MS, 30)

    def purge_account(self, account: str) -> Purged:
        store = open_store(self.settings.store_url, self.settings.data_dir / "cache")
        return purge_account(self.database, store, self.settings, "default", account)

    def sections(self, name: str, *asked: str) -> list[str]:
        found = Segments(self.folder(name)).read("engagement", asked)
        return [] if found is None else sorted(found["section_id"].to_pylist())

    def accounts(self, name: str, *asked: str) -> list[str]:
        found = Segments(self.folder(name)).read("account", asked)
        return [] if found is None else sorted(found["account_id"].to_pylist())


@pytest.fixture
def service(settings: Settings) -> Iterator[Service]:
    found = Service(settings)
    yield found
    found.database.close()


def like(section: str, account: str, minute: int = 0) -> dict[str, Any]:
    at = OLD_MS - DAY_MS + minute * 60_000
    return {"kind": "like", "section_id": section, "account_id": account, "ts_ms": at}


def account(name: str) -> dict[str, Any]:
    return {"table": "account", "account_id": name, "platform": "x", "id_kind": "native"}


def test_streams_that_nothing_judges_are_purged_too(service: Service) -> None:
    service.send("s", OLD_MS, like("quiet", "a"), like("busy", "b"), account("a"), account("b"))
    service.send("s", OLD_MS, account("never seen"))
    service.send("s", NOW_MS, like("busy", "c"), account("new"))
    done = service.purge()
    assert done.gone["rows of streams"] == 3 and not done.failed
    assert service.sections("s", "quiet", "busy") == ["busy", "busy"]
    assert service.accounts("s", "a", "b", "never seen", "new") == ["b", "new"]
    assert service.stream("s").n_rows == 7 - 3
    assert service.purge().gone["rows of streams"] == 0


def test_when_a_row_came_is_kept_through_merges(service: Service) -> None:
    for n in range(9):
        service.send("s", OLD_MS, like("quiet", f"a{n}"), like("busy", f"a{n}"))
    service.send("s", NOW_MS, like("busy", "b"))
    assert {s.level for s in Segments(service.folder("s")).live} == {0, 1}
    with service.database.session() as session:  # judged anew a moment ago
        for section in ("quiet", "busy"):
            session.add(
                StreamSection(
                    tenant_id="default", stream_id=service.stream("s").id, section_id=section,
                    score=None, band="organic", told={}, judged_ms=NOW_MS,
                )
            )  # fmt: skip
    assert service.purge().gone["rows of streams"] == 9
    assert service.sections("s", "quiet", "busy") == ["busy"] * 10
    with service.database.reading() as session:
        assert list(session.scalars(select(StreamSection.section_id))) == ["busy"]


def test_what_waits_to_be_judged_is_kept_with_its_section(service: Service) -> None:
    service.send("s", OLD_MS, like("woken", "a"), like("quiet", "a"))
    service.send("s", NOW_MS, like("woken", "b"), follow_it=False)
    service.send("s", OLD_MS, like("late", "b"), follow_it=False)
    assert service.purge().gone["rows of streams"] == 1
    service.follow("s")
    assert service.sections("s", "woken", "quiet", "late") == ["late", "woken", "woken"]


def test_a_stream_that_is_being_judged_does_not_keep_the_others(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_retention, "_WAIT_S", 0.1)
    for name in ("a", "b", "c"):
        service.send(name, OLD_MS, like("quiet", "x"))
    with held_alone(service.folder("b")):
        for done in (service.purge(), service.purge_account("x")):
            assert len(done.failed) == 1 and "stream b: a pass over it" in done.failed[0]
    assert [service.sections(name, "quiet") for name in "abc"] == [[], ["quiet"], []]
    assert service.purge_account("x").gone["rows of streams"] == 1


def test_rows_of_an_account_are_counted_out(service: Service) -> None:
    service.send("s", NOW_MS, like("one", "x"), like("one", "y"), account("x"))
    service.send("s", NOW_MS, like("two", "x"), follow_it=False)
    assert service.purge_account("x").gone["rows of streams"] == 3
    assert service.stream("s").n_rows == 1
