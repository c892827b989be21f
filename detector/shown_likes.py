"""The like count that each comment showed when it was last read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from zhenzan.detector.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["with_shown_likes"]

# A rounded display ("1.2万") shows its lower end: likes that are certain.
_LAST: Final = """
WITH newest AS (
  SELECT comment_id, MAX(observed_ms) AS observed_ms FROM {counts}
  WHERE metric = 'like' AND comment_id IS NOT NULL AND window_s IS NULL GROUP BY comment_id
)
SELECT c.comment_id, MAX(c.value_lo) AS n_likes_shown
FROM {counts} c JOIN newest n ON n.comment_id = c.comment_id AND n.observed_ms = c.observed_ms
WHERE c.metric = 'like' AND c.window_s IS NULL GROUP BY c.comment_id
"""


def with_shown_likes(work: Workspace, comments: pd.DataFrame | None) -> pd.DataFrame | None:
    """The comments with the column `n_likes_shown`, where counts of likes were read at all."""
    tables = work.canonical()
    if comments is None or "count_snapshot" not in tables:
        return comments
    statement = _LAST.format(counts=tables["count_snapshot"].name)
    made = work.engine.sql(statement, into="shown_likes", step="scores")
    shown: pd.DataFrame = work.engine.fetch(made).to_pandas()
    work.engine.drop(made)
    return comments.merge(shown, on="comment_id", how="left")
