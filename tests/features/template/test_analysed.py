"""Texts that an earlier step analysed are not analysed again, and say the same."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from zhenzan.features.family import Entity, FeatureConfig
from zhenzan.features.template import ANALYSED, TemplateFamily, analyse, family


def told(engine: Any, tables: Any) -> tuple[dict[Entity, pd.DataFrame], list[Any]]:
    """Figures by entity in the order of ids, and statements about all sections and comments."""
    known = TemplateFamily()
    made = known.compute(engine, tables, FeatureConfig())
    figures = {
        entity: engine.fetch(relation, order_by=[entity.key]).to_pandas()
        for entity, relation in made.items()
    }
    ids = {e: figures[e][e.key].tolist() for e in (Entity.SECTION, Entity.COMMENT)}
    return figures, list(known.explain(engine, tables, ids))


def test_what_was_analysed_spares_the_analysis(
    engine: Any, canonical: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames = canonical.world(3)
    order = [f"买它买它 {i % 4} 号链接真的好用" for i in range(30)]
    said = frames["comment"].head(30).assign(
        comment_id=[f"x:o{i}" for i in range(30)], account_id=[f"x:w{i}" for i in range(30)],
        section_id=frames["comment"].section_id.iloc[0], text=order,
    )  # fmt: skip
    frames["comment"] = pd.concat([frames["comment"], said], ignore_index=True)
    tables = canonical.load(engine, frames)
    figures, statements = told(engine, tables)
    assert statements
    given = tables | dict(zip(ANALYSED, analyse(engine, tables, FeatureConfig()), strict=True))

    def refuse(*_: Any) -> Any:
        raise AssertionError("the texts were analysed a second time")

    monkeypatch.setattr(family, "analyse", refuse)
    again, said_again = told(engine, given)
    for entity, frame in figures.items():
        pd.testing.assert_frame_equal(again[entity], frame)
    assert said_again == statements
    assert engine.fetch(given[ANALYSED[0]]).num_rows == len(frames["comment"])
