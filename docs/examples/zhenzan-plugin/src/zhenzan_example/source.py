"""Source `likes_log`: lines such as `2025-01-01T08:00:00Z LIKE video7 ann`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import ClassVar, Final

import pyarrow as pa
from zhenzan.detector.sources import Item, Match, ReadOptions, Rejected, Rows, Source
from zhenzan.detector.sources.files import Probe, opened
from zhenzan.features.errors import InputError

__all__ = ["LikesLog"]

_LINE: Final = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ) LIKE (\S+) (\S+)")
_BATCH: Final = 1 << 16
_LOOKED_AT: Final = 1 << 12  # bytes of the first line, at most


class LikesLog(Source):
    """One like a line; lines that are none are rejected by number, never guessed."""

    name: ClassVar[str] = "likes_log"
    version: ClassVar[str] = "1"
    title: ClassVar[Mapping[str, str]] = MappingProxyType(
        {"en": "lines of time, LIKE, section and account", "zh": "每行为时间、LIKE、内容、账号"}
    )
    looked_for: ClassVar[tuple[str, ...]] = ("lines such as 2025-01-01T08:00:00Z LIKE video7 ann",)
    platform: ClassVar[str | None] = "example"
    defaults: ClassVar[Mapping[str, Mapping[str, str]]] = MappingProxyType(
        {"engagement": {"kind": "like", "basis": "stream"}}
    )
    table_names: ClassVar[tuple[str, ...]] = ("engagement",)

    def sniff(self, probe: Probe) -> Match | None:
        """By the first line."""
        if probe.kind != "delimited":
            return None
        try:
            with opened(probe.path) as stream:
                first = stream.read(_LOOKED_AT).decode("utf-8", "replace").partition("\n")[0]
        except (InputError, OSError, EOFError):
            return None
        return Match(3, "likes") if _LINE.fullmatch(first.strip()) else None

    def read(self, probe: Probe, options: ReadOptions) -> Iterator[Item]:
        """Streams likes in batches."""
        rows: list[tuple[str, str, str]] = []
        lines: list[int] = []
        with opened(probe.path) as stream:
            for number, raw in enumerate(stream, 1):
                text = raw.decode("utf-8", "replace").strip()
                found = _LINE.fullmatch(text)
                if found:
                    rows.append((found[1], found[2], found[3]))
                    lines.append(number)
                elif text:
                    yield Rejected("engagement", number, "is no like")
                if len(rows) == _BATCH:
                    yield _batch(rows, lines)
                    rows, lines = [], []
        if rows:
            yield _batch(rows, lines)


def _batch(rows: list[tuple[str, str, str]], lines: list[int]) -> Rows:
    times, sections, accounts = zip(*rows, strict=True)
    data = {
        "kind": ["like"] * len(rows),
        "ts_ms": list(times),
        "section_id": list(sections),
        "account_id": list(accounts),
    }
    return Rows("engagement", pa.RecordBatch.from_pydict(data), pa.array(lines, pa.int64()))
