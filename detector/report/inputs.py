"""Which files a scan read, and which it did not and why."""

from __future__ import annotations

import os.path
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, Final

from zhenzan.detector.report.records import InputRow, UnreadRow
from zhenzan.detector.report.redact import clean
from zhenzan.detector.report.texts import Texts

__all__ = ["read_inputs", "unread_inputs"]

_MAX_NAME: Final = 160
# What ingest notes of a file, in the language of the report; other notes stand as they are.
_WHY: Final = (
    ("no source knows this file", "unread.unknown"),
    ("neither the map nor any source", "unread.unknown"),
    ("in the results of a scan", "unread.results"),
    ("in a folder below a set of tables", "unread.folder"),
)
_OF_COURSE: Final = ("hidden: ", "the same file as ")

_Records = Sequence[Mapping[str, Any]]


def read_inputs(records: _Records, *, redact: bool) -> list[InputRow]:
    """Files of which rows were read, or tried to."""
    names = _names(records, redact=redact)
    return [
        InputRow(
            path=name,
            source=clean(str(record["source"])),
            rows_read=int(record.get("rows_read") or 0),
            rows_rejected=int(record.get("rows_rejected") or 0),
            rows_skipped=int(record.get("rows_skipped") or 0),
        )
        for record, name in zip(records, names, strict=True)
        if record.get("source") is not None
    ]


def unread_inputs(records: _Records, texts: Texts, *, redact: bool) -> list[UnreadRow]:
    """Files that were not read; a bundle whose members are listed is none of them.

    Nor is what systems put beside files (`.DS_Store`, `__MACOSX`), or another name of a file that
    was read: `run.json` has these.
    """
    bundles = {record.get("bundle") for record in records}
    names = _names(records, redact=redact)
    return [
        UnreadRow(
            name, _why(str(record.get("note") or "").replace(str(record["path"]), name), texts)
        )
        for record, name in zip(records, names, strict=True)
        if record.get("source") is None
        and record.get("path") not in bundles
        and not str(record.get("note") or "").startswith(_OF_COURSE)
    ]


def _why(note: str, texts: Texts) -> str:
    for start, key in _WHY:
        if note.startswith(start):
            return texts(key)
    return clean(note, 300)


def _names(records: _Records, *, redact: bool) -> list[str]:
    """Paths; folders may name a person and are left out where names are hidden.

    Bundles stay, and of files that are named alike what tells them apart.
    """
    paths = [_path(record.get("path")) for record in records]
    if not redact:
        return [clean(str(path), _MAX_NAME) for path in paths]
    tops = [_path(record.get("bundle") or record.get("path")).parent for record in records]
    inside = [path.relative_to(top) for path, top in zip(paths, tops, strict=True)]
    again = Counter(inside)
    try:
        root = os.path.commonpath(tops)
    except ValueError:  # none, or of several drives
        return [clean(str(name), _MAX_NAME) for name in inside]
    return [
        clean(str(name if again[name] == 1 else path.relative_to(root)), _MAX_NAME)
        for path, name in zip(paths, inside, strict=True)
    ]


def _path(path: object) -> PurePosixPath:
    return PurePosixPath(str(path or "").replace("\\", "/"))
