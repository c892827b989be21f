"""Matrices: all ids, all columns, NULL where a family could not compute."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pytest
from zhenzan.features.families import families
from zhenzan.features.family import Entity, FeatureConfig, Requirement
from zhenzan.features.matrix import build_matrices, column_name, missing_inputs


@pytest.fixture
def built(engine, canonical):
    frames = canonical.world()
    tables = canonical.load(engine, frames)
    return frames, build_matrices(engine, tables, FeatureConfig(), families())


def test_a_row_for_each_entity_any_table_names(engine, built):
    frames, matrices = built
    for entity, table in ((Entity.SECTION, "section"), (Entity.COMMENT, "comment")):
        ids = engine.fetch(matrices.relations[entity])[entity.key].to_pylist()
        assert sorted(ids) == sorted(frames[table][entity.key])
    acted = set(frames["engagement"].account_id) | set(frames["comment"].account_id)
    accounts = engine.fetch(matrices.relations[Entity.ACCOUNT])["account_id"].to_pylist()
    assert set(accounts) == acted and len(accounts) == len(acted)


def test_columns_are_family_and_feature_in_report_order(built):
    _, matrices = built
    for entity, relation in matrices.relations.items():
        specs = [(f.name, s.name) for f in families() for s in f.specs if s.entity is entity]
        assert relation.columns == (entity.key, *(column_name(*names) for names in specs))
        assert all(t == pa.float64() for t in relation.schema.types[1:])
    assert matrices.used == tuple(f.name for f in families()) and matrices.skipped == {}


def test_skipped_family_says_why_and_is_null(engine, canonical):
    frames = canonical.world()
    frames["comment"] = frames["comment"].assign(text=None)
    tables = canonical.load(engine, frames)
    matrices = build_matrices(engine, tables, FeatureConfig(), families())
    assert {"timing", "coengagement"} <= set(matrices.used) and "template" not in matrices.used
    assert "comment.text" in matrices.skipped["template"].en
    assert "comment.text" in matrices.skipped["template"].zh
    frame = engine.fetch(matrices.relations[Entity.SECTION]).to_pandas()
    assert frame.filter(like="template__").isna().all().all()
    assert frame.timing__peak_excess.notna().any()


def test_no_tables_at_all(engine):
    matrices = build_matrices(engine, {}, FeatureConfig(), families())
    assert all(engine.fetch(r).num_rows == 0 for r in matrices.relations.values())
    assert set(matrices.skipped) == {f.name for f in families() if f.requires.substitute is None}


@pytest.mark.parametrize(
    ("rows", "missing"),
    [
        ([], (("comment", "*"),)),
        ([{"comment_id": "c", "section_id": "s", "text": None}], (("comment", "text"),)),
        ([{"comment_id": "c", "section_id": "s", "text": "x"}], ()),
    ],
)
def test_missing_inputs(engine, canonical, rows, missing):
    tables = canonical.load(engine, {"comment": pd.DataFrame(rows)})
    need = Requirement({"comment": ("text",)})
    assert missing_inputs(engine, tables, need) == missing
    assert missing_inputs(engine, {}, need) == (("comment", "*"),)
