"""Staged rows of all files to canonical tables: the same thing seen twice becomes one row.

Which of two rows wins never depends on the order of rows or files, and not on how ids are spelled
unless all else is equal.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import pyarrow as pa
import pyarrow.parquet as pq
from zhenzan.detector.ingest.convert import staged_schema
from zhenzan.detector.ingest.coverage import merged_coverage
from zhenzan.detector.ingest.engagements import UNDONE_BY, forget, merge_engagements
from zhenzan.detector.ingest.pseudonyms import platform_of
from zhenzan.detector.ingest.settle import settle
from zhenzan.detector.ingest.sightings import (
    Elsewhere,
    SeenAgain,
    forget_comments,
    merge_comments,
    of_one_section,
    seen_again,
)
from zhenzan.features.engine import Engine, Relation
from zhenzan.features.tables import TABLES, Table

__all__ = ["Merged", "count", "merge"]

_STEP: Final = "ingest"
# Tables of things, whose rows complete each other; in the others the rows are sightings or acts.
_COMPLETING: Final = ("account", "section")
# A time says nothing without how well it is known: these come from one row.
_TIMES: Final[Mapping[str, tuple[str, ...]]] = {
    "account": ("created_ms", "created_precision_s", "created_basis"),
    "section": ("published_ms", "published_precision_s"),
}
# Where sections and accounts show that no file describes.
_NAMED_IN: Final[Mapping[str, tuple[str, ...]]] = {
    "section": ("engagement", "comment", "count_snapshot", "coverage"),
    "account": ("engagement", "comment"),
}


@dataclass(frozen=True, slots=True)
class Merged:
    """The canonical tables, and where the counted rows went.

    Attributes:
        tables: Tables with rows.
        kept: Counted rows that stand in them.
        merged: Counted rows that another one speaks for.
        orphans: Acts taken back that were never seen.
        unknown: Deletions that name a key alone, of acts that no file holds.
        elsewhere: Comments that rows tell to be in another section than the one where they stay.
        two_creators: Sections that files tell to be of different creators.
    """

    tables: dict[str, Relation]
    kept: int
    merged: int
    orphans: int
    unknown: int
    elsewhere: Elsewhere
    two_creators: Sequence[str]


def merge(
    engine: Engine,
    pieces: Mapping[str, Sequence[Path]],
    primary: Mapping[str, int],
    work_dir: Path,
    *,
    rank_ids: bool,
    kept_in: Literal["files", "engine"] = "files",
    without: Collection[str] = (),
) -> Merged:
    """Writes each canonical table to `work_dir/<table>.parquet` and loads it from there.

    Args:
        engine: Runs the statements.
        pieces: Staged Parquet files by table.
        primary: Counted rows in them, by table.
        work_dir: Where the tables go.
        rank_ids: Replace `id_order` by its rank, because the number itself would name the account.
        kept_in: `engine` writes no files: the tables end with the engine's session.
        without: Tables that nobody will look at: sections or accounts.
    """
    pieces, unknown = settle(engine, pieces, work_dir / "staged")
    orphans = 0
    place = work_dir if kept_in == "files" else None
    tables: dict[str, Relation] = {}
    staged = {n: engine.load(f"stage_{n}", paths, step=_STEP) for n, paths in pieces.items()}
    again, elsewhere = SeenAgain(0, 0), Elsewhere()
    if "comment" in staged:
        again = seen_again(engine, staged["comment"])
        if again.torn:
            apart = work_dir / "staged" / "one-section.parquet"
            elsewhere = of_one_section(engine, staged["comment"], apart)
            staged["comment"] = engine.load("stage_comment", apart, step=_STEP)
        paths = [*pieces.get("count_snapshot", []), work_dir / "staged" / "sightings.parquet"]
        if _sightings(engine, staged["comment"], paths[-1]):
            staged["count_snapshot"] = engine.load("stage_count_snapshot", paths, step=_STEP)
    for name in [n for n in TABLES if n in staged and n not in _COMPLETING]:
        if name == "engagement":
            rows, orphans = merge_engagements(engine, staged[name])
        else:
            rows = _merged(name, staged, tables, again=again.ids > 0)
        tables[name] = _stored(engine, TABLES[name], rows, place)
    for name in [n for n in _COMPLETING if n not in without]:
        paths = [*pieces.get(name, []), work_dir / "staged" / f"{name}-named.parquet"]
        if not _named_only(engine, name, staged.get(name), tables, paths[-1]):
            paths.pop()
        if paths:
            whole = engine.load(f"stage_{name}", paths, step=_STEP)
            rows = _completed(TABLES[name], whole, rank_ids=rank_ids)
            tables[name] = _stored(engine, TABLES[name], rows, place)
            staged[name] = whole
    kept, rows_of = _counted(engine, staged, tables, primary)
    forget(engine)
    forget_comments(engine)
    two = _two_creators(engine, staged.get("section"))
    for relation in staged.values():
        engine.drop(relation)
    filled = {n: tables[n] for n in TABLES if rows_of.get(n)}
    merged = sum(primary.values()) - kept - orphans - unknown - elsewhere.rows
    return Merged(filled, kept, merged, orphans, unknown, elsewhere, two)


def count(engine: Engine, relation: Relation) -> int:
    """Rows of a relation."""
    return _numbers(engine, {"rows": f"FROM {relation.name}"})["rows"]


def _numbers(engine: Engine, parts: Mapping[str, str]) -> dict[str, int]:
    """Rows of each FROM clause, in one statement: of small tables, asking takes longest."""
    counts = " UNION ALL ".join(
        f"SELECT '{name}' AS what, count(*) AS n {part}" for name, part in parts.items()
    )
    counted = engine.sql(counts, into="ingest_count", step=_STEP)
    found = engine.fetch(counted).to_pylist()
    engine.drop(counted)
    return {row["what"]: int(row["n"]) for row in found}


def _counted(
    engine: Engine,
    staged: Mapping[str, Relation],
    tables: Mapping[str, Relation],
    primary: Mapping[str, int],
) -> tuple[int, dict[str, int]]:
    """How many counted rows stand in the tables, and how many rows each of these has."""
    parts = {f"rows {name}": f"FROM {relation.name}" for name, relation in tables.items()}
    for name in tables:
        if name != "engagement" and primary.get(name):
            key = ", ".join(TABLES[name].key)
            parts[f"kept {name}"] = (
                f"FROM (SELECT {key} FROM {staged[name].name} WHERE z_primary GROUP BY {key}) AS k"
            )
    if "engagement" in tables:
        parts |= _only_derived(staged["engagement"])
    found = _numbers(engine, parts) if parts else {}
    rows = {name: found[f"rows {name}"] for name in tables}
    kept = sum(n for what, n in found.items() if what.startswith("kept "))
    derived = sum(n for what, n in found.items() if what.startswith("derived "))
    return kept + max(rows.get("engagement", 0) - derived, 0), rows


def _only_derived(staged: Relation) -> dict[str, str]:
    """Acts that come from records which another table counts, such as the rating of a review."""
    key = "kind, section_id, comment_id, account_id, occurrence"
    # Rows that take an act back stand in no table, whoever counts them.
    stands = "kind NOT IN (" + ", ".join(f"'{kind}'" for kind in UNDONE_BY) + ")"
    return {
        "derived named": f"FROM (SELECT {key}, "
        f"max(CASE WHEN z_primary THEN 1 ELSE 0 END) AS z_counted FROM {staged.name} "
        f"WHERE account_id IS NOT NULL AND {stands} GROUP BY {key}) AS acts WHERE z_counted = 0",
        "derived nameless": f"FROM {staged.name} WHERE account_id IS NULL AND NOT z_primary "
        f"AND {stands}",
    }


def _merged(
    name: str, staged: Mapping[str, Relation], tables: Mapping[str, Relation], *, again: bool
) -> str:
    """A SELECT of the rows of a table whose rows are sightings."""
    if name == "comment":
        return merge_comments(staged[name], staged.get("section"), again=again)
    if name == "coverage":
        return merged_coverage(staged[name], tables.get("comment"))
    return _newest(TABLES[name], staged[name])


def _two_creators(engine: Engine, sections: Relation | None) -> list[str]:
    """Sections whose rows disagree on the creator, in order: not all of one id is of one section.

    Numbers of WeChat articles repeat between accounts, and files of one account each cannot tell.
    """
    if sections is None:
        return []
    found = engine.sql(
        f"SELECT section_id FROM {sections.name} WHERE creator_id IS NOT NULL GROUP BY section_id "
        "HAVING count(DISTINCT creator_id) > 1",
        into="ingest_two_creators",
        step=_STEP,
    )
    ids: list[str] = engine.fetch(found, order_by=["section_id"]).column(0).to_pylist()
    engine.drop(found)
    return ids


def _newest(table: Table, staged: Relation) -> str:
    """One row a key: the one seen last; where that ties, by content."""
    names = [c.name for c in table.columns]
    rest = ", ".join(f"{n} NULLS LAST" for n in names if n not in table.key)
    columns = ", ".join(names)
    return (
        f"SELECT {columns} FROM (SELECT {columns}, row_number() OVER (PARTITION BY "
        f"{', '.join(table.key)} ORDER BY z_seen_ms DESC NULLS LAST, {rest}) AS z_row "
        f"FROM {staged.name}) AS numbered WHERE z_row = 1"
    )


def _completed(table: Table, staged: Relation, *, rank_ids: bool) -> str:
    """One row a key, each column from the rows that fill it: the smallest value where they differ.

    The smallest is the same whatever the order of the files. The time of making is the one known
    best, then the earliest, with the precision and basis that stand beside it.
    """
    (key,), time = table.key, _TIMES[table.name]
    rest = [c.name for c in table.columns if c.name != key and c.name not in time]
    values = ", ".join(f"min({n}) AS {n}" for n in rest)
    best = ", ".join(f"{n} NULLS LAST" for n in (time[1], time[0], *time[2:]))
    whole = (
        f"SELECT k.*, {', '.join(f't.{n}' for n in time)} FROM (SELECT {key}, {values} "
        f"FROM {staged.name} GROUP BY {key}) AS k LEFT JOIN (SELECT {key} AS z_key, "
        f"{', '.join(time)}, row_number() OVER (PARTITION BY {key} ORDER BY {best}) AS z_time "
        f"FROM {staged.name} WHERE {time[0]} IS NOT NULL) AS t "
        f"ON t.z_key = k.{key} AND t.z_time = 1"
    )
    if table.name != "account" or not rank_ids:
        return whole
    names = ", ".join(c.name for c in table.columns if c.name != "id_order")
    return (
        f"SELECT {names}, CASE WHEN id_order IS NULL THEN NULL ELSE rank() OVER "
        "(PARTITION BY platform, CASE WHEN id_order IS NULL THEN 1 ELSE 0 END "
        f"ORDER BY id_order NULLS LAST) END AS id_order FROM ({whole}) AS accounts"
    )


def _stored(engine: Engine, table: Table, rows: str, work_dir: Path | None) -> Relation:
    """Writes in the order of columns and key of the table, and reads it in place from then on.

    Without a folder it stays in the engine, its rows in any order.
    """
    names = ", ".join(f"CAST({c.name} AS {_sql_type(c.type)}) AS {c.name}" for c in table.columns)
    if work_dir is None:
        whole = f"SELECT {names} FROM ({rows}) AS merged"
        return engine.sql(whole, into=table.name, step=_STEP)
    merged = engine.sql(
        f"SELECT {names} FROM ({rows}) AS merged",
        into=f"merged_{table.name}",
        step=_STEP,
        once=True,
    )
    path = work_dir / f"{table.name}.parquet"
    engine.write_parquet(merged, path, order_by=_order(table))
    engine.drop(merged)
    return engine.load(table.name, path, step=_STEP)


def _order(table: Table) -> Sequence[str]:
    if table.name == "engagement":
        return (
            "section_id",
            "comment_id",
            "kind",
            "ts_lo_ms",
            "ts_hi_ms",
            "account_id",
            "occurrence",
        )
    return table.key


def _sql_type(kind: pa.DataType) -> str:
    if pa.types.is_string(kind):
        return "STRING"
    if pa.types.is_floating(kind):
        return "DOUBLE"
    return "BOOLEAN" if pa.types.is_boolean(kind) else "BIGINT"


def _sightings(engine: Engine, comments: Relation, path: Path) -> bool:
    """Counts that came with comments, one snapshot a sighting; whether there are any."""
    parts = [
        f"SELECT DISTINCT section_id, comment_id, '{metric}' AS metric, 'all' AS scene, "
        f"z_seen_ms AS observed_ms, z_seen_basis AS observed_basis, 'acts' AS unit, "
        f"{low} AS value_lo, {high} AS value_hi, dataset_id FROM {comments.name} "
        f"WHERE {low} IS NOT NULL"
        for metric, low, high in (
            ("like", "like_count_lo", "like_count_hi"),
            ("reply", "reply_count", "reply_count"),
        )
    ]
    relation = engine.sql(" UNION ALL ".join(parts), into="ingest_sightings", step=_STEP)
    schema = staged_schema(TABLES["count_snapshot"])
    return _spool(engine.fetch_batches(relation), schema, path)


def _named_only(
    engine: Engine,
    name: str,
    staged: Relation | None,
    tables: Mapping[str, Relation],
    path: Path,
) -> bool:
    """Rows for things that acts name and no file describes; whether there are any."""
    key = f"{name}_id"
    parts = [
        f"SELECT {key}, dataset_id FROM {tables[t].name} WHERE {key} IS NOT NULL"
        for t in _NAMED_IN[name]
        if t in tables
    ]
    if not parts:
        return False
    known = "" if staged is None else f"WHERE {key} NOT IN (SELECT {key} FROM {staged.name})"
    relation = engine.sql(
        f"SELECT {key}, min(dataset_id) AS dataset_id FROM ({' UNION ALL '.join(parts)}) AS named "
        f"{known} GROUP BY {key}",
        into="ingest_named",
        step=_STEP,
    )
    fixed = {"kind": "post"} if name == "section" else {"id_kind": "native"}

    def described() -> Iterator[pa.RecordBatch]:
        for batch in engine.fetch_batches(relation):
            ids = batch.column(key)
            columns = {key: ids, "dataset_id": batch.column("dataset_id")}
            columns["platform"] = platform_of(ids, "internal")
            columns |= {n: pa.array([v] * len(ids)) for n, v in fixed.items()}
            yield pa.RecordBatch.from_pydict(columns)

    return _spool(described(), staged_schema(TABLES[name]), path)


def _spool(batches: Iterator[pa.RecordBatch], schema: pa.Schema, path: Path) -> bool:
    """Writes batches as staged rows that no count includes; absent columns are NULL."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = 0
    with pq.ParquetWriter(path, schema, compression="lz4") as writer:
        for batch in batches:
            n, names = batch.num_rows, batch.schema.names
            rows += n
            arrays = [
                batch.column(f.name).cast(f.type) if f.name in names else pa.nulls(n, f.type)
                for f in schema
            ]
            writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=schema))
    return rows > 0
