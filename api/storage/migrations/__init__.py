"""Migrations, run in code: no configuration file, no command line of Alembic's.

A migration is `versions/mNNNN_what.py` with the number before it as `down_revision`; it is never
changed once released. Tables and migrations are compared by a test on both databases.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from zhenzan.features.errors import UsageError

__all__ = ["head", "migrate"]

_HERE: Final = Path(__file__).parent
_LOCK: Final = 0x7A7A616E  # any number, the same in all processes


def _scripts() -> ScriptDirectory:
    return ScriptDirectory(_HERE, version_locations=[_HERE / "versions"])


def head() -> str:
    """The newest version of the tables that this code knows."""
    return _scripts().get_current_head() or ""


def migrate(connection: Connection, to: str = "head") -> None:
    """Runs what is missing, inside the caller's transaction.

    Raises:
        UsageError: The database is of a version that this code does not know.
    """
    if connection.dialect.name == "postgresql":  # SQLite's writer holds its one lock already
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    scripts = _scripts()
    known = {script.revision for script in scripts.walk_revisions()}
    found = MigrationContext.configure(connection).get_current_revision()
    if found is not None and found not in known:
        raise UsageError(f"the database is of a later version of Zhenzan ({found}); upgrade first")

    def upgrade(revision: Any, context: Any) -> Any:
        return scripts._upgrade_revs(to, revision)

    with EnvironmentContext(Config(), scripts, fn=upgrade, destination_rev=to) as environment:
        environment.configure(connection=connection, transactional_ddl=True)
        environment.run_migrations()
