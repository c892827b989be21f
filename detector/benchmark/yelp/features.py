"""All figures of a review side by side, and which of them a method may see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from zhenzan.detector.benchmark.yelp.activity import BEFORE, SAME_DAY, activity
from zhenzan.detector.benchmark.yelp.audience import AUDIENCE, audience
from zhenzan.detector.benchmark.yelp.labels import OTHERS, OWN, past_labels
from zhenzan.detector.benchmark.yelp.reviews import Reviews

__all__ = ["ELEVEN", "SETS", "Features", "describe"]

# What a plain comparison starts from: counts, ages and means of the account and the product.
ELEVEN: Final = (
    "rating", "account_reviews", "account_age", "account_gap", "account_mean", "day_account",
    "product_reviews", "product_age", "product_mean", "product_deviation", "product_30d",
)  # fmt: skip

# Which figures each model of trees sees, by the name of the method.
SETS: Final = {
    "trees-eleven": ELEVEN,
    "trees-before": (*BEFORE, *AUDIENCE),
    "trees-unlabelled": (*BEFORE, *AUDIENCE, *SAME_DAY),
    "trees": (*BEFORE, *AUDIENCE, *SAME_DAY, *OTHERS),
    "trees-own-labels": (*BEFORE, *AUDIENCE, *SAME_DAY, *OTHERS, *OWN),
}


@dataclass(frozen=True, slots=True)
class Features:
    """Figures by review.

    Attributes:
        names: Of the columns.
        values: A row a review in the order of `Reviews`; NaN where a figure has no past.
    """

    names: tuple[str, ...]
    values: NDArray[np.float32]

    def pick(self, names: tuple[str, ...]) -> NDArray[np.float32]:
        """The named columns, in that order."""
        return self.values[:, [self.names.index(name) for name in names]]


def describe(reviews: Reviews, known_until: int) -> Features:
    """All figures of all reviews; linear in their number.

    Nothing later than the day of a review enters its figures, and no label of the day itself.

    Args:
        reviews: Sorted by day.
        known_until: First day whose labels are unknown: where the test side begins.
    """
    parts = [activity(reviews), audience(reviews), past_labels(reviews, known_until)]
    return Features((*BEFORE, *SAME_DAY, *AUDIENCE, *OTHERS, *OWN), np.concatenate(parts, axis=1))
