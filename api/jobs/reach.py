"""What jobs may read, looked at when a process starts: a mistake in it is told to the operator."""

from __future__ import annotations

import logging
from itertools import takewhile
from pathlib import Path
from typing import Final

from zhenzan.api.jobs.urls import parse_prefix
from zhenzan.api.settings import Settings
from zhenzan.features.errors import UsageError, printable

__all__ = ["check_reach"]

_log: Final = logging.getLogger("zhenzan.api.jobs")


def check_reach(settings: Settings) -> None:
    """Refuses prefixes that cannot be any; warns of roots that are not there (yet).

    Raises:
        UsageError: A prefix cannot be read; it is not repeated (it may hold a password).
    """
    for number, text in enumerate(settings.url_prefixes, start=1):
        try:
            parse_prefix(text, "tenant")
        except UsageError as error:
            raise UsageError(
                f"ZHENZAN_URL_PREFIXES: number {number} is no address that jobs may read by; "
                "expected such as https://data.example.com/exports/"
            ) from error
    for root in settings.roots:
        place = Path(*takewhile(lambda part: "{tenant}" not in part, root.parts))
        if not place.is_dir():  # a volume may be mounted later
            _log.warning(
                "ZHENZAN_ROOTS: %s is no folder; nothing is read there", printable(str(place))
            )
