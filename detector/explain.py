"""What a scan says about one section, account, comment or campaign."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from zhenzan.detector.results import Scan
from zhenzan.features.errors import UsageError
from zhenzan.features.family import Evidence

__all__ = ["KINDS", "Explanation", "explain", "explain_one"]

KINDS: Final = ("section", "account", "comment", "campaign")
_SIMILAR: Final = 3
# Below this likeness (0 to 100) a suggested id has hardly anything in common with the asked one.
_LIKENESS: Final = 60


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything about one entity.

    Attributes:
        kind: One of `KINDS`.
        record: Its row in the scan directory.
        statements: `(evidence_id, statement)` about it, strongest first.
        about_campaigns: The same about the campaigns it belongs to.
        members: Of a campaign, heaviest first; empty for the rest.
        related: Of a campaign, the earlier ones that it continues, is part of or took in.
    """

    kind: str
    record: Mapping[str, Any]
    statements: tuple[tuple[str, Evidence], ...]
    about_campaigns: tuple[tuple[str, Evidence], ...]
    members: tuple[Mapping[str, Any], ...]
    related: tuple[Mapping[str, Any], ...] = ()


def explain(scan: Scan, entity_id: str) -> tuple[Explanation, ...]:
    """All entities that have this id, of whatever kind (nearly always one).

    Raises:
        UsageError: There is none; the message names similar section ids.
    """
    found = tuple(one for kind in KINDS if (one := explain_one(scan, kind, entity_id)) is not None)
    if found:
        return found
    similar = _similar(scan, entity_id)
    hint = f"; did you mean {', '.join(similar)}?" if similar else ""
    raise UsageError(
        f"no section, account, comment or campaign {entity_id!r} in {scan.path}{hint}"
        + ("" if _keeps_ids(scan) else "\naccount ids of this scan are keyed hashes")
    )


def _keeps_ids(scan: Scan) -> bool:
    """Whether no file's account ids were hashed; by default `canonical` alone keeps them."""
    choice = scan.run["config"]["ids"]
    read = {record["source"] for record in scan.run["inputs"]} - {None}
    return bool(choice == "keep" or (choice is None and read <= {"canonical"}))


def explain_one(scan: Scan, kind: str, entity_id: str) -> Explanation | None:
    """The entity of that kind and id; None where the scan has none."""
    record = scan.record(kind, entity_id)
    return None if record is None else _explanation(scan, kind, entity_id, record)


def _explanation(scan: Scan, kind: str, entity_id: str, record: Mapping[str, Any]) -> Explanation:
    campaigns = set(record.get("campaign_ids") or ())
    return Explanation(
        kind=kind,
        record=record,
        statements=tuple(s for s in scan.statements if s[1].subject == (kind, entity_id)),
        about_campaigns=tuple(
            s
            for s in scan.statements
            if s[1].subject[0] == "campaign" and s[1].subject[1] in campaigns
        ),
        members=tuple(scan.members(entity_id)) if kind == "campaign" else (),
        related=_related(scan, entity_id) if kind == "campaign" else (),
    )


def _related(scan: Scan, campaign_id: str) -> tuple[Mapping[str, Any], ...]:
    """Rows about one campaign; none where no earlier scan was named."""
    rows = scan.reference("campaign_related")
    if rows.empty:
        return ()
    own = rows[rows["campaign_id"] == campaign_id].to_dict("records")
    return tuple({str(name): value for name, value in row.items()} for row in own)


def _similar(scan: Scan, entity_id: str) -> list[str]:
    from rapidfuzz import fuzz, process

    ids = scan.sections.section_id.tolist() + scan.campaigns.campaign_id.tolist()
    matches = process.extract(
        entity_id, ids, scorer=fuzz.WRatio, limit=_SIMILAR, score_cutoff=_LIKENESS
    )
    return [match for match, *_ in matches]
