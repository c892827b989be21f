"""What ranks a row that the trees have never seen the like of: the rules, on the trees' scale.

Outside of its training range a tree repeats its last leaf: a repository of 62 stars of which 58 are
attributed got a score of 0.29, one of 34,829 with 101 attributed 0.98
(docs/decisions/0017-rules-stand-in.md). Rules know no range. Their scores were never trained, so
that all training rows tell how often a score came true; that share, as log-odds, is comparable with
what the trees give elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from zhenzan.models.by_class import class_calibrations
from zhenzan.models.calibration import Calibration
from zhenzan.models.metrics import auc

__all__ = ["UNLIKE", "fit_stand_ins", "stand_in"]

Reals = NDArray[np.float64]

UNLIKE: Final = ("families", "range")
"""Why a row has no probability, where its features are unlike the training."""
# Rules that rank a class no better than this stand in for nothing. In 60 training worlds: .90 to
# .95 for sections and accounts of events and of acts, .52 to .68 for all else.
_LEAST_AUC: Final = 0.8
# Scores of the rules are squashed and can round to 0 or 1; their log-odds stay finite.
_EDGE: Final = 1e-6


def fit_stand_ins(
    kinds: NDArray[np.str_],
    rules: ArrayLike,
    positive: NDArray[np.bool_],
    least_positive: int,
    least_rows: int,
) -> dict[str, Calibration]:
    """Calibration of the rules' scores in each class that they rank.

    Args:
        kinds: Class of each row.
        rules: Score of the rules in [0, 1]; NaN = not judged.
        positive: What happened.
        least_positive: As of `class_calibrations`.
        least_rows: As there.
    """
    scores = np.asarray(rules, np.float64)
    ranked = [kind for kind in np.unique(kinds) if _ranks(scores, positive, kinds == kind)]
    raw = np.where(np.isin(kinds, ranked), _log_odds(scores), np.nan)
    return class_calibrations(kinds, raw, positive, least_positive, least_rows)


def _ranks(scores: Reals, positive: NDArray[np.bool_], mine: NDArray[np.bool_]) -> bool:
    known = mine & ~np.isnan(scores)
    if len(np.unique(positive[known])) < 2:
        return False
    return bool(auc(scores[known], positive[known]) >= _LEAST_AUC)


def stand_in(
    raw: Reals,
    rules: ArrayLike,
    kinds: NDArray[Any],
    unlike: NDArray[np.bool_],
    calibrations: Mapping[str, Calibration],
) -> tuple[Reals, NDArray[np.bool_]]:
    """The trees' log-odds, those of the rules where the row is unlike the training.

    Args:
        raw: Of the trees; NaN = not judged.
        rules: Scores of the rules.
        kinds: Class of each row.
        unlike: Rows that the trees have not seen the like of.
        calibrations: As of `fit_stand_ins`.

    Returns:
        The log-odds, and where they are those of the rules.
    """
    scores, made = np.asarray(rules, np.float64), raw.copy()
    replaced = np.zeros(len(raw), dtype=bool)
    for kind, calibration in calibrations.items():
        mine = unlike & (kinds == kind) & ~np.isnan(raw) & ~np.isnan(scores)
        p = calibration.probability(_log_odds(scores[mine]))
        made[mine] = np.log(p) - np.log1p(-p)
        replaced |= mine
    return made, replaced


def _log_odds(scores: Reals) -> Reals:
    kept = np.clip(scores, _EDGE, 1.0 - _EDGE)
    return np.asarray(np.log(kept) - np.log1p(-kept))
