"""`zhenzan sources`: what can be read, and a map for what cannot."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from zhenzan.detector.cli.common import JsonFlag, Lang, emit_json, language, say

__all__ = ["sources"]


def sources(
    draft_map: Annotated[
        Path | None,
        typer.Option(
            "--draft-map",
            metavar="FILE",
            help="Propose a map for a file that no source knows, for `scan --map`.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Write the proposed map here, not on screen."),
    ] = None,
    lang: Lang = None,
    as_json: JsonFlag = False,
) -> None:
    """List the formats that can be read.

    And what each is recognised by. With --draft-map it proposes a map for another format instead.
    """
    if draft_map is not None:
        _draft(draft_map, out)
        return
    from zhenzan.detector.sources import sources as known
    from zhenzan.detector.sources.mapped import built_in_maps

    spoken = language(lang)
    found: list[dict[str, Any]] = [
        {
            "name": source.name,
            "version": source.version,
            "title": dict(source.title),
            "looked_for": list(source.looked_for),
            "tables": list(source.table_names),
            "hashes_ids": source.hashes_ids,
            "maps": [m.name for m in built_in_maps()] if source.name == "mapped" else [],
        }
        for source in known()
    ]
    if as_json:
        emit_json(found)
        return
    for source in found:
        say(f"{source['name']}  {source['title'][spoken]}")
        for mark in source["looked_for"]:
            say(f"    {mark}")
        if source["maps"]:
            say(f"    maps: {', '.join(source['maps'])}")


def _draft(path: Path, out: Path | None) -> None:
    """The text of a map; it holds names of columns and no value of the file."""
    from zhenzan.detector.sources.mapped import draft_map
    from zhenzan.features.errors import NothingToReadError, UsageError

    if not path.is_file():
        raise NothingToReadError("there is no such file", path=path)
    text = draft_map(path)
    if out is None:
        typer.echo(text, nl=False)
        return
    if out.exists():
        raise UsageError(f"{out} is there already; choose another --out")
    out.write_text(text, "utf-8")
