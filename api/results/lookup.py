"""Everything that a scan says about one section, account, comment or campaign."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow.parquet as pq
from zhenzan.detector.explain import explain_one
from zhenzan.detector.results import Scan
from zhenzan.detector.statements import evidence_record, plain
from zhenzan.features.family import Evidence

__all__ = ["look_up"]


def look_up(scan: Scan, kind: str, entity_id: str) -> dict[str, Any] | None:
    """The record, what speaks for and against, and where it belongs; None where there is none.

    Args:
        scan: A finished scan.
        kind: `section`, `account`, `comment` or `campaign`.
        entity_id: Its id, as in the scan (hashed where the scan hashed it).
    """
    found = explain_one(scan, kind, entity_id)
    if found is None:
        return None
    return {
        "kind": kind,
        "id": entity_id,
        "record": plain(found.record),
        "text": _text(scan, entity_id) if kind == "comment" else None,
        "about": _about(scan, entity_id) if kind == "section" else None,
        "evidence": _told(found.statements),
        "campaign_evidence": _told(found.about_campaigns),
        "members": plain(found.members),
        "related": plain(found.related),
        "insights": [
            line for line in scan.insights if kind == "section" and _is_of(line, entity_id)
        ],
    }


def _told(statements: Iterable[tuple[str, Evidence]]) -> list[Any]:
    return [plain(evidence_record(*statement)) for statement in statements]


def _is_of(line: Mapping[str, Any], section_id: str) -> bool:
    return bool(line.get("subject") == {"kind": "section", "id": section_id})


def _text(scan: Scan, comment_id: str) -> str | None:
    row = _first(scan, "comment_text", "comment_id", comment_id)
    return None if row is None else row["text"]


def _about(scan: Scan, section_id: str) -> dict[str, Any] | None:
    """Platform, kind, creator, title and time of a section, and what could be checked of it."""
    info = _first(scan, "section_info", "section_id", section_id) or {}
    able = _first(scan, "capability", "section_id", section_id) or {}
    return plain({**info, "checkable": able}) if info or able else None


def _first(scan: Scan, table: str, key: str, value: str) -> dict[str, Any] | None:
    path = scan.path / "reference" / f"{table}.parquet"
    if not path.is_file():
        return None
    rows = pq.read_table(path, filters=[(key, "=", value)]).to_pylist()
    return dict(rows[0]) if rows else None
