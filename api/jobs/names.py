"""Names of uploaded files, made safe for any file system; what the file is, its content tells."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container
from pathlib import PurePosixPath
from typing import Final

__all__ = ["safe_name"]

_LONGEST: Final = 120
"""Bytes: file systems take 255, and a temporary ending has to fit behind it."""

_BAD: Final = re.compile(r"[^\w.\-()@+ ]", re.UNICODE)
_RESERVED: Final = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")  # of Windows


def safe_name(given: str | None, taken: Container[str] = ()) -> str:
    """A plain file name that keeps letters, digits and the ending of what was given.

    Only the last part of a path counts. The ending stays, because `engagement.csv.gz` says which
    table it is; a name that is taken, or taken in other capitals, gets a number in front.

    Args:
        given: As the sender wrote it; None where it wrote none.
        taken: Names in use, in lower case.
    """
    last = PurePosixPath((given or "").replace("\\", "/")).name
    plain = unicodedata.normalize("NFC", last).encode("utf-8", "ignore").decode("utf-8")
    plain = _BAD.sub("_", plain).strip(" .")
    plain = plain.lstrip("._-") or "upload"  # a leading dot hides a file from the scan
    if _RESERVED.fullmatch(plain):
        plain = f"file-{plain}"
    name, number = _shortened(plain), 1
    while name.lower() in taken:
        number += 1
        name = _shortened(f"{number}-{plain}")
    return name


def _shortened(name: str) -> str:
    """Cuts in the middle, so that the endings survive."""
    raw = name.encode("utf-8")
    if len(raw) <= _LONGEST:
        return name
    head, tail = raw[: _LONGEST - 40], raw[-40:]
    return head.decode("utf-8", "ignore") + tail.decode("utf-8", "ignore")
