"""What can be told of reviews without any label: our attribution, and an isolation forest."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from zhenzan.detector.benchmark.methods import rank_acts
from zhenzan.detector.benchmark.yelp.reviews import Reviews
from zhenzan.features.engine import open_engine
from zhenzan.features.engine.registry import EngineOptions
from zhenzan.models.attribution import attribute
from zhenzan.models.baselines.isolation import outlier_scores

__all__ = ["attribution_scores", "forest_scores"]

Reals = NDArray[np.float64]

_DAY_MS: Final = 86_400_000
_BLOCK: Final = 28  # days that are scored by one run
_PAST: Final = 365  # days before a block that its run sees, beside the block itself
_TREES, _SAMPLE, _SEED = 100, 256, 0  # of the paper: Liu, Ting, Zhou 2008


def forest_scores(values: NDArray[np.float32]) -> Reals:
    """Outlier score of each row, over past-only figures; what is missing counts as -1."""
    points = np.nan_to_num(values.astype(np.float64), nan=-1.0)
    return outlier_scores(points, _TREES, _SAMPLE, _SEED)


def attribution_scores(reviews: Reviews, begin: int, options: EngineOptions | None = None) -> Reals:
    """Our attribution of every review from day `begin` on, products as sections.

    A run a day would be strictly past-only and cost a run a day. Blocks of 28 days are scored by
    one run that ends with the block and begins a year before it: a review is judged with up to 27
    days after it, as a monthly batch would judge it, and no label is involved.

    Args:
        reviews: Sorted by day.
        begin: First day that is scored.
        options: Of the engine.

    Returns:
        Rank of each review from `begin` on, in the order of the reviews.
    """
    parts = []
    for start in range(begin, int(reviews.day[-1]) + 1, _BLOCK):
        low, mid, high = np.searchsorted(reviews.day, (start - _PAST, start, start + _BLOCK))
        if mid < high:
            parts.append(_run(reviews, int(low), int(high), options)[mid - low :])
    return np.concatenate(parts) if parts else np.zeros(0)


def _run(reviews: Reviews, low: int, high: int, options: EngineOptions | None) -> Reals:
    """Ranks of the reviews from low to high - 1 by one run over them."""
    part = slice(low, high)
    start = pa.array(reviews.day[part] * _DAY_MS, pa.int64())
    product = pa.array([f"p{code}" for code in reviews.product[part]], pa.string())
    n = high - low
    acts = pa.table(
        {
            "engagement_id": pa.array([f"{i:09d}" for i in range(n)], pa.string()),
            "kind": pa.array(["rating"] * n, pa.string()),
            "section_id": product,
            "comment_id": pa.nulls(n, pa.string()),
            "account_id": pa.array([f"a{code}" for code in reviews.account[part]], pa.string()),
            "ts_lo_ms": start,
            "ts_hi_ms": pa.array(reviews.day[part] * _DAY_MS + _DAY_MS - 1, pa.int64()),
        }
    )
    with open_engine(options=options or EngineOptions()) as engine:
        found = attribute(engine, {"engagement": engine.load("engagement", acts)})
    return _posterior(found.engagements)


def _posterior(engagements: pa.Table) -> Reals:
    """Posterior, and above it nothing: ranks of different runs are not comparable."""
    posterior = engagements["p_purchased"].to_numpy().astype(np.float64)
    within = rank_acts(engagements)
    return np.asarray(posterior + 1e-12 * within / max(len(within), 1))
