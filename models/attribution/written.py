"""Comments as acts: to write under a section is to act there, at a time, as somebody.

Comments inform what is known of accounts and of company, and have posteriors of their own. Where a
section holds engagements, its sums stay those of the engagements; where it holds comments only,
they are its acts, and the sums count them.
"""

from __future__ import annotations

from typing import Final

from zhenzan.features.family import Tables

__all__ = ["all_acts"]

_ENGAGEMENTS: Final = """
SELECT engagement_id, kind, section_id, comment_id, account_id, ts_lo_ms, ts_hi_ms, 0 AS written
FROM {engagement}
"""
# "Two weeks ago" is two to three weeks; a date is any moment of its day. Creators answer under
# their own sections: no engagement received.
_COMMENTS: Final = """
SELECT w.comment_id AS engagement_id, 'comment' AS kind, w.section_id,
       CASE WHEN 1 = 0 THEN w.comment_id END AS comment_id, w.account_id,
       CASE WHEN w.created_basis = 'relative_text' THEN w.created_ms - w.width_ms
            ELSE w.created_ms END AS ts_lo_ms,
       CASE WHEN w.created_basis = 'relative_text' THEN w.created_ms
            ELSE w.created_ms + w.width_ms END AS ts_hi_ms, 1 AS written
FROM (SELECT comment_id, section_id, account_id, created_ms, created_basis,
             CASE WHEN created_precision_s >= 60 THEN created_precision_s * 1000
                  ELSE 0 END AS width_ms
      FROM {comment} WHERE by_creator IS NULL OR NOT by_creator) w
"""
# Some logs hold each comment as an engagement as well: those are taken, not both.
_TOLD: Final = """
LEFT JOIN (SELECT DISTINCT section_id FROM {engagement} WHERE kind = 'comment') t
     ON t.section_id = w.section_id
WHERE t.section_id IS NULL
"""


def all_acts(tables: Tables, *, comments: bool) -> str:
    """The statement for all acts of a set; one of the two tables has to be there."""
    parts = []
    names = {name: tables[name].name for name in ("engagement", "comment") if name in tables}
    if "engagement" in names:
        parts.append(_ENGAGEMENTS.format(**names))
    if "comment" in names and (comments or not parts):
        told = _TOLD if "engagement" in names else ""
        parts.append((_COMMENTS + told).format(**names))
    return "UNION ALL".join(parts)
