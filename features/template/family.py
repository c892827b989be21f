"""The family: shares and bits of sections, accounts and comments from the analysed templates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar, Final

from zhenzan.features.engine.base import Engine, Relation
from zhenzan.features.family import (
    Entity,
    Evidence,
    FeatureConfig,
    FeatureSpec,
    Requirement,
    Tables,
    Text,
)
from zhenzan.features.template.analysis import analyse
from zhenzan.features.template.evidence import section_evidence
from zhenzan.features.template.specs import SPECS

__all__ = ["TemplateFamily"]

_SECTION: Final = """
WITH sizes AS (
  SELECT section_id, COUNT(*) AS n_texts,
         CAST(COUNT(*) FILTER (WHERE surprising) AS DOUBLE) AS n_surprising,
         COUNT(echo) AS n_prompted, CAST(COUNT(*) FILTER (WHERE echo) AS DOUBLE) AS n_echo
  FROM comment_template GROUP BY section_id
), largest AS (
  SELECT section_id, MAX(CASE WHEN n_accounts >= 2 THEN n_comments ELSE 1 END) AS n_largest,
         MAX(CASE WHEN echo OR n_accounts < 2 THEN 0e0 ELSE surprise END) AS surprise
  FROM section_template GROUP BY section_id
)
SELECT s.section_id, s.n_surprising / s.n_texts AS template_share,
       CAST(l.n_largest AS DOUBLE) / s.n_texts AS largest_share, l.surprise,
       CASE WHEN s.n_prompted > 0 THEN s.n_echo / s.n_prompted END AS echo_share
FROM sizes s JOIN largest l ON l.section_id = s.section_id
WHERE s.n_texts >= $min_comments
"""

# Everyday phrases have no surprise anywhere; what surprises nowhere is not counted as repetition.
_ACCOUNT: Final = """
WITH own AS (
  SELECT account_id, COUNT(*) AS n_texts, COUNT(DISTINCT form_id) AS n_forms,
         COUNT(surprising) AS n_judged,
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
       CAST(COALESCE(w.n_sections, 1) AS DOUBLE) AS repeat_sections
FROM own o LEFT JOIN widest w ON w.account_id = o.account_id
"""

_COMMENT: Final = """
SELECT comment_id, CAST(template_size AS DOUBLE) AS template_size,
       CASE WHEN surprise IS NOT NULL AND (echo OR template_id IS NULL) THEN 0e0
            ELSE surprise END AS surprise,
       CASE WHEN echo THEN 1e0 WHEN NOT echo THEN 0e0 END AS echo
FROM comment_template
"""


class TemplateFamily:
    """Texts that many accounts repeat here and hardly anybody elsewhere.

    A section below `config.min_comments` texts abstains, and so do its comments' surprises.
    Creators' own comments are left out: a creator may repeat the house rules.
    """

    name: ClassVar[str] = "template"
    version: ClassVar[int] = 1
    title: ClassVar[Text] = Text("模板文本", "Templates")
    requires: ClassVar[Requirement] = Requirement({"comment": ("text",)})
    specs: ClassVar[tuple[FeatureSpec, ...]] = SPECS

    def compute(
        self, engine: Engine, tables: Tables, config: FeatureConfig
    ) -> dict[Entity, Relation]:
        """See `FeatureFamily.compute`; all three entities."""
        analysed = analyse(engine, tables, config)
        statements = {
            Entity.SECTION: _SECTION,
            Entity.ACCOUNT: _ACCOUNT,
            Entity.COMMENT: _COMMENT,
        }
        made = {
            entity: engine.sql(
                statement,
                into=f"template_{entity.value}",
                step=self.name,
                params={"min_comments": config.min_comments},
            )
            for entity, statement in statements.items()
        }
        for relation in analysed:
            engine.drop(relation)
        return made

    def explain(
        self, engine: Engine, tables: Tables, targets: Mapping[Entity, Sequence[str]]
    ) -> Iterator[Evidence]:
        """See `FeatureFamily.explain`; surprising templates of sections, accounts, comments."""
        wanted = {(entity, id_) for entity, ids in targets.items() for id_ in ids}
        if not wanted or "comment" not in tables:
            return
        by_comment, by_section = analyse(engine, tables, FeatureConfig())
        chosen = engine.sql(_SURPRISING, into="template_shown", step=self.name)
        rows = engine.fetch(chosen).to_pylist()
        for relation in (by_comment, by_section, chosen):
            engine.drop(relation)
        yield from section_evidence(rows, wanted, self.version)


_SURPRISING: Final = """
SELECT c.comment_id, c.account_id, c.section_id, s.template_id, s.form, s.n_comments, s.n_accounts,
       s.n_elsewhere, s.expected, s.surprise
FROM comment_template c
JOIN section_template s ON s.section_id = c.section_id AND s.template_id = c.template_id
WHERE s.surprising
"""
