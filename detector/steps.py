"""The steps of a run, one function each; `scan.py` knows their order.

A step reads tables that earlier steps wrote, writes its own, and returns what is worth recording.
Libraries load inside the step that needs them, so that `zhenzan --help` stays quick.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
from zhenzan.detector.model_tables import MODEL_TABLES
from zhenzan.detector.results import CAMPAIGN_TABLES, OUTPUTS, Scan, as_table
from zhenzan.detector.statements import plain, read_evidence, write_evidence, write_lines
from zhenzan.detector.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd
    from zhenzan.features.engine.base import Relation
    from zhenzan.models.attribution import Reference
    from zhenzan.models.attribution.result import Attribution
    from zhenzan.models.campaigns import Campaigns
    from zhenzan.models.scorers.base import Scores

__all__ = [
    "attribution_step",
    "campaigns_step",
    "capability_step",
    "contexts_step",
    "evidence_step",
    "families_step",
    "ingest_step",
    "insights_step",
    "keep_attribution",
    "kept_attribution",
    "scores_step",
    "templates_step",
    "write_step",
]

_ATTRIBUTION: Final = (
    "engagements", "streams", "sections", "accounts", "windows", "curves", "comments",
)  # fmt: skip
_SCORED: Final = ("sections", "accounts", "comments")


def ingest_step(work: Workspace) -> dict[str, Any]:
    """Files to canonical tables."""
    from zhenzan.detector.ingest import IngestOptions, ingest

    o = work.options
    said = IngestOptions(
        now_ms=o.now_ms,
        source=o.source,
        map_file=o.map_file,
        ids=o.ids,
        key_file=o.key_file,
        timezone=o.timezone,
        observed_at_ms=o.observed_at_ms,
        section_id=o.section_id,
    )
    done = ingest(work.paths, work.engine, said, work_dir=work.tables, progress=work.tell)
    work.written.extend(work.path(name) for name in done.tables)
    return {
        "tables": sorted(done.tables),
        "inputs": [asdict(record) for record in done.inputs],
        "rejections": [asdict(rejection) for rejection in done.rejections],
        "notes": [asdict(note) for note in done.notes],
        "rows": asdict(done.rows),
    }


def capability_step(work: Workspace) -> dict[str, Any]:
    """What can be computed for which section."""
    from zhenzan.features.capability import capability

    reference = _reference(work)
    remembered = None if reference is None else len(reference.memory.sections)
    made = capability(work.engine, work.canonical(), remembered)
    work.put("capability", made, sort_by=["section_id"])
    return {}


def _reference(work: Workspace) -> Reference | None:
    """What the run is judged against, loaded once."""
    from zhenzan.models.attribution import Reference

    if work.reference is None and work.options.reference is not None:
        work.reference = Reference.load(Scan.load(work.options.reference).learnt)
    return work.reference


def families_step(work: Workspace) -> dict[str, Any]:
    """The matrices of all families."""
    from zhenzan.features.families import families
    from zhenzan.features.family import FeatureConfig
    from zhenzan.features.matrix import build_matrices

    known, config = families(), FeatureConfig()
    made = build_matrices(work.engine, _with_templates(work), config, known)
    for entity, relation in made.relations.items():
        work.put(f"matrix_{entity.value}", relation, sort_by=[entity.key])
    return {
        "used": [{"name": f.name, "version": f.version} for f in known if f.name in made.used],
        "skipped": {name: plain(why) for name, why in made.skipped.items()},
        "config": asdict(config),
    }


def templates_step(work: Workspace) -> dict[str, Any]:
    """The templates of comments and sections, and how surprising they are."""
    from zhenzan.features.family import FeatureConfig
    from zhenzan.features.template import analyse

    tables = work.canonical()
    if "comment" not in tables:
        return {"n_comments": 0}
    by_comment, by_section = analyse(work.engine, tables, FeatureConfig())
    work.put("comment_template", by_comment, sort_by=["comment_id"])
    work.put("section_template", by_section, sort_by=["section_id", "template_id"])
    return {}


def _with_templates(work: Workspace) -> dict[str, Relation]:
    """The canonical tables and the analysed texts, which are costly to make again."""
    from zhenzan.features.template import ANALYSED

    tables = work.canonical()
    return tables | {name: work.relation(name) for name in ANALYSED if work.has(name)}


def attribution_step(work: Workspace) -> dict[str, Any]:
    """The posterior of every engagement."""
    from zhenzan.models.attribution import AttributionConfig, attribute

    reference = _reference(work)
    config = AttributionConfig() if reference is None else reference.config
    found = attribute(
        work.engine,
        work.canonical(),
        config,
        progress=lambda done, rounds: work.tell(done, rounds, f"{done}/{rounds}"),
        reference=reference,
        remember=reference is None,
    )
    kept = keep_attribution(work, found)
    if found.reference is not None:
        work.written.extend(found.reference.save(work.learnt))
        kept["info"]["learnt_reference"] = found.reference.digest
    return {**kept, "config": plain(asdict(config))}


def keep_attribution(work: Workspace, found: Attribution) -> dict[str, Any]:
    """Writes the tables that later steps read; returns what they need to know of the fit."""
    for name in _ATTRIBUTION:
        work.put(f"attribution_{name}", getattr(found, name))
    return {"info": plain(found.info)}


def kept_attribution(work: Workspace) -> Attribution:
    """What `keep_attribution` wrote."""
    from zhenzan.models.attribution.result import Attribution

    tables = {name: work.arrow(f"attribution_{name}") for name in _ATTRIBUTION}
    return Attribution(**tables, info=work.info["attribution"]["info"])


def contexts_step(work: Workspace) -> dict[str, Any]:
    """Benign explanations that were declared or that the data show, and what they excuse."""
    from zhenzan.detector import contexts as benign

    found, templates = kept_attribution(work), None
    if work.has("comment_template"):
        templates = work.arrow("comment_template")
    rows = [benign.find_contexts(work.engine, work.canonical(), found, templates)]
    if "context" in work.canonical():
        rows.append(work.arrow("context", rows[0].schema.names).cast(rows[0].schema))
    if work.options.contexts or work.options.known_contexts:
        ids = work.arrow("capability", ("section_id",))["section_id"].to_pylist()
        said = [benign.parse_context(t, work.options.timezone) for t in work.options.contexts]
        known = [benign.parse_context(t) for t in work.options.known_contexts]
        said += benign.about(known, ids)
        focus = benign.focus_sections(found, templates)
        rows.append(benign.declared_rows(said, ids, focus))
    every = benign.in_order(rows)
    work.put("context_rows", every)
    company = benign.kept_by_company(found.sections.to_pandas())
    excuses = benign.declared_contexts(every.to_pandas(), company)
    if len(excuses):
        work.put("contexts", excuses)
    return benign.tally(every, company)


def scores_step(work: Workspace) -> dict[str, Any]:
    """Score, band and status of sections, accounts and comments, by rules or a model."""
    from zhenzan.detector.shown_likes import with_shown_likes
    from zhenzan.models.scorers.base import ACCOUNT_FACTS, COMMENT_FACTS
    from zhenzan.models.scorers.registry import DEFAULT, get_scorer

    o = work.options
    scores = get_scorer(o.model or DEFAULT, base_rate=o.base_rate).score(
        kept_attribution(work),
        {entity: work.frame(f"matrix_{entity}") for entity in ("section", "account", "comment")},
        work.frame("capability"),
        _optional(work, "comment_template"),
        _optional(work, "contexts"),
        accounts=_facts(work, "account", ACCOUNT_FACTS),
        comments=with_shown_likes(work, _facts(work, "comment", COMMENT_FACTS[:-1])),
    )
    for name in _SCORED:
        work.put(f"scored_{name}", as_table(getattr(scores, name), _scored_schema(name)))
    work.put("score_lines", scores.lines)
    for name in MODEL_TABLES:
        rows = getattr(scores, name)
        schema = MODEL_TABLES[name]
        work.put(name, schema.empty_table() if rows.empty else as_table(rows, schema))
    if work.has("context_rows") and work.told:
        work.put("context_effects", _effects(work, scores))
    return {"info": plain(scores.info)}


def _effects(work: Workspace, scores: Scores) -> pa.Table:
    """Every explanation beside the bands and scores with and without them."""
    from zhenzan.detector import contexts as benign
    from zhenzan.models.scorers.registry import DEFAULT, get_scorer

    rows = work.frame("context_rows")
    ids = sorted(set(rows["section_id"].dropna()))
    found = kept_attribution(work)
    matrix = work.frame("matrix_section")
    scorer = get_scorer(work.options.model or DEFAULT, base_rate=work.options.base_rate)
    before = benign.without_contexts(
        scorer,
        ids,
        found,
        {"section": matrix, "account": matrix[:0], "comment": matrix[:0]},
        work.frame("capability"),
        _optional(work, "comment_template"),
    )
    company = benign.kept_by_company(found.sections.to_pandas())
    return benign.effects(rows, company, before, scores.sections)


def _scored_schema(name: str) -> pa.Schema:
    """The output's schema without what the campaigns add."""
    return pa.schema([field for field in OUTPUTS[name] if field.name != "campaign_ids"])


def _optional(work: Workspace, name: str) -> pd.DataFrame | None:
    return work.frame(name) if work.has(name) else None


def _facts(work: Workspace, table: str, columns: tuple[str, ...]) -> pd.DataFrame | None:
    """Some columns of a canonical table, None where it has no rows."""
    if table not in work.canonical():
        return None
    frame: pd.DataFrame = work.arrow(table, columns).to_pandas()
    return frame


def _scores(work: Workspace) -> Scores:
    from zhenzan.models.scorers.base import Scores

    frames = {name: work.frame(f"scored_{name}") for name in _SCORED}
    return Scores(
        **frames,
        lines=work.frame("score_lines"),
        info=work.info["scores"]["info"],
        contributions=work.frame("contributions"),
    )


def campaigns_step(work: Workspace) -> dict[str, Any]:
    """Groups of accounts and sections that one operation would explain."""
    from zhenzan.models.campaigns import CampaignConfig, continue_ids, find_campaigns

    config = CampaignConfig()
    found = find_campaigns(
        kept_attribution(work),
        _facts(work, "section", ("section_id", "creator_id")),
        config,
        comments=_facts(work, "comment", ("section_id", "account_id", "created_ms")),
        retracted=_retracted(work),
    )
    told: dict[str, Any] = {"n_campaigns": len(found.campaigns), "config": plain(asdict(config))}
    related = CAMPAIGN_TABLES["related"].empty_table()
    if work.options.previous is not None:
        done = continue_ids(found, Scan.load(work.options.previous).campaign_members)
        found, related = done.campaigns, as_table(done.related, CAMPAIGN_TABLES["related"])
        told["relations"] = done.related["relation"].value_counts().sort_index().to_dict()
    work.put("campaigns", as_table(found.campaigns, OUTPUTS["campaigns"]))
    work.put("campaign_members", as_table(found.members, OUTPUTS["campaign_members"]))
    work.put("campaign_details", found.details)
    work.put("campaign_orders", as_table(found.orders, CAMPAIGN_TABLES["orders"]))
    work.put("campaign_shared", as_table(found.shared, CAMPAIGN_TABLES["shared"]))
    work.put("campaign_related", related)
    return told


def _retracted(work: Workspace) -> list[str]:
    """Engagements that were taken back."""
    if "engagement" not in work.canonical():
        return []
    rows = work.arrow("engagement", ("engagement_id", "retracted_lo_ms"))
    gone: list[str] = rows.filter(rows["retracted_lo_ms"].is_valid())["engagement_id"].to_pylist()
    return gone


def _campaigns(work: Workspace) -> Campaigns:
    from zhenzan.models.campaigns import Campaigns

    return Campaigns(
        work.frame("campaigns"),
        work.frame("campaign_members"),
        work.frame("campaign_details"),
        work.frame("campaign_orders"),
        work.frame("campaign_shared"),
    )


def evidence_step(work: Workspace) -> dict[str, Any]:
    """Checkable statements about what will be shown."""
    from zhenzan.detector.evidence import EvidenceConfig, collect_evidence, evidence_id
    from zhenzan.features.families import families

    used = {family["name"] for family in work.info["families"]["used"]}
    found = collect_evidence(
        work.engine,
        _with_templates(work),
        [family for family in families() if family.name in used],
        kept_attribution(work),
        _scores(work),
        _campaigns(work),
        config := EvidenceConfig(),
    )
    path = work.tables / "evidence.jsonl"
    write_evidence(path, ((evidence_id(statement), statement) for statement in found))
    work.written.append(path)
    return {"n_statements": len(found), "config": plain(asdict(config))}


def insights_step(work: Workspace) -> dict[str, Any]:
    """What a creator learns whatever was found, on what looks genuine."""
    from zhenzan.detector.insights import collect_insights, insight_lines, load_known

    known = load_known(work)
    found = collect_insights(known)
    path = work.tables / "insights.jsonl"
    write_lines(path, insight_lines(found))
    work.written.append(path)
    return {
        "n_insights": len(found),
        "n_given": sum(insight.given for insight in found),
        "n_sections": int(known.sections.described.sum()),
    }


def write_step(work: Workspace) -> dict[str, Any]:
    """The scan directory, all but `run.json`."""
    from zhenzan.detector.assemble import assemble

    statements = list(read_evidence(work.tables / "evidence.jsonl"))
    work.written.extend(assemble(work, statements))
    insights = work.result / "insights.jsonl"
    insights.write_bytes((work.tables / "insights.jsonl").read_bytes())
    work.written.append(insights)
    return {}
