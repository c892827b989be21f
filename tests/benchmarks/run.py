"""All benchmarks by one command, with what is needed to read the result later.

    python tests/benchmarks/run.py [--only table] [--data FOLDER] [--quick]

Writes `results/*.json` beside this script, and the one table also as CSV and as a picture.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer
from zhenzan.detector.benchmark.degraded import run_degraded, summarize_degraded
from zhenzan.detector.benchmark.everything import STARS, Plan, run_all
from zhenzan.detector.benchmark.injection import DENSITIES, run_injection, summarize_injection
from zhenzan.detector.benchmark.organic import ORGANIC_SETS, run_organic
from zhenzan.detector.benchmark.picture import draw, matrices
from zhenzan.detector.benchmark.stars import read_stars, run_stars, summarize
from zhenzan.detector.benchmark.throughput import SCALES, exponents, run_throughput
from zhenzan.detector.benchmark.tidy import write_tidy
from zhenzan.detector.benchmark.yelp import run_yelp
from zhenzan.detector.benchmark.youtube_text import run_text
from zhenzan.detector.progress import LineProgress
from zhenzan.detector.statements import plain
from zhenzan.detector.versions import zhenzan_version

HERE = Path(__file__).parent
DATA = HERE.parents[2] / "shared/data"
INJECTIONS = 3  # backgrounds
POOR_WORLDS = 3  # seeds of each kind of poor input
KNOWN = ("table", "stars", "injection", "yelp", "throughput", "degraded", "organic", "text")


def main(
    only: Annotated[str, typer.Option(help="Some of them only.")] = ",".join(KNOWN),
    data: Annotated[Path, typer.Option(help="Real data; what is absent is left out.")] = DATA,
    seeds: Annotated[int, typer.Option(help="Draws a share, of stars alone.")] = 10,
    worlds: Annotated[int, typer.Option(help="Seeds of the table.")] = 5,
    scale: Annotated[int, typer.Option(help="Engagements a world, in the table.")] = 1_000_000,
    out: Annotated[Path, typer.Option(help="Where results go.")] = HERE / "results",
    quick: Annotated[bool, typer.Option("--quick", help="One seed, small worlds.")] = False,
) -> None:
    """Runs every benchmark and writes its result."""
    progress = LineProgress(sys.stderr)
    out.mkdir(parents=True, exist_ok=True)
    chosen = {name.strip() for name in only.split(",")}
    if unknown := sorted(chosen - {*KNOWN}):
        raise typer.BadParameter(f"no benchmark {', '.join(unknown)}; there are {', '.join(KNOWN)}")
    if "table" in chosen:
        small = Plan(scale=30_000, densities=(0.1,), data=data)
        whole = Plan(scale=scale, seeds=range(worlds), data=data)
        table(small if quick else whole, out, progress)
    if "stars" in chosen and (stars := data / STARS).exists():
        done = run_stars(read_stars(stars), seeds=range(1 if quick else seeds), progress=progress)
        write(out / "stars.json", summary=summarize(done), runs=done.runs)
    elif "stars" in chosen:
        typer.echo(f"left out: no {data / STARS}", err=True)
    if "injection" in chosen:
        runs = run_injection(
            seeds=range(1 if quick else INJECTIONS), densities=(0.1,) if quick else DENSITIES,
            progress=progress,
        )  # fmt: skip
        write(out / "injection.json", summary=summarize_injection(runs), runs=runs)
    if "yelp" in chosen:
        yelp(data, out, progress)
    if "text" in chosen and (data / "youtube").is_dir():
        write(out / "youtube_text.json", summary=run_text(data / "youtube"))
    if "throughput" in chosen:
        runs = run_throughput(scales=(20_000, 60_000) if quick else SCALES, progress=progress)
        write(out / "throughput.json", summary=exponents(runs), runs=runs)
    if "degraded" in chosen:
        runs = run_degraded(seeds=range(1 if quick else POOR_WORLDS), progress=progress)
        write(out / "degraded.json", summary=summarize_degraded(runs), runs=runs)
    if "organic" in chosen:
        organic(data, out, progress)


def organic(data: Path, out: Path, progress: LineProgress) -> None:
    """Real organic sections at default settings: what is flagged, and with which bound."""
    if not any((data / name).is_dir() for name in ORGANIC_SETS):
        typer.echo(f"left out: no {', '.join(ORGANIC_SETS)} in {data}", err=True)
        return
    result = run_organic(data, progress=progress)
    # Ids stay out: the data is not ours to publish.
    flagged = result.flagged.drop(columns="section_id")
    write(out / "organic.json", summary=result.summary,
          flagged=flagged.assign(reasons=flagged["reasons"].map(", ".join)))  # fmt: skip


def yelp(data: Path, out: Path, progress: LineProgress) -> None:
    """Reviews by date, every file that is here."""
    found = {path.stem: path for path in sorted((data / "yelp").glob("*.parquet"))}
    if not found:
        typer.echo(f"left out: no {data / 'yelp'}", err=True)
        return
    parts = [run_yelp(path, progress=progress).assign(file=name) for name, path in found.items()]
    write(out / "yelp.json", runs=pd.concat(parts, ignore_index=True))


def table(plan: Plan, out: Path, progress: LineProgress) -> None:
    """The one table, as JSON with the machine, as CSV, and as a picture."""
    result = run_all(plan, progress)
    for reason in result.left_out:
        typer.echo(f"left out: {reason}", err=True)
    write(out / "benchmark.json", left_out=pd.Series(result.left_out, name="why").to_frame(),
          rows=result.table)  # fmt: skip
    write_tidy(result.table, out / "benchmark.csv")
    draws = "one seed" if len(plan.seeds) == 1 else f"{len(plan.seeds)} seeds"
    heading = f"{plan.scale:,} engagements a world, {draws}, commit {commit() or 'unknown'}"
    (out / "benchmark.svg").write_text(draw(matrices(result.table), heading), encoding="utf-8")


def write(path: Path, **tables: Any) -> None:
    """One JSON document: where and of what, then the tables, rounded to what they can bear."""
    record: dict[str, Any] = {
        "commit": commit(),
        "version": zhenzan_version(),
        "machine": {"cores": os.cpu_count(), "system": platform.system(),
                    "architecture": platform.machine(), "python": platform.python_version()},
    }  # fmt: skip
    for name, table in tables.items():
        rows = table.astype(object).to_dict("records")
        record[name] = [{k: rounded(v) for k, v in row.items()} for row in rows]
    text = json.dumps(plain(record), ensure_ascii=False, indent=1, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")
    typer.echo(f"{path}")


def rounded(value: Any) -> Any:
    """Four digits after the point; what is missing is null."""
    if isinstance(value, float):
        return None if value != value else round(value, 4)
    return value


def commit() -> str | None:
    """The commit of the checkout, with a plus sign where files differ from it."""
    git = ["git", "-C", str(HERE)]
    try:
        head = subprocess.run(
            [*git, "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True, check=True
        ).stdout.strip()
        dirty = subprocess.run([*git, "diff", "--quiet", "HEAD"], check=False).returncode
    except (OSError, subprocess.CalledProcessError):
        return None
    return head + ("+" if dirty else "")


if __name__ == "__main__":
    typer.run(main)
