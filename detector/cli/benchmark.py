"""`zhenzan benchmark`: ours and the baselines side by side on one input."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import typer
from zhenzan.detector.cli.benchmark_all import everything
from zhenzan.detector.cli.benchmark_degraded import degraded_lines, degraded_tables
from zhenzan.detector.cli.benchmark_injection import injection_lines, injection_tables
from zhenzan.detector.cli.benchmark_yelp import yelp_lines, yelp_tables
from zhenzan.detector.cli.common import (
    LEAST_SCALE,
    JsonFlag,
    Memory,
    SpillDir,
    Threads,
    columns,
    emit_json,
    progress_bar,
    say,
)

if TYPE_CHECKING:
    import pandas as pd
    from zhenzan.detector.progress import Progress
    from zhenzan.features.engine.registry import EngineOptions

__all__ = ["benchmark"]

_COST: Final = ("AUC", "AP", "estimated", "seconds", "memory")
_MADE_UP: Final = ("injection", "degraded")


def benchmark(
    name: Annotated[
        Literal["all", "stars", "simulated", "injection", "yelp", "degraded"],
        typer.Argument(
            metavar="NAME",
            help="Which: `all` (one table), `stars` (sold stars, diluted), `simulated` (a world "
            "with truth), `injection` (planted blocks, no times), `yelp` (reviews by date) or "
            "`degraded` (worlds made poorer: counts, comments alone, dates, samples).",
        ),
    ] = "all",
    path: Annotated[
        Path | None,
        typer.Argument(
            metavar="PATH",
            help="For all, a folder with stars/stars.parquet and yelp/YelpZip.parquet, or nothing; "
            "for stars, Parquet or CSV with repo, owner, actor, starred_at, origin (organic "
            "or not); for simulated, a directory of `zhenzan simulate`; for yelp, Parquet or CSV "
            "with user, product, rating, label (-1 is filtered), date.",
        ),
    ] = None,
    seeds: Annotated[
        int | None,
        typer.Option(
            "--seeds",
            metavar="N",
            min=1,
            help="Draws, from seed 0. Default: 1, of stars 10, of injection 3.",
        ),
    ] = None,
    datasets: Annotated[
        str,
        typer.Option(
            "--datasets", metavar="LIST", help="Of all: some of simulated,injection,stars,yelp."
        ),
    ] = "simulated,injection,stars,yelp",
    scenarios: Annotated[
        str | None,
        typer.Option("--scenarios", metavar="LIST", help="Of all: simulated presets."),
    ] = None,
    scale: Annotated[
        int,
        typer.Option(
            "--scale",
            metavar="N",
            min=LEAST_SCALE,
            help="Of all and degraded: engagements a world.",
        ),
    ] = 100_000,
    ablation: Annotated[
        bool,
        typer.Option(
            "--ablation/--no-ablation", help="Of all: our model with less of its evidence, too."
        ),
    ] = True,
    shares: Annotated[
        str,
        typer.Option("--shares", metavar="LIST", help="Of stars: moved ones by those of a host."),
    ] = "0.10,0.03,0.01",
    densities: Annotated[
        str, typer.Option("--densities", metavar="LIST", help="Of injection: of the planted block.")
    ] = "0.05,0.1,0.2,0.3,0.5",
    methods: Annotated[
        str | None,
        typer.Option("--methods", metavar="LIST", help="Some only, such as zhenzan,company."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Where the tables go as CSV and JSON."),
    ] = None,
    memory: Memory = None,
    spill_dir: SpillDir = None,
    threads: Threads = None,
    as_json: JsonFlag = False,
) -> None:
    """Compare our model and published methods on the same input.

    `all`: one table of everything. Simulated worlds and injected blocks are made on the spot; real
    data that is not there is left out, and the table says so. Figures are medians over seeds.

    `stars`: sold stars are moved into popular repositories, as a small share of their own. Recall
    of the moved stars at 1 % and 0.1 % organic false positives, medians over seeds. Our lead over
    each method is paired by seed; its interval resamples the owners of the hosts.

    `simulated`: recall of delivered acts, in all and by family of orders, and the share of each
    hard negative above the same thresholds.

    `injection`: a block of 200 accounts and 200 objects is planted into a made-up graph without
    times, at several densities and with several kinds of camouflage. F, precision and recall over
    accounts, of those that a method itself names; means over seeds.

    `yelp`: reviews that a platform filtered, told from what was known on their day. Trained on
    the first four fifths by date, judged on the rest; intervals resample accounts.

    `degraded`: simulated worlds of which only counts every two hours are left, or comments with
    or without authors, or dates, or the hundred best comments; scanned like any files. Recall of
    orders at 1 % of what nobody ordered, and how much of both is unusual or above.
    """
    from zhenzan.features.engine.registry import EngineOptions

    names = None if methods is None else [m.strip() for m in methods.split(",")]
    options = EngineOptions(memory=memory, spill_dir=spill_dir, threads=threads)
    if name == "all":
        chosen = None if scenarios is None else [part.strip() for part in scenarios.split(",")]
        everything(
            path, names, options, seeds=seeds or 1, scenarios=chosen, scale=scale,
            ablation=ablation, out=out, as_json=as_json,
            datasets=[part.strip() for part in datasets.split(",")],
        )  # fmt: skip
        return
    wanted = _Wanted(name, path, seeds, scale, densities, shares, names, options)
    with progress_bar() as progress:
        tables = _tables(wanted, progress)
    record = {"benchmark": name, **{key: _records(table) for key, table in tables.items()}}
    if out is not None:
        _write(out, name, record, tables)
    if as_json:
        emit_json(record)
        return
    for line in _lines(record):
        say(line)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One benchmark, as it was asked for."""

    name: str
    path: Path | None
    seeds: int | None
    scale: int
    densities: str
    shares: str
    names: list[str] | None
    options: EngineOptions


def _tables(wanted: _Wanted, progress: Progress) -> dict[str, pd.DataFrame]:
    """Runs it.

    Raises:
        UsageError: It needs a path, or takes none.
    """
    from zhenzan.features.errors import UsageError

    name, path, names, options = wanted.name, wanted.path, wanted.names, wanted.options
    if path is not None and name in _MADE_UP:
        raise UsageError(f"`benchmark {name}` makes its input up and takes no PATH")
    if name == "degraded":
        return degraded_tables(wanted.seeds or 1, wanted.scale, options, progress)
    if name == "injection":
        densities = _shares(wanted.densities, "--densities")
        return injection_tables(wanted.seeds or 3, densities, names, options, progress)
    if path is None:
        raise UsageError(f"`benchmark {name}` needs a PATH")
    if name == "stars":
        shares = _shares(wanted.shares, "--shares")
        return _stars(path, shares, wanted.seeds or 10, names, options, progress)
    if name == "yelp":
        return yelp_tables(path, names, options, progress)
    return _simulated(path, names, options, progress)


def _stars(
    path: Path,
    shares: list[float],
    seeds: int,
    names: list[str] | None,
    options: EngineOptions,
    progress: Progress,
) -> dict[str, pd.DataFrame]:
    from zhenzan.detector.benchmark.stars import read_stars, run_stars, summarize

    result = run_stars(
        read_stars(path), shares=shares, seeds=range(seeds), names=names, options=options,
        progress=progress,
    )  # fmt: skip
    return {"summary": summarize(result), "runs": result.runs}


def _simulated(
    path: Path, names: list[str] | None, options: EngineOptions, progress: Progress
) -> dict[str, pd.DataFrame]:
    from zhenzan.detector.benchmark.simulated import run_simulated

    result = run_simulated(path, names=names, options=options, progress=progress)
    return {"summary": result.summary, "groups": result.groups}


def _shares(text: str, option: str) -> list[float]:
    from zhenzan.features.errors import UsageError

    try:
        return [float(part) for part in text.split(",")]
    except ValueError as error:
        raise UsageError(f"{option} {text!r} is no list of numbers such as 0.10,0.03") from error


def _write(out: Path, name: str, record: dict[str, Any], tables: dict[str, pd.DataFrame]) -> None:
    out.mkdir(parents=True, exist_ok=True)
    for key, table in tables.items():
        table.to_csv(
            out / (f"{name}.csv" if key == "summary" else f"{name}_{key}.csv"), index=False
        )
    text = json.dumps(record, ensure_ascii=False, indent=1, allow_nan=False)
    (out / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows for JSON: what is missing is null, never NaN."""
    return [
        {str(key): None if value != value else value for key, value in row.items()}
        for row in table.astype(object).to_dict("records")
    ]


def _lines(record: dict[str, Any]) -> Iterator[str]:
    rows = record["summary"]
    if record["benchmark"] == "yelp":
        yield from yelp_lines(rows)
        return
    if record["benchmark"] == "degraded":
        yield from degraded_lines(rows)
        return
    if record["benchmark"] == "injection":
        yield from injection_lines(rows)
        return
    if record["benchmark"] == "stars":
        head = ["share", "method"]
        for rate in ("1 %", "0.1 %"):
            head += [f"recall at {rate}", "our lead", "95 % interval"]
        body = [[f"{row['share']:g}", row["method"], *_leads(row), *_cost(row)] for row in rows]
    else:
        head = ["method", "recall at 1 %", "recall at 0.1 %"]
        body = [
            [row["method"], _cell(row["recall_1pct"]), _cell(row["recall_01pct"]), *_cost(row)]
            for row in rows
        ]
    yield from columns([[*head, *_COST], *body], right=range(1, len(head) + len(_COST)))
    if "groups" in record:
        yield ""
        yield "share above the threshold of 0.1 % organic false positives"
        yield from _group_lines(record["groups"], [row["method"] for row in rows])


def _group_lines(groups: list[dict[str, Any]], names: list[str]) -> Iterator[str]:
    """A row a family of orders or hard negative, a column a method."""
    table: dict[tuple[str, str, int], dict[str, float | None]] = {}
    for row in groups:
        key = (row["kind"], row["name"], row["n"])
        table.setdefault(key, {})[row["method"]] = row["above_01pct"]
    body = [
        [kind, name, str(n), *(_cell(found.get(method), ".4f") for method in names)]
        for (kind, name, n), found in table.items()
    ]
    yield from columns([["", "", "acts", *names], *body], right=range(2, 3 + len(names)))


def _leads(row: dict[str, Any]) -> list[str]:
    cells = []
    for rate in ("1pct", "01pct"):
        low, high = row[f"lead_{rate}_lo"], row[f"lead_{rate}_hi"]
        cells += [
            _cell(row[f"recall_{rate}"]),
            _cell(row[f"lead_{rate}"], "+.3f"),
            "–" if low is None else f"{low:+.3f} … {high:+.3f}",
        ]
    return cells


def _cost(row: dict[str, Any]) -> list[str]:
    peak = row["peak_bytes"]
    return [
        _cell(row["auc"]),
        _cell(row["average_precision"]),
        _cell(row["purchased_ratio"], ".2f"),
        _cell(row["seconds"], ".1f"),
        "–" if peak is None else f"{peak / 2**20:.0f} MB",
    ]


def _cell(value: float | None, form: str = ".3f") -> str:
    return "–" if value is None else format(value, form)
