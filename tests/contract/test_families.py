"""What every family promises, built-in or not; a new family is tested by being registered."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Mapping
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest
from zhenzan.features.engine import Engine
from zhenzan.features.families import families, get_family
from zhenzan.features.family import Entity, Evidence, FeatureConfig, FeatureFamily
from zhenzan.features.matrix import build_matrices, column_name
from zhenzan.features.tables import TABLES

NAMES = [family.name for family in families()]
CONFIG = FeatureConfig()
Figures = dict[Entity, pd.DataFrame]

# Features of a section's (account's, comment's) own data; all others are relative to the set.
OWN_DATA = {
    "timing": {spec.name for spec in get_family("timing").specs}
    - {"night_excess", "hours_divergence", "drop_share", "refill_share"},
    "coengagement": set(),
    "template": {"largest_share", "echo_share", "echo", "text_variety", "bare_share"},
    "account": set(),
    "audience": set(),
    "conversation": {s.name for s in get_family("conversation").specs} - {"like_comment_excess"},
}
COUNTED = {
    "coengagement": {"comment"},
    "account": {"comment", "engagement"},
    "audience": {"comment", "engagement"},
}


@pytest.fixture(params=NAMES)
def family(request: pytest.FixtureRequest) -> FeatureFamily:
    return get_family(request.param)


@pytest.fixture(scope="module")
def frames(canonical: ModuleType) -> dict[str, pd.DataFrame]:
    made: dict[str, pd.DataFrame] = canonical.world()
    return made


def figures(
    engine: Engine, family: FeatureFamily, canonical: ModuleType, frames: Mapping[str, pd.DataFrame]
) -> Figures:
    made = family.compute(engine, canonical.load(engine, frames), CONFIG)
    return {
        entity: engine.fetch(relation).to_pandas().set_index(entity.key).sort_index()
        for entity, relation in made.items()
    }


def assert_same(a: Figures, b: Figures) -> None:
    assert a.keys() == b.keys()
    for entity in a:
        pd.testing.assert_frame_equal(a[entity], b[entity], check_exact=True)


def test_world_gives_something_to_compute(engine, family, canonical, frames):
    for entity, frame in figures(engine, family, canonical, frames).items():
        specs = [s.name for s in family.specs if s.entity is entity]
        assert frame[specs].notna().any().all(), (entity, frame.describe())


def test_columns_keys_and_types_follow_the_specs(engine, family, canonical, frames):
    made = figures(engine, family, canonical, frames)
    assert set(made) == {spec.entity for spec in family.specs}
    for entity, frame in made.items():
        assert list(frame.columns) == [s.name for s in family.specs if s.entity is entity]
        assert frame.index.is_unique and frame.index.notna().all()
        assert (frame.dtypes == np.float64).all()


def test_declared_ranges(engine, family, canonical, frames):
    made = figures(engine, family, canonical, frames)
    for spec in family.specs:
        values = made[spec.entity][spec.name].dropna()
        assert np.isfinite(values).all()
        assert values.between(spec.low, spec.high).all(), spec.name


def test_specs_read_well(family):
    assert re.fullmatch(r"[a-z][a-z0-9_]*", family.name) and family.version >= 1
    assert len({(s.entity, s.name) for s in family.specs}) == len(family.specs)
    for spec in family.specs:
        assert re.fullmatch(r"[a-z][a-z0-9_]*", spec.name) and "__" not in spec.name
        assert spec.low < spec.high and spec.direction in (-1, 0, 1) and spec.source
        assert spec.text.en.endswith(".") and spec.text.zh.endswith("。")
    for table, columns in family.requires.columns.items():
        assert set(columns) <= set(TABLES[table].by_name)


def test_empty_tables(engine, family, canonical):
    empty = {name: pd.DataFrame() for name in TABLES}
    for frame in figures(engine, family, canonical, empty).values():
        assert frame.empty
    tables = canonical.load(engine, empty)
    targets = {entity: ["x"] for entity in Entity}
    assert list(family.explain(engine, tables, targets)) == []


def test_one_row(engine, family, canonical, frames):
    one = {name: frame.head(1) for name, frame in frames.items()}
    made = figures(engine, family, canonical, one)
    suspicious = [s for s in family.specs if s.direction > 0]
    for spec in suspicious:
        values = made[spec.entity][spec.name].dropna()
        assert (values <= max(spec.low, 1.0)).all(), spec.name


def test_without_required_tables_all_is_null(engine, family, canonical, frames):
    needed = set(family.requires.columns)
    rest = {name: frame for name, frame in frames.items() if name not in needed}
    if family.requires.substitute is not None:
        rest.pop("comment", None)
    matrices = build_matrices(engine, canonical.load(engine, rest), CONFIG, [family])
    for entity, relation in matrices.relations.items():
        frame = engine.fetch(relation).to_pandas().drop(columns=entity.key)
        assert frame.isna().all().all()
    if family.requires.substitute is None:
        assert family.name in matrices.skipped and matrices.used == ()


@pytest.mark.parametrize("absent", ["section", "account", "comment", "engagement"])
def test_missing_optional_table_never_reads_as_zero(engine, family, canonical, frames, absent):
    if absent in family.requires.columns:
        pytest.skip("required: tested above")
    if absent in COUNTED.get(family.name, ()):
        pytest.skip("its rows are acts themselves: fewer of them are less activity")
    full = figures(engine, family, canonical, frames)
    rest = {name: frame for name, frame in frames.items() if name != absent}
    for entity, frame in figures(engine, family, canonical, rest).items():
        before = full[entity].reindex(frame.index)
        fell = (frame == 0) & before.notna() & (before != 0)
        assert not fell.any().any(), frame.columns[fell.any()]


@pytest.mark.parametrize("weeks", [-3, 1, 52])
def test_whole_weeks_change_nothing(engine, family, canonical, frames, weeks):
    moved = canonical.shifted(frames, weeks * canonical.WEEK)
    assert_same(
        figures(engine, family, canonical, frames), figures(engine, family, canonical, moved)
    )


@pytest.mark.parametrize("seed", [1, 2])
def test_order_of_rows_changes_nothing(engine, family, canonical, frames, seed):
    mixed = canonical.shuffled(frames, seed)
    assert_same(
        figures(engine, family, canonical, frames), figures(engine, family, canonical, mixed)
    )


def test_spelling_of_ids_changes_nothing(engine, family, canonical, frames):
    def new(name: str) -> str:
        return hashlib.sha256(name.encode()).hexdigest()[:16]

    plain = figures(engine, family, canonical, frames)
    hashed = figures(engine, family, canonical, canonical.renamed(frames, new))
    for entity, frame in plain.items():
        frame.index = frame.index.map(new)
        plain[entity] = frame.sort_index()
    assert_same(plain, hashed)


def test_unrelated_section_leaves_own_data_features_alone(engine, family, canonical, frames):
    own = OWN_DATA.get(family.name, set())
    other = canonical.renamed(canonical.world(7), lambda name: f"other-{name}")
    keep = {name: frame[_of_section(frame, "other-s6")] for name, frame in other.items()}
    both = {name: pd.concat([frames[name], keep[name]]) for name in frames}
    before = figures(engine, family, canonical, frames)
    after = figures(engine, family, canonical, both)
    for entity, frame in before.items():
        columns = [name for name in frame.columns if name in own]
        same = after[entity].reindex(frame.index)
        pd.testing.assert_frame_equal(frame[columns], same[columns], check_exact=True)


def _of_section(frame: pd.DataFrame, section: str) -> Any:
    return frame.section_id == section if "section_id" in frame else frame.index < 5


def explained(
    engine: Engine, family: FeatureFamily, canonical: ModuleType, frames: Mapping[str, pd.DataFrame]
) -> list[Evidence]:
    targets = {
        Entity.SECTION: frames["section"].section_id.tolist(),
        Entity.ACCOUNT: frames["account"].account_id.tolist(),
        Entity.COMMENT: frames["comment"].comment_id.tolist(),
    }
    return list(family.explain(engine, canonical.load(engine, frames), targets))


def test_evidence_is_complete_and_ordered(engine, family, canonical, frames):
    found = explained(engine, family, canonical, frames)
    assert found, "the world has something to say for every family"
    assert [e.strength for e in found] == sorted((e.strength for e in found), reverse=True)
    for e in found:
        assert re.fullmatch(rf"{family.name}\.[a-z_]+@{family.version}", e.reason)
        assert e.subject[0] in {entity.value for entity in Entity}
        assert e.statement.zh and e.statement.en and e.counter_evidence
        assert 0 < len(e.refs) <= 50 and all(e.refs)
        assert e.observed is not None and e.expected is not None
        assert math.isfinite(e.observed) and math.isfinite(e.expected)
        assert math.isfinite(e.strength) and e.strength >= 0
        assert (e.start_ms is None) == (e.end_ms is None)
        assert e.start_ms is None or e.start_ms < e.end_ms


def test_evidence_speaks_of_its_targets_only(engine, family, canonical, frames):
    tables = canonical.load(engine, frames)
    all_of_it = explained(engine, family, canonical, frames)
    kind, id_ = all_of_it[0].subject
    tables = canonical.load(engine, frames)
    some = list(family.explain(engine, tables, {Entity(kind): [id_]}))
    assert some == [e for e in all_of_it if e.subject == (kind, id_)]
    assert list(family.explain(engine, tables, {})) == []


def test_evidence_does_not_depend_on_row_order(engine, family, canonical, frames):
    first = explained(engine, family, canonical, frames)
    second = explained(engine, family, canonical, canonical.shuffled(frames, 3))
    assert sorted(map(repr, first)) == sorted(map(repr, second))


def test_hostile_ids_and_texts(engine, family, canonical, frames):
    def new(name: str) -> str:
        return f"🦊'\"; DROP TABLE x;--\n{name}"

    hostile = canonical.renamed(frames, new)
    texts = hostile["comment"].text.where(
        hostile["comment"].index % 7 != 0, "<b>" * 5000 + "\u202e"
    )
    hostile["comment"] = hostile["comment"].assign(text=texts)
    made = figures(engine, family, canonical, hostile)
    assert all(frame.index.str.startswith("🦊").all() for frame in made.values())


def test_matrix_holds_what_the_family_computed(engine, family, canonical, frames):
    computed = figures(engine, family, canonical, frames)
    matrices = build_matrices(engine, canonical.load(engine, frames), CONFIG, [family])
    assert matrices.used == (family.name,)
    for entity, frame in computed.items():
        matrix = engine.fetch(matrices.relations[entity]).to_pandas().set_index(entity.key)
        matrix = matrix.reindex(frame.index)
        for name in frame.columns:
            column = matrix[column_name(family.name, name)]
            np.testing.assert_array_equal(column.to_numpy(), frame[name].to_numpy())
