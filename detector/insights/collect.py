"""All insights of a scan, and the line of each in `insights.jsonl`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from zhenzan.detector.insights.advice import NAME, NEEDS, TITLE, advise
from zhenzan.detector.insights.base import Insight, Maker, Subject
from zhenzan.detector.insights.known import Known
from zhenzan.detector.insights.registry import makers
from zhenzan.detector.statements import plain
from zhenzan.features.family import Text

__all__ = ["collect_insights", "insight_lines"]


def collect_insights(known: Known, using: Sequence[Maker] | None = None) -> list[Insight]:
    """Makes all insights: subject by subject, creators first, then sections in the order of ids.

    Args:
        known: What they read.
        using: Makers; None takes those of the registry.
    """
    found: dict[Subject, list[Insight]] = {}
    for _, creator_id in known.creators():
        found[("creator", creator_id)] = []
    for _, section_id in known.subjects():
        found[("section", section_id)] = []
    for maker in makers() if using is None else using:
        for insight in maker.make(known):
            found[insight.subject].append(insight)
    for subject, mine in found.items():
        given = {insight.id.partition("@")[0]: insight for insight in mine if insight.given}
        mine.insert(0, advise(subject, given))
    return [insight for mine in found.values() for insight in mine]


def insight_lines(insights: Iterable[Insight]) -> Iterator[dict[str, Any]]:
    """The objects of `insights.jsonl`, JSON types only."""
    told: dict[str, tuple[Text, Text]] = {m.id: (m.title, m.needs) for m in makers()}
    told[NAME] = (TITLE, NEEDS)
    for insight in insights:
        title, needs = told[insight.id]
        # Cells are JSON already; walking through each of them would cost more than making them.
        series = [{"name": s.name, "columns": s.columns, "rows": s.rows} for s in insight.series]
        line: dict[str, Any] = plain(
            {
                "insight": insight.id,
                "subject": {"kind": insight.subject[0], "id": insight.subject[1]},
                "status": "given" if insight.given else "abstained",
                "title": title,
                "needs": needs,
                "n": insight.n,
                "least": insight.least,
                "unit": insight.unit,
                "raw": insight.raw,
                "genuine": insight.genuine,
                "sentence": insight.sentence,
                "abstained": insight.abstained,
            }
        )
        yield {**line, "series": series}
