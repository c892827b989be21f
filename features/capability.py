"""What can be computed for which section: one row a section, read by families and reports."""

from __future__ import annotations

from typing import Final

import pyarrow as pa
from zhenzan.features.engine.base import Engine, Relation
from zhenzan.features.family import Tables
from zhenzan.features.tables import TABLES

__all__ = ["CAPABILITY", "COUNTERS", "capability", "complete"]

CAPABILITY: Final = pa.schema(
    [
        ("section_id", pa.string()),
        ("n_likes", pa.int64()),  # engagements of any kind that name an account
        ("n_timed", pa.int64()),  # engagements with an exact or an interval time
        ("n_accounts", pa.int64()),  # distinct accounts that engaged or commented
        ("time_precision_s", pa.float64()),  # clock grid or interval, the coarser; 0 = exact ms
        ("n_snapshots", pa.int64()),  # moments at which the counter read most often was read
        ("n_comments", pa.int64()),
        ("n_texts", pa.int64()),  # comments with a text
        ("share_account_age", pa.float64()),  # of n_accounts; NULL without accounts
        ("share_region", pa.float64()),  # of n_accounts; NULL without accounts
        ("coverage_share", pa.float64()),  # collected of claimed, the lower of likers and comments
        ("selection", pa.string()),  # how the sample was taken, the most selective
        ("n_sections_in_set", pa.int64()),
        ("share_name_only", pa.float64()),  # of n_accounts: a name that several people may have
    ]
)

COUNTERS: Final = ("like", "dislike", "share", "favorite", "reply")
"""Counters of engagement; views and reads measure reach, and would drown it."""

# A clock grid is the coarsest of these spans on which all of a section's times share one phase
# (dates in any time zone share the phase of their midnight). A day, an hour, ten minutes (the
# limit of a burst test, tables.md), a minute and a second are the grids platforms publish.
_GRIDS_S: Final = (86_400, 3_600, 600, 60, 1)

# From "sees everything" to "cannot be known": the later one wins where likers and comments differ.
_SELECTIONS: Final = ("all", "recent", "sample", "top", "selected_by_creator", "unknown")


def complete(engine: Engine, tables: Tables) -> dict[str, Relation]:
    """The same tables with an empty one, `no_<name>`, in place of each that is absent."""
    return {
        name: tables[name]
        if name in tables
        else engine.load(f"no_{name}", table.schema.empty_table(), step="capability")
        for name, table in TABLES.items()
    }


def capability(engine: Engine, tables: Tables, remembered: int | None = None) -> Relation:
    """Says for every section what its data can support.

    Args:
        engine: Where the tables live.
        tables: Canonical tables; absent ones count as empty.
        remembered: How many sections a reference remembers, where one is judged against. Accounts
            can meet there and in the section itself; what else is in the set has no part in it.

    Returns:
        The relation `capability` with the columns of `CAPABILITY`: one row for each section named
        by a section, comment or engagement row.
    """
    names = {name: relation.name for name, relation in complete(engine, tables).items()}
    step = "capability"
    engine.sql(_SECTIONS.format(**names), into="capability_sections", step=step)
    engine.sql(_TIMES.format(**names), into="capability_times", step=step)
    engine.sql(_LIKES.format(**names), into="capability_likes", step=step)
    engine.sql(_ACCOUNTS.format(**names), into="capability_accounts", step=step)
    engine.sql(_COVERAGE.format(**names), into="capability_coverage", step=step)
    in_set = "COUNT(*) OVER ()" if remembered is None else f"CAST({remembered + 1} AS BIGINT)"
    made = engine.sql(_JOINED.format(in_set=in_set, **names), into="capability", step=step)
    for part in ("sections", "times", "likes", "accounts", "coverage"):
        engine.drop(Relation(f"capability_{part}", pa.schema([])))
    return Relation(made.name, CAPABILITY)


_SECTIONS: Final = """
SELECT section_id FROM {section}
UNION SELECT section_id FROM {comment}
UNION SELECT section_id FROM {engagement}
"""

# One distinct time says nothing of a grid: then only "a whole second or not" is told.
_TIMES: Final = (
    """
WITH times AS (
  SELECT section_id, 0 AS rank, ts_lo_ms AS at_ms, ts_hi_ms - ts_lo_ms AS width_ms
  FROM {engagement} WHERE ts_lo_ms IS NOT NULL AND ts_hi_ms IS NOT NULL
  UNION ALL
  SELECT section_id, 1 AS rank, created_ms AS at_ms,
         COALESCE(created_precision_s, 0) * 1000 AS width_ms
  FROM {comment} WHERE created_ms IS NOT NULL
), first_kind AS (
  SELECT section_id, MIN(rank) AS rank FROM times GROUP BY section_id
), measured AS (
  SELECT t.section_id, MIN(t.at_ms) AS first_ms, MAX(t.at_ms) AS last_ms,
         median(t.width_ms) / 1e3 AS width_s, CASE
"""
    + "\n".join(
        f"           WHEN MIN(t.at_ms) < MAX(t.at_ms)"
        f" AND MIN(t.at_ms % {g * 1000}) = MAX(t.at_ms % {g * 1000}) THEN {g}"
        for g in _GRIDS_S
    )
    + """
           WHEN MIN(t.at_ms) = MAX(t.at_ms) AND MIN(t.at_ms % 1000) = 0 THEN 1
           ELSE 0 END AS grid_s
  FROM times t JOIN first_kind f ON f.section_id = t.section_id AND f.rank = t.rank
  GROUP BY t.section_id
)
SELECT section_id, CAST(GREATEST(width_s, grid_s) AS DOUBLE) AS time_precision_s FROM measured
"""
)

_LIKES: Final = """
SELECT section_id, COUNT(account_id) AS n_likes, COUNT(COALESCE(ts_lo_ms, ts_hi_ms)) AS n_timed
FROM {engagement} GROUP BY section_id
"""

_ACCOUNTS: Final = """
WITH acts AS (
  SELECT section_id, account_id, region FROM {engagement} WHERE account_id IS NOT NULL
  UNION ALL
  SELECT section_id, account_id, region FROM {comment} WHERE account_id IS NOT NULL
), members AS (
  SELECT section_id, account_id, MAX(region) AS region FROM acts GROUP BY section_id, account_id
), aged AS (
  SELECT DISTINCT account_id FROM {account} WHERE created_ms IS NOT NULL
), named AS (
  SELECT DISTINCT account_id FROM {account} WHERE id_kind = 'name_only'
), placed AS (
  SELECT DISTINCT account_id FROM {account_snapshot} WHERE region IS NOT NULL
)
SELECT m.section_id, COUNT(*) AS n_accounts,
       CAST(COUNT(a.account_id) AS DOUBLE) / COUNT(*) AS share_account_age,
       CAST(COUNT(COALESCE(m.region, p.account_id)) AS DOUBLE) / COUNT(*) AS share_region,
       CAST(COUNT(n.account_id) AS DOUBLE) / COUNT(*) AS share_name_only
FROM members m
LEFT JOIN aged a ON a.account_id = m.account_id
LEFT JOIN placed p ON p.account_id = m.account_id
LEFT JOIN named n ON n.account_id = m.account_id
GROUP BY m.section_id
"""

_COVERAGE: Final = (
    """
WITH ranked AS (
  SELECT section_id,
         CASE WHEN claimed_total > 0
              THEN LEAST(1e0, CAST(collected AS DOUBLE) / claimed_total) END AS share,
         CASE selection """
    + " ".join(f"WHEN '{name}' THEN {rank}" for rank, name in enumerate(_SELECTIONS))
    + """ END AS rank
  FROM {coverage} WHERE comment_id IS NULL
)
SELECT section_id, MIN(share) AS coverage_share, CASE MAX(rank) """
    + " ".join(f"WHEN {rank} THEN '{name}'" for rank, name in enumerate(_SELECTIONS))
    + """ END AS selection
FROM ranked GROUP BY section_id
"""
)

# A counter is what attribution has for one stream: its running totals, else its windows. Readings
# of many comments, each read once, have nothing between them. Replies that are comments count
# themselves, and their counter does not.
_JOINED: Final = (
    """
WITH readings AS (
  SELECT DISTINCT section_id, comment_id, metric, observed_ms,
         CASE WHEN window_s IS NULL THEN 1 ELSE 0 END AS running
  FROM {count_snapshot} WHERE scene = 'all' AND metric IN ("""
    + ", ".join(f"'{name}'" for name in COUNTERS)
    + """)
), counters AS (
  SELECT section_id, metric, CASE WHEN SUM(running) > 0 THEN SUM(running) ELSE COUNT(*) END AS n
  FROM readings GROUP BY section_id, comment_id, metric
), snapshots AS (
  SELECT section_id, MAX(n) AS n_any, MAX(CASE WHEN metric <> 'reply' THEN n END) AS n_others
  FROM counters GROUP BY section_id
), texts AS (
  SELECT section_id, COUNT(*) AS n_comments, COUNT(text) AS n_texts
  FROM {comment} GROUP BY section_id
)
SELECT s.section_id, COALESCE(l.n_likes, 0) AS n_likes, COALESCE(l.n_timed, 0) AS n_timed,
       COALESCE(a.n_accounts, 0) AS n_accounts, t.time_precision_s,
       CAST(COALESCE(CASE WHEN x.n_comments > 0 THEN n.n_others ELSE n.n_any END, 0) AS BIGINT)
         AS n_snapshots, COALESCE(x.n_comments, 0) AS n_comments,
       COALESCE(x.n_texts, 0) AS n_texts, a.share_account_age, a.share_region,
       c.coverage_share, c.selection, {in_set} AS n_sections_in_set,
       a.share_name_only
FROM capability_sections s
LEFT JOIN capability_likes l ON l.section_id = s.section_id
LEFT JOIN capability_accounts a ON a.section_id = s.section_id
LEFT JOIN capability_times t ON t.section_id = s.section_id
LEFT JOIN capability_coverage c ON c.section_id = s.section_id
LEFT JOIN snapshots n ON n.section_id = s.section_id
LEFT JOIN texts x ON x.section_id = s.section_id
"""
)
