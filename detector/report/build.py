"""From a scan to the records of a report: what is told, in which order, in how much detail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd
from zhenzan.detector.report.checks import CHECKS, section_checks
from zhenzan.detector.report.groups import MAX_GROUPS, build_groups, group_order
from zhenzan.detector.report.inputs import read_inputs, unread_inputs
from zhenzan.detector.report.insights import build_creators
from zhenzan.detector.report.material import Material, listed, records, text
from zhenzan.detector.report.parts import build_parts
from zhenzan.detector.report.records import Method, Report, Row
from zhenzan.detector.report.redact import Redactor, clean, scan_key
from zhenzan.detector.report.texts import Texts
from zhenzan.detector.report.wording import MIN_FOR_SHARE, Wording, finite, zone_of
from zhenzan.detector.results import BANDS, Scan
from zhenzan.features.errors import UsageError

__all__ = ["MAX_FULL", "MAX_ROWS", "build_report"]

MAX_FULL: Final = 50  # sections in full; about 40 kB each
MAX_ROWS: Final = 2000  # of the list; about 600 bytes each
_MAX_INPUTS: Final = 50
_MAX_UNREAD: Final = 500  # all of any set of exports; not of a folder of pictures
_MAX_REASONS: Final = 50


def build_report(scan: Scan, texts: Texts, *, section: str | None, redact: bool) -> Report:
    """Builds the records.

    Args:
        scan: A finished scan.
        texts: The language.
        section: Describe this section only; None describes the `MAX_FULL` highest.
        redact: Hide names.

    Raises:
        UsageError: The scan has no such section.
    """
    sections = _ranked(scan.sections)
    if section is not None and not (sections["section_id"] == section).any():
        raise UsageError(
            f"the scan has no section {clean(section)!r}; `sections.parquet` lists its "
            f"{len(sections)} sections"
        )
    chosen = sections if section is None else sections[sections["section_id"] == section]
    full = chosen.head(MAX_FULL)
    made = _material(scan, texts, full, section=section, redact=redact)
    rows = [_row(record, made) for record in records(chosen.head(MAX_ROWS))]
    only = None if section is None else {c for cell in full["campaign_ids"] for c in listed(cell)}
    ordered = group_order(scan.campaigns, only)
    groups = build_groups(ordered, made)
    zone, zone_name, zone_known = zone_of(_timezone(scan.run))
    del zone
    return Report(
        redacted=redact,
        only=None if section is None else made.title(section),
        zone=zone_name,
        zone_known=zone_known,
        period=_period(scan),
        headline=_headline(chosen),
        n_scored=int((chosen["status"] == "scored").sum()),
        bands=tuple((b, int((chosen["band"] == b).sum())) for b in reversed(BANDS)),
        totals=_totals(scan, chosen),
        amount=_amount(chosen),
        checks=_checks(scan, chosen, made),
        rows=tuple(rows),
        n_rows=len(chosen),
        parts=build_parts(rows[: len(full)], full, {g.id: g.anchor for g in groups}, made),
        creators=build_creators(scan.insights, made),
        groups=groups,
        more_groups=max(0, len(ordered) - MAX_GROUPS),
        method=_method(scan, texts, redact=redact),
    )


def _ranked(sections: pd.DataFrame) -> pd.DataFrame:
    """Most severe band first, then highest score, then most engagements beyond organic."""
    severity = sections["band"].map({band: rank for rank, band in enumerate(BANDS)})
    return (
        sections.assign(_severity=severity)
        .sort_values(
            ["_severity", "score", "n_purchased", "n_engagements", "section_id"],
            ascending=[False, False, False, False, True],
            na_position="last",
        )
        .drop(columns="_severity")
        .reset_index(drop=True)
    )


def _material(
    scan: Scan, texts: Texts, full: pd.DataFrame, *, section: str | None, redact: bool
) -> Material:
    accounts = scan.accounts["account_id"]
    info = scan.reference("section_info")
    titles = {} if info.empty else dict(zip(info["section_id"], info["title"], strict=True))
    redactor = Redactor(
        scan_key(accounts),
        redact=redact,
        only_section=section,
        accounts=frozenset(accounts),
        sections=frozenset(scan.sections["section_id"]),
        comments=frozenset(scan.comments["comment_id"]),
    )
    spoken: dict[tuple[str, str], list[Any]] = {}
    for key, evidence in scan.statements:
        spoken.setdefault(evidence.subject, []).append((key, evidence))
    zone, _, _ = zone_of(_timezone(scan.run))
    return Material(
        scan=scan,
        texts=texts,
        wording=Wording(texts, zone),
        redactor=redactor,
        anchors={str(i): f"s{n}" for n, i in enumerate(full["section_id"], start=1)},
        titles={str(i): redactor.title(str(i), text(t)) for i, t in titles.items()},
        spoken=spoken,
    )


def _row(record: Mapping[str, Any], made: Material) -> Row:
    section_id = str(record["section_id"])
    n = int(finite(record["n_engagements"]) or 0)
    shares = [finite(record[f"share_purchased{end}"]) for end in ("", "_lo", "_hi")]
    counts = [finite(record[f"n_purchased{end}"]) for end in ("", "_lo", "_hi")]
    if n < MIN_FOR_SHARE:
        shares = [None, None, None]
    return Row(
        anchor=made.anchors.get(section_id),
        title=made.title(section_id),
        id=made.redactor.section(section_id),
        band=str(record["band"]),
        score=finite(record["score"]),
        n_engagements=n,
        n_purchased=counts[0],
        n_lo=counts[1],
        n_hi=counts[2],
        share=shares[0],
        lo=shares[1],
        hi=shares[2],
    )


def _headline(sections: pd.DataFrame) -> str:
    """The name of the sentence that sums up: the most severe band that occurs."""
    bands = set(sections["band"])
    for band, name in (
        ("likely_purchased", "top"),
        ("unusual", "unusual"),
        ("unusual_explained", "explained"),
        ("organic", "organic"),
    ):
        if band in bands:
            return name
    return "insufficient"


def _period(scan: Scan) -> tuple[int, int] | None:
    """First and last time of any curve, up to the run: what the estimates rest on.

    Where times are coarse, the last step of a curve ends in the future.
    """
    curves = scan.reference("curves")
    if curves.empty:
        return None
    last = int(curves["end_ms"].max())
    return int(curves["start_ms"].min()), min(last, int(scan.run.get("now_ms") or last))


def _totals(scan: Scan, chosen: pd.DataFrame) -> dict[str, int]:
    counts: Mapping[str, int] = scan.run.get("counts") or {}
    return {
        "sections": len(scan.sections),
        "engagements": int(chosen["n_engagements"].sum()),
        "accounts": int(counts.get("accounts", len(scan.accounts))),
        "comments": int(chosen["n_comments"].fillna(0).sum()),
        "campaigns": int(counts.get("campaigns", len(scan.campaigns))),
    }


def _amount(sections: pd.DataFrame) -> tuple[float, int] | None:
    """Engagements beyond organic in the sections of the highest band, and all that they got."""
    top = sections[sections["band"] == "likely_purchased"]
    if top.empty:
        return None
    return float(top["n_purchased"].sum()), int(top["n_engagements"].sum())


def _checks(
    scan: Scan, chosen: pd.DataFrame, made: Material
) -> tuple[tuple[str, dict[str, int]], ...]:
    """How many sections each check could be made in."""
    capability = scan.reference("capability")
    known = {str(row["section_id"]): row for row in records(capability)}
    tally = {name: {"yes": 0, "partly": 0, "no": 0} for name in CHECKS}
    pairs = zip(chosen["section_id"], chosen["families_used"], strict=True)
    for section_id, used in pairs:
        row = known.get(section_id, {})
        for check in section_checks(row, set(listed(used)), made.texts, made.wording):
            tally[check.name][check.state] += 1
    return tuple(tally.items())


def _timezone(run: Mapping[str, Any]) -> str | None:
    """The zone that the user named; times without one were read in it."""
    config = run.get("config") or {}
    return text(config.get("timezone"))


def _method(scan: Scan, texts: Texts, *, redact: bool) -> Method:
    run = scan.run
    families: Mapping[str, Any] = run.get("families") or {}
    inputs = run.get("inputs") or []
    # Times of comments are looked at without the family that reads likes: what spoke was used.
    spoke = {name for cell in scan.sections["families_used"] for name in listed(cell)}
    used = [str(f["name"]) for f in families.get("used", [])]
    skipped = {
        str(name): _said(why, texts)
        for name, why in (families.get("skipped") or {}).items()
        if name not in spoke
    }
    used += [name for name in sorted(spoke.difference(used)) if name in families.get("skipped", {})]
    rejections = run.get("rejections") or []
    read = read_inputs(inputs, redact=redact)
    unread = unread_inputs(inputs, texts, redact=redact)
    return Method(
        version=clean(str((run.get("versions") or {}).get("zhenzan", ""))),
        model=clean(str((run.get("model") or {}).get("id", ""))),
        engine=clean(str(run.get("engine", ""))),
        config=clean(str(run.get("config_digest", "")))[:12],
        calibrated=bool(scan.sections["probability"].notna().any()),
        families=tuple(texts.optional(f"family.{name}", clean(name)) for name in used),
        skipped=tuple(
            (texts.optional(f"family.{name}", clean(name)), why) for name, why in skipped.items()
        ),
        inputs=tuple(read[:_MAX_INPUTS]),
        n_inputs=len(read),
        unread=tuple(unread[:_MAX_UNREAD]),
        n_unread=len(unread),
        rows_read=sum(int(i.get("rows_read") or 0) for i in inputs),
        rows_merged=int((run.get("rows") or {}).get("merged") or 0),
        rows_rejected=sum(int(i.get("rows_rejected") or 0) for i in inputs),
        rejections=tuple(
            (clean(str(r.get("table"))), clean(str(r.get("reason"))), int(r.get("count") or 0))
            for r in rejections[:_MAX_REASONS]
        ),
    )


def _said(why: Any, texts: Texts) -> str:
    """A reason in the language of the report."""
    if isinstance(why, Mapping):
        return clean(str(why.get(texts.language, "")), 300)
    return clean(str(why), 300)
