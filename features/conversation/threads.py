"""Statements about who answers whom: one row a comment, then figures of sections, accounts."""

from __future__ import annotations

from typing import Final

__all__ = ["ACCOUNT_THREADS", "COMMENTS", "COMMENT_THREADS", "LEAST_COMMENTS", "SECTION_THREADS"]

LEAST_COMMENTS: Final = 3
"""Comments of an account below which shares of them say nothing."""

# A reply is known by its parent or its depth; whether a source tells replies at all is known where
# any comment of the section has a parent, a depth or a number of replies. Depth 2 stands for two
# and more where only parents are known. A question: a question mark, or a word that asks.
COMMENTS: Final = """
WITH threaded AS (
  SELECT section_id,
         COUNT(parent_id) + COUNT(depth) + COUNT(reply_count) > 0 AS threaded,
         COUNT(by_creator) + COUNT(replied_by_creator) > 0 AS creator_known
  FROM {comment} GROUP BY section_id
), marked AS (
  SELECT comment_id, section_id, account_id, parent_id, root_id, reply_count,
         COALESCE(by_creator, FALSE) AS by_creator,
         COALESCE(replied_by_creator, FALSE) AS replied_by_creator, depth,
         CASE WHEN COALESCE(created_precision_s, 0) <= $coarsest_s THEN created_ms END AS at_ms,
         CASE WHEN text IS NOT NULL THEN
              text LIKE '%?%' OR text LIKE '%？%' OR text LIKE '%吗%' OR text LIKE '%怎么%'
              OR text LIKE '%为什么%' OR text LIKE '%请问%' END AS question,
         CASE WHEN text IS NOT NULL THEN text LIKE '%@%' OR text LIKE '%＠%' END AS addressed
  FROM {comment}
), answers AS (
  SELECT a.parent_id AS comment_id,
         COUNT(*) FILTER (WHERE a.account_id IS NULL OR p.account_id IS NULL
                                OR a.account_id <> p.account_id) AS n_answers,
         COUNT(*) FILTER (WHERE a.by_creator) AS n_by_creator,
         MIN(CASE WHEN a.at_ms >= p.at_ms AND (a.account_id IS NULL OR p.account_id IS NULL
                       OR a.account_id <> p.account_id) THEN a.at_ms - p.at_ms END) AS wait_ms
  FROM marked a JOIN marked p ON p.comment_id = a.parent_id AND p.section_id = a.section_id
  GROUP BY a.parent_id
)
SELECT m.comment_id, m.section_id, m.account_id, m.by_creator, m.at_ms, m.question, m.addressed,
       t.threaded, t.creator_known, m.parent_id, COALESCE(m.root_id, m.parent_id) AS root_id,
       p.account_id AS parent_account_id, a.wait_ms,
       CASE WHEN m.depth IS NOT NULL THEN m.depth WHEN m.parent_id IS NULL THEN 0
            WHEN p.parent_id IS NULL THEN 1 ELSE 2 END AS depth,
       CASE WHEN t.threaded
            THEN GREATEST(COALESCE(a.n_answers, 0), COALESCE(m.reply_count, 0)) END AS n_answers,
       CASE WHEN t.creator_known THEN m.replied_by_creator
            OR COALESCE(a.n_by_creator, 0) > 0 END AS creator_answered
FROM marked m
JOIN threaded t ON t.section_id = m.section_id
LEFT JOIN marked p ON p.comment_id = m.parent_id AND p.section_id = m.section_id
LEFT JOIN answers a ON a.comment_id = m.comment_id
"""

# Comments of others only: what the creator writes is answered, or not, for other reasons.
SECTION_THREADS: Final = """
WITH own AS (
  SELECT section_id, COUNT(*) AS n, COUNT(question) AS n_texts,
         COUNT(*) FILTER (WHERE threaded) AS n_threaded,
         CAST(COUNT(*) FILTER (WHERE depth > 0) AS DOUBLE) AS n_replies,
         SUM(CASE WHEN depth > 0 THEN depth END) AS depths,
         COUNT(*) FILTER (WHERE depth = 0) AS n_top,
         CAST(COUNT(*) FILTER (WHERE depth = 0 AND n_answers > 0) AS DOUBLE) AS n_answered,
         COUNT(*) FILTER (WHERE depth = 0 AND creator_known) AS n_creator_known,
         CAST(COUNT(*) FILTER (WHERE depth = 0 AND creator_answered) AS DOUBLE) AS n_by_creator,
         median(wait_ms) / 1e3 AS reply_latency,
         CAST(COUNT(*) FILTER (WHERE addressed) AS DOUBLE) AS n_addressed,
         CAST(COUNT(*) FILTER (WHERE question) AS DOUBLE) AS n_questions,
         CAST(COUNT(*) FILTER (WHERE question AND n_answers > 0) AS DOUBLE) AS n_questions_answered
  FROM conversation_comments WHERE NOT by_creator GROUP BY section_id
), sizes AS (
  SELECT section_id, COUNT(*) AS n FROM conversation_comments
  WHERE NOT by_creator AND root_id IS NOT NULL GROUP BY section_id, root_id
), threads AS (
  SELECT section_id, CAST(MAX(n) AS DOUBLE) AS n_largest, SUM(n) AS n FROM sizes GROUP BY section_id
), pairs AS (
  SELECT section_id, account_id, parent_account_id, COUNT(*) AS n
  FROM conversation_comments
  WHERE account_id IS NOT NULL AND parent_account_id IS NOT NULL AND NOT by_creator
        AND account_id <> parent_account_id
  GROUP BY section_id, account_id, parent_account_id
), exchanges AS (
  SELECT p.section_id, SUM(p.n) AS n,
         CAST(SUM(CASE WHEN q.n IS NULL THEN 0 ELSE p.n END) AS DOUBLE) AS n_mutual
  FROM pairs p LEFT JOIN pairs q
    ON q.section_id = p.section_id AND q.account_id = p.parent_account_id
       AND q.parent_account_id = p.account_id
  GROUP BY p.section_id
)
SELECT o.section_id,
       CASE WHEN o.n_threaded > 0 THEN o.n_replies / o.n END AS reply_share,
       CAST(o.depths AS DOUBLE) / o.n_replies AS reply_depth,
       CASE WHEN t.n >= $least_pairs THEN t.n_largest / t.n END AS thread_share,
       CASE WHEN o.n_threaded > 0 AND o.n_top > 0 THEN o.n_answered / o.n_top END AS answered_share,
       CASE WHEN o.n_creator_known > 0
            THEN o.n_by_creator / o.n_creator_known END AS creator_reply_share,
       o.reply_latency,
       CASE WHEN e.n >= $least_pairs THEN e.n_mutual / e.n END AS exchange_share,
       CASE WHEN o.n_texts >= $min_comments THEN o.n_addressed / o.n_texts END AS addressed_share,
       CASE WHEN o.n_texts >= $min_comments THEN o.n_questions / o.n_texts END AS question_share,
       CASE WHEN o.n_threaded > 0 AND o.n_questions >= $least_pairs
            THEN o.n_questions_answered / o.n_questions END AS question_answered_share
FROM own o
LEFT JOIN threads t ON t.section_id = o.section_id
LEFT JOIN exchanges e ON e.section_id = o.section_id
WHERE o.n >= $min_comments
"""

ACCOUNT_THREADS: Final = """
SELECT account_id,
       CASE WHEN COUNT(*) FILTER (WHERE threaded) >= $least_comments
            THEN CAST(COUNT(*) FILTER (WHERE threaded AND depth > 0) AS DOUBLE)
                 / COUNT(*) FILTER (WHERE threaded) END AS reply_share,
       CASE WHEN COUNT(*) FILTER (WHERE threaded AND depth = 0) >= $least_comments
            THEN CAST(COUNT(*) FILTER (WHERE depth = 0 AND n_answers > 0) AS DOUBLE)
                 / COUNT(*) FILTER (WHERE threaded AND depth = 0) END AS answered_share
FROM conversation_comments WHERE account_id IS NOT NULL AND NOT by_creator GROUP BY account_id
"""

COMMENT_THREADS: Final = """
SELECT c.comment_id,
       CASE WHEN c.threaded THEN CAST(c.depth AS DOUBLE) END AS depth,
       CAST(c.n_answers AS DOUBLE) AS n_answers,
       c.wait_ms / 1e3 AS reply_latency,
       CASE WHEN c.question THEN 1e0 WHEN NOT c.question THEN 0e0 END AS question,
       (c.at_ms - l.like_ms) / 1e3 AS after_like
FROM conversation_comments c
LEFT JOIN conversation_ladders l
  ON l.section_id = c.section_id AND l.account_id = c.account_id AND NOT c.by_creator
"""
