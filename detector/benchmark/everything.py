"""The whole benchmark in one run: every data set that is here, ours and all baselines, one table.

Simulated worlds and FRAUDAR's injection are made on the spot. Real data is looked for in a folder
that the user names; what is not there is left out, and the result says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import pandas as pd
from zhenzan.detector.benchmark.adapters import injection_rows, stars_rows, yelp_rows
from zhenzan.detector.benchmark.meter import Meter
from zhenzan.detector.benchmark.methods import OURS, ablations, choose
from zhenzan.detector.benchmark.stars import SHARES, read_stars, run_stars
from zhenzan.detector.benchmark.tidy import over_seeds
from zhenzan.detector.benchmark.truth import world_name
from zhenzan.detector.benchmark.world import run_world
from zhenzan.detector.benchmark.yelp.run import METHODS as YELP_METHODS
from zhenzan.detector.benchmark.yelp.run import run_yelp
from zhenzan.detector.progress import Progress, Silent
from zhenzan.detector.simulate import PRESETS, simulate
from zhenzan.features.engine.registry import EngineOptions
from zhenzan.features.errors import MissingDependencyError, UsageError

__all__ = ["DATASETS", "STARS", "Plan", "Result", "run_all"]

DATASETS: Final = ("simulated", "injection", "stars", "yelp")

STARS: Final = Path("stars/stars.parquet")
YELP: Final = (Path("yelp/YelpZip.parquet"), Path("yelp/YelpChi.parquet"))
_OURS: Final = ("trees", "attribution")  # what is ours on reviews
_WARM_UP: Final = 5_000  # engagements that suffice to compile every kernel
_SECONDS_MATTER: Final = 20_000  # below, compiling takes longer than the methods themselves


@dataclass(frozen=True, slots=True)
class Plan:
    """What to run.

    Attributes:
        datasets: Of `DATASETS`; the others are not mentioned.
        scenarios: Presets of simulated worlds.
        scale: About how many engagements a world has.
        seeds: Of worlds, dilutions and injections; figures are medians over them, of injections
            means.
        densities: Of injected blocks; the paper's range.
        names: Methods; ours and all baselines by default.
        ablation: Whether our model is also run without each part of its evidence, and with each
            alone.
        data: Folder with `stars/stars.parquet` and `yelp/*.parquet`; None for made-up data only.
        options: Of the engine.
    """

    datasets: Sequence[str] = DATASETS
    scenarios: Sequence[str] = tuple(PRESETS)
    scale: int = 100_000
    seeds: Sequence[int] = (0,)
    densities: Sequence[float] = (0.05, 0.1, 0.2, 0.3, 0.5)
    names: Sequence[str] | None = None
    ablation: bool = True
    data: Path | None = None
    options: EngineOptions | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """The table and what it lacks.

    Attributes:
        table: Tidy; a row a figure.
        left_out: Data sets that were not run, each with the reason.
    """

    table: pd.DataFrame
    left_out: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Part:
    """One data set: its title, and either what to run or why it cannot be."""

    title: str
    run: Callable[[Progress], pd.DataFrame] | None = None
    missing: str = ""


def run_all(plan: Plan, progress: Progress | None = None) -> Result:
    """Runs every data set that is here.

    Raises:
        UsageError: A method, data set or preset is unknown, or nothing is left to run.
        InputError: A file is here but cannot be read.
    """
    names = _names(plan)
    if not plan.seeds:
        raise UsageError("nothing to run: name a seed at least")
    if unknown := [name for name in plan.datasets if name not in DATASETS]:
        raise UsageError(f"unknown data sets {', '.join(unknown)}; known: {', '.join(DATASETS)}")
    parts = list(_parts(plan, names))
    todo = [part for part in parts if part.run is not None]
    left_out = [f"{p.title}: {p.missing}" for p in parts if p.run is None]
    if not todo:
        raise UsageError(f"nothing to run; left out: {'; '.join(left_out) or 'everything'}")
    report = progress or Silent()
    tables = []
    for number, part in enumerate(todo, 1):
        report.begin(part.title, number, len(todo))
        with Meter() as meter:
            try:
                tables.append(part.run(report) if part.run else pd.DataFrame())
            except MissingDependencyError as error:
                left_out.append(f"{part.title}: {error}")
        report.end(meter.seconds)
    if not tables:
        raise UsageError(f"nothing could be run; left out: {'; '.join(left_out)}")
    return Result(pd.concat(tables, ignore_index=True), tuple(left_out))


def _names(plan: Plan) -> list[str]:
    """The methods, and after them the ablations of ours where ours is among them."""
    chosen = choose(plan.names)
    less = ablations() if plan.ablation and OURS in chosen else ()
    return list(dict.fromkeys([*chosen, *less]))


def _parts(plan: Plan, names: list[str]) -> Iterator[_Part]:
    for scenario in plan.scenarios if "simulated" in plan.datasets else ():
        title = world_name(scenario, plan.scale)
        preset = PRESETS.get(scenario)
        if preset is None or preset.orders:
            yield _Part(title, partial(_worlds, plan, scenario, names))
        elif OURS in names:  # nothing is bought: there is nothing for baselines to find
            yield _Part(title, partial(_worlds, plan, scenario, [OURS]))
        else:
            yield _Part(title, missing="nothing is bought there, and our model was not named")
    if "injection" in plan.datasets:
        yield _injection(plan)
    if "stars" in plan.datasets:
        yield _stars(plan, names)
    if "yelp" in plan.datasets:
        yield from _yelp(plan)


def _worlds(plan: Plan, scenario: str, names: list[str], report: Progress) -> pd.DataFrame:
    if plan.scale > _SECONDS_MATTER:
        _warm_up(names, plan.options)
    runs = []
    for seed in plan.seeds:
        with TemporaryDirectory(prefix="zhenzan-") as folder:
            simulate(folder, scenario=scenario, scale=plan.scale, seed=seed)
            runs.append(
                run_world(
                    Path(folder), world_name(scenario, plan.scale),
                    names=names, options=plan.options, progress=report,
                )
            )  # fmt: skip
    return over_seeds(runs)


def _warm_up(names: list[str], options: EngineOptions | None) -> None:
    """Compiles the kernels, so that no method pays for them in its seconds."""
    with TemporaryDirectory(prefix="zhenzan-") as folder:
        simulate(folder, scenario="demo", scale=_WARM_UP, seed=0)
        run_world(Path(folder), "warm-up", names=names, options=options)


def _stars(plan: Plan, names: list[str]) -> _Part:
    title = "diluted stars"
    if plan.data is None:
        return _Part(title, missing="no folder with data was named")
    path = plan.data / STARS
    if not path.is_file():
        return _Part(title, missing=f"no {path}")

    def run(report: Progress) -> pd.DataFrame:
        result = run_stars(
            read_stars(path), shares=SHARES, seeds=plan.seeds, names=names, options=plan.options,
            progress=_Inside(report),
        )  # fmt: skip
        return stars_rows(result)

    return _Part(title, run)


def _injection(plan: Plan) -> _Part:
    from zhenzan.detector.benchmark.injection import METHODS, run_injection

    title = "injected blocks"
    names = [name for name in METHODS if plan.names is None or name in plan.names]
    if not names:
        return _Part(title, missing="no method was named that works without times")

    def run(report: Progress) -> pd.DataFrame:
        found = run_injection(
            seeds=plan.seeds, densities=plan.densities, names=names, options=plan.options,
            progress=_Inside(report),
        )  # fmt: skip
        return injection_rows(found)

    return _Part(title, run)


def _yelp(plan: Plan) -> Iterator[_Part]:
    """Reviews by date; `zhenzan` stands for our trees and our attribution there."""
    wanted = plan.names or (OURS, *YELP_METHODS)
    names = [name for name in YELP_METHODS if name in wanted or (name in _OURS and OURS in wanted)]
    for file in YELP:
        title = file.stem
        if plan.data is None:
            yield _Part(title, missing="no folder with data was named")
        elif not (plan.data / file).is_file():
            yield _Part(title, missing=f"no {plan.data / file}")
        elif not names:
            yield _Part(title, missing="no method was named that is run there")
        else:
            yield _Part(title, partial(_reviews, plan, plan.data / file, names))


def _reviews(plan: Plan, path: Path, names: list[str], report: Progress) -> pd.DataFrame:
    found = run_yelp(path, names=names, options=plan.options, progress=_Inside(report))
    return yelp_rows(found, path.stem)


class _Inside(Silent):
    """Progress of one part: its own steps are notes under the step of the whole."""

    def __init__(self, report: Progress) -> None:
        self._report = report
        self._at = (0, 0, "")

    def begin(self, title: str, number: int, of: int) -> None:
        """See `Progress`."""
        self._at = (number - 1, of, title)
        self._report.update(*self._at)

    def update(self, done: int, total: int, note: str) -> None:
        """See `Progress`."""
        number, of, title = self._at
        self._report.update(number, of, f"{title}: {note}")

    def say(self, message: str) -> None:
        """See `Progress`."""
        self._report.say(message)
