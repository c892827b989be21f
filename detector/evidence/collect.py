"""Which entities get statements, from whom, in which order, and how many."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from zhenzan.detector.evidence.acts import attributed_acts
from zhenzan.detector.evidence.groups import (
    account_statement,
    campaign_statements,
    shared_statement,
)
from zhenzan.detector.evidence.model import model_statements
from zhenzan.detector.evidence.sections import section_statements, window_statement
from zhenzan.features.engine.base import Engine
from zhenzan.features.family import Entity, Evidence, FeatureFamily, Tables
from zhenzan.models.attribution.result import Attribution
from zhenzan.models.campaigns.config import Campaigns
from zhenzan.models.scorers.base import Scores

__all__ = ["EvidenceConfig", "collect_evidence", "evidence_id"]

_SHOWN: Final = ("unusual_explained", "unusual", "likely_purchased")
_MOST_REFS: Final = 50
# Common accounts are told below this probability, all pairs of campaigns counted.
_CHANCE: Final = 0.01


@dataclass(frozen=True, slots=True)
class EvidenceConfig:
    """How much is collected; bounds on what a person can read and a file should hold.

    Attributes:
        sections, accounts, comments: Entities of each kind, highest score first.
        per_subject: Statements about one entity, strongest first.
        windows: Windows of one stream.
    """

    sections: int = 2000
    accounts: int = 2000
    comments: int = 2000
    per_subject: int = 12
    windows: int = 3


def evidence_id(evidence: Evidence) -> str:
    """A content hash: what is claimed of whom, from which rows and numbers.

    Wording, strength and counter-evidence may be improved without changing the id.
    """
    claim = [
        evidence.reason, *evidence.subject, evidence.refs, evidence.observed, evidence.expected,
        evidence.unit, evidence.start_ms, evidence.end_ms,
    ]  # fmt: skip
    text = json.dumps(claim, ensure_ascii=False, separators=(",", ":"), default=_value)
    return "evidence:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def collect_evidence(
    engine: Engine,
    tables: Tables,
    families: Iterable[FeatureFamily],
    attribution: Attribution,
    scores: Scores,
    campaigns: Campaigns,
    config: EvidenceConfig | None = None,
) -> list[Evidence]:
    """Statements about what will be shown: bands above organic, and members of campaigns.

    Strongest first, equal strength by subject and claim; at most `per_subject` statements about
    one entity, where attribution's own and each family's strongest come first.

    Args:
        engine: Where the canonical tables live.
        tables: Canonical tables.
        families: The families that ran.
        attribution: Posteriors, windows and sums.
        scores: The scored tables, contexts applied.
        campaigns: The groups.
        config: Bounds.
    """
    config = config or EvidenceConfig()
    targets = _targets(scores, campaigns, config)
    found = [
        *_about_sections(targets[Entity.SECTION], attribution, scores),
        *_about_windows(targets, attribution, scores, config),
        *_about_accounts(targets[Entity.ACCOUNT], attribution, scores),
        *_about_campaigns(campaigns),
        *model_statements(targets, scores),
    ]
    for family in families:
        found.extend(family.explain(engine, tables, targets))
    return _strongest(found, config.per_subject)


def _targets(
    scores: Scores, campaigns: Campaigns, config: EvidenceConfig
) -> dict[Entity, list[str]]:
    """Ids that will be shown, by kind."""
    members = campaigns.members
    frames = {
        Entity.SECTION: (scores.sections, config.sections),
        Entity.ACCOUNT: (scores.accounts, config.accounts),
        Entity.COMMENT: (scores.comments, config.comments),
    }
    chosen: dict[Entity, list[str]] = {}
    for entity, (frame, most) in frames.items():
        inside = members.loc[members["member_kind"] == entity.value, "member_id"]
        shown = frame["band"].isin(_SHOWN) | frame[entity.key].isin(set(inside))
        rows = frame[shown].sort_values(
            ["score", entity.key], ascending=[False, True], kind="stable", na_position="last"
        )
        chosen[entity] = [str(key) for key in rows[entity.key].head(most)]
    return chosen


def _about_sections(
    ids: Sequence[str], attribution: Attribution, scores: Scores
) -> Iterator[Evidence]:
    acts = attributed_acts(attribution)
    facts = attribution.sections.select(["section_id", "p_value", "audience_coherence"])
    rows = _records(
        scores.sections[scores.sections["section_id"].isin(set(ids))].merge(
            facts.to_pandas(), on="section_id", how="left"
        )
    )
    lines: dict[str, dict[str, dict[str, Any]]] = {}
    for line in _records(scores.lines[scores.lines["section_id"].isin(set(ids))]):
        lines.setdefault(line["section_id"], {})[line["reason"]] = line
    for row in rows:
        yield from section_statements(row, lines.get(row["section_id"], {}), acts)


def _about_windows(
    targets: dict[Entity, list[str]],
    attribution: Attribution,
    scores: Scores,
    config: EvidenceConfig,
) -> Iterator[Evidence]:
    sections, comments = set(targets[Entity.SECTION]), set(targets[Entity.COMMENT])
    known = scores.sections.set_index("section_id")["contexts"].to_dict()
    taken: dict[tuple[Any, ...], int] = {}
    from_counts = attribution.from_counts()
    windows = attribution.windows.to_pandas().sort_values(
        ["strength", "start_ms", "end_ms"], ascending=[False, True, True], kind="stable"
    )
    for row in _records(windows):
        stream = (row["section_id"], row["comment_id"], row["kind"])
        taken[stream] = taken.get(stream, 0) + 1
        if taken[stream] > config.windows:
            continue
        contexts = list(known.get(row["section_id"], []))
        counted = (row["section_id"], row["kind"]) in from_counts
        for kind, key, wanted in (
            ("section", row["section_id"], sections),
            ("comment", row["comment_id"], comments),
        ):
            if key in wanted:
                yield window_statement(row, (kind, key), contexts, counted=counted)


def _about_accounts(
    ids: Sequence[str], attribution: Attribution, scores: Scores
) -> Iterator[Evidence]:
    acts = attribution.engagements.select(["account_id", "section_id", "p_purchased"]).to_pandas()
    rate = float(acts["p_purchased"].fillna(0.0).mean()) if len(acts) else 0.0
    wanted = acts[acts["account_id"].isin(set(ids)) & (acts["p_purchased"] >= 0.5)]
    where = wanted.groupby("account_id")["section_id"].unique().to_dict()
    rows = scores.accounts[scores.accounts["account_id"].isin(set(ids))]
    for row in _records(rows):
        if row["n_attributed"] >= 1.0:
            refs = sorted(where.get(row["account_id"], []))[:_MOST_REFS]
            yield account_statement(row, rate, tuple(refs))


def _about_campaigns(campaigns: Campaigns) -> Iterator[Evidence]:
    members = campaigns.members
    own = members[members["member_kind"] == "section"].sort_values(
        ["weight", "member_id"], ascending=[False, True], kind="stable"
    )
    heaviest = own.groupby("campaign_id")["member_id"].agg(list).to_dict()
    rows = campaigns.campaigns
    if not campaigns.details.empty:
        rows = rows.merge(campaigns.details, on="campaign_id", how="left")
    for row in _records(rows):
        refs = tuple(heaviest.get(row["campaign_id"], []))[:_MOST_REFS]
        yield from campaign_statements(row, refs)
    for row in _records(campaigns.shared):
        # Of either campaign, and only beyond chance.
        if row["p_value"] < _CHANCE:
            yield shared_statement(row)
            yield shared_statement(
                {**row, "campaign_id": row["other_id"], "other_id": row["campaign_id"]}
            )


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as plain dicts; every kind of missing value becomes None."""
    names = [str(name) for name in frame.columns]
    columns = [[_value(value) for value in frame[name]] for name in frame.columns]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _value(value: Any) -> Any:
    if isinstance(value, list | tuple | np.ndarray):
        return list(value)
    if value is None or pd.isna(value):
        return None
    return value.item() if isinstance(value, np.generic) else value


def _strongest(found: list[Evidence], per_subject: int) -> list[Evidence]:
    """Without repeats, strongest first; of one subject each reason's best precedes its rest."""
    unique = {evidence_id(e): e for e in found}
    ordered = sorted(
        unique.items(),
        key=lambda item: (-item[1].strength, item[1].subject, item[1].reason, item[0]),
    )
    by_subject: dict[tuple[str, str], list[Evidence]] = {}
    for _, evidence in ordered:
        by_subject.setdefault(evidence.subject, []).append(evidence)
    kept: set[int] = set()
    for statements in by_subject.values():
        best: dict[str, Evidence] = {}
        for evidence in statements:
            best.setdefault(evidence.reason, evidence)
        rest = [e for e in statements if best[e.reason] is not e]
        kept.update(id(e) for e in [*best.values(), *rest][:per_subject])
    return [evidence for _, evidence in ordered if id(evidence) in kept]
