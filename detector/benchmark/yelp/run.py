"""Every method on one file of reviews, judged on the last fifth by date.

The model is trained on the first four fifths. A review of day d is described by days before d and
by the other reviews of day d; labels of the test side are never looked at but to judge. `trees` is
the headline: it knows the past labels of *other* accounts. `trees-unlabelled` knows no label,
`trees-before` neither labels nor its own day. `trees-own-labels` also knows what the platform made
of the account before, which nearly is the answer: a leak in spirit, shown to say how large it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from zhenzan.detector.benchmark.meter import Meter
from zhenzan.detector.benchmark.yelp.bootstrap import account_intervals
from zhenzan.detector.benchmark.yelp.features import SETS, Features, describe
from zhenzan.detector.benchmark.yelp.reviews import Reviews, code_reviews, read_yelp, split_day
from zhenzan.detector.benchmark.yelp.trees import boosted_trees
from zhenzan.detector.benchmark.yelp.unsupervised import attribution_scores, forest_scores
from zhenzan.detector.progress import Progress, Silent
from zhenzan.features.engine.registry import EngineOptions
from zhenzan.features.errors import InputError, UsageError
from zhenzan.models.metrics import recall_at

__all__ = ["METHODS", "run_yelp"]

Reals = NDArray[np.float64]

SHARE: Final = 0.8
REPLICATES: Final = 200
ATTRIBUTION: Final = "attribution"
FOREST: Final = "isolation-forest"
METHODS: Final = ("trees", "trees-unlabelled", "trees-before", "trees-own-labels", "trees-eleven",
                  ATTRIBUTION, FOREST)  # fmt: skip


def run_yelp(
    path: Path,
    *,
    names: Sequence[str] | None = None,
    share: float = SHARE,
    replicates: int = REPLICATES,
    options: EngineOptions | None = None,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Runs the methods and judges them on the later side.

    Args:
        path: Parquet or CSV with `user, product, rating, label, date`; label -1 is filtered.
        names: Methods; all by default.
        share: Of the reviews that train, by date; whole days.
        replicates: Of the bootstrap by account.
        options: Of the engine; its threads also train.
        progress: Told of each method.

    Returns:
        `method, auc, auc_lo, auc_hi, average_precision, average_precision_lo,
        average_precision_hi, recall_1pct, recall_01pct, seconds, peak_bytes, n_train, n_test,
        n_filtered`, a row a method. Recalls are at 1 % and 0.1 % of the reviews that the platform
        kept. Seconds hold describing and training, without reading the file.

    Raises:
        InputError: The file cannot be read, or a side holds one kind of reviews only.
        UsageError: A method is unknown or the share is none.
    """
    chosen = _choose(names)
    reviews = code_reviews(read_yelp(path))
    day = split_day(reviews, share)
    later = reviews.day >= day
    for side in (later, ~later):
        if reviews.filtered[side].min() == reviews.filtered[side].max():
            raise InputError("one side has only one label", path=path, expected="both on each")
    report = progress or Silent()
    # One unless asked for: two that wait for each other on a busy machine took ten times as long.
    threads = (options.threads if options else None) or 1
    figures, shared = _measured(reviews, day)
    rows = []
    for number, name in enumerate(chosen, 1):
        report.begin(name, number, len(chosen))
        with Meter() as meter:
            score = _score(name, reviews, figures, day, threads, options)
        seconds = meter.seconds + (0.0 if name == ATTRIBUTION else shared.seconds)
        peaks = [m.peak_bytes for m in (meter, shared) if m.peak_bytes is not None]
        rows.append(
            {
                "method": name,
                **_figures(score, reviews, later, replicates),
                "seconds": seconds,
                "peak_bytes": max(peaks, default=None),
            }
        )
        report.end(meter.seconds)
    return pd.DataFrame(rows).assign(
        n_train=int((~later).sum()), n_test=int(later.sum()),
        n_filtered=int(reviews.filtered[later].sum()),
    )  # fmt: skip


def _choose(names: Sequence[str] | None) -> list[str]:
    chosen = list(METHODS) if names is None else list(dict.fromkeys(names))
    unknown = [name for name in chosen if name not in METHODS]
    if unknown or not chosen:
        wrong = f"unknown methods {', '.join(unknown)}" if unknown else "no method named"
        raise UsageError(f"{wrong}; known: {', '.join(METHODS)}")
    return chosen


def _measured(reviews: Reviews, day: int) -> tuple[Features, Meter]:
    """The figures, and what they cost once kernels are compiled."""
    two = pd.DataFrame({"user": [1, 1], "product": [1, 2], "rating": [5.0, 1.0], "label": [1, -1]})
    few = code_reviews(two.assign(date=["2020-01-01", "2020-01-02"]))
    describe(few, int(few.day[1]))
    with Meter() as meter:
        figures = describe(reviews, day)
    return figures, meter


def _score(
    name: str, reviews: Reviews, figures: Features, day: int, threads: int,
    options: EngineOptions | None,
) -> Reals:  # fmt: skip
    """Scores of the later side."""
    later = reviews.day >= day
    if name == ATTRIBUTION:
        return attribution_scores(reviews, day, options)
    if name == FOREST:
        return forest_scores(figures.pick(SETS["trees-unlabelled"]))[later]
    values = figures.pick(SETS[name])
    past = ~later
    age = (day - reviews.day[past]).astype(np.float64)
    return boosted_trees(values[past], reviews.filtered[past], age, values[later], threads)


def _figures(
    score: Reals, reviews: Reviews, later: NDArray[np.bool_], replicates: int
) -> dict[str, float]:
    found = reviews.filtered[later] > 0
    area, precision = account_intervals(score, found, reviews.account[later], replicates)
    return {
        "auc": area.value,
        "auc_lo": area.low,
        "auc_hi": area.high,
        "average_precision": precision.value,
        "average_precision_lo": precision.low,
        "average_precision_hi": precision.high,
        "recall_1pct": recall_at(score, found, 0.01),
        "recall_01pct": recall_at(score, found, 0.001),
    }
