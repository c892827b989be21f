"""`zhenzan demo`: a small simulated world, scanned, with its report."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated, Final

import typer
from zhenzan.detector.cli.common import JsonFlag, Lang, emit_json, language, progress_bar, say

__all__ = ["demo"]

_SCALE: Final = 30_000  # engagements: something of everything, and scanned in seconds
_PARTS: Final = frozenset({"world", "scan", "scan.partial", "report.html"})


def demo(
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Where all of it is written.")
    ] = Path("zhenzan-demo"),
    seed: Annotated[int, typer.Option("--seed", metavar="N", min=0, help="Of the world.")] = 0,
    lang: Lang = None,
    as_json: JsonFlag = False,
) -> None:
    """Simulate a small world, scan it, write its report.

    It says where the report is. An earlier demo in DIR is replaced.
    """
    from zhenzan.detector.cli.report import write_report
    from zhenzan.detector.cli.words import WORDS
    from zhenzan.detector.scan import scan
    from zhenzan.detector.simulate import simulate

    _make_room(out)
    spoken = language(lang)
    with progress_bar() as progress:
        progress.say(f"simulating a world of {_SCALE:,} engagements in {out / 'world'}")
        simulate(out / "world", scenario="demo", scale=_SCALE, seed=seed)
        done = scan(out / "world", out / "scan", progress=progress)
        path = out / "report.html"
        write_report(done, path, spoken)
    if as_json:
        from zhenzan.detector.summary import summarise

        emit_json({"report": str(path), "world": str(out / "world"), **summarise(done)})
        return
    from zhenzan.detector.cli.scan import show

    show(done, spoken, as_json=False)
    say()
    say(WORDS[spoken]["report"].format(path=path))


def _make_room(out: Path) -> None:
    """Removes an earlier demo; refuses a directory that holds anything else."""
    from zhenzan.features.errors import UsageError

    if not out.exists():
        return
    if not out.is_dir() or any(entry.name not in _PARTS for entry in out.iterdir()):
        raise UsageError(f"--out {out} holds something that no demo wrote; choose another place")
    shutil.rmtree(out)
