"""The benchmark on a simulated world: recall by family of orders, false alarms by hard negative.

A world of `zhenzan simulate` knows of every engagement whether an order delivered it. What followed
a delivered like is organic, and so is every act of a hard negative. Thresholds are set on all that
is organic, so that one number of false positives holds for all families.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from zhenzan.detector.benchmark.methods import Outcome, choose, run_method
from zhenzan.detector.progress import Progress, Silent
from zhenzan.features.engine import open_engine
from zhenzan.features.engine.registry import EngineOptions
from zhenzan.features.errors import InputError
from zhenzan.features.tables import TABLES
from zhenzan.models.metrics import auc, average_precision, recall_at, threshold_at

__all__ = ["SimulatedResult", "read_truth", "run_simulated"]

RATES: Final = {"1pct": 0.01, "01pct": 0.001}
_DELIVERED: Final = "delivered"
_FOLLOW_ON: Final = "follow_on"


@dataclass(frozen=True, slots=True)
class SimulatedResult:
    """What the methods made of one world.

    Attributes:
        summary: A row a method: recall at both rates, AUC, average precision, cost.
        groups: A row a method and group: `family` (its delivered acts) or `scenario` (its organic
            ones), and the share of them above each threshold.
    """

    summary: pd.DataFrame
    groups: pd.DataFrame


def read_truth(world: Path) -> pd.DataFrame:
    """Truth of every engagement in order of its id: `delivered, family, scenario`.

    `family` is that of the order which delivered it; `scenario` of an organic act is a hard
    negative, `organic` for everyday life, or `follow_on` for what a delivered act drew.

    Raises:
        InputError: The directory is no simulated world.
    """
    files = [world / "truth" / name for name in ("engagement.parquet", "campaign.parquet")]
    if not all(file.is_file() for file in (*files, world / "engagement.parquet")):
        raise InputError(
            "is no simulated world", path=world, expected="a directory of `zhenzan simulate`"
        )
    acts, campaigns = (pd.read_parquet(file) for file in files)
    acts = acts.sort_values("engagement_id", kind="stable").reset_index(drop=True)
    kinds = dict(zip(campaigns["campaign_id"], campaigns.get("kind", []), strict=True))
    delivered = acts["label"] == _DELIVERED
    scenario = acts["scenario"].where(acts["label"] != _FOLLOW_ON, _FOLLOW_ON)
    return pd.DataFrame(
        {
            "delivered": delivered,
            "family": acts["campaign_id"].map(kinds).where(delivered),
            "scenario": scenario.where(~delivered),
        }
    )


def run_simulated(
    world: Path,
    *,
    names: Sequence[str] | None = None,
    options: EngineOptions | None = None,
    progress: Progress | None = None,
) -> SimulatedResult:
    """Runs the methods on a world.

    Args:
        world: Directory of `zhenzan simulate`.
        names: Methods; all by default.
        options: Of the engine.
        progress: Told of each method.

    Raises:
        InputError: The directory is no simulated world.
        UsageError: A method is unknown.
    """
    truth = read_truth(world)
    chosen = choose(names)
    report = progress or Silent()
    rows, groups = [], []
    with open_engine(options=options or EngineOptions()) as engine:
        files = {name: world / f"{name}.parquet" for name in TABLES}
        tables = {name: engine.load(name, path) for name, path in files.items() if path.exists()}
        for number, name in enumerate(chosen, 1):
            report.begin(name, number, len(chosen))
            outcome = run_method(name, engine, tables)
            rows.append({"method": name, **_figures(outcome, truth)})
            groups.append(_groups(outcome.score, truth).assign(method=name))
            report.end(outcome.seconds)
    order = ["method", "kind", "name", "n", *(f"above_{rate}" for rate in RATES)]
    return SimulatedResult(pd.DataFrame(rows), pd.concat(groups, ignore_index=True)[order])


def _figures(outcome: Outcome, truth: pd.DataFrame) -> dict[str, float | int | None]:
    delivered = truth["delivered"].to_numpy()
    n = int(delivered.sum())
    ratio = None if outcome.n_purchased is None or not n else outcome.n_purchased / n
    return {
        "n_engagements": len(truth),
        "n_delivered": n,
        **{f"recall_{r}": recall_at(outcome.score, delivered, f) for r, f in RATES.items()},
        "auc": auc(outcome.score, delivered),
        "average_precision": average_precision(outcome.score, delivered),
        "purchased_ratio": ratio,
        "seconds": outcome.seconds,
        "peak_bytes": outcome.peak_bytes,
    }


def _groups(score: NDArray[np.float64], truth: pd.DataFrame) -> pd.DataFrame:
    """Shares above the thresholds: of each family's delivered acts, each scenario's organic."""
    delivered = truth["delivered"].to_numpy()
    above = {
        f"above_{rate}": score > threshold_at(score, delivered, share)
        for rate, share in RATES.items()
    }
    parts = []
    for kind, rows in (("family", delivered), ("scenario", ~delivered)):
        by = pd.DataFrame(above)[rows].groupby(truth.loc[rows, kind].to_numpy())
        part = by.mean().assign(kind=kind, n=by.size())
        parts.append(part.rename_axis("name").reset_index())
    return pd.concat(parts, ignore_index=True)
