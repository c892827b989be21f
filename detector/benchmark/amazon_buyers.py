"""Products whose sellers bought reviews, from aggregates: a check of the training path.

Labels are products seen in groups where paid reviews are recruited (He, Hollenbeck, Overgoor,
Proserpio and Tosyali, PNAS 2022). Only the published aggregates of each product are known, so that
no part of the model but its training is tried: folds, early stopping, trees, calibration.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from zhenzan.features.errors import InputError
from zhenzan.features.family import Entity, FeatureSpec, Text
from zhenzan.models.scorers.inputs import UNITS, Known
from zhenzan.models.train import Rows, TrainSettings, train_bundle

__all__ = ["FIGURES", "read_products", "run_products"]

FIGURES: Final = ("auc", "average_precision", "recall_at_0.5pct", "calibration_error",
                  "brier_skill", "n_trees")  # fmt: skip
_LABEL: Final = "fake"  # the file's own word
_ID: Final = "product_ID"
_FAMILY: Final = "product"


def read_products(file: Path) -> tuple[Rows, Known]:
    """Rows of `products.csv`, each a group of its own, and specs that make its columns features.

    Raises:
        InputError: The file is none of these.
    """
    try:
        table = pd.read_csv(file)
        wrong = not {_LABEL, _ID} <= set(table) or not table[_LABEL].isin([0, 1]).all()
    except (OSError, ValueError) as error:
        raise InputError(f"cannot be read: {error}", path=file) from error
    if wrong or not table[_ID].is_unique:
        raise InputError("is no table of products", path=file, expected=f"{_LABEL} and {_ID}")
    names = [str(name) for name in table if name not in (_LABEL, _ID)]
    ids = pd.Index(table[_ID].astype(str))
    frame = table[names].astype(np.float64).set_axis(ids)
    frame.columns = [f"{_FAMILY}__{name}" for name in names]
    facts = pd.DataFrame(
        {"positive": table[_LABEL].eq(1).to_numpy(), "group": ids, "class": "events", "slice": "",
         "rules": 0.0, "amount": np.nan, "n_engagements": np.nan, "n_purchased": np.nan,
         "n_purchased_lo": np.nan, "n_purchased_hi": np.nan},
        index=ids,
    )  # fmt: skip
    none = Text("", "")
    specs = {
        f"{_FAMILY}__{name}": FeatureSpec(
            name, Entity.SECTION, "", -np.inf, np.inf, 0, none, "PNAS 2022"
        )
        for name in names
    }
    known = Known({unit: specs if unit == "section" else {} for unit in UNITS}, {_FAMILY: 1})
    return Rows(frame, facts), known


def run_products(file: Path, seeds: Sequence[int], folds: int = 10) -> pd.DataFrame:
    """Figures out of fold by seed, as training itself states them; columns `seed` and `FIGURES`.

    Settings are those of training, none tuned here. The number of trees is the median of what
    early stopping found on the held-out folds, which favours the figures by a hair.

    Raises:
        InputError: The file is no table of products.
    """
    rows, known = read_products(file)
    made = []
    for seed in seeds:
        settings = TrainSettings(folds=folds, seed=seed)
        bundle = train_bundle({"section": rows}, known, "products", settings)
        held_out = bundle.training["held_out"]["section"]
        made.append({"seed": seed, **{name: held_out[name] for name in FIGURES}})
    return pd.DataFrame(made)
