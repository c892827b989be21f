"""How cost grows with size: every method on simulated worlds of several sizes.

Seconds belong to a machine; the exponent of cost over size does not. It is the slope of the line
through (ln engagements, ln processor seconds): 1 is linear, 2 is every pair.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from zhenzan.detector.benchmark.methods import choose, run_method
from zhenzan.detector.progress import Progress, Silent
from zhenzan.detector.simulate import simulate
from zhenzan.features.engine import open_engine
from zhenzan.features.errors import UsageError
from zhenzan.features.tables import TABLES

__all__ = ["SCALES", "exponent", "exponents", "run_throughput"]

SCALES: Final = (100_000, 300_000, 1_000_000)
_WARM_UP: Final = 10_000


def run_throughput(
    *,
    scales: Sequence[int] = SCALES,
    names: Sequence[str] | None = None,
    scenario: str = "default",
    seed: int = 0,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Runs the methods on worlds of each size, from canonical tables to scores.

    Args:
        scales: About how many engagements.
        names: Methods; all by default.
        scenario: Preset of the worlds.
        seed: Of the worlds.
        progress: Told of each size.

    Returns:
        `scale, n_engagements, method, seconds, cpu_seconds, peak_bytes`, a row a size and method.

    Raises:
        UsageError: A method or a preset is unknown.
    """
    chosen = choose(names)
    if not scales:
        raise UsageError("nothing to run: name a scale at least")
    report = progress or Silent()
    _run(_WARM_UP, chosen, scenario, seed)  # compiles the kernels
    parts = []
    for number, scale in enumerate(scales, 1):
        report.begin(f"{scale:,} engagements", number, len(scales))
        parts.append(_run(scale, chosen, scenario, seed))
        report.end(float(parts[-1]["seconds"].sum()))
    return pd.concat(parts, ignore_index=True)


def _run(scale: int, names: list[str], scenario: str, seed: int) -> pd.DataFrame:
    rows = []
    with tempfile.TemporaryDirectory(prefix="zhenzan-") as folder, open_engine() as engine:
        world = simulate(folder, scenario=scenario, scale=scale, seed=seed)
        files = {name: Path(folder) / f"{name}.parquet" for name in TABLES}
        tables = {name: engine.load(name, path) for name, path in files.items() if path.exists()}
        for name in names:
            done = run_method(name, engine, tables)
            rows.append(
                {
                    "scale": scale, "n_engagements": world.n_engagements, "method": name,
                    "seconds": done.seconds, "cpu_seconds": done.cpu_seconds,
                    "peak_bytes": done.peak_bytes,
                }
            )  # fmt: skip
    return pd.DataFrame(rows)


def exponent(size: ArrayLike, cost: ArrayLike) -> float:
    """Slope of ln cost over ln size; NaN for fewer than two sizes."""
    x, y = np.log(np.asarray(size, float)), np.log(np.maximum(np.asarray(cost, float), 1e-9))
    x = x - x.mean()
    square = float(x @ x)
    return float(x @ y) / square if square > 0 else float("nan")


def exponents(runs: pd.DataFrame) -> pd.DataFrame:
    """Exponent of each method, with its cost at the largest size."""
    rows = []
    for name, group in runs.groupby("method", sort=False):
        largest = group.sort_values("n_engagements").iloc[-1]
        rows.append(
            {
                "method": name,
                "exponent": exponent(group["n_engagements"], group["cpu_seconds"]),
                "n_engagements": int(largest["n_engagements"]),
                "seconds": float(largest["seconds"]),
                "peak_bytes": largest["peak_bytes"],
            }
        )
    return pd.DataFrame(rows)
