"""Families in scikit-learn's hands: the same numbers as a scan, rows beside their labels."""

from __future__ import annotations

import pickle
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import estimator_checks as checks
from zhenzan.features.engine import Engine
from zhenzan.features.errors import UsageError
from zhenzan.features.families import get_family
from zhenzan.features.family import Entity, FeatureConfig
from zhenzan.features.matrix import build_matrices
from zhenzan.features.transformer import FeatureTransformer

FAMILIES = ("timing",)
BOUGHT = [f"s{i}" for i in range(6)]  # where the planted pool is


@pytest.fixture(scope="module")
def frames(canonical: ModuleType) -> dict[str, pd.DataFrame]:
    made: dict[str, pd.DataFrame] = canonical.world()
    return made


@pytest.fixture(scope="module")
def folder(
    canonical: ModuleType, frames: dict[str, pd.DataFrame], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    made = tmp_path_factory.mktemp("tables")
    for name, frame in frames.items():
        frame.to_parquet(made / f"{name}.parquet")
    return made


@pytest.fixture(scope="module")
def by_id(folder: Path) -> FeatureTransformer:
    return FeatureTransformer(tables=folder, families=FAMILIES).fit(["s0"])


def test_tables_in_the_numbers_of_a_scan_out(
    engine: Engine, canonical: ModuleType, frames: dict[str, pd.DataFrame]
) -> None:
    names = ("timing", "coengagement")
    chosen = [get_family(name) for name in names]
    made = build_matrices(engine, canonical.load(engine, frames), FeatureConfig(), chosen)
    for entity in (Entity.SECTION, Entity.ACCOUNT):
        relation = made.relations[entity]
        expected = engine.fetch(relation).to_pandas().set_index(entity.key).sort_index()
        transformer = FeatureTransformer(entity.value, families=names)
        found = transformer.fit_transform(frames)
        pd.testing.assert_frame_equal(found, expected, check_exact=True)
        assert list(found.columns) == list(transformer.get_feature_names_out())
        assert found.index.name == entity.key
    assert transformer.versions_ == {f.name: f.version for f in chosen}


def test_pandas_arrow_and_folder_are_the_same(
    frames: dict[str, pd.DataFrame], folder: Path, by_id: FeatureTransformer
) -> None:
    arrow = {n: pa.Table.from_pandas(f, preserve_index=False) for n, f in frames.items()}
    for tables in (arrow, str(folder)):
        found = FeatureTransformer(families=FAMILIES).fit_transform(tables)
        pd.testing.assert_frame_equal(found, by_id.matrix_, check_exact=True)


def test_rows_come_in_the_order_asked_for(by_id: FeatureTransformer) -> None:
    asked = pd.DataFrame({"section_id": ["s7", "s0", "s7"], "other": [1, 2, 3]}, index=[9, 5, 7])
    found = by_id.transform(asked)
    assert list(found.index) == [9, 5, 7]
    np.testing.assert_array_equal(found.to_numpy(), by_id.matrix_.loc[["s7", "s0", "s7"]])
    for spelling in (asked["section_id"], asked[["section_id"]].to_numpy(), ["s7", "s0", "s7"]):
        np.testing.assert_array_equal(by_id.transform(spelling), found)


def test_a_missing_family_is_missing_and_says_why(frames: dict[str, pd.DataFrame]) -> None:
    tables = {"comment": frames["comment"]}
    transformer = FeatureTransformer(tables=tables, families=["timing", "template"]).fit(["s0"])
    missing = transformer.transform(["s0"]).isna().all()
    assert missing.filter(like="timing__").all() and not missing.filter(like="template__").all()
    assert list(transformer.skipped_) == ["timing"]
    assert "Not computable" in transformer.skipped_["timing"]


def test_pipelines_clones_and_cross_validation_by_group(folder: Path) -> None:
    ids = np.array([[f"s{i}"] for i in range(30)], dtype=object)
    bought = np.isin(ids.ravel(), BOUGHT)
    pipe = Pipeline(
        [
            ("features", FeatureTransformer(tables=folder, families=["coengagement"])),
            ("whole", SimpleImputer(keep_empty_features=True)),
            ("scale", StandardScaler()),
            ("line", LogisticRegression()),
        ]
    )
    again = clone(pipe)
    assert again.get_params()["features__families"] == ["coengagement"]
    groups = np.arange(30) % 2
    found = cross_val_score(pipe, ids, bought, groups=groups, cv=GroupKFold(2), scoring="roc_auc")
    assert found.min() > 0.9
    pipe.fit(ids, bought)
    back = pickle.loads(pickle.dumps(pipe))
    np.testing.assert_array_equal(back.predict_proba(ids), pipe.predict_proba(ids))
    # Set from outside, as a search over parameters does it.
    again.set_params(features__families=["timing"]).fit(ids, bought)
    assert again["features"].get_feature_names_out()[0].startswith("timing__")


def test_column_transformers_on_either_side(folder: Path, by_id: FeatureTransformer) -> None:
    rows = pd.DataFrame({"section_id": ["s3", "s1"], "likes": [5.0, 7.0]}, index=["b", "a"])
    beside = ColumnTransformer(
        [("features", clone(by_id), ["section_id"]), ("own", "passthrough", ["likes"])],
        verbose_feature_names_out=False,
    ).set_output(transform="pandas")
    found = beside.fit_transform(rows)
    assert list(found.index) == ["b", "a"] and list(found["likes"]) == [5.0, 7.0]
    assert list(found.columns) == [*by_id.get_feature_names_out(), "likes"]
    picked = make_pipeline(
        clone(by_id), ColumnTransformer([("z", StandardScaler(), ["timing__peak_excess"])])
    )
    assert picked.fit_transform(rows).shape == (2, 1)
    assert list(picked.get_feature_names_out()) == ["z__timing__peak_excess"]


def test_output_stays_pandas_whatever_is_asked_of_it(by_id: FeatureTransformer) -> None:
    for kind in ("default", "pandas"):
        found = clone(by_id).set_output(transform=kind).fit_transform(["s1"])
        assert isinstance(found, pd.DataFrame) and list(found.index) == ["s1"]


@pytest.mark.parametrize(
    "check",
    [
        checks.check_parameters_default_constructible,
        checks.check_get_params_invariance,
        checks.check_set_params,
        checks.check_no_attributes_set_in_init,
        checks.check_estimator_cloneable,
        checks.check_estimator_repr,
        checks.check_valid_tag_types,
    ],
    ids=lambda check: check.__name__,
)
def test_the_contract_of_estimators_that_needs_no_numbers(check: Any) -> None:
    check("FeatureTransformer", FeatureTransformer())


@pytest.mark.parametrize(
    ("transformer", "rows", "match"),
    [
        (FeatureTransformer("page"), {}, "unknown unit 'page'"),
        (FeatureTransformer(families=["nobody"]), {}, "unknown feature family 'nobody'"),
        (FeatureTransformer(families=["timing", "timing"]), {}, "named twice"),
        (FeatureTransformer(families=["timing"]), ["s1"], "by id only where"),
    ],
)
def test_what_cannot_be_is_refused(
    transformer: FeatureTransformer, rows: object, match: str
) -> None:
    with pytest.raises(UsageError, match=match):
        transformer.fit(rows)


def test_ids_that_are_none_are_refused(by_id: FeatureTransformer) -> None:
    with pytest.raises(UsageError, match="1 of 2 ids are in none of the tables, such as 'nobody'"):
        by_id.transform(["s1", "nobody"])
    with pytest.raises(UsageError, match="take ids"):
        by_id.transform({"section": pd.DataFrame()})
    with pytest.raises(UsageError, match="shape"):
        by_id.transform(np.array([["s1", "s2"]]))
    with pytest.raises(UsageError, match="column section_id"):
        by_id.transform(pd.DataFrame({"a": ["s1"], "b": ["s1"]}))
