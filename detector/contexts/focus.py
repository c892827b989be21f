"""Which sections are looked at, and their rows, some sections at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import pandas as pd
import pyarrow as pa
from zhenzan.detector.contexts.case import Case
from zhenzan.features.engine.base import Engine
from zhenzan.models.attribution.result import Attribution

__all__ = ["cases", "empty_templates", "focus_sections"]

# What may speak in the rules: half of the event's twenty acts, ten bits of company or propensity,
# a p-value of one in a hundred, ten acts for certain, ten comments in surprising templates.
_ACTS: Final = 10.0
_BITS: Final = 10.0
_P_VALUE: Final = 0.01
_TEXTS: Final = 10
_ROWS_AT_ONCE: Final = 400_000
_SECTION: Final = (
    "section_id", "platform", "kind", "creator_id", "published_ms", "title", "text", "language",
)  # fmt: skip


def focus_sections(attribution: Attribution, templates: pa.Table | None) -> list[str]:
    """Ids of the sections in which a line of evidence may speak, sorted."""
    s = attribution.sections.to_pandas()
    acts = s["n_purchased_hi"].fillna(0.0) >= _ACTS
    louder = s["significant"].eq(True) | (s["p_value"] <= _P_VALUE)
    louder |= (s["company_bits"] >= _BITS) | (s["propensity_bits"] >= _BITS)
    louder |= s["n_purchased_lo"] >= _ACTS
    found = set(s.loc[acts & louder, "section_id"])
    if templates is not None and templates.num_rows:
        t = templates.select(["section_id", "surprising"]).to_pandas()
        counts = t[t["surprising"].eq(True)].groupby("section_id").size()
        found |= set(counts[counts >= _TEXTS].index)
    return sorted(str(key) for key in found)


_ACT_ROWS: Final = """
SELECT q.section_id, q.comment_id, q.account_id, q.p_purchased AS p,
       CAST(q.ts_lo_ms AS DOUBLE) AS at, q.ts_hi_ms - q.ts_lo_ms AS width_ms,
       e.region, e.referrer, e.retracted_lo_ms AS retracted_ms, a.created_ms, a.declared_bot,
       f.account_id IS NOT NULL AS follows, b.account_id IS NOT NULL AS followed
FROM {acts} q
JOIN {some} k ON k.section_id = q.section_id
LEFT JOIN {section} s ON s.section_id = q.section_id
LEFT JOIN {engagement} e ON e.engagement_id = q.engagement_id
LEFT JOIN {account} a ON a.account_id = q.account_id
LEFT JOIN (SELECT DISTINCT source_id AS account_id, target_id FROM {follow}) f
  ON f.account_id = q.account_id AND f.target_id = s.creator_id
LEFT JOIN (SELECT DISTINCT target_id AS account_id, source_id FROM {follow}) b
  ON b.account_id = q.account_id AND b.source_id = s.creator_id
"""
_COMMENT_ROWS: Final = """
SELECT c.section_id, c.comment_id, c.account_id, CAST(c.created_ms AS DOUBLE) AS at, c.text,
       c.by_creator, c.pinned, c.selected, c.liked_by_creator, c.region, a.created_ms,
       a.declared_bot, t.surprising, t.everyday, t.echo
FROM {comment} c
JOIN {some} k ON k.section_id = c.section_id
LEFT JOIN {account} a ON a.account_id = c.account_id
LEFT JOIN {templates} t ON t.comment_id = c.comment_id
"""
_SECTION_ROWS: Final = """
SELECT s.section_id, s.platform, s.kind, s.creator_id, s.published_ms, s.title, s.text, s.language
FROM {section} s JOIN {some} k ON k.section_id = s.section_id
"""
_SIZES: Final = """
SELECT section_id, SUM(n) AS n FROM (
  SELECT k.section_id, COUNT(*) AS n FROM {acts} q JOIN {focus} k ON k.section_id = q.section_id
  GROUP BY k.section_id
  UNION ALL
  SELECT k.section_id, COUNT(*) AS n FROM {comment} c JOIN {focus} k
  ON k.section_id = c.section_id GROUP BY k.section_id
) sizes GROUP BY section_id
"""
# Members are the accounts of likely delivered acts; what they do elsewhere is told by creator. A
# section whose creator is unknown is one of its own, as in attribution.
_HISTORY: Final = """
WITH places AS (
  SELECT section_id, COALESCE('creator ' || creator_id, 'section ' || section_id) AS creator
  FROM {section}
), members AS (
  SELECT DISTINCT q.section_id, s.creator, q.account_id
  FROM {acts} q JOIN {focus} k ON k.section_id = q.section_id
  JOIN places s ON s.section_id = q.section_id
  WHERE q.p_purchased >= 5e-1 AND q.account_id IS NOT NULL
), visits AS (
  SELECT q.account_id, s.creator, COUNT(DISTINCT q.section_id) AS places,
         MAX(CASE WHEN q.p_purchased >= 5e-1 THEN 1 ELSE 0 END) AS served,
         MAX(CASE WHEN COALESCE(q.p_purchased, 0) < 5e-1 THEN 1 ELSE 0 END) AS lived
  FROM {acts} q JOIN (SELECT DISTINCT account_id FROM members) m ON m.account_id = q.account_id
  JOIN places s ON s.section_id = q.section_id
  GROUP BY q.account_id, s.creator
), told AS (
  SELECT m.section_id, m.account_id,
         MAX(CASE WHEN v.creator = m.creator AND v.places >= 3 THEN 1 ELSE 0 END) AS regular,
         MAX(CASE WHEN v.creator <> m.creator THEN v.served ELSE 0 END) AS served,
         MAX(CASE WHEN v.creator <> m.creator THEN v.lived ELSE 0 END) AS alive
  FROM members m JOIN visits v ON v.account_id = m.account_id
  GROUP BY m.section_id, m.account_id
)
SELECT section_id, COUNT(*) AS n_members, SUM(regular) AS n_regular, SUM(served) AS n_served,
       SUM(alive) AS n_alive
FROM told GROUP BY section_id
"""


def cases(
    engine: Engine, names: Mapping[str, str], attribution: Attribution, ids: Sequence[str]
) -> Iterator[Case]:
    """The sections with their rows, in id order, at most some 400,000 rows in memory.

    Args:
        engine: Where the tables live.
        names: Table name to relation name: the canonical ones, `acts`, `templates` and `focus`.
        attribution: For the sums of each section.
        ids: The sections, sorted.
    """
    history = _by_section(_fetch(engine, _HISTORY, names, "history"))
    size = _by_section(_fetch(engine, _SIZES, names, "sizes"))
    sums = _by_section(attribution.sections.to_pandas())
    chosen: list[str] = []
    held = 0.0
    for key in ids:
        own = float(size.get(key, {}).get("n", 0.0))
        if chosen and held + own > _ROWS_AT_ONCE:
            yield from _some(engine, names, chosen, sums, history)
            chosen, held = [], 0.0
        chosen.append(key)
        held += own
    if chosen:
        yield from _some(engine, names, chosen, sums, history)


def _some(
    engine: Engine,
    names: Mapping[str, str],
    ids: list[str],
    sums: Mapping[str, dict[str, Any]],
    history: Mapping[str, dict[str, Any]],
) -> Iterator[Case]:
    some = pa.table({"section_id": pa.array(ids, pa.string())})
    engine.load("context_some", some, step="contexts")
    within = {**names, "some": "context_some"}
    acts = _fetch(engine, _ACT_ROWS, within, "acts")
    comments = _fetch(engine, _COMMENT_ROWS, within, "comments")
    sections = _by_section(_fetch(engine, _SECTION_ROWS, within, "sections"))
    acts_of = dict(iter(acts.groupby("section_id", sort=False)))
    comments_of = dict(iter(comments.groupby("section_id", sort=False)))
    for key in ids:
        yield Case(
            dict.fromkeys(_SECTION) | {"section_id": key} | sections.get(key, {}),
            sums.get(key, {}),
            history.get(key, {}),
            _ordered(acts_of.get(key, acts[:0]), ["at", "p", "account_id", "comment_id"]),
            _ordered(comments_of.get(key, comments[:0]), ["at", "text", "comment_id"]),
        )


def _fetch(engine: Engine, statement: str, names: Mapping[str, str], what: str) -> pd.DataFrame:
    made = engine.sql(statement.format(**names), into=f"context_{what}", step="contexts")
    frame: pd.DataFrame = engine.fetch(made).to_pandas()
    engine.drop(made)
    return frame


def _ordered(frame: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """By time, then by content and at last by id: the engine gives its rows in any order."""
    return frame.sort_values(by, kind="stable", na_position="last", ignore_index=True)


def _by_section(frame: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Rows by section id, missing values as None."""
    rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return {str(row["section_id"]): {str(k): v for k, v in row.items()} for row in rows}


def empty_templates() -> pa.Table:
    """In place of the comments' templates where no text could be looked at."""
    return pa.table(
        {
            "comment_id": pa.array([], pa.string()),
            "surprising": pa.array([], pa.bool_()),
            "everyday": pa.array([], pa.bool_()),
            "echo": pa.array([], pa.bool_()),
        }
    )
