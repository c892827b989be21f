"""Writes a world as canonical tables, streamed: no table of engagements is ever held whole."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray
from zhenzan.detector.simulate.acts import KINDS, Acts, Comments
from zhenzan.detector.simulate.clock import DAY_MS, HOUR_MS
from zhenzan.detector.simulate.population import LANGUAGES, NAME_SHAPES, REGIONS
from zhenzan.detector.simulate.sections import SECTION_KINDS
from zhenzan.detector.simulate.stage import Stage
from zhenzan.features.tables import TABLES

__all__ = ["DATASET_ID", "PLATFORM", "Names", "TableWriter", "engagement_rows", "write_static"]

PLATFORM: Final = "sim"
DATASET_ID: Final = "sim"
SHARE_TRAVELLING: Final = 0.03
"""Of acts come from another region than the account's own [H]."""


POLL_MS: Final = 6 * HOUR_MS
POLLS: Final = 56


class Names:
    """Ids of rows: `sim:a12`, `sim:s3`, `sim:c45`; rows are random, so ids tell nothing."""

    def __init__(self, stage: Stage) -> None:
        self.account = _ids("a", np.arange(stage.n_accounts))
        self.section = _ids("s", np.arange(stage.n_sections))
        self.comment = _ids("c", np.arange(stage.n_comments))


def _ids(letter: str, number: NDArray[np.integer]) -> pa.Array:
    text = pa.array(number).cast(pa.string())
    return pc.binary_join_element_wise(f"{PLATFORM}:{letter}", text, "")


def ids_of(names: pa.Array, row: NDArray[np.integer]) -> pa.Array:
    """The ids of rows; NULL where the row is negative."""
    return names.take(pa.array(row, mask=row < 0))


def words_of(words: tuple[str, ...] | list[str], code: NDArray[np.integer]) -> pa.Array:
    """The words of codes; NULL where the code is negative."""
    return pa.array(list(words), pa.string()).take(pa.array(code, mask=code < 0))


def _times(ts: NDArray[np.int64]) -> pa.Array:
    return pa.array(ts, pa.int64(), mask=ts < 0)


class TableWriter:
    """One Parquet file, written in batches; the schema is that of the first."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows = 0
        self._writer: pq.ParquetWriter | None = None

    def write(self, table: pa.Table) -> None:
        """Appends rows."""
        if self._writer is None:
            self._writer = pq.ParquetWriter(self.path, table.schema, compression="zstd")
        self._writer.write_table(table)
        self.rows += table.num_rows

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._writer is not None:
            self._writer.close()


def canonical(name: str, columns: dict[str, Any], rows: int) -> pa.Table:
    """A canonical table in the order and types of `tables.py`; columns not given are left out."""
    table = TABLES[name]
    arrays, schema = [], []
    columns = {"dataset_id": pa.repeat(pa.scalar(DATASET_ID), rows), **columns}
    for column in table.columns:
        if column.name in columns:
            value = columns[column.name]
            array = value if isinstance(value, pa.Array) else pa.array(value, column.type)
            arrays.append(array)
            schema.append(table.schema.field(column.name))
    return pa.Table.from_arrays(arrays, schema=pa.schema(schema))


def engagement_rows(
    stage: Stage, names: Names, rng: np.random.Generator, acts: Acts, first: int
) -> pa.Table:
    """A batch of the engagement table; ids number the rows from `first`."""
    n = len(acts)
    width = np.maximum(acts.precision, 1).astype(np.int64)
    low = acts.ts // width * width
    high = np.where(acts.precision > 0, low + width, low)
    away = rng.random(n) < SHARE_TRAVELLING
    region = np.where(away, rng.integers(0, len(REGIONS), n), stage.people.region[acts.account])
    return canonical(
        "engagement",
        {
            "engagement_id": _ids("e", np.arange(first, first + n)),
            "kind": words_of(KINDS, acts.kind),
            "section_id": ids_of(names.section, acts.section),
            "comment_id": ids_of(names.comment, acts.comment),
            "account_id": ids_of(names.account, acts.account),
            "ts_lo_ms": low,
            "ts_hi_ms": high,
            "retracted_lo_ms": _times(acts.retracted),
            "retracted_hi_ms": _times(acts.retracted),
            "occurrence": np.ones(n, dtype=np.int64),
            "region": words_of(REGIONS, region),
            "basis": pa.repeat(pa.scalar("internal_log"), n),
        },
        n,
    )


def comment_rows(stage: Stage, names: Names, comments: Comments) -> pa.Table:
    """The comment table."""
    n = len(comments)
    by_creator = stage.sections.creator[comments.section] == comments.account
    replied = np.bincount(comments.parent[comments.parent >= 0], minlength=n)
    answered = np.zeros(n, dtype=bool)
    answered[comments.parent[by_creator & (comments.parent >= 0)]] = True
    parent = ids_of(names.comment, comments.parent)
    return canonical(
        "comment",
        {
            "comment_id": names.comment,
            "section_id": ids_of(names.section, comments.section),
            "parent_id": parent,
            "root_id": parent,
            "depth": (comments.parent >= 0).astype(np.int64),
            "account_id": ids_of(names.account, comments.account),
            "text": pa.array(comments.text.tolist(), pa.string()),
            "created_ms": comments.ts,
            "created_precision_s": np.zeros(n, dtype=np.int64),
            "created_basis": pa.repeat(pa.scalar("field"), n),
            "by_creator": by_creator,
            "pinned": comments.pinned,
            "replied_by_creator": answered,
            "region": words_of(REGIONS, stage.people.region[comments.account]),
            "reply_count": replied,
            "language": words_of(LANGUAGES, stage.sections.language[comments.section]),
        },
        n,
    )


def section_rows(stage: Stage, names: Names) -> pa.Table:
    """The section table."""
    s = stage.sections
    return canonical(
        "section",
        {
            "section_id": names.section,
            "platform": pa.repeat(pa.scalar(PLATFORM), len(s)),
            "kind": words_of(SECTION_KINDS, s.kind),
            "creator_id": ids_of(names.account, s.creator),
            "published_ms": s.published_ms,
            "published_precision_s": np.zeros(len(s), dtype=np.int64),
            "title": pa.array(s.title.tolist(), pa.string()),
            "text": pa.array(s.text.tolist(), pa.string()),
            "language": words_of(LANGUAGES, s.language),
        },
        len(s),
    )


def account_tables(stage: Stage, names: Names, seen: NDArray[np.intp]) -> tuple[pa.Table, pa.Table]:
    """The account table and a snapshot of profiles at the end of the window."""
    people = stage.people
    n = len(seen)
    ids = ids_of(names.account, seen)
    account = canonical(
        "account",
        {
            "account_id": ids,
            "platform": pa.repeat(pa.scalar(PLATFORM), n),
            "id_kind": pa.repeat(pa.scalar("native"), n),
            "name_shape": words_of(NAME_SHAPES, people.name_shape[seen]),
            "created_ms": people.created_ms[seen],
            "created_precision_s": np.zeros(n, dtype=np.int64),
            "created_basis": pa.repeat(pa.scalar("field"), n),
            "declared_bot": people.declared_bot[seen],
        },
        n,
    )
    snapshot = canonical(
        "account_snapshot",
        {
            "account_id": ids,
            "observed_ms": np.full(n, stage.end_ms),
            "followers": people.followers[seen],
            "following": people.following[seen],
            "posts": people.posts[seen],
            "has_avatar": people.has_avatar[seen],
            "bio_length": people.bio_length[seen],
            "region": words_of(REGIONS, people.region[seen]),
        },
        n,
    )
    return account, snapshot


def follow_rows(stage: Stage, names: Names, rng: np.random.Generator) -> pa.Table:
    """Who follows which creator."""
    follows = stage.audience.follows
    n = len(follows.account)
    # A scenario may have given the only sections of a creator to another one.
    creators = np.full(len(follows.offset) - 1, -1, dtype=np.int64)
    creators[stage.sections.creator_rank] = stage.sections.creator
    target = creators[follows.creator]
    known = target >= 0
    since = np.maximum(
        stage.people.created_ms[follows.account],
        stage.start_ms - np.floor(rng.exponential(200 * DAY_MS, n)).astype(np.int64),
    )
    return canonical(
        "follow",
        {
            "source_id": ids_of(names.account, follows.account[known]),
            "target_id": ids_of(names.account, target[known]),
            "kind": pa.repeat(pa.scalar("follow"), int(known.sum())),
            "created_ms": since[known],
        },
        int(known.sum()),
    )


def context_rows(stage: Stage, names: Names) -> pa.Table:
    """Benign causes that somebody declared."""
    rows = stage.contexts
    return canonical(
        "context",
        {
            "section_id": ids_of(names.section, np.array([r.section for r in rows], np.int64)),
            "comment_id": ids_of(names.comment, np.array([r.comment for r in rows], np.int64)),
            "kind": pa.array([r.kind for r in rows], pa.string()),
            "start_ms": [r.start_ms for r in rows],
            "end_ms": [r.end_ms for r in rows],
            "declared_by": pa.array([r.declared_by for r in rows], pa.string()),
            "quote": pa.array([r.quote for r in rows], pa.string()),
        },
        len(rows),
    )


def coverage_rows(stage: Stage, names: Names, comments: Comments) -> pa.Table:
    """Everything was collected, and says so."""
    n = stage.n_sections
    total = np.bincount(comments.section, minlength=n)
    return canonical(
        "coverage",
        {
            "section_id": names.section,
            "object": pa.repeat(pa.scalar("comment"), n),
            "claimed_total": total,
            "collected": total,
            "selection": pa.repeat(pa.scalar("all"), n),
            "truncated": np.zeros(n, dtype=bool),
        },
        n,
    )


def snapshot_rows(stage: Stage, names: Names, acts: Acts) -> pa.Table:
    """Like counts of one section in twenty, polled every six hours for a fortnight.

    Args:
        stage: The world.
        names: Ids.
        acts: Of whole sections, all of them.
    """
    here = np.unique(acts.section[stage.sections.polled[acts.section]])
    step = np.arange(1, POLLS + 1) * POLL_MS
    at = (stage.sections.published_ms[here][:, None] + step).ravel()
    section = np.repeat(here, POLLS)
    seen = at < stage.end_ms
    at, section = at[seen], section[seen]
    likes = acts.take((acts.kind == 0) & (acts.comment < 0))
    gone = likes.take(likes.retracted >= 0)

    def until(which: NDArray[np.int32], ts: NDArray[np.int64]) -> NDArray[np.int64]:
        """How many of the times lie before each poll of their section."""
        span = np.int64(1) << 42
        key = np.sort(which.astype(np.int64) * span + (ts - stage.start_ms))
        base = section.astype(np.int64) * span
        count = np.searchsorted(key, base + (at - stage.start_ms))
        return np.asarray(count - np.searchsorted(key, base - span // 2))

    value = until(likes.section, likes.ts) - until(gone.section, gone.retracted)
    n = len(at)
    return canonical(
        "count_snapshot",
        {
            "section_id": ids_of(names.section, section),
            "metric": pa.repeat(pa.scalar("like"), n),
            "scene": pa.repeat(pa.scalar("all"), n),
            "observed_ms": at,
            "observed_basis": pa.repeat(pa.scalar("row"), n),
            "unit": pa.repeat(pa.scalar("acts"), n),
            "value_lo": value,
            "value_hi": value,
        },
        n,
    )


def write_static(
    out: Path,
    stage: Stage,
    names: Names,
    comments: Comments,
    seen: NDArray[np.intp],
) -> None:
    """Writes every canonical table but the engagements and the counts."""
    account, snapshot = account_tables(stage, names, seen)
    tables = {
        "account": account,
        "account_snapshot": snapshot,
        "section": section_rows(stage, names),
        "comment": comment_rows(stage, names, comments),
        "follow": follow_rows(stage, names, stage.rng("follow dates")),
        "coverage": coverage_rows(stage, names, comments),
        "context": context_rows(stage, names),
    }
    for name, table in tables.items():
        if table.num_rows:
            pq.write_table(table, out / f"{name}.parquet", compression="zstd")
