"""`zhenzan evaluate`: a scan against labels or truth, or a bundle on fresh worlds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from zhenzan.detector.cli.common import LEAST_SCALE, JsonFlag, columns, emit_json, progress_bar, say
from zhenzan.detector.cli.training_options import (
    Diary,
    KeepRows,
    LabelsFile,
    TrackDir,
)

__all__ = ["evaluate"]

_SHOWN: Final = 5
# Worlds on which a bundle is judged.
_WORLDS: Final = 8
_FIRST: Final = 5_000
_SCALE: Final = 20_000
# Population stability index above which much has changed: see `models/applicability.py`.
_MOVED: Final = 0.25


def evaluate(
    scan: Annotated[
        Path | None, typer.Argument(metavar="[SCAN]", help="A scan directory to judge.")
    ] = None,
    labels: LabelsFile = None,
    truth: Annotated[
        Path | None,
        typer.Option("--truth", metavar="WORLD", help="The simulated world that was scanned."),
    ] = None,
    against: Annotated[
        Path | None,
        typer.Option("--against", metavar="SCAN", help="Another scan, for the flip rate."),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            metavar="BUNDLE",
            help="Judge a bundle (its folder, or pretrained) on fresh worlds instead.",
        ),
    ] = None,
    worlds: Annotated[
        int | None,
        typer.Option("--worlds", metavar="N", min=1, help="How many fresh worlds. Default: 8."),
    ] = None,
    first_world: Annotated[
        int | None,
        typer.Option(
            "--first-world", metavar="SEED", min=0, help="Seed of the first. Default: 5000."
        ),
    ] = None,
    scale: Annotated[
        int | None,
        typer.Option(
            "--scale",
            metavar="N",
            min=LEAST_SCALE,
            help="About how many engagements a world has. Default: 20000.",
        ),
    ] = None,
    keep: KeepRows = None,
    card: Annotated[
        bool,
        typer.Option("--card", help="Write the figures of fresh worlds into the bundle's card."),
    ] = False,
    track: TrackDir = None,
    as_json: JsonFlag = False,
) -> None:
    """Judge a scan or a bundle by what really happened.

    Ranking at operating points with bootstrap intervals, calibration, coverage of intervals,
    slices, drift against training, and how many bands flipped against another scan.
    """
    from zhenzan.detector.results import Scan
    from zhenzan.detector.training.evaluate import evaluate_bundle, evaluate_scan
    from zhenzan.features.errors import UsageError
    from zhenzan.models.card.write import write_card
    from zhenzan.models.scorers.registry import bundle_folder, get_bundle

    if (scan is None) == (model is None):
        raise UsageError("name a scan directory or --model, one of the two")
    named: dict[str, Any] = {"--labels": labels, "--truth": truth, "--against": against}
    if model is None:
        named = {"--worlds": worlds, "--first-world": first_world, "--scale": scale,
                 "--keep": keep, "--card": card or None}  # fmt: skip
    if strange := [name for name, value in named.items() if value is not None]:
        one = "a bundle: name one with --model" if model is None else "a scan, not of --model"
        raise UsageError(f"{', '.join(strange)}: of {one}")
    diary = Diary.begin(track)
    if model is not None:
        first = _FIRST if first_world is None else first_world
        seeds = range(first, first + (worlds or _WORLDS))
        with progress_bar() as progress:
            progress.begin("worlds", 1, 1)
            bundle = get_bundle(model)
            found = evaluate_bundle(bundle, seeds, scale or _SCALE, progress, keep)
        folder = bundle_folder(model)
        if card and folder is not None:
            write_card(bundle, folder, found["units"])
    else:
        other = None if against is None else Scan.load(against)
        found = evaluate_scan(Scan.load(scan or "."), labels=labels, truth=truth, against=other)
    diary.write("evaluate", str(found.get("bundle") or Path(found["scan"]).name),
                parameters={k: v for k, v in found.items() if isinstance(v, str)},
                figures={k: v for k, v in found.items() if isinstance(v, Mapping)})  # fmt: skip
    if as_json:
        emit_json(found)
        return
    _show(found)


def _show(found: Mapping[str, Any]) -> None:
    names = ("auc", "average_precision", "recall_at_0.005", "recall_at_0.01", "calibration_error",
             "brier_skill", "stated", "interval_coverage", "top_band_precision",
             "top_band_recall", "top_band_false_positives")  # fmt: skip
    units: Mapping[str, Any] = found.get("units", {})
    lines = [["", *units]]
    lines += [[n, *(str(u[n]) for u in units.values())] for n in ("n_scored", "n_positive")]
    for name in names:
        if any(name in part for part in units.values()):
            lines.append([name, *(_text(part.get(name)) for part in units.values())])
    if units:
        for line in columns(lines, right=range(1, len(units) + 1)):
            say(line)
    for unit, part in units.items():
        _show_slices(unit, part.get("slices", ()))
        _show_drift(unit, part.get("drift") or found.get("drift", {}).get(unit, {}))
    for unit, rates in found.get("flip_rate", {}).items():
        say(f"flip rate of {unit}s: {_text(rates['band'])} of {rates['n']}, top band "
            f"{_text(rates['top_band'])}")  # fmt: skip


def _show_slices(unit: str, slices: Sequence[Mapping[str, Any]]) -> None:
    """What innocent slices are reported most, at the threshold of all rows together."""
    named = [s for s in slices if not s["positive"] and s["slice"] and s["above_0.005"]]
    worst = sorted(named, key=lambda s: (-s["above_0.005"], s["slice"]))[:_SHOWN]
    if worst:
        said = ", ".join(f"{s['slice']} {_share(s)} of {s['n']}" for s in worst)
        say(f"{unit}s above the threshold of 0.5 % false positives, by innocent slice: {said}")


def _share(part: Mapping[str, Any]) -> str:
    low, high = part["above_0.005_low"], part["above_0.005_high"]
    ends = "" if low is None else f" ({low:.1%}–{high:.1%})"
    return f"{part['above_0.005']:.1%}{ends}"


def _show_drift(unit: str, drift: Mapping[str, float]) -> None:
    moved = [(name, v) for name, v in drift.items() if v >= _MOVED]
    if moved:
        said = ", ".join(f"{name} {v:.2f}" for name, v in moved[:_SHOWN])
        say(f"{unit}s: {len(moved)} features moved since training: {said}")


def _text(value: float | list[float | None] | None) -> str:
    if value is None:
        return "–"
    if isinstance(value, list):
        middle, low, high = value
        return _text(middle) if low is None else f"{_text(middle)} ({_text(low)}–{_text(high)})"
    return f"{value:.3f}"
