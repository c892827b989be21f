"""What several files, or parts of one, say of how much of a section was collected.

A list of posts tells how many comments there are, the comments tell how many were taken, and pages
come one by one: each row counts its own part. Together they are counted by what is there, because
a comment that came twice is one. A section of which one row speaks is as that row says.
"""

from __future__ import annotations

from typing import Final

from zhenzan.features.engine import Relation

__all__ = ["merged_coverage"]

# WeChat's totals count comments and not the replies under them, as its source does.
_PRESENT: Final = """
    SELECT section_id, '' AS comment_id, 'comment' AS object,
           SUM(CASE WHEN section_id LIKE 'wechat:%' AND parent_id IS NOT NULL THEN 0 ELSE 1 END)
             AS present
    FROM {comment} GROUP BY section_id
    UNION ALL
    SELECT section_id, root_id AS comment_id, 'comment' AS object, COUNT(*) AS present
    FROM {comment} WHERE root_id <> comment_id GROUP BY section_id, root_id
"""
_NONE: Final = """
    SELECT section_id, '' AS comment_id, object, 0 AS present FROM {coverage} WHERE 1 = 0
"""
# Samples that were taken in different ways are of no known way together. What holds as many as
# there are holds all, unless the creator chose what could be had at all.
_MERGED: Final = """
WITH told AS (
  SELECT section_id, comment_id, object, COUNT(*) AS n_rows, MAX(claimed_total) AS claimed_total,
         MAX(collected) AS collected, MIN(dataset_id) AS dataset_id,
         CASE WHEN MIN(selection) = MAX(selection) THEN MIN(selection) ELSE 'unknown' END
           AS selection,
         MAX(CASE selection WHEN 'selected_by_creator' THEN 1 ELSE 0 END) AS n_chosen,
         MIN(CASE truncated WHEN TRUE THEN 1 WHEN FALSE THEN 0 END) AS truncated
  FROM {coverage} GROUP BY section_id, comment_id, object
), counted AS (
  SELECT t.section_id, t.comment_id, t.object, t.claimed_total, t.dataset_id, t.selection,
         t.n_chosen, t.truncated, t.n_rows,
         CASE WHEN t.n_rows > 1 THEN GREATEST(t.collected, COALESCE(p.present, 0))
              ELSE t.collected END AS collected
  FROM told AS t LEFT JOIN ({present}) AS p
    ON p.section_id = t.section_id AND p.object = t.object
   AND p.comment_id = COALESCE(t.comment_id, '')
), judged AS (
  SELECT counted.*, CASE WHEN n_rows > 1 AND collected >= claimed_total THEN 1 ELSE 0 END AS whole
  FROM counted
)
SELECT section_id, comment_id, object, claimed_total, collected,
       CASE WHEN whole = 1 AND n_chosen = 0 THEN 'all' ELSE selection END AS selection,
       CASE WHEN whole = 1 THEN FALSE WHEN truncated = 1 THEN TRUE WHEN truncated = 0 THEN FALSE END
         AS truncated,
       dataset_id
FROM judged
"""


def merged_coverage(coverage: Relation, comments: Relation | None) -> str:
    """A SELECT of one row a section, or comment, and object.

    Args:
        coverage: Rows of all files.
        comments: The comments of all files, each once; None where there are none.
    """
    present = _NONE if comments is None else _PRESENT
    comment = "" if comments is None else comments.name
    return _MERGED.format(
        coverage=coverage.name, present=present.format(coverage=coverage.name, comment=comment)
    )
