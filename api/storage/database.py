"""The connection to SQLite or PostgreSQL: short transactions, one writer at a time on SQLite."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, OperationalError
from sqlalchemy.orm import Session, sessionmaker
from zhenzan.api.storage.migrations import migrate
from zhenzan.features.errors import MissingDependencyError, UsageError, printable

__all__ = ["Database"]

_BUSY_MS: Final = 15_000
"""How long a writer waits for another; transactions take milliseconds, a backup some seconds."""


class Database:
    """Sessions on one database.

    Args:
        url: `sqlite:///path` or `postgresql://…`; the driver is chosen here.

    Raises:
        UsageError: The URL names neither.
    """

    def __init__(self, url: str) -> None:
        try:
            address = make_url(url)
        except ArgumentError as error:
            raise UsageError("the database URL cannot be read; expected sqlite:///FILE") from error
        kind = address.get_backend_name()
        if kind not in ("sqlite", "postgresql"):
            raise UsageError(f"databases are sqlite or postgresql, not {kind!r}")
        self.is_sqlite = kind == "sqlite"
        if self.is_sqlite:
            if address.database in (None, "", ":memory:"):
                raise UsageError("the database has to be a file: sqlite:////var/lib/zhenzan.db")
            self.engine = create_engine(address)
            _sqlite(self.engine)
        else:
            driver = address.set(drivername="postgresql+psycopg")
            self.engine = create_engine(driver, pool_size=10, max_overflow=20, pool_pre_ping=True)
        self._write = sessionmaker(self.engine, expire_on_commit=False)
        reader = self.engine.execution_options(zhenzan_reads=True)
        self._read = sessionmaker(reader, expire_on_commit=False)

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A transaction that may write: committed at the end, rolled back on any error.

        On SQLite it holds the one lock of writers from the start, so that nothing that was read
        in it can have changed when it writes. Keep it short; compute outside.
        """
        with self._write() as session, session.begin():
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A transaction that only reads; it waits for nobody."""
        with self._read() as session, session.begin():
            yield session

    def migrate(self) -> None:
        """Brings the tables up to this version; several processes may call it at once.

        Raises:
            UsageError: The database is of a later version of Zhenzan, or is none.
            MissingDependencyError: The database cannot be reached.
        """
        try:
            with self.engine.connect() as connection, connection.begin():
                migrate(connection)
        except OperationalError as error:
            raise MissingDependencyError(
                "the database cannot be reached; is it running, and may this user open it? "
                + self._reason(error)
            ) from error
        except DatabaseError as error:
            raise UsageError(f"the database cannot be used: {self._reason(error)}") from error

    def _reason(self, error: DatabaseError) -> str:
        """Which database, and what its driver says, in one line."""
        place = printable(str(self.engine.url.database), 200)
        return f"{place}: {printable(str(error.orig).partition(chr(10))[0], 200)}"

    def check(self) -> None:
        """Asks for one row.

        Raises:
            MissingDependencyError: The database does not answer.
        """
        try:
            with self.reading() as session:
                session.execute(text("SELECT 1"))
        except OperationalError as error:
            raise MissingDependencyError("the database does not answer") from error

    def close(self) -> None:
        """Closes all connections."""
        self.engine.dispose()


def _sqlite(engine: Engine) -> None:
    """WAL, waiting, foreign keys; the driver's own transactions are off, ours are explicit."""

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _: Any) -> None:
        connection.isolation_level = None
        for pragma in (
            f"busy_timeout={_BUSY_MS}",
            "journal_mode=WAL",
            "synchronous=FULL",  # a decision that was answered survives a power cut
            "foreign_keys=ON",
        ):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        reads = connection.get_execution_options().get("zhenzan_reads", False)
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")
