"""The scan directory from the tables of a run: adds campaigns to their members, and references."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
from zhenzan.detector.model_tables import MODEL_TABLES
from zhenzan.detector.results import OUTPUTS, write_scan
from zhenzan.detector.workspace import Workspace
from zhenzan.features.family import Evidence

__all__ = ["assemble", "output_tables"]

_LIST: Final = pa.list_(pa.string())
_SECTION_INFO: Final = ("section_id", "platform", "kind", "creator_id", "title", "published_ms")
_COMMENT_TEXT: Final = ("comment_id", "text", "created_ms", "parent_id")


def assemble(work: Workspace, statements: Sequence[tuple[str, Evidence]]) -> list[Path]:
    """Writes the directory `work.result`; returns its files."""
    shutil.rmtree(work.result, ignore_errors=True)
    write_scan(
        work.result,
        outputs=output_tables(work, statements),
        evidence=statements,
        reference=_reference(work),
    )
    if work.learnt.is_dir():
        shutil.copytree(work.learnt, work.result / "reference" / "attribution")
    return [path for path in work.result.rglob("*") if path.is_file()]


def output_tables(
    work: Workspace, statements: Sequence[tuple[str, Evidence]]
) -> dict[str, pa.Table]:
    """The tables of a scan, by name of `OUTPUTS`."""
    members = work.arrow("campaign_members")
    return {
        "sections": _with_campaigns(work.arrow("scored_sections"), members, "section"),
        "accounts": _with_campaigns(work.arrow("scored_accounts"), members, "account"),
        "comments": work.arrow("scored_comments"),
        "engagements": work.arrow("attribution_engagements", OUTPUTS["engagements"].names),
        "campaigns": _with_evidence(work.arrow("campaigns"), statements),
        "campaign_members": members,
    }


def _with_campaigns(rows: pa.Table, members: pa.Table, kind: str) -> pa.Table:
    """Adds `campaign_ids`, sorted; an empty list for those in none."""
    chosen = members.filter(pc.equal(members.column("member_kind"), kind))
    found: dict[str, list[str]] = {}
    for member, campaign in zip(
        chosen.column("member_id").to_pylist(),
        chosen.column("campaign_id").to_pylist(),
        strict=True,
    ):
        found.setdefault(member, []).append(campaign)
    ids = rows.column(f"{kind}_id").to_pylist()
    lists = pa.array([sorted(found.get(entity, ())) for entity in ids], _LIST)
    return rows.append_column("campaign_ids", lists)


def _with_evidence(campaigns: pa.Table, statements: Sequence[tuple[str, Evidence]]) -> pa.Table:
    """Fills `evidence_ids` with the statements about each campaign, strongest first."""
    about: dict[str, list[str]] = {}
    for evidence_id, statement in statements:
        if statement.subject[0] == "campaign":
            about.setdefault(statement.subject[1], []).append(evidence_id)
    ids = campaigns.column("campaign_id").to_pylist()
    lists = pa.array([about.get(campaign, []) for campaign in ids], _LIST)
    return campaigns.set_column(
        campaigns.schema.get_field_index("evidence_ids"), "evidence_ids", lists
    )


def _reference(work: Workspace) -> Mapping[str, pa.Table]:
    """What the report draws, in an order that comes from the content."""
    stream = [("section_id", "ascending"), ("comment_id", "ascending"), ("kind", "ascending")]
    tables = {
        "curves": work.arrow("attribution_curves").sort_by([*stream, ("start_ms", "ascending")]),
        "windows": work.arrow("attribution_windows").sort_by(
            [*stream, ("strength", "descending"), ("start_ms", "ascending")]
        ),
        "streams": work.arrow("attribution_streams").sort_by(stream),
        "capability": work.arrow("capability").sort_by("section_id"),
    }
    for name in ("campaign_orders", "campaign_shared", "campaign_related"):
        tables[name] = work.arrow(name).replace_schema_metadata(None)
    for name in MODEL_TABLES:
        tables[name] = work.arrow(name).replace_schema_metadata(None)
    if work.has("context_effects"):
        tables["contexts"] = work.arrow("context_effects").replace_schema_metadata(None)
    for name, table, columns in (
        ("section_info", "section", _SECTION_INFO),
        ("comment_text", "comment", _COMMENT_TEXT),
    ):
        if table in work.info["ingest"]["tables"]:
            rows = work.arrow(table, columns).select(columns)
            tables[name] = rows.sort_by(columns[0]).replace_schema_metadata(None)
    return tables
