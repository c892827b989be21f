"""What one row alone cannot say and all files together can: settled before rows are merged.

- A deletion on Bluesky names a key and no section: the act that bears the key tells it, whatever
  file it is in.
- A like on Bluesky names a post: where some file shows that the post is a reply, the like is one
  of a comment, and the section is the one that the comment is under.

Sources say what they see; nothing here guesses. Tables that need no settling are left as they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from zhenzan.detector.ingest.engagements import UNDONE_BY
from zhenzan.detector.sources.bluesky.names import BY_ID
from zhenzan.features.engine import Engine, Relation

__all__ = ["settle"]

_STEP: Final = "ingest"
_NESTING: Final = "bluesky:"
"""Ids of platforms where a reply is a post like any other, so that a like does not tell which."""
_NAMELESS: Final = f"{_NESTING}{BY_ID}"
_BEHIND_POSTS: Final = ("engagement", "coverage", "count_snapshot")


def settle(
    engine: Engine, pieces: Mapping[str, Sequence[Path]], work_dir: Path
) -> tuple[dict[str, list[Path]], int]:
    """Staged pieces by table, some of them written anew, and the number of unknown acts taken back.

    Args:
        engine: Runs the statements.
        pieces: Staged Parquet files by table.
        work_dir: Where new pieces go.
    """
    settled = {name: list(paths) for name, paths in pieces.items()}
    orphans = 0
    if "engagement" in settled:
        acts = engine.load("settle_engagement", settled["engagement"], step=_STEP)
        if _any(engine, acts.name, f"section_id = '{_NAMELESS}'"):
            settled["engagement"], orphans = _named(engine, acts, work_dir)
        engine.drop(acts)
    if "comment" in settled:
        comments = engine.load("settle_comment", settled["comment"], step=_STEP)
        if _any(engine, comments.name, f"comment_id LIKE '{_NESTING}%'"):
            for name in _BEHIND_POSTS:
                if name in settled:
                    settled[name] = _moved(engine, name, settled[name], work_dir)
            if "section" in settled:
                settled["section"] = _without_replies(engine, settled["section"], work_dir)
        engine.drop(comments)
    return settled, orphans


def _any(engine: Engine, name: str, where: str) -> bool:
    return _count(engine, name, where) > 0


def _count(engine: Engine, name: str, where: str) -> int:
    found = engine.sql(
        f"SELECT count(*) AS n FROM {name} WHERE {where}", into="settle_count", step=_STEP
    )
    n: int = engine.fetch(found).column("n")[0].as_py()
    engine.drop(found)
    return n


def _written(engine: Engine, statement: str, path: Path) -> list[Path]:
    relation = engine.sql(statement, into="settle_new", step=_STEP, once=True)
    engine.write_parquet(relation, path)
    engine.drop(relation)
    return [path]


def _columns(relation: Relation, changed: Mapping[str, str]) -> str:
    return ", ".join(f"{changed.get(n, 's.' + n)} AS {n}" for n in relation.columns)


def _named(engine: Engine, acts: Relation, work_dir: Path) -> tuple[list[Path], int]:
    """Gives acts taken back the place of the act that bears their key; drops those of no act."""
    undo = ", ".join(f"'{kind}'" for kind in UNDONE_BY)
    changed = {
        "comment_id": "coalesce(m.comment_id, s.comment_id)",
        "section_id": f"CASE WHEN s.section_id = '{_NAMELESS}' THEN m.section_id "
        "ELSE s.section_id END",
    }
    made = (
        "SELECT engagement_id, account_id, min(section_id) AS section_id, min(comment_id) AS "
        f"comment_id FROM {acts.name} WHERE kind NOT IN ({undo}) AND engagement_id LIKE "
        f"'{_NESTING}%' GROUP BY engagement_id, account_id"
    )
    joined = (
        f"FROM {acts.name} AS s LEFT JOIN ({made}) AS m ON s.section_id = '{_NAMELESS}' AND "
        "m.engagement_id = s.engagement_id AND m.account_id = s.account_id "
    )
    lost = f"s.section_id = '{_NAMELESS}' AND m.section_id IS NULL"
    unknown = engine.sql(
        f"SELECT count(*) AS n {joined} WHERE {lost}", into="settle_count", step=_STEP
    )
    orphans: int = engine.fetch(unknown).column("n")[0].as_py()
    engine.drop(unknown)
    statement = f"SELECT {_columns(acts, changed)} {joined} WHERE NOT ({lost})"
    return _written(engine, statement, work_dir / "settled-named.parquet"), orphans


def _moved(engine: Engine, name: str, paths: Sequence[Path], work_dir: Path) -> list[Path]:
    """Rows of a section that is a reply become rows of the comment."""
    rows = engine.load(f"settle_{name}", list(paths), step=_STEP)
    changed = {
        "section_id": "coalesce(c.section_id, s.section_id)",
        "comment_id": "coalesce(s.comment_id, c.comment_id)",
    }
    statement = (
        f"SELECT {_columns(rows, changed)} FROM {rows.name} AS s LEFT JOIN (SELECT comment_id, "
        f"min(section_id) AS section_id FROM settle_comment WHERE comment_id LIKE '{_NESTING}%' "
        "GROUP BY comment_id) AS c ON s.comment_id IS NULL AND c.comment_id = s.section_id"
    )
    written = _written(engine, statement, work_dir / f"settled-{name}.parquet")
    engine.drop(rows)
    return written


def _without_replies(engine: Engine, paths: Sequence[Path], work_dir: Path) -> list[Path]:
    """Sections that were named by likes alone, and are comments."""
    rows = engine.load("settle_section", list(paths), step=_STEP)
    statement = (
        f"SELECT {_columns(rows, {})} FROM {rows.name} AS s WHERE s.section_id NOT LIKE "
        f"'{_NESTING}%' OR NOT EXISTS (SELECT 1 FROM settle_comment AS c WHERE c.comment_id = "
        "s.section_id)"
    )
    written = _written(engine, statement, work_dir / "settled-section.parquet")
    engine.drop(rows)
    return written
