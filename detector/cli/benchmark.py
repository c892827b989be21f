"""`zhenzan benchmark`: ours and the baselines side by side on one input."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import typer
from zhenzan.detector.cli.common import (
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

__all__ = ["benchmark"]

_HEADER: Final = (
    "share", "method", "recall at 1 %", "our lead", "95 % interval", "recall at 0.1 %", "our lead",
    "95 % interval", "AUC", "AP", "estimated", "seconds", "memory",
)  # fmt: skip


def benchmark(
    name: Annotated[
        Literal["stars"],
        typer.Argument(metavar="NAME", help="Which benchmark: stars (sold stars, diluted)."),
    ],
    path: Annotated[
        Path,
        typer.Argument(
            metavar="PATH",
            help="Parquet or CSV with repo, owner, actor, starred_at, origin (organic or not).",
        ),
    ],
    seeds: Annotated[
        int, typer.Option("--seeds", metavar="N", min=1, help="Draws a share, from seed 0 on.")
    ] = 10,
    shares: Annotated[
        str, typer.Option("--shares", metavar="LIST", help="Moved stars by those of their host.")
    ] = "0.10,0.03,0.01",
    methods: Annotated[
        str | None,
        typer.Option(
            "--methods", metavar="LIST", help="Some methods only, such as zhenzan,company."
        ),
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
    """Compare our model and published methods on one input.

    `stars`: sold stars are moved into popular repositories, as a small share of their own. Recall
    of the moved stars at 1 % and 0.1 % organic false positives, medians over seeds. Our lead over
    each method is paired by seed; its interval resamples the owners of the hosts.
    """
    from zhenzan.detector.benchmark.stars import read_stars, run_stars, summarize
    from zhenzan.features.engine.registry import EngineOptions

    stars = read_stars(path)
    with progress_bar() as progress:
        result = run_stars(
            stars,
            shares=_shares(shares),
            seeds=range(seeds),
            names=None if methods is None else [m.strip() for m in methods.split(",")],
            options=EngineOptions(memory=memory, spill_dir=spill_dir, threads=threads),
            progress=progress,
        )
    table = summarize(result)
    record = {"benchmark": name, "summary": _records(table), "runs": _records(result.runs)}
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        table.to_csv(out / f"{name}.csv", index=False)
        result.runs.to_csv(out / f"{name}_runs.csv", index=False)
        text = json.dumps(record, ensure_ascii=False, indent=1, allow_nan=False)
        (out / f"{name}.json").write_text(text + "\n", encoding="utf-8")
    if as_json:
        emit_json(record)
        return
    for line in columns([_HEADER, *(_line(row) for row in _records(table))], right=range(2, 13)):
        say(line)


def _shares(text: str) -> list[float]:
    from zhenzan.features.errors import UsageError

    try:
        return [float(part) for part in text.split(",")]
    except ValueError as error:
        raise UsageError(f"--shares {text!r} is no list of numbers such as 0.10,0.03") from error


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows for JSON: what is missing is null, never NaN."""
    return [
        {str(key): None if value != value else value for key, value in row.items()}
        for row in table.astype(object).to_dict("records")
    ]


def _line(row: dict[str, Any]) -> list[str]:
    cells = [f"{row['share']:g}", row["method"]]
    for rate in ("1pct", "01pct"):
        cells += [
            f"{row[f'recall_{rate}']:.3f}",
            _cell(row[f"lead_{rate}"], "+.3f"),
            "–"
            if row[f"lead_{rate}_lo"] is None
            else f"{row[f'lead_{rate}_lo']:+.3f} … {row[f'lead_{rate}_hi']:+.3f}",
        ]
    peak = row["peak_bytes"]
    return [
        *cells, _cell(row["auc"], ".3f"), _cell(row["average_precision"], ".3f"),
        _cell(row["purchased_ratio"], ".2f"), _cell(row["seconds"], ".1f"),
        "–" if peak is None else f"{peak / 2**20:.0f} MB",
    ]  # fmt: skip


def _cell(value: float | None, form: str) -> str:
    return "–" if value is None else format(value, form)
