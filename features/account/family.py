"""The family: figures of sections, accounts and comments, and statements about sections."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from zhenzan.features.account.evidence import section_evidence
from zhenzan.features.account.figures import (
    account_figures,
    comment_figures,
    known,
    section_figures,
)
from zhenzan.features.account.specs import SPECS
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
from zhenzan.features.people import figure_table, relations

__all__ = ["AccountFamily"]


class AccountFamily:
    """Ages, names, profiles and habits of the accounts that came.

    A section abstains from each figure below `config.min_likes` accounts of which the fact is
    known; an account and a comment where it is not known. Creators in their own sections and
    accounts known by a name only are left out.
    """

    name: ClassVar[str] = "account"
    version: ClassVar[int] = 1
    title: ClassVar[Text] = Text("账号", "Accounts")
    requires: ClassVar[Requirement] = Requirement({"account": ("account_id",)})
    specs: ClassVar[tuple[FeatureSpec, ...]] = SPECS

    def compute(
        self, engine: Engine, tables: Tables, config: FeatureConfig
    ) -> dict[Entity, Relation]:
        """See `FeatureFamily.compute`; all three entities."""
        names = relations(engine, tables)
        of = known(engine, names, step=self.name)
        comments = comment_figures(engine, names, of, config, step=self.name)
        figures = {
            Entity.SECTION: (of.visits.section_ids, section_figures(of, config)),
            Entity.ACCOUNT: (of.visits.account_ids, account_figures(of)),
            Entity.COMMENT: comments,
        }
        return {
            entity: engine.load(
                f"{self.name}_{entity.value}",
                figure_table(entity, ids, made, self.specs),
                step=self.name,
            )
            for entity, (ids, made) in figures.items()
        }

    def explain(
        self, engine: Engine, tables: Tables, targets: Mapping[Entity, Sequence[str]]
    ) -> Iterator[Evidence]:
        """See `FeatureFamily.explain`; clumps, names and acts taken back, of sections."""
        wanted = targets.get(Entity.SECTION, ())
        if wanted and "account" in tables:
            of = known(engine, relations(engine, tables), step=self.name)
            yield from section_evidence(of, wanted, self.version)
