"""Figures of one method on one simulated world: acts, accounts, sections, each as tidy rows.

A row is `metric, group, value`. Recalls are shares of what was delivered above the threshold that
0.1 % or 1 % of all that is organic exceed; hits are shares of an organic group above the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from zhenzan.detector.benchmark.methods import engaged
from zhenzan.detector.benchmark.truth import AccountTruth, innocent_sections
from zhenzan.models.attribution.result import Attribution
from zhenzan.models.metrics import auc, average_precision, threshold_at

__all__ = [
    "RATES",
    "Row",
    "account_rows",
    "act_rows",
    "count_rows",
    "p_rows",
    "purchase_rows",
    "ranking_rows",
]

Row = tuple[str, str, float]
Reals = NDArray[np.float64]
Flags = NDArray[np.bool_]

RATES: Final = {"01pct": 0.001, "1pct": 0.01}
# Sections by how many acts were delivered to them and how large a share; the first two are targets.
_CLASSES: Final = (
    ("200+ and 20 %+", 200, np.inf, 0.2, 1.01),
    ("50-199 and 5 %+", 50, 200, 0.05, 1.01),
    ("200+ below 20 %", 200, np.inf, 0.0, 0.2),
    ("50-199 below 5 %", 50, 200, 0.0, 0.05),
    ("20-49", 20, 50, 0.0, 1.01),
    ("1-19", 1, 20, 0.0, 1.01),
)
_P: Final = 0.05


def ranking_rows(
    level: str, score: Reals, delivered: Flags, groups: Mapping[str, Flags]
) -> Iterator[Row]:
    """Recall of each group of delivered ones, share of each organic group above the thresholds.

    Args:
        level: `act` or `account`, first word of the metrics.
        score: Higher is more suspicious; not NaN.
        delivered: What is to be found.
        groups: Each wholly delivered or wholly organic, and not empty.
    """
    for rate, share in RATES.items():
        above = score > threshold_at(score, delivered, share)
        for name, inside in groups.items():
            word = "recall" if delivered[inside].all() else "hit"
            yield f"{level}_{word}_{rate}", name, float(above[inside].mean())
    yield f"{level}_auc", "all", auc(score, delivered)
    yield f"{level}_average_precision", "all", average_precision(score, delivered)


def account_rows(scores: pd.Series[float], truth: AccountTruth) -> Iterator[Row]:
    """Figures of accounts; whom a method does not know shares its lowest score."""
    lowest = float(scores.min()) if len(scores) else 0.0
    score = np.asarray(scores.reindex(truth.account_id).fillna(lowest), np.float64)
    yield from ranking_rows("account", score, truth.delivered, truth.groups)


def act_rows(score: Reals, truth: pd.DataFrame) -> Iterator[Row]:
    """Figures of acts; `truth` has `delivered, family, scenario` in the order of the scores."""
    yield from ranking_rows("act", score, truth["delivered"].to_numpy(), _act_groups(truth))


def _act_groups(truth: pd.DataFrame) -> dict[str, Flags]:
    delivered = truth["delivered"].to_numpy()
    groups = {"all": delivered} if delivered.any() else {}
    for column, rows in (("family", delivered), ("scenario", ~delivered)):
        names = truth[column].to_numpy(object)
        for name in sorted(set(names[rows])):
            groups[f"{column}:{name}"] = rows & (names == name)
    return groups


def count_rows(accounts: AccountTruth, acts: pd.DataFrame, sections: pd.DataFrame) -> Iterator[Row]:
    """How many accounts, acts and sections stand behind the figures of each group."""
    for name, inside in accounts.groups.items():
        yield "n_accounts", name, float(inside.sum())
    yield "n_accounts", "organic", float((~accounts.delivered).sum())
    for name, inside in _act_groups(acts).items():
        yield "n_acts", name, float(inside.sum())
    yield "n_acts", "organic", float((~acts["delivered"]).sum())
    for name, inside in _classes(sections["n_delivered"], sections["share_delivered"]):
        yield "n_sections", name, float(inside.sum())
    for name, inside in innocent_sections(sections).items():
        yield "n_sections", name, float(inside.sum())


def purchase_rows(found: Attribution, acts: pd.DataFrame, sections: pd.DataFrame) -> Iterator[Row]:
    """How well the number purchased is known, and what organic life looks like to the model.

    Args:
        found: Of our model.
        acts: Truth of acts in the order of `engagement_id`: `delivered, scenario`.
        sections: Of `read_sections`.
    """
    each_p = engaged(found)["p_purchased"].to_numpy()
    table = found.sections.to_pandas().merge(sections, on="section_id", suffixes=("", "_true"))
    table = table[table["n_engagements_true"] > 0]  # comments alone have no truth of likes
    truth = table["n_delivered"].to_numpy(np.float64)
    estimate = table["n_purchased"].to_numpy(np.float64)
    for name, error in _errors(truth, estimate, table["share_delivered"].to_numpy()):
        yield "purchased_error", name, error
    covered = (table["n_purchased_lo"] <= truth) & (truth <= table["n_purchased_hi"])
    ordered = truth > 0
    for name, inside in (("all", ordered | ~ordered), ("orders", ordered), ("none", ~ordered)):
        if inside.any():
            yield "interval_coverage", name, float(covered[inside].mean())
    if ordered.any():
        yield "purchased_ratio", "all", float(estimate.sum() / truth.sum())
        each = each_p[acts["delivered"].to_numpy()]
        yield "purchased_ratio", "delivered acts", float(each.sum() / truth.sum())
    if (~ordered).any():
        acts_there = table["n_engagements"].to_numpy()[~ordered].sum()
        yield "purchased_share", "none", float(estimate[~ordered].sum() / acts_there)
    likely = each_p > 0.5
    follow_on = (acts["scenario"] == "follow_on").to_numpy()
    if follow_on.any():
        yield "follow_on_above_half", "all", float(likely[follow_on].mean())
    yield from p_rows(found, sections)


def _errors(truth: Reals, estimate: Reals, share: Reals) -> Iterator[tuple[str, float]]:
    """Median relative error of each class of sections."""
    for name, inside in _classes(truth, share):
        error = np.abs(estimate[inside] - truth[inside]) / truth[inside]
        yield name, float(np.median(error))


def _classes(truth: ArrayLike, share: ArrayLike) -> Iterator[tuple[str, Flags]]:
    """The sections of each class that has any."""
    n, part = np.asarray(truth, np.float64), np.asarray(share, np.float64)
    for name, least, below, from_share, to_share in _CLASSES:
        inside = (n >= least) & (n < below) & (part >= from_share) & (part < to_share)
        if inside.any():
            yield name, inside


def p_rows(
    found: Attribution, sections: pd.DataFrame, metric: str = "p_below_5pct"
) -> Iterator[Row]:
    """Share of organic streams with a p-value below 0.05: everyday life, and hard negatives."""
    streams = found.streams.select(["section_id", "p_value"]).to_pandas().dropna()
    organic = streams.merge(sections[~sections["ordered"]], on="section_id")
    everyday = (organic["scenario"] == "organic").to_numpy()
    below = (organic["p_value"] < _P).to_numpy()
    for name, inside in (("organic", everyday), ("hard negatives", ~everyday)):
        if inside.any():
            yield metric, name, float(below[inside].mean())
