"""The benchmark on diluted stars: every method on the same input, compared in pairs.

Recall of the moved stars at 1 % and 0.1 % organic false positives, for each share moved, as the
median over seeds. Our lead over a method is paired by seed; its interval resamples the owners of
the hosts (all stars of an owner together), since those decide how hard a draw is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from zhenzan.detector.benchmark.dilution import COLUMNS, dilute
from zhenzan.detector.benchmark.figures import Row, purchase_rows
from zhenzan.detector.benchmark.methods import OURS, Outcome, choose, run_method
from zhenzan.detector.progress import Progress, Silent
from zhenzan.features.engine import open_engine
from zhenzan.features.engine.base import Engine
from zhenzan.features.engine.registry import EngineOptions
from zhenzan.features.errors import InputError, SchemaError, UsageError
from zhenzan.features.family import Tables
from zhenzan.models.metrics import (
    Interval,
    auc,
    average_precision,
    bootstrap_recall,
    group_weights,
    interval,
)

__all__ = ["RATES", "SEEDS", "SHARES", "StarsResult", "read_stars", "run_stars", "summarize"]

SHARES: Final = (0.10, 0.03, 0.01)
SEEDS: Final = 10
RATES: Final = (0.01, 0.001)
REPLICATES: Final = 200
_WARM_UP: Final = 3000  # stars that suffice to compile every kernel


@dataclass(frozen=True, slots=True)
class StarsResult:
    """All runs of the benchmark.

    Attributes:
        runs: One row a share, seed and method.
        replicates: Recalls by (share, seed, method): replicates x rates, row 0 the data itself.
        purchased: How well the number purchased is known, of methods that estimate it:
            `share, seed, method, metric, group, value`.
    """

    runs: pd.DataFrame
    replicates: dict[tuple[float, int, str], NDArray[np.float64]]
    purchased: pd.DataFrame


def read_stars(path: Path) -> pd.DataFrame:
    """The flat table of stars, with its labels.

    Raises:
        InputError: The file cannot be read as Parquet or CSV.
        SchemaError: A column is missing.
    """
    try:
        frame = pd.read_csv(path) if path.suffix == ".csv" else pd.read_parquet(path)
    except (OSError, ValueError, pa.ArrowException) as error:
        raise InputError(f"cannot be read: {error}", path=path) from error
    missing = [name for name in COLUMNS if name not in frame.columns]
    if missing:
        raise SchemaError(
            f"no column {', '.join(missing)}", path=path, expected=f"columns {', '.join(COLUMNS)}"
        )
    return frame


def run_stars(
    stars: pd.DataFrame,
    *,
    shares: Sequence[float] = SHARES,
    seeds: Sequence[int] = tuple(range(SEEDS)),
    names: Sequence[str] | None = None,
    replicates: int = REPLICATES,
    options: EngineOptions | None = None,
    progress: Progress | None = None,
) -> StarsResult:
    """Runs the methods on every share and seed.

    Args:
        stars: Of `read_stars`.
        shares: Moved stars as shares of the host's own.
        seeds: Of the dilution.
        names: Methods; all by default.
        replicates: Of the bootstrap by owner.
        options: Of the engine.
        progress: Told of each share and seed.

    Raises:
        UsageError: A method is unknown, or there is nothing to do.
    """
    chosen = choose(names)
    if not shares or not seeds:
        raise UsageError("nothing to run: name a share and a seed at least")
    report = progress or Silent()
    owners = sorted(stars.loc[stars["origin"] == "organic", "owner"].astype(str).unique())
    weights = group_weights(len(owners), replicates)
    rows: list[dict[str, object]] = []
    drawn: dict[tuple[float, int, str], NDArray[np.float64]] = {}
    known: list[tuple[float, int, str, str, str, float]] = []
    _warm_up(stars, chosen, options)
    todo = [(share, seed) for share in shares for seed in seeds]
    for number, (share, seed) in enumerate(todo, 1):
        report.begin(f"share {share:g}, seed {seed}", number, len(todo))
        diluted = dilute(stars, share, seed)
        moved = diluted["moved"].to_numpy()
        owner = pd.Categorical(diluted["owner"], categories=owners).codes.astype(np.int64)
        spent = 0.0
        for name, outcome in _outcomes(diluted, chosen, options, report):
            spent += outcome.seconds
            recalls = bootstrap_recall(outcome.score, moved, owner, weights, RATES)
            drawn[share, seed, name] = recalls
            rows.append({"share": share, "seed": seed, **_row(name, outcome, moved, recalls[0])})
            known += [(share, seed, name, *row) for row in _purchased(outcome, diluted)]
        report.end(spent)
    columns = ["share", "seed", "method", "metric", "group", "value"]
    return StarsResult(pd.DataFrame(rows), drawn, pd.DataFrame(known, columns=columns))


def _row(
    name: str, outcome: Outcome, moved: NDArray[np.bool_], recall: NDArray[np.float64]
) -> dict[str, object]:
    """The figures of one method on one draw."""
    return {
        "method": name,
        "n_stars": len(moved),
        "n_moved": int(moved.sum()),
        "recall_1pct": recall[0],
        "recall_01pct": recall[1],
        "auc": auc(outcome.score, moved),
        "average_precision": average_precision(outcome.score, moved),
        "n_purchased": outcome.n_purchased,
        "seconds": outcome.seconds,
        "peak_bytes": outcome.peak_bytes,
    }


def _purchased(outcome: Outcome, diluted: pd.DataFrame) -> Iterator[Row]:
    """Figures of the number purchased; nothing for methods that do not estimate it."""
    if outcome.found.attribution is None:
        return
    by = diluted.assign(repo=diluted["repo"].astype(str)).groupby("repo")["moved"]
    sections = by.agg(["sum", "mean", "size"]).reset_index()
    sections.columns = pd.Index(
        ["section_id", "n_delivered", "share_delivered", "n_engagements_true"]
    )
    sections["ordered"] = sections["n_delivered"] > 0
    sections["scenario"] = "organic"
    acts = pd.DataFrame({"delivered": diluted["moved"], "scenario": "organic"})
    yield from purchase_rows(outcome.found.attribution, acts, sections)


def _outcomes(
    diluted: pd.DataFrame, names: list[str], options: EngineOptions | None, report: Progress
) -> Iterator[tuple[str, Outcome]]:
    with open_engine(options=options or EngineOptions()) as engine:
        tables = _tables(engine, diluted)
        for done, name in enumerate(names):
            report.update(done, len(names), name)
            yield name, run_method(name, engine, tables)


def _warm_up(stars: pd.DataFrame, names: list[str], options: EngineOptions | None) -> None:
    """Compiles the kernels, so that no method pays for them in its seconds."""
    few = stars.iloc[:_WARM_UP].assign(
        starred_at_ms=lambda s: s["starred_at"].astype("datetime64[ms, UTC]").astype("int64")
    )
    with open_engine(options=options or EngineOptions()) as engine:
        tables = _tables(engine, few.drop_duplicates(["repo", "actor"]))
        for name in names:
            run_method(name, engine, tables)


def _tables(engine: Engine, diluted: pd.DataFrame) -> Tables:
    """Canonical tables; engagement ids count the rows, so that sorted ids give their order."""
    n, repo = len(diluted), diluted["repo"].astype(str)
    times = pa.array(diluted["starred_at_ms"].to_numpy(), pa.int64())
    engagement = pa.table(
        {
            "engagement_id": pa.array([f"{i:09d}" for i in range(n)], pa.string()),
            "kind": pa.array(["star"] * n, pa.string()),
            "section_id": pa.array(repo, pa.string()),
            "comment_id": pa.nulls(n, pa.string()),
            "account_id": pa.array(diluted["actor"].astype(str), pa.string()),
            "ts_lo_ms": times,
            "ts_hi_ms": times,
        }
    )
    first = diluted.assign(repo=repo).drop_duplicates("repo")
    section = pa.table(
        {
            "section_id": pa.array(first["repo"], pa.string()),
            "platform": pa.array(["github"] * len(first), pa.string()),
            "creator_id": pa.array(first["owner"].astype(str), pa.string()),
            "published_ms": pa.nulls(len(first), pa.int64()),
        }
    )
    return {
        "engagement": engine.load("engagement", engagement),
        "section": engine.load("section", section),
    }


def summarize(result: StarsResult) -> pd.DataFrame:
    """Medians over seeds, a row a share and method, with our paired lead over the method.

    Returns:
        `share, method, recall_1pct, lead_1pct, lead_1pct_lo, lead_1pct_hi, recall_01pct, …, auc,
        average_precision, purchased_ratio, seconds, peak_bytes`. A lead is the median over seeds of
        our recall less that of the method, with its 95 % interval; missing for ourselves and where
        we were not run. `purchased_ratio` is the estimated number over the moved one.
    """
    rows = []
    runs = result.runs.assign(purchased_ratio=_ratio(result.runs))
    for (_, name), group in runs.groupby(["share", "method"], sort=False):
        share = float(group["share"].iloc[0])
        row: dict[str, object] = {"share": share, "method": name}
        seeds = [int(seed) for seed in group["seed"]]
        for column, rate in enumerate(("1pct", "01pct")):
            row[f"recall_{rate}"] = group[f"recall_{rate}"].median()
            lead = _lead(result, share, seeds, str(name), column)
            row |= {
                f"lead_{rate}": lead.value,
                f"lead_{rate}_lo": lead.low,
                f"lead_{rate}_hi": lead.high,
            }
        for figure in ("auc", "average_precision", "purchased_ratio", "seconds"):
            row[figure] = group[figure].astype(float).median()
        row["peak_bytes"] = group["peak_bytes"].astype(float).max()
        rows.append(row)
    return pd.DataFrame(rows)


def _ratio(runs: pd.DataFrame) -> pd.Series[float]:
    return runs["n_purchased"].astype(float) / runs["n_moved"]


def _lead(result: StarsResult, share: float, seeds: list[int], name: str, column: int) -> Interval:
    """Median over seeds of the paired difference between us and the method."""
    drawn = result.replicates
    if name == OURS or any((share, seed, OURS) not in drawn for seed in seeds):
        return Interval(np.nan, np.nan, np.nan)
    by_seed = [
        drawn[share, seed, OURS][:, column] - drawn[share, seed, name][:, column] for seed in seeds
    ]
    return interval(np.median(np.stack(by_seed), axis=0))
