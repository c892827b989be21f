"""What is deleted is gone, what stays is whole; a backup is one moment and comes back as it was."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from zhenzan.api.jobs.store import FolderStore, open_store
from zhenzan.api.jobs.tenant_key import tenant_key
from zhenzan.api.operations.backup import back_up, check_backup, restore
from zhenzan.api.operations.retention import DAY_MS, purge_account, purge_old
from zhenzan.api.settings import Settings
from zhenzan.api.storage import Database
from zhenzan.api.storage.models import (
    AuditEvent,
    Base,
    Decision,
    Job,
    NamedReference,
    StoredScan,
    Stream,
    StreamSection,
)
from zhenzan.api.streams.appended import commit_batch, name_stream, stream_folder
from zhenzan.api.streams.follow import follow, held_alone
from zhenzan.api.streams.intake import take_in
from zhenzan.api.streams.judge import in_turn
from zhenzan.api.streams.segments import Segments
from zhenzan.detector import Scan, scan
from zhenzan.detector.simulate import simulate
from zhenzan.features.errors import InputError, UsageError
from zhenzan.models.attribution import Reference

NOW_MS = 1_790_000_000_000
pytestmark = pytest.mark.slow  # a scan is made first


@pytest.fixture(scope="module")
def made(tmp_path_factory: Any) -> Path:
    """A small scan that learnt a reference."""
    folder = tmp_path_factory.mktemp("made")
    world = simulate(folder / "world", scenario="demo", scale=5_000, seed=4).path
    return scan(world, folder / "scan", now_ms=NOW_MS).path


class Service:
    """Data of a service, below HTTP."""

    def __init__(self, settings: Settings, made: Path) -> None:
        self.settings = settings
        self.database = Database(settings.database_url)
        self.database.migrate()
        self.store = open_store(settings.store_url, settings.data_dir / "cache")
        for name, age in (("scan_new", 1), ("scan_old", 40), ("scan_named", 40)):
            shutil.copytree(made, Path(settings.store_url) / "default" / name)
            row = StoredScan(
                id=name, tenant_id="default", owner="local", title="t", n_sections=1,
                n_engagements=1, size_bytes=1, summary={}, created_ms=NOW_MS - age * DAY_MS,
            )  # fmt: skip
            with self.database.session() as session:
                session.add(row)
        with self.database.session() as session:
            session.add(
                NamedReference(
                    id="ref_1", tenant_id="default", name="r", scan_id="scan_named", created_ms=1,
                    created_by="local",
                )
            )  # fmt: skip
            for n, age in enumerate((1, 40)):
                session.add(
                    Job(
                        id=f"job_{n}", tenant_id="default", owner="local", status="succeeded",
                        request={}, created_ms=NOW_MS - age * DAY_MS,
                    )
                )  # fmt: skip
            self.stream = name_stream(session, "default", "s", None, NOW_MS)[0]
        self.folder = stream_folder(settings.data_dir, "default", self.stream.id)

    def send(self, batch: str, rows: list[dict[str, Any]], at_ms: int = NOW_MS) -> None:
        body = self.settings.data_dir / "body"
        body.write_text("".join(json.dumps(row) + "\n" for row in rows))
        place = self.folder / "pending" / batch
        taken = take_in(body, "json", "engagement", place, at_ms)
        commit_batch(self.database, self.stream, batch, "0", taken, at_ms, batch)
        body.unlink()

    def follow(self, reference: Reference | None = None, at_ms: int = NOW_MS) -> None:
        with self.database.reading() as session:
            stream = session.get_one(Stream, self.stream.id)
        with held_alone(self.folder):
            judge = None if reference is None else in_turn(reference)
            follow(self.database, stream, self.folder, judge, lambda: at_ms)

    def decide(self, ident: str, kind: str, subject: str, appeal_of: str | None = None) -> None:
        with self.database.session() as session:
            session.add(
                Decision(
                    id=ident, tenant_id="default", scan_id="scan_new", subject_kind=kind,
                    subject_id=subject, kind="decision", reason="r", shadow=False, body={},
                    made_by="local", created_ms=NOW_MS, appeal_of=appeal_of,
                )
            )  # fmt: skip
            session.add(
                AuditEvent(
                    tenant_id="default", at_ms=NOW_MS, actor="local", action="decide",
                    target=ident, detail={},
                )
            )  # fmt: skip

    def count(self, table: type[Base]) -> int:
        with self.database.reading() as session:
            return session.scalar(select(func.count()).select_from(table)) or 0


@pytest.fixture
def service(settings: Settings, made: Path) -> Any:
    found = Service(settings, made)
    yield found
    found.database.close()


def like(section: str, account: str, minute: int = 0) -> dict[str, Any]:
    at = NOW_MS - DAY_MS + minute * 60_000
    return {"kind": "like", "section_id": section, "account_id": account, "ts_ms": at}


def mentions(folder: Path, word: str) -> list[str]:
    """Files of a scan that hold a word, wherever it stands; not `a12` where `a123` is."""
    import pyarrow.parquet as pq

    found, whole = [], re.compile(rf"(?<![\w-]){re.escape(word)}(?![\w-])")
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".parquet":
            if whole.search(json.dumps(pq.read_table(path).to_pylist(), default=str)):
                found.append(path.name)
        elif path.is_file() and whole.search(path.read_text("utf-8")):
            found.append(path.name)
    return found


def test_old_things_go(service: Service, made: Path) -> None:
    reference = Reference.load(Scan.load(made).learnt)
    old = NOW_MS - 40 * DAY_MS
    service.send("1", [like("quiet", f"a{n}", -60 * 24 * 50) for n in range(20)], old)
    service.follow(reference, old)
    service.send("2", [like("busy", f"a{n}") for n in range(20)], NOW_MS)
    service.follow(reference)
    done = purge_old(service.database, service.store, service.settings, NOW_MS, 30)
    assert done.gone == {"scans": 1, "jobs": 1, "kept answers": 0, "rows of streams": 20}
    assert sorted(p.name for p in Path(service.settings.store_url, "default").iterdir()) == [
        "scan_named", "scan_new",
    ]  # fmt: skip
    with service.database.reading() as session:
        assert session.get_one(StoredScan, "scan_old").deleted_ms == NOW_MS
        assert list(session.scalars(select(StreamSection.section_id))) == ["busy"]
    assert Segments(service.folder).read("engagement", ["quiet"]) is None
    again = purge_old(service.database, service.store, service.settings, NOW_MS, 30)
    assert sum(again.gone.values()) == 0


def test_one_account_goes_and_the_figures_stay(service: Service, made: Path) -> None:
    whole = Scan.load(made)
    wrote = whole.comments["account_id"].dropna()
    shown = [i for _, e in whole.statements for k, i in [e.subject] if k == "account"]
    who = next((a for a in shown if a in set(wrote)), wrote.iloc[0])
    service.send("1", [like("s", who), *(like("s", f"a{n}") for n in range(9))])
    service.follow()
    service.send("2", [like("s", who, 5), like("t", "b")])
    service.decide("d1", "account", who)
    service.decide("d2", "account", "other")
    service.decide("d3", "account", "-", appeal_of="d1")
    service.decide("d4", "account", "-", appeal_of="d3")
    scan_dir = Path(service.settings.store_url) / "default" / "scan_new"
    assert mentions(scan_dir, who)
    done = purge_account(service.database, service.store, service.settings, "default", who)
    assert done.gone["rows of streams"] == 2 and done.gone["decisions"] == 3
    assert done.gone["mentions in scans"] > 3 and done.stays
    assert mentions(scan_dir, who) == []
    rows = Segments(service.folder).read("engagement", ["s", "t"])
    assert rows is not None and who not in rows["account_id"].to_pylist()
    assert service.count(Decision) == 1 and service.count(AuditEvent) == 4
    after = Scan.load(scan_dir)
    same = ["section_id", "score", "n_engagements", "n_purchased", "band"]
    assert after.sections[same].equals(whole.sections[same])
    assert len(after.accounts) == len(whole.accounts)
    assert sorted(after.accounts["score"].dropna()) == sorted(whole.accounts["score"].dropna())
    own = set(whole.comments.loc[whole.comments["account_id"] == who, "comment_id"])
    text = after.reference("comment_text")
    assert not text[text["comment_id"].isin(own)]["text"].fillna("").any()
    assert text[~text["comment_id"].isin(own)]["text"].fillna("").any()
    learnt, before = Reference.load(after.learnt), Reference.load(whole.learnt)
    assert learnt.digest != before.digest == whole.run["attribution"]["learnt_reference"]
    assert after.run["attribution"]["learnt_reference"] == learnt.digest
    assert (learnt.memory.q == before.memory.q).all()
    assert purge_account(
        service.database, service.store, service.settings, "default", who
    ).gone["mentions in scans"] == 0  # fmt: skip


def test_a_backup_comes_back_as_it_was(
    service: Service, made: Path, tmp_path: Path, database_url: str
) -> None:
    reference = Reference.load(Scan.load(made).learnt)
    service.send("1", [like("s", f"a{n}") for n in range(30)])
    service.follow(reference)
    service.send("2", [like("t", f"a{n}") for n in range(10)])
    service.decide("d1", "section", "s")
    key = tenant_key(service.settings.data_dir, "default")
    out = tmp_path / "backup"
    made_record = back_up(service.database, service.store, service.settings, out, NOW_MS)
    assert [made_record[name] for name in ("scans", "streams", "keys")] == [3, 1, 1]
    assert not (tmp_path / "backup.partial").exists()
    assert check_backup(out) == made_record
    with pytest.raises(UsageError, match="exists"):
        back_up(service.database, service.store, service.settings, out, NOW_MS)
    with pytest.raises(UsageError):
        restore(out, service.settings)

    fresh = _fresh(service, tmp_path, database_url)
    if fresh is None:
        return
    other = tenant_key(fresh.data_dir, "default")
    with pytest.raises(UsageError, match="another key"):
        restore(out, fresh)
    other.unlink()
    restore(out, fresh)
    for copy in (out / "keys" / "default.key", other):
        assert copy.read_bytes() == key.read_bytes()
        assert (copy.stat().st_mode & 0o777, copy.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    database = Database(fresh.database_url)
    store = open_store(fresh.store_url, tmp_path / "cache")
    assert isinstance(store, FolderStore) and store.holds("default", "scan_named")
    with database.reading() as session:
        assert session.scalars(select(Decision.id)).one() == "d1"
        stream = session.scalars(select(Stream)).one()
    folder = stream_folder(fresh.data_dir, "default", stream.id)
    with held_alone(folder):
        done = follow(database, stream, folder, in_turn(reference), lambda: NOW_MS)
    assert done is not None and done.sections == 2
    with database.reading() as session:
        told = {row.section_id: row.told for row in session.query(StreamSection)}
    assert {name: row["n_engagements"] for name, row in told.items()} == {"s": 30, "t": 10}
    database.close()


def _fresh(service: Service, tmp_path: Path, database_url: str) -> Settings | None:
    """An empty place of the same kind; on PostgreSQL the same database, emptied."""
    if service.database.is_sqlite:
        return Settings.read(data_dir=tmp_path / "again", database_url=None)
    with service.database.engine.begin() as connection:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE")
        connection.exec_driver_sql("CREATE SCHEMA public")
    return Settings.read(data_dir=tmp_path / "again", database_url=database_url)


def test_a_changed_backup_is_refused(service: Service, tmp_path: Path) -> None:
    out = tmp_path / "backup"
    back_up(service.database, service.store, service.settings, out, NOW_MS)
    path = next((out / "scans").rglob("sections.parquet"))
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(InputError, match="changed"):
        check_backup(out)
    path.unlink()
    with pytest.raises(InputError, match="differ"):
        check_backup(out)
    (out / "backup.json").unlink()
    with pytest.raises(InputError, match="not a backup"):
        restore(out, Settings.read(data_dir=tmp_path / "again"))
