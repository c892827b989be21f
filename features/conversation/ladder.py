"""Statements about ladders: in which order, and how far apart, one account likes, comments, shares.

Only accounts that comment or share are followed, so that a section with a million likes costs no
more than its comments.
"""

from __future__ import annotations

from typing import Final

__all__ = ["ACCOUNT_LADDERS", "LADDERS", "RATIOS", "SECTION_LADDERS", "STEPS"]

# One row a section and account: what it did there, and when first, as far as times are exact.
# `has_…` say what is known of the section: without named likes nobody can be seen to like.
LADDERS: Final = """
WITH written AS (
  SELECT section_id, account_id, MIN(at_ms) AS at_ms
  FROM conversation_comments WHERE account_id IS NOT NULL AND NOT by_creator
  GROUP BY section_id, account_id
), shared AS (
  SELECT section_id, account_id,
         MIN(CASE WHEN ts_hi_ms - ts_lo_ms <= $exact_ms THEN ts_lo_ms END) AS at_ms
  FROM {engagement} WHERE kind = 'share' AND comment_id IS NULL AND account_id IS NOT NULL
  GROUP BY section_id, account_id
), followed AS (
  SELECT section_id, account_id FROM written UNION SELECT section_id, account_id FROM shared
), liked AS (
  SELECT e.section_id, e.account_id,
         MIN(CASE WHEN e.ts_hi_ms - e.ts_lo_ms <= $exact_ms THEN e.ts_lo_ms END) AS at_ms
  FROM {engagement} e
  JOIN followed f ON f.section_id = e.section_id AND f.account_id = e.account_id
  WHERE e.kind = 'like' AND e.comment_id IS NULL
  GROUP BY e.section_id, e.account_id
), known AS (
  SELECT section_id, COUNT(*) FILTER (WHERE kind = 'like') > 0 AS has_likes,
         COUNT(*) FILTER (WHERE kind = 'share') > 0 AS has_shares
  FROM {engagement} WHERE comment_id IS NULL AND account_id IS NOT NULL GROUP BY section_id
)
SELECT f.section_id, f.account_id, COALESCE(k.has_likes, FALSE) AS has_likes,
       COALESCE(k.has_shares, FALSE) AS has_shares,
       w.account_id IS NOT NULL AS wrote, l.account_id IS NOT NULL AS liked,
       s.account_id IS NOT NULL AS shared,
       l.at_ms AS like_ms, w.at_ms AS comment_ms, s.at_ms AS share_ms
FROM followed f
LEFT JOIN written w ON w.section_id = f.section_id AND w.account_id = f.account_id
LEFT JOIN liked l ON l.section_id = f.section_id AND l.account_id = f.account_id
LEFT JOIN shared s ON s.section_id = f.section_id AND s.account_id = f.account_id
LEFT JOIN known k ON k.section_id = f.section_id
"""

# Two acts of one account whose order is known; equal times have none.
STEPS: Final = """
SELECT section_id, account_id, 0 AS step, like_ms < comment_ms AS upward,
       CASE WHEN comment_ms > like_ms THEN (comment_ms - like_ms) / 1e3 END AS lag_s
FROM conversation_ladders WHERE like_ms <> comment_ms
UNION ALL
SELECT section_id, account_id, 1 AS step, comment_ms < share_ms AS upward,
       CAST(NULL AS DOUBLE) AS lag_s
FROM conversation_ladders WHERE comment_ms <> share_ms
UNION ALL
SELECT section_id, account_id, 2 AS step, like_ms < share_ms AS upward,
       CAST(NULL AS DOUBLE) AS lag_s
FROM conversation_ladders WHERE like_ms <> share_ms
"""

_FIGURES: Final = """
WITH climbed AS (
  SELECT {key}, COUNT(*) FILTER (WHERE wrote AND has_likes) AS n_writers,
         CAST(COUNT(*) FILTER (WHERE wrote AND liked) AS DOUBLE) AS n_liked,
         COUNT(*) FILTER (WHERE has_likes AND has_shares) AS n_known,
         CAST(COUNT(*) FILTER (WHERE wrote AND liked AND shared) AS DOUBLE) AS n_full
  FROM conversation_ladders GROUP BY {key}
), counted AS (
  SELECT {key}, step, COUNT(*) AS n, COUNT(*) FILTER (WHERE upward) AS n_up
  FROM conversation_steps GROUP BY {key}, step
), ordered AS (
  SELECT {key}, SUM(n) AS n, CAST(SUM(GREATEST(n_up, n - n_up)) AS DOUBLE) AS n_fixed
  FROM counted GROUP BY {key}
), lags AS (
  SELECT {key}, COUNT(lag_s) AS n, median(lag_s) AS lag_s,
         percentile_cont(75e-2) WITHIN GROUP (ORDER BY LN(1 + lag_s) NULLS LAST)
         - percentile_cont(25e-2) WITHIN GROUP (ORDER BY LN(1 + lag_s) NULLS LAST) AS spread
  FROM conversation_steps WHERE lag_s IS NOT NULL GROUP BY {key}
)
SELECT c.{key},
       CASE WHEN c.n_writers >= $least_writers THEN c.n_liked / c.n_writers END AS liked_share,
       CASE WHEN c.n_known >= $least_writers THEN c.n_full / c.n_known END AS ladder_share,
       CASE WHEN o.n >= $least_pairs THEN o.n_fixed / o.n END AS order_fixedness,
       CASE WHEN l.n >= $least_pairs THEN l.lag_s END AS ladder_lag,
       CASE WHEN l.n >= $least_pairs THEN GREATEST(l.spread, 0e0) END AS lag_spread
FROM climbed c
LEFT JOIN ordered o ON o.{key} = c.{key}
LEFT JOIN lags l ON l.{key} = c.{key}
"""

SECTION_LADDERS: Final = _FIGURES.replace("{key}", "section_id")
ACCOUNT_LADDERS: Final = _FIGURES.replace("{key}", "account_id")

# Likes and comments of the first three days, most of what a post receives (H6: 40 to 70 % of a
# day within three hours), so that sections of any age compare; those that the set saw for less,
# that are published at an unknown time, whose likes are untimed or whose comments are a sample,
# have no ratio.
RATIOS: Final = """
WITH likes AS (
  SELECT e.section_id, COUNT(*) - COUNT(e.ts_hi_ms) AS n_untimed,
         COUNT(*) FILTER (WHERE e.ts_hi_ms < s.published_ms + $span_ms) AS n
  FROM {engagement} e JOIN {section} s ON s.section_id = e.section_id
  WHERE e.kind = 'like' AND e.comment_id IS NULL GROUP BY e.section_id
), writing AS (
  SELECT c.section_id, COUNT(*) - COUNT(c.at_ms) AS n_untimed,
         COUNT(*) FILTER (WHERE c.at_ms < s.published_ms + $span_ms) AS n
  FROM conversation_comments c JOIN {section} s ON s.section_id = c.section_id
  WHERE NOT c.by_creator GROUP BY c.section_id
), partial AS (
  SELECT DISTINCT section_id FROM {coverage}
  WHERE comment_id IS NULL AND (truncated OR collected * 2 < claimed_total)
), until AS (
  SELECT MAX(ts_hi_ms) AS last_ms FROM {engagement}
)
SELECT s.creator_id, s.section_id,
       LN((l.n + 5e-1) / (COALESCE(w.n, 0) + 5e-1)) AS log_ratio
FROM {section} s
JOIN likes l ON l.section_id = s.section_id
CROSS JOIN until u
LEFT JOIN writing w ON w.section_id = s.section_id
LEFT JOIN partial p ON p.section_id = s.section_id
WHERE s.creator_id IS NOT NULL AND COALESCE(s.published_precision_s, 0) <= $published_s
      AND s.published_ms + $span_ms <= u.last_ms AND p.section_id IS NULL
      AND l.n_untimed = 0 AND COALESCE(w.n_untimed, 0) = 0 AND l.n >= $min_likes
"""
