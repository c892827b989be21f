"""Calibration of each capability class by itself, out of fold, and which classes keep silent.

Full events, counts and comments alone are different questions, and the same score means something
else in each. Scores come from trees that had not seen the row's group.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from zhenzan.models.calibration import (
    Calibration,
    calibration_error,
    chance_error,
    fit_calibration,
)

__all__ = ["class_calibrations", "cross_calibrated", "silent_classes"]

Reals = NDArray[np.float64]
Flags = NDArray[np.bool_]
Folds = Sequence[tuple[NDArray[np.intp], NDArray[np.intp]]]


def class_calibrations(
    kinds: NDArray[np.str_], raw: Reals, positive: Flags, least_positive: int, least_rows: int
) -> dict[str, Calibration]:
    """Calibration of each class that has rows enough.

    Args:
        kinds: Class of each row.
        raw: Log-odds out of fold; NaN = in no fold.
        positive: What happened.
        least_positive: Rows of the rarer outcome below which a class has none.
        least_rows: Rows in all below which it has none.
    """
    made: dict[str, Calibration] = {}
    for kind in np.unique(kinds):
        mine = (kinds == kind) & ~np.isnan(raw)
        n, n_positive = int(mine.sum()), int(positive[mine].sum())
        if min(n_positive, n - n_positive) >= least_positive and n >= least_rows:
            made[str(kind)] = fit_calibration(raw[mine], positive[mine])
    return made


def cross_calibrated(
    kinds: NDArray[np.str_], raw: Reals, positive: Flags, folds: Folds, calibrated: Iterable[str]
) -> Reals:
    """Probability of each row by a calibration of its class on other folds; NaN where none is."""
    stated = np.full(len(raw), np.nan)
    for kind in calibrated:
        for train, held in folds:
            known = train[(kinds[train] == kind) & ~np.isnan(raw[train])]
            mine = held[(kinds[held] == kind) & ~np.isnan(raw[held])]
            if len(mine) and len(np.unique(positive[known])) == 2:
                made = fit_calibration(raw[known], positive[known])
                stated[mine] = made.probability(raw[mine])
    return stated


def silent_classes(
    kinds: NDArray[np.str_], stated: Reals, positive: Flags, most_error: float, main: str
) -> tuple[str, ...]:
    """Classes whose probabilities out of fold miss what happened by too much to be stated.

    Of the main class the part of its error is forgiven that chance makes of as many rows; of the
    others nothing: what few rows cannot show to be right is not stated.

    Args:
        kinds: Class of each row.
        stated: As of `cross_calibrated`.
        positive: What happened.
        most_error: Calibration error that is allowed.
        main: The class that the model is made for.
    """
    found = []
    for kind in np.unique(kinds):
        mine = (kinds == kind) & ~np.isnan(stated)
        p, happened = stated[mine], positive[mine]
        forgiven = chance_error(p) if kind == main else 0.0
        if calibration_error(p, happened) - forgiven > most_error:
            found.append(str(kind))
    return tuple(found)
