"""An isolation forest over features: what ranks where nobody has labels.

It knows unusual, not purchased: a festival is as unusual as an order. Use it to look, never to
band.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, OutlierMixin
from sklearn.ensemble import IsolationForest
from sklearn.utils.validation import check_is_fitted, validate_data

__all__ = ["OutlierForest"]

Reals = NDArray[np.float64]


class OutlierForest(OutlierMixin, BaseEstimator):  # type: ignore[misc]
    """Isolation forest (Liu, Ting, Zhou 2008) with the paper's 100 trees of 256 points.

    A gap stays a gap: where a column is NaN, the row follows the side that isolates best in
    training.

    Args:
        n_trees: Of the forest.
        sample: Rows each tree sees.
        contamination: Share that `predict` calls outliers, from the top; ranking needs none.
        seed: Of samples and cuts.
    """

    def __init__(
        self,
        *,
        n_trees: int = 100,
        sample: int = 256,
        contamination: float = 0.01,
        seed: int = 0,
    ) -> None:
        self.n_trees = n_trees
        self.sample = sample
        self.contamination = contamination
        self.seed = seed

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    def fit(self, X: Any, y: Any = None) -> Self:
        """Grows the forest; `y` is ignored."""
        values = validate_data(self, X, dtype=np.float64, ensure_all_finite="allow-nan")
        self.forest_ = IsolationForest(
            n_estimators=self.n_trees,
            max_samples=min(self.sample, len(values)),
            random_state=self.seed,
        ).fit(values)
        score = -self.forest_.score_samples(values)
        self.offset_ = float(-np.quantile(score, 1.0 - self.contamination))
        return self

    def score_samples(self, X: Any) -> Reals:
        """Minus the outlier score of the paper, in [-1, 0): lower is more unusual."""
        check_is_fitted(self)
        values = validate_data(
            self, X, dtype=np.float64, ensure_all_finite="allow-nan", reset=False
        )
        return np.asarray(self.forest_.score_samples(values), np.float64)

    def decision_function(self, X: Any) -> Reals:
        """`score_samples` moved so that outliers are below 0."""
        return self.score_samples(X) - self.offset_

    def predict(self, X: Any) -> NDArray[np.int64]:
        """-1 for outliers, 1 for the rest."""
        return np.where(self.decision_function(X) < 0, -1, 1)
