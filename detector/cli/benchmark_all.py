"""`zhenzan benchmark all`: the one table on the terminal, as CSV, as JSON and as a picture."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zhenzan.detector.cli.common import columns, emit_json, progress_bar, say

if TYPE_CHECKING:
    from zhenzan.detector.benchmark.everything import Result
    from zhenzan.detector.benchmark.shown import Block
    from zhenzan.features.engine.registry import EngineOptions

__all__ = ["everything", "lines", "write"]


def everything(
    data: Path | None,
    names: list[str] | None,
    options: EngineOptions,
    *,
    datasets: list[str],
    seeds: int,
    scenarios: list[str] | None,
    scale: int,
    ablation: bool,
    out: Path | None,
    as_json: bool,
) -> None:
    """Runs the whole benchmark and shows it.

    Args:
        data: Folder with real data; None for made-up data only.
        names: Methods; None for all.
        options: Of the engine.
        datasets: Which kinds of data.
        seeds: How many, from 0.
        scenarios: Presets of simulated worlds; None for all.
        scale: Engagements of a world.
        ablation: Whether parts of the evidence are left out in turn.
        out: Where files go; None for none.
        as_json: JSON instead of lines.
    """
    from zhenzan.detector.benchmark.everything import Plan, run_all
    from zhenzan.detector.simulate import PRESETS

    plan = Plan(
        datasets=datasets, scenarios=list(PRESETS) if scenarios is None else scenarios, scale=scale,
        seeds=range(seeds), names=names, ablation=ablation, data=data, options=options,
    )  # fmt: skip
    with progress_bar() as progress:
        result = run_all(plan, progress)
    heading = f"{scale:,} engagements a world, {seeds} seed{'s' if seeds > 1 else ''}"
    if out is not None:
        write(result, out, heading)
    if as_json:
        emit_json(_record(result))
        return
    for line in lines(result, heading):
        say(line)


def write(result: Result, out: Path, heading: str) -> None:
    """Writes `benchmark.csv`, `benchmark.json` and `benchmark.svg`."""
    from zhenzan.detector.benchmark.picture import draw, matrices
    from zhenzan.detector.benchmark.tidy import write_tidy

    out.mkdir(parents=True, exist_ok=True)
    write_tidy(result.table, out / "benchmark.csv")
    text = json.dumps(_record(result), ensure_ascii=False, indent=1, allow_nan=False)
    (out / "benchmark.json").write_text(text + "\n", encoding="utf-8")
    picture = draw(matrices(result.table), f"Zhenzan and published methods: {heading}")
    (out / "benchmark.svg").write_text(picture, encoding="utf-8")


def _record(result: Result) -> dict[str, Any]:
    from zhenzan.detector.statements import plain

    rows = result.table.astype(object).to_dict("records")
    record = {"benchmark": "all", "left_out": result.left_out, "rows": rows}
    told: dict[str, Any] = plain(record)
    return told


def lines(result: Result, heading: str) -> Iterator[str]:
    """The table for a terminal: a block a data set, then what only our model states."""
    from zhenzan.detector.benchmark.shown import ablation_block, blocks, ours_block

    yield f"{heading}; pairs are at 0.1 % and 1 % organic false positives"
    for block in (*blocks(result.table), ours_block(result.table), ablation_block(result.table)):
        if block.lines:
            yield ""
            yield block.title
            yield from _block(block)
    if result.left_out:
        yield ""
    for reason in result.left_out:
        yield f"left out: {reason}"


def _block(block: Block) -> Iterator[str]:
    head = ["", "n", *(name.replace("without-", "−") for name in block.columns)]
    body = [
        [f"  {line.label}", "" if line.n is None else f"{line.n:,}",
         *(_cell(line.values.get(name)) for name in block.columns)]
        for line in block.lines
    ]  # fmt: skip
    yield from columns([head, *body], right=range(1, len(head)))


def _cell(values: tuple[float, ...] | None) -> str:
    if not values:
        return "–"
    return " ".join(_number(value) for value in values)


def _number(value: float) -> str:
    """Three digits after the point, without the leading nought; whole from ten on."""
    if abs(value) >= 10:
        return f"{value:,.0f}"
    return f"{value:.3f}".replace("0.", ".", 1) if abs(value) < 1 else f"{value:.3f}"
