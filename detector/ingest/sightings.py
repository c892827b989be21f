"""Comments that several rows tell of become one: each fact from the newest row that knows it.

Formats tell different parts of a comment: one has the region, another the likes, a third the exact
time. What the newest row leaves open is taken from older ones. What belongs together stays
together: a time with its precision and how it is known, a parent with its root and depth.
"""

from __future__ import annotations

from typing import Final

import pyarrow as pa
from zhenzan.features.engine import Engine, Relation
from zhenzan.features.tables import TABLES

__all__ = ["forget_comments", "merge_comments"]

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


def merge_comments(engine: Engine, staged: Relation, sections: Relation | None) -> str:
    """A SELECT of one row a comment, whatever the order of rows and files.

    A comment whose account is the one that the section is known to be of is the creator's, where
    no row says whether it is.

    Args:
        engine: Runs the statements.
        staged: Rows of all files.
        sections: Staged sections; None where no file describes any.
    """
    repeated = engine.sql(
        f"SELECT {_KEY} FROM {staged.name} GROUP BY {_KEY} HAVING count(*) > 1",
        into=_REPEATED,
        step=_STEP,
    )
    counted = engine.sql(
        f"SELECT count(*) AS n FROM {repeated.name}", into="ingest_count", step=_STEP
    )
    again: int = engine.fetch(counted).column("n")[0].as_py()
    engine.drop(counted)
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
    """Drops what the statement of `merge_comments` reads."""
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
