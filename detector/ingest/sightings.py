"""Comments that several rows tell of become one: each fact from the newest row that knows it.

Formats tell different parts of a comment: one has the region, another the likes, a third the exact
time. What the newest row leaves open is taken from older ones. What belongs together stays
together: a time with its precision and how it is known, a parent with its root and depth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow as pa
from zhenzan.detector.ingest.ledger import EXAMPLES
from zhenzan.features.engine import Engine, Relation
from zhenzan.features.tables import TABLES

__all__ = [
    "Elsewhere",
    "SeenAgain",
    "forget_comments",
    "merge_comments",
    "of_one_section",
    "seen_again",
]

_STEP: Final = "ingest"
_COMMENT: Final = TABLES["comment"]
_KEY: Final = "comment_id"
_TIME: Final = ("created_ms", "created_precision_s", "created_basis")
_PLACE: Final = ("parent_id", "root_id", "depth")
_ALONE: Final = tuple(
    c.name for c in _COMMENT.columns if c.name not in (_KEY, *_TIME, *_PLACE)
)  # fmt: skip
_REPEATED: Final = "ingest_seen_again"
_AGAIN: Final = f"EXISTS (SELECT 1 FROM {_REPEATED} AS r WHERE r.{_KEY} = s.{_KEY})"


@dataclass(frozen=True, slots=True)
class SeenAgain:
    """Ids of comments that several rows bear.

    Attributes:
        ids: How many.
        torn: Of these, told to be in several sections.
    """

    ids: int
    torn: int


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Rows of comments that stay in another section than these rows tell.

    Attributes:
        rows: How many of them were counted.
        examples: Of some: the dataset, and what is amiss.
    """

    rows: int = 0
    examples: Sequence[tuple[str, str]] = ()


def seen_again(engine: Engine, staged: Relation) -> SeenAgain:
    """Finds the ids that several rows bear; `forget_comments` drops them.

    Sections are compared of these ids alone: of all, it would take far more memory.
    """
    repeated = engine.sql(
        f"SELECT {_KEY} FROM {staged.name} GROUP BY {_KEY} HAVING count(*) > 1",
        into=_REPEATED,
        step=_STEP,
    )
    ids = _count(engine, repeated.name)
    return SeenAgain(ids, _count(engine, f"({_torn(staged)}) AS t") if ids else 0)


def of_one_section(engine: Engine, staged: Relation, path: Path) -> Elsewhere:
    """Writes the rows without those that move a comment from the section whose id is smallest.

    Two comments that share an id cannot be told from one that moved: nothing else names them.
    """
    lost = engine.sql(
        f"SELECT s.{_KEY}, s.section_id, t.section_id AS stays, s.dataset_id, s.z_primary "
        f"FROM {staged.name} AS s JOIN ({_torn(staged)}) AS t ON t.{_KEY} = s.{_KEY} "
        "WHERE s.section_id <> t.section_id",
        into="ingest_elsewhere",
        step=_STEP,
    )
    kept = engine.sql(
        f"SELECT {', '.join(f's.{n}' for n in staged.columns)} FROM {staged.name} AS s "
        f"LEFT JOIN ({_torn(staged)}) AS t ON t.{_KEY} = s.{_KEY} "
        "WHERE t.section_id IS NULL OR t.section_id = s.section_id",
        into="ingest_one_section",
        step=_STEP,
        once=True,
    )
    engine.write_parquet(kept, path)
    rows = _count(engine, f"{lost.name} WHERE z_primary")
    shown = engine.sql(
        f"SELECT DISTINCT {_KEY}, section_id, stays, dataset_id FROM {lost.name} WHERE z_primary "
        f"ORDER BY {_KEY} NULLS LAST, section_id NULLS LAST, dataset_id NULLS LAST "
        f"LIMIT {EXAMPLES}",
        into="ingest_shown",
        step=_STEP,
    )
    examples = [
        (r["dataset_id"], f"{r[_KEY]} of {r['section_id']}, expected {r['stays']}")
        for r in engine.fetch(shown, order_by=[_KEY, "section_id", "dataset_id"]).to_pylist()
    ]
    for relation in (lost, kept, shown):
        engine.drop(relation)
    return Elsewhere(rows, examples)


def _torn(staged: Relation) -> str:
    """Comments of several sections, each with the one where it stays."""
    return (
        f"SELECT s.{_KEY}, min(s.section_id) AS section_id FROM {staged.name} AS s "
        f"JOIN {_REPEATED} AS r ON r.{_KEY} = s.{_KEY} GROUP BY s.{_KEY} "
        "HAVING min(s.section_id) < max(s.section_id)"
    )


def _count(engine: Engine, what: str) -> int:
    counted = engine.sql(f"SELECT count(*) AS n FROM {what}", into="ingest_count", step=_STEP)
    n: int = engine.fetch(counted).column("n")[0].as_py()
    engine.drop(counted)
    return n


def merge_comments(staged: Relation, sections: Relation | None, *, again: bool) -> str:
    """A SELECT of one row a comment, whatever the order of rows and files.

    A comment whose account is the one that the section is known to be of is the creator's, where
    no row says whether it is.

    Args:
        staged: Rows of all files, each comment in one section.
        sections: Staged sections; None where no file describes any.
        again: `seen_again` found ids that several rows bear.
    """
    names = [c.name for c in _COMMENT.columns]
    rows = f"SELECT {', '.join(names)} FROM {staged.name}"
    if again:
        once = f"{rows} AS s WHERE NOT {_AGAIN}"
        filled = ", ".join(f"filled.{n}" for n in names)
        rows = f"{once} UNION ALL SELECT {filled} FROM ({_filled(staged)}) AS filled"
    if sections is None or "creator_id" not in sections.columns:
        return rows
    own = (
        "CASE WHEN c.by_creator IS NULL AND c.account_id = k.creator_id THEN TRUE "
        "ELSE c.by_creator END"
    )
    chosen = ", ".join(f"{own} AS {n}" if n == "by_creator" else f"c.{n}" for n in names)
    return (
        f"SELECT {chosen} FROM ({rows}) AS c LEFT JOIN (SELECT section_id, min(creator_id) AS "
        f"creator_id FROM {sections.name} WHERE creator_id IS NOT NULL GROUP BY section_id) AS k "
        "ON k.section_id = c.section_id"
    )


def forget_comments(engine: Engine) -> None:
    """Drops what `seen_again` made and the statement of `merge_comments` reads."""
    engine.drop(Relation(_REPEATED, pa.schema([])))


def _filled(staged: Relation) -> str:
    """Rows of comments that were seen again, one a comment.

    Rows are numbered from the newest; where that ties, by content. The time is the one known best,
    because "a year ago" says less of it than "yesterday" did.
    """
    names = [c.name for c in _COMMENT.columns]
    newest = "z_seen_ms DESC NULLS LAST, " + ", ".join(
        f"{n} NULLS LAST" for n in names if n != _KEY
    )
    known = "CASE WHEN created_ms IS NULL THEN 1 ELSE 0 END NULLS LAST"
    knows = {n: f"{n} IS NOT NULL" for n in _ALONE}
    place = " OR ".join(f"{n} IS NOT NULL" for n in _PLACE)
    best = ", ".join(f"min(CASE WHEN {test} THEN z_row END) AS b_{n}" for n, test in knows.items())
    values = ", ".join(
        [f"min(CASE WHEN n.z_row = b.b_{n} THEN n.{n} END) AS {n}" for n in _ALONE]
        + [f"min(CASE WHEN n.z_time = 1 THEN n.{n} END) AS {n}" for n in _TIME]
        + [f"min(CASE WHEN n.z_row = b.b_place THEN n.{n} END) AS {n}" for n in _PLACE]
    )
    return f"""WITH numbered AS (
  SELECT {", ".join(names)},
    row_number() OVER (PARTITION BY {_KEY} ORDER BY {newest}) AS z_row,
    row_number() OVER (PARTITION BY {_KEY}
      ORDER BY {known}, created_precision_s NULLS LAST, {newest}) AS z_time
  FROM {staged.name} AS s
  WHERE {_AGAIN}
), best AS (
  SELECT {_KEY}, {best}, min(CASE WHEN {place} THEN z_row END) AS b_place
  FROM numbered GROUP BY {_KEY}
)
SELECT n.{_KEY}, {values} FROM numbered AS n JOIN best AS b ON b.{_KEY} = n.{_KEY}
GROUP BY n.{_KEY}"""
