"""The family: shares and bits of sections, accounts and comments from the analysed templates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar, Final

from zhenzan.features.capability import complete
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
from zhenzan.features.template.analysis import ANALYSED, analyse
from zhenzan.features.template.evidence import section_evidence
from zhenzan.features.template.specs import SPECS
from zhenzan.features.template.statements import PARAMETERS, STATEMENTS

__all__ = ["TemplateFamily"]


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
        made_here = _analysed(engine, tables, config)
        comment = complete(engine, tables)["comment"].name
        made = {
            entity: engine.sql(
                statement.format(comment=comment),
                into=f"template_{entity.value}",
                step=self.name,
                params={"min_comments": config.min_comments, **PARAMETERS},
            )
            for entity, statement in STATEMENTS.items()
        }
        for relation in made_here:
            engine.drop(relation)
        return made

    def explain(
        self, engine: Engine, tables: Tables, targets: Mapping[Entity, Sequence[str]]
    ) -> Iterator[Evidence]:
        """See `FeatureFamily.explain`; surprising templates of sections, accounts, comments."""
        wanted = {(entity, id_) for entity, ids in targets.items() for id_ in ids}
        if not wanted or "comment" not in tables:
            return
        made_here = _analysed(engine, tables, FeatureConfig())
        of = tables["section"].name if "section" in tables else _NO_SECTIONS
        statement = _SURPRISING.format(comment=tables["comment"].name, section=of)
        chosen = engine.sql(statement, into="template_shown", step=self.name)
        rows = engine.fetch(chosen).to_pylist()
        for relation in (*made_here, chosen):
            engine.drop(relation)
        yield from section_evidence(rows, wanted, self.version)


def _analysed(engine: Engine, tables: Tables, config: FeatureConfig) -> tuple[Relation, ...]:
    """Analyses the texts where the tables do not hold it yet; returns what is to be dropped."""
    if all(name in tables for name in ANALYSED):
        return ()
    return analyse(engine, tables, config)


_NO_SECTIONS: Final = """(
  SELECT section_id, account_id AS creator_id FROM comment_template WHERE 1 = 0)"""
# `n_compared`: sections with texts that are not known to be of the same creator.
_SURPRISING: Final = """
WITH voiced AS (
  SELECT v.section_id, o.creator_id
  FROM (SELECT DISTINCT section_id FROM comment_template) v
  LEFT JOIN {section} o ON o.section_id = v.section_id
), own AS (
  SELECT creator_id, COUNT(*) AS n FROM voiced WHERE creator_id IS NOT NULL GROUP BY creator_id
), compared AS (
  SELECT v.section_id, (SELECT COUNT(*) FROM voiced) - COALESCE(o.n, 1) AS n_compared
  FROM voiced v LEFT JOIN own o ON o.creator_id = v.creator_id
)
SELECT c.comment_id, c.account_id, c.section_id, s.template_id, s.form, s.n_comments, s.n_accounts,
       s.n_elsewhere, s.expected, s.surprise, m.text, n.n_compared
FROM comment_template c
JOIN compared n ON n.section_id = c.section_id
JOIN {comment} m ON m.comment_id = c.comment_id
JOIN section_template s ON s.section_id = c.section_id AND s.template_id = c.template_id
WHERE s.surprising
"""
