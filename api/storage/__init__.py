"""What the service remembers: tables, migrations, sessions; SQLite embedded, PostgreSQL by URL."""

from __future__ import annotations

from zhenzan.api.storage.database import Database

__all__ = ["Database"]
