"""The statements that turn analysed templates into figures of sections, accounts and comments."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from zhenzan.features.family import Entity

__all__ = ["PARAMETERS", "STATEMENTS"]

# `least_accounts`: three accounts, as for a surprising template. `near_ms`: ten minutes, within
# which an audience answers a call (hard negative H2: half-lives of 1 to 10 minutes), and beyond
# which clocks are too coarse. `ratio` and `pseudo`: five times the rate elsewhere, which is
# smoothed toward 1 in 10,000, as for a surprising template.
PARAMETERS: Final[Mapping[str, int | float]] = MappingProxyType(
    {
        "least_accounts": 3, "near_ms": 600_000, "coarsest_s": 600,
        "ratio": 5.0, "pseudo": 0.5, "pseudo_total": 5000.0,
    }
)  # fmt: skip

# A template's copies are the first comments of each of its accounts here; rewordings count where
# two templates or more say one thing here, and say it far more often than elsewhere.
_SECTION: Final = """
WITH sizes AS (
  SELECT section_id, COUNT(*) AS n_texts,
         CAST(COUNT(*) FILTER (WHERE surprising) AS DOUBLE) AS n_surprising,
         COUNT(echo) AS n_prompted, CAST(COUNT(*) FILTER (WHERE echo) AS DOUBLE) AS n_echo,
         CAST(COUNT(*) FILTER (WHERE everyday) AS DOUBLE) AS n_everyday,
         COUNT(*) FILTER (WHERE bare) AS n_bare, median(rarity) AS rarity
  FROM comment_template GROUP BY section_id
), written AS (
  SELECT section_id, COUNT(text) AS n_written FROM {comment}
  WHERE COALESCE(by_creator, FALSE) = FALSE GROUP BY section_id
), largest AS (
  SELECT section_id, MAX(CASE WHEN n_accounts >= 2 THEN n_comments ELSE 1 END) AS n_largest,
         MAX(CASE WHEN echo OR n_accounts < 2 THEN 0e0 ELSE surprise END) AS surprise,
         MAX(CASE WHEN everyday OR COALESCE(echo, FALSE) THEN 0 ELSE n_accounts END) AS n_used
  FROM section_template GROUP BY section_id
), slots AS (
  SELECT t.section_id, MIN(t.fixed_share) AS fixed_share, MAX(t.slot_entropy) AS slot_entropy
  FROM section_template t JOIN largest l ON l.section_id = t.section_id
  WHERE t.n_accounts = l.n_used AND l.n_used >= $least_accounts
        AND NOT t.everyday AND NOT COALESCE(t.echo, FALSE)
  GROUP BY t.section_id
), copies AS (
  SELECT t.section_id, t.group_id, MIN(c.created_ms) AS at_ms
  FROM comment_template t JOIN {comment} c ON c.comment_id = t.comment_id
  WHERE NOT t.everyday AND NOT COALESCE(t.echo, FALSE) AND t.template_id IS NOT NULL
        AND c.created_ms IS NOT NULL AND COALESCE(c.created_precision_s, 0) <= $coarsest_s
  GROUP BY t.section_id, t.group_id, COALESCE(t.account_id, t.comment_id)
), gaps AS (
  SELECT section_id, COUNT(*) OVER (PARTITION BY section_id, group_id) AS n_copies,
         at_ms - LAG(at_ms) OVER (
           PARTITION BY section_id, group_id ORDER BY at_ms NULLS LAST) AS gap_ms
  FROM copies
), waves AS (
  SELECT section_id,
         CAST(COUNT(*) FILTER (WHERE gap_ms <= $near_ms) AS DOUBLE) / COUNT(gap_ms) AS close_share
  FROM gaps WHERE n_copies >= $least_accounts GROUP BY section_id
), said AS (
  SELECT section_id, wording_id, COUNT(*) AS n_comments, COUNT(DISTINCT group_id) AS n_groups,
         COUNT(DISTINCT COALESCE(account_id, comment_id)) AS n_accounts
  FROM comment_template WHERE NOT everyday AND NOT COALESCE(echo, FALSE)
  GROUP BY section_id, wording_id
), voices AS (
  SELECT section_id, COUNT(DISTINCT COALESCE(account_id, comment_id)) AS n_accounts
  FROM comment_template GROUP BY section_id
), rated AS (
  SELECT s.section_id, s.n_comments, s.n_groups, s.n_accounts,
         CAST(s.n_accounts AS DOUBLE) / v.n_accounts AS here,
         (SUM(s.n_accounts) OVER (PARTITION BY s.wording_id) - s.n_accounts + $pseudo)
         / (t.n_accounts - v.n_accounts + $pseudo_total) AS elsewhere
  FROM said s JOIN voices v ON v.section_id = s.section_id
  CROSS JOIN (SELECT SUM(n_accounts) AS n_accounts FROM voices) t
), reworded AS (
  SELECT section_id, SUM(n_comments) AS n_reworded FROM rated
  WHERE n_accounts >= $least_accounts AND n_groups >= 2 AND here >= $ratio * elsewhere
  GROUP BY section_id
)
SELECT s.section_id, s.n_surprising / s.n_texts AS template_share,
       CAST(l.n_largest AS DOUBLE) / s.n_texts AS largest_share, l.surprise,
       CASE WHEN s.n_prompted > 0 THEN s.n_echo / s.n_prompted END AS echo_share,
       x.fixed_share, x.slot_entropy, w.close_share,
       CAST(COALESCE(r.n_reworded, 0) AS DOUBLE) / s.n_texts AS reworded_share,
       s.rarity, s.n_everyday / s.n_texts AS everyday_share,
       CAST(n.n_written - s.n_texts + s.n_bare AS DOUBLE) / n.n_written AS bare_share
FROM sizes s
JOIN largest l ON l.section_id = s.section_id
JOIN written n ON n.section_id = s.section_id
LEFT JOIN slots x ON x.section_id = s.section_id
LEFT JOIN waves w ON w.section_id = s.section_id
LEFT JOIN reworded r ON r.section_id = s.section_id
WHERE s.n_texts >= $min_comments
"""

# Everyday phrases have no surprise anywhere; what surprises nowhere is not counted as repetition.
_ACCOUNT: Final = """
WITH own AS (
  SELECT account_id, COUNT(*) AS n_texts, COUNT(DISTINCT form_id) AS n_forms,
         COUNT(surprising) AS n_judged, median(rarity) AS rarity,
         CAST(COUNT(*) FILTER (WHERE surprising) AS DOUBLE) AS n_surprising
  FROM comment_template WHERE account_id IS NOT NULL GROUP BY account_id
), spread AS (
  SELECT account_id, group_id, COUNT(DISTINCT section_id) AS n_sections
  FROM comment_template
  WHERE account_id IS NOT NULL AND NOT everyday AND NOT COALESCE(echo, FALSE)
  GROUP BY account_id, group_id
), widest AS (
  SELECT account_id, MAX(n_sections) AS n_sections FROM spread GROUP BY account_id
)
SELECT o.account_id,
       CASE WHEN o.n_texts >= 3 THEN CAST(o.n_forms AS DOUBLE) / o.n_texts END AS text_variety,
       CASE WHEN o.n_judged > 0 THEN o.n_surprising / o.n_judged END AS template_share,
       CAST(COALESCE(w.n_sections, 1) AS DOUBLE) AS repeat_sections,
       CASE WHEN o.n_texts >= 3 THEN o.rarity END AS rarity
FROM own o LEFT JOIN widest w ON w.account_id = o.account_id
"""

# The place among the copies here: equal times share the middle of their places.
_COMMENT: Final = """
WITH timed AS (
  SELECT t.comment_id, t.section_id, t.group_id, c.created_ms AS at_ms
  FROM comment_template t JOIN {comment} c ON c.comment_id = t.comment_id
  WHERE t.template_id IS NOT NULL AND c.created_ms IS NOT NULL
        AND COALESCE(c.created_precision_s, 0) <= $coarsest_s
), placed AS (
  SELECT comment_id, COUNT(*) OVER (PARTITION BY section_id, group_id) AS n_copies,
         RANK() OVER (PARTITION BY section_id, group_id ORDER BY at_ms NULLS LAST) - 1 AS n_before,
         COUNT(*) OVER (PARTITION BY section_id, group_id, at_ms) - 1 AS n_with
  FROM timed
)
SELECT t.comment_id, CAST(t.template_size AS DOUBLE) AS template_size,
       CASE WHEN t.surprise IS NOT NULL AND (t.echo OR t.template_id IS NULL) THEN 0e0
            ELSE t.surprise END AS surprise,
       CASE WHEN t.echo THEN 1e0 WHEN NOT t.echo THEN 0e0 END AS echo,
       t.rarity,
       CASE WHEN p.n_copies >= $least_accounts
            THEN (p.n_before + p.n_with / 2e0) / (p.n_copies - 1) END AS wave_place
FROM comment_template t LEFT JOIN placed p ON p.comment_id = t.comment_id
"""

STATEMENTS: Final[Mapping[Entity, str]] = MappingProxyType(
    {Entity.SECTION: _SECTION, Entity.ACCOUNT: _ACCOUNT, Entity.COMMENT: _COMMENT}
)
