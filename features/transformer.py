"""The families as a scikit-learn transformer: tables in, pandas frames out.

Two ways to say what the rows are:

- `fit_transform(tables)`: every section (account, comment) that the tables name, by id.
- `FeatureTransformer(tables=...)`, then `fit_transform(ids)`: the ids asked for, in their order.
  So it stands in a `Pipeline` or a `ColumnTransformer` and under cross-validation, where rows are
  drawn and have to stay beside their labels.

Features of a row may depend on the whole set of tables (what is usual there), never on labels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted
from zhenzan.features.engine.registry import EngineOptions, open_engine
from zhenzan.features.errors import UsageError
from zhenzan.features.families import families as installed
from zhenzan.features.families import get_family
from zhenzan.features.family import Entity, FeatureConfig, FeatureFamily
from zhenzan.features.frames import TableSource, canonical_tables
from zhenzan.features.matrix import build_matrices, column_name

__all__ = ["FeatureTransformer"]

_UNITS: Final = tuple(entity.value for entity in Entity)


class FeatureTransformer(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Features of sections, accounts or comments; NaN is "not computable", never 0.

    Args:
        unit: `section`, `account` or `comment`.
        tables: Canonical tables (name to pandas or Arrow table, or a folder of Parquet files), when
            rows are asked for by id. A clone copies frames; a folder costs nothing.
        families: Names of installed families, or families of your own; None for all installed.
        config: Settings shared by the families.
        memory: Limit of the engine, such as `2GB`.
        threads: Of the engine; None for one a core.

    Attributes:
        feature_names_: Columns, `family__feature`.
        versions_: Family to version: what the columns mean.
        skipped_: Family to the reason why the tables do not suffice for it; by id only.
        matrix_: All rows of the tables, by id; by id only.
        n_features_in_: 1: what comes in are tables, or one column of ids.
    """

    def __init__(
        self,
        unit: str = "section",
        *,
        tables: TableSource | None = None,
        families: Sequence[str | FeatureFamily] | None = None,
        config: FeatureConfig | None = None,
        memory: str | None = None,
        threads: int | None = None,
    ) -> None:
        self.unit = unit
        self.tables = tables
        self.families = families
        self.config = config
        self.memory = memory
        self.threads = threads

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = self.tables is not None
        tags.input_tags.dict = self.tables is None
        tags.no_validation = True
        return tags

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learns the names of the columns; with `tables`, computes them, once for all ids.

        Args:
            X: Tables, or ids where `tables` were given.
            y: Ignored.

        Raises:
            UsageError: The unit or a family is unknown, or X is neither tables nor ids.
            SchemaError: Tables do not fit.
        """
        chosen = self._families()
        named = [(f.name, s.name) for f in chosen for s in f.specs if s.entity.value == self.unit]
        self.feature_names_ = [column_name(family, feature) for family, feature in named]
        self.versions_ = {family.name: family.version for family in chosen}
        self.n_features_in_ = 1
        if self.tables is not None:
            self._ids(X)
            self.matrix_, self.skipped_ = self._computed(self.tables)
        elif not _are_tables(X):
            raise UsageError(
                "rows can be asked for by id only where FeatureTransformer(tables=...) says of what"
            )
        return self

    def transform(self, X: Any) -> pd.DataFrame:
        """Rows by id: all that the tables name, in id order; or those asked for, as asked.

        Raises:
            UsageError: An id is in none of the tables.
            SchemaError: Tables do not fit.
        """
        check_is_fitted(self, "feature_names_")
        if self.tables is None:
            if not _are_tables(X):
                raise UsageError("fitted on tables: give tables")
            return self._computed(X)[0]
        ids, index = self._ids(X)
        unknown = ~ids.isin(self.matrix_.index)
        if unknown.any():
            raise UsageError(
                f"{int(unknown.sum())} of {len(ids)} ids are in none of the tables, such as "
                f"{ids[unknown][0]!r}"
            )
        return self.matrix_.loc[ids].set_axis(index, axis=0)

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[Any]:
        """Names of the columns; input names are not part of them."""
        check_is_fitted(self, "feature_names_")
        return np.asarray(self.feature_names_, dtype=object)

    def _families(self) -> tuple[FeatureFamily, ...]:
        if self.unit not in _UNITS:
            raise UsageError(f"unknown unit {self.unit!r}; expected {', '.join(_UNITS)}")
        if self.families is None:
            return installed()
        chosen = tuple(get_family(f) if isinstance(f, str) else f for f in self.families)
        names = [family.name for family in chosen]
        if len(set(names)) < len(names):
            raise UsageError(f"a family is named twice: {', '.join(names)}")
        return chosen

    def _computed(self, tables: TableSource) -> tuple[pd.DataFrame, dict[str, str]]:
        """The matrix by id, and why families were skipped."""
        entity = Entity(self.unit)
        options = EngineOptions(memory=self.memory, threads=self.threads)
        with open_engine(options=options) as engine:
            loaded = {n: engine.load(n, rows) for n, rows in canonical_tables(tables).items()}
            made = build_matrices(
                engine, loaded, self.config or FeatureConfig(), self._families()
            )  # fmt: skip
            found = engine.fetch(made.relations[entity], order_by=[entity.key])
        frame: pd.DataFrame = found.to_pandas().set_index(entity.key)[self.feature_names_]
        return frame, {name: why.en for name, why in made.skipped.items()}

    def _ids(self, X: Any) -> tuple[pd.Index, pd.Index]:
        """The ids asked for, and the index that the answer gets."""
        if _are_tables(X):
            raise UsageError("with tables given, fit and transform take ids")
        if isinstance(X, pd.DataFrame):
            key = f"{self.unit}_id"
            column = key if key in X else X.columns[0]
            if key not in X and X.shape[1] != 1:
                raise UsageError(f"expected a column {key}, or a single one")
            return pd.Index(X[column].astype(str)), X.index
        if isinstance(X, pd.Series):
            return pd.Index(X.astype(str)), X.index
        values = np.asarray(X, dtype=object)
        if values.ndim > 2 or (values.ndim == 2 and values.shape[1] != 1) or values.ndim == 0:
            raise UsageError(f"expected one column of ids, found the shape {values.shape}")
        ids = pd.Index([str(v) for v in values.ravel()], dtype=object)
        return ids, ids.rename(f"{self.unit}_id")


def _are_tables(X: Any) -> bool:
    return isinstance(X, Mapping | Path | str)
