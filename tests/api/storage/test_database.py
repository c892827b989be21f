"""Tables come from migrations, keep what was promised, and bear several processes at once."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import delete, func, inspect, select, text, update
from sqlalchemy.exc import DBAPIError
from zhenzan.api.ids import new_id
from zhenzan.api.storage import Database
from zhenzan.api.storage.migrations import head
from zhenzan.api.storage.models import AuditEvent, Base, Decision, Tenant
from zhenzan.features.errors import MissingDependencyError, UsageError


@pytest.fixture
def database(database_url: str, tmp_path: Path) -> Iterator[Database]:
    (tmp_path / "data").mkdir()
    opened = Database(database_url)
    opened.migrate()
    yield opened
    opened.close()


def test_migrations_make_the_tables_of_the_models(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": False})
        assert compare_metadata(context, Base.metadata) == []
        assert context.get_current_revision() == head()


def test_migrating_again_changes_nothing(database: Database) -> None:
    with database.session() as session:
        session.add(Tenant(id="kept", title="kept", created_ms=1))
    database.migrate()
    with database.reading() as session:
        assert session.get(Tenant, "kept") is not None
        assert session.get(Tenant, "default") is not None


def test_a_later_version_is_left_alone(database: Database) -> None:
    with database.session() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(UsageError, match="later version"):
        database.migrate()


def test_every_row_belongs_to_a_tenant(database: Database) -> None:
    tables = inspect(database.engine)
    for name in Base.metadata.tables:
        if name == "tenant":
            continue
        column = {c["name"]: c for c in tables.get_columns(name)}["tenant_id"]
        assert not column["nullable"]
        (key,) = [k for k in tables.get_foreign_keys(name) if k["referred_table"] == "tenant"]
        assert key["constrained_columns"] == ["tenant_id"]


@pytest.mark.slow
def test_several_processes_migrate_at_once(database_url: str, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir(exist_ok=True)
    code = (
        "import sys; from zhenzan.api.storage import Database\n"
        "d = Database(sys.argv[1]); d.migrate(); d.check()"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", code, database_url], stderr=subprocess.PIPE)
        for _ in range(3)
    ]
    for process in running:
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors.decode()


def decided(seq: str = "a") -> Decision:
    return Decision(
        id=new_id("dec"), tenant_id="default", scan_id="scan_1", subject_kind="section",
        subject_id=seq, kind="decision", verdict="upheld", reason="r", shadow=False, body={},
        made_by="local", created_ms=1,
    )  # fmt: skip


def done() -> AuditEvent:
    return AuditEvent(
        tenant_id="default", at_ms=1, actor="local", action="a", target="t", detail={"n": 1}
    )


def test_the_database_refuses_to_change_what_was_done(database: Database) -> None:
    with database.session() as session:
        session.add_all([decided(), done()])
    for statement in (
        update(AuditEvent).values(actor="nobody"),
        delete(AuditEvent),
        update(Decision).values(reason="another"),
    ):
        with pytest.raises(DBAPIError, match="only added"), database.session() as session:
            session.execute(statement)
    with database.reading() as session:
        assert session.scalar(select(AuditEvent.actor)) == "local"
        assert session.scalar(select(Decision.reason)) == "r"


def test_numbers_of_a_log_rise_in_the_order_of_writing(database: Database) -> None:
    for n in range(5):
        with database.session() as session:
            session.add(decided(str(n)))
    with database.reading() as session:
        found = session.execute(select(Decision.seq, Decision.subject_id).order_by(Decision.seq))
        assert [subject for _, subject in found] == list("01234")


def test_an_error_leaves_nothing(database: Database) -> None:
    with pytest.raises(RuntimeError), database.session() as session:
        session.add(done())
        session.flush()
        raise RuntimeError
    with database.reading() as session:
        assert session.scalar(select(func.count(AuditEvent.id))) == 0


def test_writers_wait_for_each_other_and_lose_nothing(database: Database) -> None:
    """Read, think, write: without a lock from the start one of two would be lost."""
    with database.session() as session:
        session.add(Tenant(id="sum", title="0", created_ms=0))

    def add(_: int) -> None:
        with database.session() as session:
            row = session.get(Tenant, "sum", with_for_update=True)
            assert row is not None
            seen = int(row.title)
            time.sleep(0.002)
            row.title = str(seen + 1)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(40)))
    with database.reading() as session:
        found = session.get(Tenant, "sum")
        assert found is not None and found.title == "40"


def test_readers_do_not_wait_for_a_writer(database: Database) -> None:
    go, end = Event(), Event()

    def write() -> None:
        with database.session() as session:
            session.add(done())
            session.flush()
            go.set()
            end.wait(20)

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write)
        assert go.wait(10)
        with database.reading() as session:
            assert session.scalar(select(func.count(AuditEvent.id))) == 0
        assert not writing.done()  # it was answered while the other one wrote
        end.set()
        writing.result()


def test_sqlite_is_set_up(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/x.db")
    with database.reading() as session:
        found = {
            name: session.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "foreign_keys", "synchronous")
        }
    assert found == {"journal_mode": "wal", "foreign_keys": 1, "synchronous": 2}
    database.close()


@pytest.mark.parametrize("url", ["", "nonsense", "mysql://h/d", "sqlite://", "sqlite:///:memory:"])
def test_a_url_has_to_be_one(url: str) -> None:
    with pytest.raises(UsageError):
        Database(url)


def test_what_cannot_be_reached_is_said(tmp_path: Path) -> None:
    for url in (f"sqlite:///{tmp_path}/absent/x.db", "postgresql://u:hidden@127.0.0.1:1/x"):
        database = Database(url)
        with pytest.raises(MissingDependencyError) as caught:
            database.migrate()
        assert "hidden" not in str(caught.value)
        database.close()
