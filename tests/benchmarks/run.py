"""All benchmarks by one command, with what is needed to read the result later.

    python tests/benchmarks/run.py [--stars STARS.parquet] [--seeds 10] [--quick]

Writes `results/stars.json` and `results/throughput.json` beside this script.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from zhenzan.detector.benchmark.stars import read_stars, run_stars, summarize
from zhenzan.detector.benchmark.throughput import SCALES, exponents, run_throughput
from zhenzan.detector.progress import LineProgress
from zhenzan.detector.statements import plain
from zhenzan.detector.versions import zhenzan_version

HERE = Path(__file__).parent
STARS = HERE.parents[2] / "shared/data/stars/stars.parquet"


def main(
    stars: Annotated[Path, typer.Option(help="Labelled stars; left out where absent.")] = STARS,
    seeds: Annotated[int, typer.Option(help="Draws a share.")] = 10,
    out: Annotated[Path, typer.Option(help="Where results go.")] = HERE / "results",
    quick: Annotated[bool, typer.Option("--quick", help="One seed, small worlds.")] = False,
) -> None:
    """Runs every benchmark and writes its result."""
    progress = LineProgress(sys.stderr)
    out.mkdir(parents=True, exist_ok=True)
    if stars.exists():
        done = run_stars(read_stars(stars), seeds=range(1 if quick else seeds), progress=progress)
        write(out / "stars.json", summary=summarize(done), runs=done.runs)
    else:
        typer.echo(f"left out: no {stars}", err=True)
    runs = run_throughput(scales=(20_000, 60_000) if quick else SCALES, progress=progress)
    write(out / "throughput.json", summary=exponents(runs), runs=runs)


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
