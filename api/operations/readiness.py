"""Whether the service can work: the database answers, and there is room for what comes."""

from __future__ import annotations

import shutil
from typing import Final

from zhenzan.api.context import Service
from zhenzan.features.errors import MissingDependencyError

__all__ = ["check_ready"]

# Less than one large batch, a compaction and the database's log need together.
_LEAST_FREE: Final = 256 << 20


def check_ready(held: Service) -> None:
    """Asks whoever is needed.

    Raises:
        MissingDependencyError: One of them cannot help; told in words, without addresses.
    """
    held.database.check()
    free = shutil.disk_usage(held.settings.data_dir).free
    if free < _LEAST_FREE:
        raise MissingDependencyError(
            f"{free >> 20} MB are left where the service keeps its data; "
            f"{_LEAST_FREE >> 20} MB are the least"
        )
