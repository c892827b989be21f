"""Boosted trees under scikit-learn's contract: two classes, gaps native, same input same trees.

A thin estimator over LightGBM. A leaf needs an amount of evidence, not a number of rows, so that a
row with weight two counts exactly like two rows. Trees live as LightGBM's text, never as pickles.
"""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Integral
from typing import Any, Final, Self

import lightgbm
import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data
from zhenzan.models.tree_text import checked_trees

__all__ = ["TreeScorer", "booster_from_text", "raw_scores"]

Reals = NDArray[np.float64]

# One core, one order of sums: the same trees on every machine.
_FIXED: Final = {
    "objective": "binary",
    "verbosity": -1,
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
    "min_data_in_leaf": 0,
    "min_data_in_bin": 1,
    "feature_pre_filter": False,
}


class TreeScorer(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Gradient-boosted trees for two classes.

    The defaults are small trees with slow steps (Friedman 2001), chosen before any result was seen.

    Args:
        n_trees: Rounds of boosting.
        learning_rate: Step of each round.
        n_leaves: Of a tree.
        min_leaf: Least sum of the loss's second derivative in a leaf: p (1 - p) a row.
        l2: Penalty of leaf values.
        monotone: Column name (or position) to +1 or -1: the score may only rise (fall) with it.
        class_weight: None, `balanced`, or class to weight; multiplies sample weights.
        columns_share: Of the columns that a tree may use, drawn for each tree.
        random_cuts: Each node compares one random cut of each column instead of all (extremely
            randomised trees; Geurts, Ernst, Wehenkel 2006): trees differ more, so that their sum
            errs less on groups that none of them has seen.
        seed: Of everything random; nothing is, by default.
        start: LightGBM's text of trees over the same columns, which these continue; `n_trees` are
            grown on top of them.

    Attributes:
        classes_: The two classes, the second is what is to be found.
        booster_: LightGBM's model.
        n_features_in_, feature_names_in_: As everywhere in scikit-learn.
    """

    def __init__(
        self,
        *,
        n_trees: int = 200,
        learning_rate: float = 0.05,
        n_leaves: int = 15,
        min_leaf: float = 1.0,
        l2: float = 1.0,
        monotone: Mapping[Any, int] | None = None,
        class_weight: Any = None,
        columns_share: float = 1.0,
        random_cuts: bool = False,
        seed: int = 0,
        start: str | None = None,
    ) -> None:
        self.n_trees = n_trees
        self.learning_rate = learning_rate
        self.n_leaves = n_leaves
        self.min_leaf = min_leaf
        self.l2 = l2
        self.monotone = monotone
        self.class_weight = class_weight
        self.columns_share = columns_share
        self.random_cuts = random_cuts
        self.seed = seed
        self.start = start

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.classifier_tags.multi_class = False
        return tags

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Grows the trees.

        Args:
            X: Rows by columns; NaN is "not computable".
            y: Two classes.
            sample_weight: Weight of each row; 0 leaves it out.

        Raises:
            ValueError: There are not exactly two classes, shapes do not fit, or `monotone` names
                what is no column.
        """
        values, target = validate_data(self, X, y, dtype=np.float64, ensure_all_finite="allow-nan")
        codes, weight = self._prepared(target, values, sample_weight)
        self.booster_ = lightgbm.train(
            self._settings(),
            self._data(values, codes, weight),
            self.n_trees,
            init_model=self._begun(),
        )
        return self

    def fit_watched(
        self,
        X: Any,
        y: Any,
        held_X: Any,
        held_y: Any,
        *,
        patience: int = 30,
    ) -> Self:
        """Like `fit`, but stops once held-out log loss has not fallen for `patience` rounds.

        Args:
            X: As in `fit`.
            y: As in `fit`.
            held_X: Held-out rows of the same columns.
            held_y: Their classes.
            patience: Rounds.

        Raises:
            ValueError: As in `fit`; the held-out rows have other columns or classes.
        """
        values, target = validate_data(self, X, y, dtype=np.float64, ensure_all_finite="allow-nan")
        codes, weight = self._prepared(target, values, None)
        train = self._data(values, codes, weight)
        aside, truth = validate_data(
            self, held_X, held_y, dtype=np.float64, ensure_all_finite="allow-nan", reset=False
        )
        if strange := sorted(set(np.unique(truth).tolist()) - set(self.classes_.tolist()), key=str):
            raise ValueError(f"held-out rows of classes that are not learnt from: {strange}")
        held = lightgbm.Dataset(aside, self._codes(truth), reference=train)
        self.booster_ = lightgbm.train(
            {**self._settings(), "metric": "binary_logloss"},
            train,
            self.n_trees,
            valid_sets=[held],
            init_model=self._begun(),
            callbacks=[lightgbm.early_stopping(patience, verbose=False)],
        )
        return self

    def decision_function(self, X: Any) -> Reals:
        """Log-odds of the second class."""
        check_is_fitted(self)
        values = validate_data(
            self, X, dtype=np.float64, ensure_all_finite="allow-nan", reset=False
        )
        return np.asarray(self.booster_.predict(values, raw_score=True), np.float64)

    def first(self, X: Any, n_trees: int) -> Reals | None:
        """Log-odds by the first trees alone, as if no more had been grown; None if there are fewer.

        Boosting looks back only, so that a longer run holds every shorter one.
        """
        check_is_fitted(self)
        if self.start is not None or self.booster_.current_iteration() < n_trees:
            return None
        values = validate_data(
            self, X, dtype=np.float64, ensure_all_finite="allow-nan", reset=False
        )
        raw = self.booster_.predict(values, raw_score=True, num_iteration=n_trees)
        return np.asarray(raw, np.float64)

    def predict_proba(self, X: Any) -> Reals:
        """Probability of each class as the trees have it, not calibrated."""
        second = 1.0 / (1.0 + np.exp(-self.decision_function(X)))
        return np.stack([1.0 - second, second], axis=1)

    def predict(self, X: Any) -> NDArray[Any]:
        """The likelier class."""
        above = (self.decision_function(X) > 0).astype(np.intp)
        return np.asarray(self.classes_[above])

    def contributions(self, X: Any) -> Reals:
        """Exact additive shares of each column in the log-odds (rows x columns + 1).

        Shapley values of the trees (Lundberg et al. 2020); the last column is the average, and a
        row sums to its `decision_function`.
        """
        check_is_fitted(self)
        values = validate_data(
            self, X, dtype=np.float64, ensure_all_finite="allow-nan", reset=False
        )
        return np.asarray(self.booster_.predict(values, pred_contrib=True), np.float64)

    def _prepared(
        self, target: NDArray[Any], values: Reals, sample_weight: Any
    ) -> tuple[NDArray[np.intp], Reals]:
        check_classification_targets(target)
        self.classes_ = np.unique(target)
        if len(self.classes_) > 2:
            raise ValueError(
                "Only binary classification is supported. The type of the target is multiclass: "
                f"{len(self.classes_)} classes"
            )
        weight = _check_sample_weight(sample_weight, values, dtype=np.float64)
        if self.class_weight is not None:
            weight = weight * compute_sample_weight(self.class_weight, target)
        kept = np.unique(target[weight > 0])
        if len(kept) < 2:
            raise ValueError(f"two classes are needed, found {len(kept)} class with weight")
        return self._codes(target), weight

    @property
    def n_grown_(self) -> int:
        """Trees that this fit added: up to the best one where it was watched."""
        check_is_fitted(self)
        begun = self._begun()
        last = self.booster_.best_iteration
        best = last if last > 0 else self.booster_.current_iteration()
        return best - (0 if begun is None else begun.current_iteration())

    def _begun(self) -> lightgbm.Booster | None:
        if self.start is None:
            return None
        begun = booster_from_text(self.start)
        if begun.num_feature() != self.n_features_in_:
            raise ValueError(
                f"the trees to continue read {begun.num_feature()} columns, here are "
                f"{self.n_features_in_}"
            )
        return begun

    def _codes(self, target: NDArray[Any]) -> NDArray[np.intp]:
        return np.searchsorted(self.classes_, target)

    def _data(self, values: Reals, codes: NDArray[np.intp], weight: Reals) -> lightgbm.Dataset:
        rows, kinds, weights = _collapsed(values, codes, weight)
        return lightgbm.Dataset(rows, kinds, weight=weights, params=self._settings())

    def _settings(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            **_FIXED,
            "learning_rate": self.learning_rate,
            "num_leaves": self.n_leaves,
            "min_sum_hessian_in_leaf": self.min_leaf,
            "lambda_l2": self.l2,
            "feature_fraction": self.columns_share,
            "extra_trees": self.random_cuts,
            "seed": self.seed,
        }
        directions = self._directions()
        if any(directions):
            found["monotone_constraints"] = directions
            found["monotone_constraints_method"] = "basic"
        return found

    def _directions(self) -> list[int]:
        """Of each column, where `monotone` names it or its position.

        Raises:
            ValueError: It names none, names one twice, or a direction is none of -1, 0 and 1.
        """
        n, made = self.n_features_in_, {}
        names = {name: at for at, name in enumerate(getattr(self, "feature_names_in_", ()))}
        for column, direction in (self.monotone or {}).items():
            at = int(column) if isinstance(column, Integral) else names.get(column, -1)
            if isinstance(column, bool) or not 0 <= at < n:
                raise ValueError(f"monotone names {column!r}, which is no column")
            if at in made:
                raise ValueError(f"monotone names column {column!r} twice")
            if direction not in (-1, 0, 1):
                raise ValueError(f"monotone of {column!r} is -1, 0 or 1, not {direction!r}")
            made[at] = int(direction)
        return [made.get(at, 0) for at in range(n)]


def _collapsed(
    values: Reals, codes: NDArray[np.intp], weight: Reals
) -> tuple[Reals, NDArray[np.intp], Reals]:
    """Equal rows as one with their weights summed, in an order of their own.

    So neither the order of rows nor writing a row twice instead of weighing it double can matter:
    sums in another order flip ties between splits.
    """
    used = weight > 0
    table = np.column_stack([values[used] + 0.0, codes[used]])
    table[np.isnan(table)] = np.nan  # one spelling
    keys = np.ascontiguousarray(table).view(np.dtype((np.void, table.itemsize * table.shape[1])))
    _, first, of = np.unique(keys.ravel(), return_index=True, return_inverse=True)
    total = np.zeros(len(first))
    np.add.at(total, of, weight[used])
    return values[used][first], codes[used][first], total


def booster_from_text(text: str) -> lightgbm.Booster:
    """A model from LightGBM's text, which is found whole before LightGBM sees it.

    Raises:
        ValueError: It is no such text.
    """
    trees = checked_trees(text)
    try:
        return lightgbm.Booster(model_str=trees)
    except lightgbm.basic.LightGBMError as error:
        raise ValueError(f"not the text of a LightGBM model: {error}") from error


def raw_scores(booster: lightgbm.Booster, values: Reals) -> Reals:
    """Log-odds of each row; none for no rows."""
    if not len(values):
        return np.zeros(0)
    return np.asarray(booster.predict(values, raw_score=True, num_threads=1), np.float64)
