"""`zhenzan doctor`: does the installation work, and what can be checked on this data."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from zhenzan.detector.cli.common import (
    Ids,
    JsonFlag,
    KeyFile,
    Lang,
    MapFile,
    ObservedAt,
    SectionId,
    SourceName,
    Timezone,
    columns,
    emit_json,
    language,
    moment,
    progress_bar,
    say,
)

if TYPE_CHECKING:
    from zhenzan.detector.options import ScanOptions

__all__ = ["doctor"]

_SECTIONS_SHOWN: Final = 20
_FILES_SHOWN: Final = 20


def doctor(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="PATH", help="Data to look at; without it, the installation."),
    ] = None,
    source: SourceName = None,
    map_file: MapFile = None,
    ids: Ids = None,
    key_file: KeyFile = None,
    timezone: Timezone = None,
    observed_at: ObservedAt = None,
    section_id: SectionId = None,
    lang: Lang = None,
    as_json: JsonFlag = False,
) -> None:
    """Check this installation, or what some data allows.

    For data it says what can be checked, what cannot, and what to add so that it can.
    """
    import time

    from zhenzan.detector.options import ScanOptions

    spoken = language(lang)
    if not paths:
        found = _installation()
        if as_json:
            emit_json(found)
            return
        for line in columns((name, str(value)) for name, value in _flat(found)):
            say(line)
        return
    options = ScanOptions(
        now_ms=time.time_ns() // 1_000_000,
        source=source,
        map_file=map_file,
        ids=ids,
        key_file=key_file,
        timezone=timezone,
        observed_at_ms=moment(observed_at, timezone),
        section_id=section_id,
    )
    data = _data(paths, options)
    if as_json:
        emit_json(data)
        return
    for line in _data_lines(data, spoken):
        say(line)


def _installation() -> dict[str, Any]:
    import pyarrow as pa
    from zhenzan.detector.ingest.pseudonyms import user_key_path
    from zhenzan.detector.versions import versions
    from zhenzan.features.engine.registry import open_engine

    with open_engine() as engine:
        answer = engine.fetch(engine.load("answer", pa.table({"n": [42]}))).to_pylist()
    scratch = Path(tempfile.gettempdir())
    return {
        "versions": versions(),
        "engine": {"duckdb": "works" if answer == [{"n": 42}] else "gives wrong results"},
        "machine": {
            "cores": os.cpu_count(),
            "memory_bytes": _memory(),
            "temporary_folder": str(scratch),
            "temporary_free_bytes": shutil.disk_usage(scratch).free,
        },
        "key_of_this_user": str(user_key_path()) if user_key_path().exists() else "not made yet",
    }


def _memory() -> int | None:
    """Memory of the machine in bytes; None where the system does not tell."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None


def _flat(found: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in found.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _data(paths: list[Path], options: ScanOptions) -> dict[str, Any]:
    """Runs the first steps of a scan and reads off what they could compute."""
    from zhenzan.detector.checkable import checks, section_rows, shared_limits
    from zhenzan.detector.scan import prefix
    from zhenzan.features.families import families

    known = families()
    with (
        progress_bar() as progress,
        prefix(paths, options, progress, last="families") as work,
    ):
        ingest = work.info["ingest"]
        return {
            "inputs": ingest["inputs"],
            "rows": ingest["rows"],
            "rejections": ingest["rejections"],
            "notes": ingest["notes"],
            "families": [
                {
                    "family": check.family,
                    "title": check.title,
                    "checked": check.n_checked,
                    "sections": check.n_sections,
                    "would_need": [{"add": text, "sections": n} for text, n in check.advice],
                }
                for check in checks(work, known)
            ],
            "limits": [
                {"name": limit.name, "text": limit.text, "sections": n}
                for limit, n in shared_limits(work)
            ],
            "sections": section_rows(work, known),
        }


def _data_lines(data: Mapping[str, Any], lang: str) -> Iterator[str]:
    from zhenzan.detector.cli.overview import book_lines
    from zhenzan.detector.cli.words import WORDS

    words = WORDS[lang]
    yield from _input_lines(data["inputs"], words)
    yield from book_lines(data, words)
    yield ""
    for check in data["families"]:
        yield words["checkable"].format(
            title=getattr(check["title"], lang), n=check["checked"], total=check["sections"]
        )
        for need in check["would_need"]:
            yield "    " + words["add"].format(what=getattr(need["add"], lang), n=need["sections"])
    if data["limits"]:
        yield ""
        yield words["limits"]
    for limit in data["limits"]:
        yield "    " + words["limit"].format(
            what=getattr(limit["text"], lang), n=limit["sections"], total=len(data["sections"])
        )
    yield ""
    yield from _section_lines(data["sections"], words)


def _input_lines(inputs: list[dict[str, Any]], words: Mapping[str, str]) -> Iterator[str]:
    """What each file was taken for, those first of which nothing was read."""
    from zhenzan.detector.cli.words import singular
    from zhenzan.detector.terminal import clean

    ranked = sorted(inputs, key=lambda r: (r["source"] is not None, r["path"]))
    for record in ranked[:_FILES_SHOWN]:
        what = record["source"] or clean(record["note"] or "", 160)
        if record["source"] is not None:
            what = words["brackets"].format(
                outer=what, inner=singular(words["rows"].format(n=record["rows_read"]))
            )
        yield f"{clean(record['path'], 80)}{words['colon']}{what}"
    if len(ranked) > _FILES_SHOWN:
        yield words["more"].format(n=len(ranked) - _FILES_SHOWN) + " (--json)"


def _section_lines(rows: list[dict[str, Any]], words: Mapping[str, str]) -> Iterator[str]:
    """The sections with the most data, and which families can check them."""
    from zhenzan.detector.terminal import clean

    ranked = sorted(rows, key=lambda r: (-r["n_likes"] - r["n_comments"], r["section_id"]))
    table = [words["capability"].split("|")]
    table += [
        [
            clean(row["section_id"], 50),
            str(row["n_likes"]),
            str(row["n_timed"]),
            str(row["n_snapshots"]),
            "–" if row["time_precision_s"] is None else f"{row['time_precision_s']:g} s",
            str(row["n_comments"]),
            ", ".join(row["checked"]) or "–",
        ]
        for row in ranked[:_SECTIONS_SHOWN]
    ]
    yield from columns(table, right=[1, 2, 3, 4, 5])
    if len(rows) > _SECTIONS_SHOWN:
        yield words["more"].format(n=len(rows) - _SECTIONS_SHOWN) + " (--json)"
