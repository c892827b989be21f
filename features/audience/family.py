"""The family: figures of sections and accounts, and statements about sections."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from zhenzan.features.audience.evidence import section_evidence
from zhenzan.features.audience.figures import account_figures, known, section_figures
from zhenzan.features.audience.specs import SPECS
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

__all__ = ["AudienceFamily"]


class AudienceFamily:
    """Regions, sources, levels, ages, regulars and devices of the visitors.

    Mixes are held against the creator's other sections: a section abstains where these have fewer
    than fifty visits of known kind, or where it has fewer than `config.min_likes` itself. Ages are
    held against everybody else of the same day.
    """

    name: ClassVar[str] = "audience"
    version: ClassVar[int] = 1
    title: ClassVar[Text] = Text("受众", "Audience")
    requires: ClassVar[Requirement] = Requirement({"section": ("creator_id",)})
    specs: ClassVar[tuple[FeatureSpec, ...]] = SPECS

    def compute(
        self, engine: Engine, tables: Tables, config: FeatureConfig
    ) -> dict[Entity, Relation]:
        """See `FeatureFamily.compute`; sections and accounts."""
        of = known(engine, relations(engine, tables), config, step=self.name)
        figures = {
            Entity.SECTION: (of.visits.section_ids, section_figures(of, config)),
            Entity.ACCOUNT: (of.visits.account_ids, account_figures(of)),
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
        """See `FeatureFamily.explain`; mixes, ages and shared devices of sections."""
        wanted = targets.get(Entity.SECTION, ())
        if wanted and "section" in tables:
            of = known(engine, relations(engine, tables), FeatureConfig(), step=self.name)
            yield from section_evidence(of, wanted, self.version)
