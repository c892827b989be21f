"""The figures of each real benchmark in the words of the one table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pandas as pd
from zhenzan.detector.benchmark.methods import OURS
from zhenzan.detector.benchmark.stars import StarsResult, summarize
from zhenzan.detector.benchmark.tidy import COLUMNS, over_seeds, tidy

__all__ = ["injection_rows", "stars_rows", "yelp_rows"]

_SAME: Final = {
    "recall_01pct": "act_recall_01pct",
    "recall_1pct": "act_recall_1pct",
    "auc": "act_auc",
    "average_precision": "act_average_precision",
    "seconds": "seconds",
    "peak_bytes": "peak_bytes",
}
_BLOCK: Final = ("f1", "precision", "recall", "best_f1", "act_f1")
# On reviews the trained trees are what we would use, so they stand in our column.
_HEADLINE: Final = "trees"


def stars_rows(result: StarsResult) -> pd.DataFrame:
    """Diluted stars: a data set a share; leads with the interval over owners.

    `lead_…` is our recall less that of the method, paired by seed.
    """
    summary = summarize(result)
    parts = []
    for row in summary.to_dict("records"):
        name, method = f"stars {row['share']:g}", str(row["method"])
        parts.append(tidy(name, method, _named({str(k): v for k, v in row.items()})))
        leads = tidy(
            name, method,
            [(f"lead_{rate}", "all", _real(row[f"lead_{rate}"])) for rate in ("01pct", "1pct")],
        )  # fmt: skip
        for end, side in (("low", "lo"), ("high", "hi")):
            leads[end] = [_real(row[f"{metric}_{side}"]) for metric in leads["metric"]]
        parts.append(leads)
    return pd.concat([*parts, *_purchased(result)], ignore_index=True)


def _purchased(result: StarsResult) -> Iterator[pd.DataFrame]:
    """The number purchased as medians over seeds."""
    for share, rows in result.purchased.groupby("share", sort=False):
        named = rows.assign(dataset=f"stars {share:g}")
        yield over_seeds([run for _, run in named.groupby("seed", sort=False)])


def injection_rows(table: pd.DataFrame) -> pd.DataFrame:
    """FRAUDAR's injection: a data set a density, a group a kind of camouflage; means over seeds.

    Args:
        table: `method, kind, density, f1, precision, recall, best_f1, act_f1, seconds, peak_bytes`.
    """
    parts = []
    for (density, method), rows in table.groupby(["density", "method"], sort=False):
        name = f"injection {density:g}"
        by_kind = rows.groupby("kind", sort=False)[list(_BLOCK)].mean()
        figures = [
            (metric, str(kind), _real(by_kind.at[kind, metric]))
            for metric in _BLOCK
            for kind in by_kind.index
        ]
        figures.append(("seconds", "all", float(rows["seconds"].median())))
        figures.append(("peak_bytes", "all", float(rows["peak_bytes"].astype(float).max())))
        parts.append(tidy(name, str(method), figures))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(COLUMNS))


def yelp_rows(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """Yelp by date: a row a method.

    Args:
        table: `method, auc, average_precision, recall_1pct, recall_01pct, seconds, peak_bytes`,
            and ends of intervals (`auc_lo`, `auc_hi`, …) where there are any.
        name: Of the file, such as YelpZip.
    """
    parts = []
    for row in table.to_dict("records"):
        figures = {str(key): value for key, value in row.items()}
        method = OURS if row["method"] == _HEADLINE else str(row["method"])
        part = tidy(name, method, _named(figures))
        for end, side in (("low", "lo"), ("high", "hi")):
            ends = {m: figures.get(f"{key}_{side}") for key, m in _SAME.items()}
            part[end] = [_real(ends[metric]) for metric in part["metric"]]
        parts.append(part)
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(COLUMNS))


def _named(row: dict[str, object]) -> Iterator[tuple[str, str, float]]:
    for key, metric in _SAME.items():
        if key in row:
            yield metric, "all", _real(row[key])


def _real(value: object) -> float:
    return float("nan") if value is None else float(str(value))
