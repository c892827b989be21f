"""MediaCrawler: seven platforms as CSV, JSON, JSONL, workbook or SQLite, in both of its shapes.

The platform is told by the columns, in doubt by the path (`data/bili/…`) or the table's name. A row
that comes again on a later crawl is a later sighting: its counts stay, its newest attributes win.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import ClassVar, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from zhenzan.detector.sources.base import (
    Item,
    Match,
    Noted,
    ReadOptions,
    Rejected,
    Rows,
    Skipped,
    Source,
)
from zhenzan.detector.sources.files import Probe
from zhenzan.detector.sources.mediacrawler.columns import id_column, rounded
from zhenzan.detector.sources.mediacrawler.comments import comment_rows
from zhenzan.detector.sources.mediacrawler.contents import contact_rows, content_rows, creator_rows
from zhenzan.detector.sources.mediacrawler.shapes import CONTENTS, Shape, platform_hint, shape_of
from zhenzan.detector.sources.records import BadRecord, read_records
from zhenzan.detector.sources.sqlite import has_unread_changes
from zhenzan.features.errors import SchemaError

__all__ = ["MediaCrawler"]

_TABLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "comments": "comment", "contents": "section", "dynamics": "section",
        "creators": "account", "contacts": "follow",
    }
)  # fmt: skip
_IDS: Final = (
    "comment_id", "user_id", "up_id", "fan_id", "dynamic_id",
    *sorted({spec.section for spec in CONTENTS.values()}),
)  # fmt: skip
_MAKERS: Final = MappingProxyType(
    {
        "comments": comment_rows, "contents": content_rows, "dynamics": content_rows,
        "creators": creator_rows, "contacts": contact_rows,
    }
)  # fmt: skip
_LATE: Final = "create_time was eight hours late and is repaired by create_date_time"


class MediaCrawler(Source):
    """See the package; account ids are hashed, whatever the collector had hashed before."""

    name: ClassVar[str] = "mediacrawler"
    version: ClassVar[str] = "1"
    title: ClassVar[Mapping[str, str]] = MappingProxyType(
        {
            "en": "MediaCrawler: Xiaohongshu, Douyin, Kuaishou, Bilibili, Weibo, Tieba, Zhihu;"
            " CSV, JSON, JSONL, xlsx, SQLite",
            "zh": "MediaCrawler：小红书、抖音、快手、哔哩哔哩、微博、贴吧、知乎；"
            "CSV、JSON、JSONL、xlsx、SQLite",
        }
    )
    looked_for: ClassVar[tuple[str, ...]] = (
        "comments with comment_id, content, last_modify_ts (or creator_hash) and the post's id",
        "posts with their counts, creators, contacts, in a file, a sheet, or a database table",
    )
    timezone: ClassVar[str | None] = "Asia/Shanghai"
    defaults: ClassVar[Mapping[str, Mapping[str, str]]] = MappingProxyType(
        {
            "account": {"id_kind": "native"},
            "section": {"kind": "post"},
            "count_snapshot": {"scene": "all", "observed_basis": "row", "unit": "acts"},
            "follow": {"kind": "follow"},
            "coverage": {"object": "comment", "selection": "unknown"},
        }
    )
    table_names: ClassVar[tuple[str, ...]] = (
        "account", "account_snapshot", "section", "comment", "count_snapshot", "follow", "coverage",
    )  # fmt: skip

    def sniff(self, probe: Probe) -> Match | None:
        """By columns that no other collector writes, of the file or of one of its tables."""
        found = _shapes(probe)
        return Match(3, ", ".join(str(shape) for _, shape in found)) if found else None

    def read(self, probe: Probe, options: ReadOptions) -> Iterator[Item]:
        """Streams all tables of the file that are known; the others are named."""
        found = _shapes(probe)
        if not found and probe.kind != "empty":
            raise SchemaError(
                "no table of the collector is to be found here",
                path=probe.path,
                found=", ".join(probe.columns) or ", ".join(probe.sheets) or probe.kind,
                expected="; ".join(self.looked_for),
            )
        if probe.kind == "sqlite" and has_unread_changes(probe.path):
            yield Noted("", 1, "newer rows in the -wal file beside it are not read: close it first")
        known = {sheet for sheet, _ in found}
        for name, columns in probe.sheets.items():
            if columns and name not in known:
                yield Noted("", 1, f"table {name!r} is not read")
        for sheet, shape in found:
            yield from _table(probe, sheet, shape)


def _shapes(probe: Probe) -> list[tuple[str | None, Shape]]:
    """What each table of the file is; None names the file itself."""
    if not probe.sheets:
        shape = shape_of(probe.columns, platform_hint(probe.path))
        return [] if shape is None else [(None, shape)]
    named = ((s, shape_of(c, platform_hint(probe.path, s))) for s, c in probe.sheets.items())
    return [(sheet, shape) for sheet, shape in named if shape is not None]


def _table(probe: Probe, sheet: str | None, shape: Shape) -> Iterator[Item]:
    table = _TABLES[shape.kind]
    if shape.in_doubt:
        yield Noted(
            table, 1, f"its columns fit several platforms; taken for {shape.platform}:"
            " a folder named after the right one (data/bili/…) tells",
        )  # fmt: skip
    if shape.platform == "kuaishou" and shape.kind == "comments":
        yield Noted(table, 1, "replies cannot be told from comments: the file does not say it")
    repaired = False
    for record in read_records(probe, text=_texts(probe), sheet=sheet):
        if isinstance(record, BadRecord):
            yield Rejected(table, record.line, record.reason)
            continue
        data, lines = _named(record.data), _lines(record.lines, record.data.num_rows)
        usable = np.ones(data.num_rows, bool)
        yield from _unusable(table, data, lines, usable)
        data, lines = data.filter(pa.array(usable)), lines.filter(pa.array(usable))
        if not data.num_rows:
            continue
        for made in _MAKERS[shape.kind](shape, data, lines):
            if isinstance(made, Rows):
                yield made
            elif made and not repaired:
                repaired = True
                yield Noted(table, lines[0].as_py(), _LATE)


def _texts(probe: Probe) -> list[str]:
    """Columns of JSON that must not be taken for times, nor ids for doubles."""
    first = probe.first if isinstance(probe.first, dict) else {}
    texts = {name for name, value in first.items() if isinstance(value, str)}
    return sorted(texts | {*_IDS, "parent_comment_id"})


def _named(data: pa.RecordBatch) -> pa.RecordBatch:
    """Without the mark that some files bear in front of their first name."""
    return data.rename_columns([name.lstrip("\ufeff") for name in data.schema.names])


def _lines(lines: int | pa.Int64Array, n: int) -> pa.Int64Array:
    return pa.array(np.arange(lines, lines + n)) if isinstance(lines, int) else lines


def _unusable(
    table: str, data: pa.RecordBatch, lines: pa.Int64Array, usable: np.ndarray
) -> Iterator[Item]:
    """Headers that were appended again, and rows whose ids a spreadsheet program rounded."""
    for name in _IDS:
        if name not in data.schema.names:
            continue
        ids = id_column(data, name)
        header = np.array(pc.fill_null(pc.equal(ids, name), False)) & usable
        if header.any():
            usable &= ~header
            yield Skipped(int(header.sum()), "headers in the middle of the file")
        lost = rounded(ids) & usable
        usable &= ~lost
        for row in np.flatnonzero(lost):
            yield Rejected(
                table, lines[int(row)].as_py(), f"{name} was rounded by a spreadsheet program"
            )
