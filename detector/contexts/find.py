"""The search: every detector on every section in which something may speak."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

import pyarrow as pa
from zhenzan.detector.contexts.base import Detector, Finding
from zhenzan.detector.contexts.focus import cases, empty_templates, focus_sections
from zhenzan.detector.contexts.registry import detectors
from zhenzan.detector.contexts.topics import shared_topics
from zhenzan.detector.contexts.world import read_world
from zhenzan.features.capability import complete
from zhenzan.features.engine.base import Engine
from zhenzan.features.family import Tables
from zhenzan.features.tables import TABLES
from zhenzan.models.attribution.result import Attribution

__all__ = ["find_contexts"]

_STEP: Final = "contexts"


def find_contexts(
    engine: Engine,
    tables: Tables,
    attribution: Attribution,
    templates: pa.Table | None = None,
    *,
    using: Sequence[Detector] | None = None,
) -> pa.Table:
    """Benign explanations that the data show, as rows of the canonical `context` table.

    Only sections in which a line of evidence may speak are looked at; there is nothing to explain
    in the others. One row a section, kind, comment and window; `declared_by` is `auto`.

    Args:
        engine: Where the tables live.
        tables: Canonical tables; a detector whose columns are absent or empty finds nothing.
        attribution: Posteriors, sums and windows.
        templates: `comment_id, section_id, surprising, everyday, echo` of the comments, from the
            template family; None where no text was looked at.
        using: Detectors; None means all.
    """
    ids = focus_sections(attribution, templates)
    if not ids:
        return TABLES["context"].schema.empty_table()
    known = {name: relation.name for name, relation in complete(engine, tables).items()}
    made = [
        engine.load("context_acts", attribution.engagements, step=_STEP),
        engine.load("context_focus", pa.table({"section_id": ids}), step=_STEP),
        engine.load("context_templates", _marks(templates), step=_STEP),
    ]
    names = known | {"acts": made[0].name, "focus": made[1].name, "templates": made[2].name}
    world = replace(
        read_world(engine, names), arrived=shared_topics(engine, names, attribution, ids)
    )
    rows: list[dict[str, Any]] = []
    for case in cases(engine, names, attribution, ids):
        for detector in detectors() if using is None else using:
            rows.extend(_row(case.section_id, f) for f in _once(detector.find(case, world)))
    for relation in made:
        engine.drop(relation)
    rows.sort(key=_order)
    return pa.Table.from_pylist(rows, schema=TABLES["context"].schema)


def _marks(templates: pa.Table | None) -> pa.Table:
    empty = empty_templates()
    return empty if templates is None else templates.select(empty.column_names)


def _once(found: Iterator[Finding]) -> list[Finding]:
    """One row a kind, comment and window: the surest."""
    best: dict[tuple[Any, ...], Finding] = {}
    for finding in found:
        key = (finding.kind, finding.comment_id, finding.start_ms, finding.end_ms)
        if key not in best or finding.confidence > best[key].confidence:
            best[key] = finding
    return list(best.values())


def _row(section_id: str, found: Finding) -> dict[str, Any]:
    sure = min(max(found.confidence, 0.0), 1.0)
    return {
        "section_id": section_id,
        "comment_id": found.comment_id,
        "kind": found.kind,
        "start_ms": found.start_ms,
        "end_ms": found.end_ms,
        "declared_by": "auto",
        "quote": found.quote,
        "confidence": round(sure, 4),
    }


def _order(row: dict[str, Any]) -> tuple[Any, ...]:
    start = -math.inf if row["start_ms"] is None else row["start_ms"]
    return (row["section_id"], row["kind"], start, row["comment_id"] or "", row["confidence"])
