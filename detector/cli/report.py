"""`zhenzan report`: a scan as one HTML file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from zhenzan.detector.cli.common import JsonFlag, Lang, Language, emit_json, language, say

if TYPE_CHECKING:
    from zhenzan.detector.results import Scan

__all__ = ["report", "write_report"]


def report(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="A scan directory.")],
    lang: Lang = None,
    section: Annotated[
        str | None, typer.Option("--section", metavar="ID", help="Report on this section only.")
    ] = None,
    redact: Annotated[
        bool, typer.Option("--redact/--no-redact", help="Show pseudonyms instead of account ids.")
    ] = True,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Default: report.html in DIR; - is stdout."),
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Write the report of a scan.

    One HTML file that loads nothing from elsewhere.
    """
    from zhenzan.detector.results import Scan

    scan, spoken = Scan.load(directory), language(lang)
    if out == Path("-"):
        from zhenzan.detector.report import render_report

        say(render_report(scan, language=spoken, section=section, redact=redact))
        return
    path = out or directory / "report.html"
    size = write_report(scan, path, spoken, section=section, redact=redact)
    if as_json:
        emit_json({"report": str(path), "bytes": size, "language": spoken, "redacted": redact})
    else:
        say(str(path))


def write_report(
    scan: Scan, path: Path, lang: Language, *, section: str | None = None, redact: bool = True
) -> int:
    """Writes the HTML file in one move; returns its size in bytes."""
    from zhenzan.detector.report import render_report

    page = render_report(scan, language=lang, section=section, redact=redact)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.new")
    draft.write_text(page, encoding="utf-8", newline="\n")
    draft.replace(path)
    return path.stat().st_size
