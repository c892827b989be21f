"""`zhenzan explain`: the evidence of one entity in the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from zhenzan.detector.cli.common import JsonFlag, Lang, emit_json, language, say

if TYPE_CHECKING:
    from zhenzan.detector.explain import Explanation
    from zhenzan.features.family import Evidence

__all__ = ["explain"]

_MEMBERS_SHOWN: Final = 10


def explain(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="A scan directory.")],
    entity_id: Annotated[
        str, typer.Argument(metavar="ID", help="Of a section, account, comment or campaign.")
    ],
    lang: Lang = None,
    as_json: JsonFlag = False,
) -> None:
    """Show what speaks for and against.

    The evidence of one section, account, comment or campaign of a scan.
    """
    from zhenzan.detector.explain import explain as look_up
    from zhenzan.detector.results import Scan

    found = look_up(Scan.load(directory), entity_id)
    if as_json:
        emit_json([_plain(explanation) for explanation in found])
        return
    spoken = language(lang)
    for explanation in found:
        for line in _lines(explanation, spoken):
            say(line)


def _plain(explanation: Explanation) -> dict[str, Any]:
    from zhenzan.detector.statements import evidence_record

    return {
        "kind": explanation.kind,
        "record": explanation.record,
        "evidence": [evidence_record(*statement) for statement in explanation.statements],
        "campaign_evidence": [
            evidence_record(*statement) for statement in explanation.about_campaigns
        ],
        "members": list(explanation.members),
        "related": list(explanation.related),
    }


def _lines(found: Explanation, lang: str) -> Iterator[str]:
    from zhenzan.detector.cli.words import KINDS, WORDS
    from zhenzan.detector.terminal import clean

    words, record = WORDS[lang], found.record
    yield f"{KINDS[lang][found.kind]} {clean(record[f'{found.kind}_id'])}"
    yield from (_campaign if found.kind == "campaign" else _scored)(record, words, lang)
    for earlier in found.related:
        name = clean(earlier["previous_id"])
        yield f"  {words[earlier['relation']].format(name=name)}"
    for member in found.members[:_MEMBERS_SHOWN]:
        kind = KINDS[lang][member["member_kind"]]
        yield f"  {words['members']}{words['colon']}{kind} {clean(member['member_id'])}"
    if len(found.members) > _MEMBERS_SHOWN:
        yield "  " + words["more"].format(n=len(found.members) - _MEMBERS_SHOWN)
    yield ""
    statements = [*found.statements, *found.about_campaigns]
    yield words["evidence"] if statements else words["no_evidence"]
    yield from _evidence((statement for _, statement in statements), words, lang)
    yield ""
    yield words["caution"]


def _scored(record: Mapping[str, Any], words: Mapping[str, str], lang: str) -> Iterator[str]:
    """Band, score, amount and reasons of a section, account or comment."""
    from zhenzan.detector.cli.overview import rounded
    from zhenzan.detector.cli.words import BANDS, STATUSES

    band = record["band"]
    said = words["brackets"].format(outer=band, inner=BANDS[lang].get(band, band))
    yield f"  {words['band']}{words['colon']}{said}"
    score = "" if record["score"] is None else f"{words['comma']}{words['score']} "
    score += rounded(record["score"]) if score else ""
    yield f"  {words['status']}{words['colon']}{STATUSES[lang][record['status']]}{score}"
    if record.get("n_purchased") is not None and _has_amount(record):
        figures = {
            "n": rounded(record["n_purchased"], 0),
            "lo": rounded(record["n_purchased_lo"], 0),
            "hi": rounded(record["n_purchased_hi"], 0),
            "total": rounded(record["n_engagements"], 0),
        }
        yield f"  {words['purchased']}{words['colon']}{words['of'].format(**figures)}"
    for flag in ("coordinated", "automated"):
        if record.get(flag) is not None:
            yield f"  {words[flag]}{words['colon']}{words['yes' if record[flag] else 'no']}"
    for key, label in (
        ("reasons", "reasons"),
        ("contexts", "contexts"),
        ("campaign_ids", "campaigns"),
        ("families_missing", "missing"),
    ):
        if record.get(key):
            yield f"  {words[label]}{words['colon']}{', '.join(record[key])}"


def _has_amount(record: Mapping[str, Any]) -> bool:
    """Whether an estimate was made: a section without acts, or not judged, has none."""
    return record["status"] == "scored" and bool(record["n_engagements"])


def _campaign(record: Mapping[str, Any], words: Mapping[str, str], lang: str) -> Iterator[str]:
    from zhenzan.detector.cli.overview import rounded
    from zhenzan.detector.cli.words import DELIVERIES

    counts = {"sections": "n_sections", "accounts": "n_accounts", "engagements": "n_engagements"}
    shown = {name: rounded(record[key], 0) for name, key in counts.items()}
    yield "  " + words["group"].format(**shown)
    yield f"  {words['window']}{words['colon']}{utc(record['first_ms'])} – {utc(record['last_ms'])}"
    if record["delivery"] is not None:
        said = DELIVERIES[lang].get(record["delivery"], record["delivery"])
        yield f"  {words['delivery']}{words['colon']}{said}"
    if record["order_size"] is not None:
        yield f"  {words['order_size']}{words['colon']}{record['order_size']}"
    if record["estimated_cost_lo"] is not None:
        low, high = (rounded(record[f"estimated_cost_{end}"], 2) for end in ("lo", "hi"))
        yield f"  {words['cost']}{words['colon']}{low}–{high} {words['dollars']}"


def _evidence(statements: Iterable[Evidence], words: Mapping[str, str], lang: str) -> Iterator[str]:
    from zhenzan.detector.terminal import clean

    for statement in statements:
        yield f"  • {clean(getattr(statement.statement, lang), 1000)}"
        when = ""
        if statement.start_ms is not None and statement.end_ms is not None:
            when = f"{words['semicolon']}{utc(statement.start_ms)} – {utc(statement.end_ms)}"
        strength = words["strength"].format(power=f"{statement.strength:.1f}")
        yield f"    {clean(statement.reason)}{words['comma']}{strength}{when}"
        for counter in statement.counter_evidence:
            yield f"    {words['but']}{words['colon']}{clean(getattr(counter, lang), 1000)}"


def utc(ms: int | None) -> str:
    """A moment for people, to the minute, in UTC."""
    from datetime import UTC, datetime

    return "–" if ms is None else f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%d %H:%M}Z"
