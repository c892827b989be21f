"""`zhenzan benchmark yelp`: the table of reviews told by date, and how it reads on a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zhenzan.detector.cli.common import columns

if TYPE_CHECKING:
    import pandas as pd
    from zhenzan.detector.progress import Progress
    from zhenzan.features.engine.registry import EngineOptions

__all__ = ["yelp_lines", "yelp_tables"]


def yelp_tables(
    path: Path, names: list[str] | None, options: EngineOptions, progress: Progress
) -> dict[str, pd.DataFrame]:
    """Runs the benchmark; libraries load here."""
    from zhenzan.detector.benchmark.yelp import run_yelp

    return {"summary": run_yelp(path, names=names, options=options, progress=progress)}


def yelp_lines(rows: list[dict[str, Any]]) -> Iterator[str]:
    """A line a method; intervals resample accounts."""
    head = ["method", "AUC", "95 % interval", "AP", "95 % interval", "recall at 1 %", "at 0.1 %",
            "seconds", "memory"]  # fmt: skip
    body = []
    for row in rows:
        cells = [row["method"]]
        for name in ("auc", "average_precision"):
            low, high = row[f"{name}_lo"], row[f"{name}_hi"]
            cells += [_cell(row[name]), "–" if low is None else f"{low:.3f} … {high:.3f}"]
        cells += [_cell(row[f"recall_{rate}"]) for rate in ("1pct", "01pct")]
        peak = row["peak_bytes"]
        memory = "–" if peak is None else f"{peak / 2**20:.0f} MB"
        body.append([*cells, f"{row['seconds']:.1f}", memory])
    yield from columns([head, *body], right=range(1, len(head)))
    if rows:
        first = rows[0]
        yield ""
        yield (
            f"trained on {first['n_train']:,} reviews, judged on {first['n_test']:,} later ones, "
            f"{first['n_filtered']:,} of them filtered"
        )


def _cell(value: float | None) -> str:
    return "–" if value is None else format(value, ".3f")
