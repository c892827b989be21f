"""What a creator learns, as records: figures raw and genuine, pictures, and what was silent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from zhenzan.detector.report.material import Material
from zhenzan.detector.report.records import (
    CreatorPart,
    InsightBars,
    InsightCard,
    InsightPart,
    InsightSteps,
    InsightWeek,
)
from zhenzan.detector.report.redact import clean
from zhenzan.detector.report.wording import MIN_FOR_SHARE, Wording, finite

__all__ = ["MAX_CREATORS", "build_creators", "build_insights", "by_subject"]

MAX_CREATORS: Final = 5  # a creator has one; a platform's team reads insights.jsonl
_MAX_HINTS: Final = 4
_MAX_BARS: Final = 12
_MAX_SENTENCE: Final = 400

Line = Mapping[str, Any]


def build_insights(lines: Sequence[Line], made: Material) -> InsightPart | None:
    """The insights of one subject; None where the scan holds none.

    Args:
        lines: Its lines of `insights.jsonl`, in their order.
        made: What is at hand.
    """
    if not lines:
        return None
    language = made.texts.language
    cards, silent, hints = [], [], []
    for line in lines:
        title = clean(_said(line["title"], language))
        if line["status"] != "given":
            if not _name(line).startswith("advice"):
                silent.append((title, _shown(line["abstained"], made)))
            continue
        if _name(line) == "advice":
            hints = _hints(line, made)
        else:
            cards.append(_card(line, title, made))
    return InsightPart(tuple(hints), tuple(cards), tuple(silent))


def build_creators(lines: Iterable[Line], made: Material) -> tuple[CreatorPart, ...]:
    """The creators with most behind their figures; none in a report about one section."""
    if made.redactor.only_section is not None:
        return ()
    by_creator: dict[str, list[Line]] = {}
    for line in lines:
        if line["subject"]["kind"] == "creator":
            by_creator.setdefault(str(line["subject"]["id"]), []).append(line)
    ranked = sorted(
        by_creator.items(), key=lambda item: (-max(int(x["n"]) for x in item[1]), item[0])
    )
    found = []
    for number, (creator_id, mine) in enumerate(ranked[:MAX_CREATORS], start=1):
        part = build_insights(mine, made)
        name = None if made.redactor.redact else clean(creator_id)
        if part is not None and part.cards:
            found.append(CreatorPart(f"i{number}", number, name, part))
    return tuple(found)


def by_subject(lines: Iterable[Line]) -> dict[str, list[Line]]:
    """The lines about each section."""
    found: dict[str, list[Line]] = {}
    for line in lines:
        if line["subject"]["kind"] == "section":
            found.setdefault(str(line["subject"]["id"]), []).append(line)
    return found


def _card(line: Line, title: str, made: Material) -> InsightCard:
    wording, unit = made.wording, str(line["unit"])
    raw, genuine = finite(line["raw"]), finite(line["genuine"])
    n = int(line["n"])
    series = {str(s["name"]): s for s in line["series"]}
    return InsightCard(
        name=_name(line),
        title=title,
        sentence=_shown(line["sentence"], made),
        n=n,
        raw=_figure(raw, unit, n, wording),
        genuine=_figure(genuine, unit, n, wording),
        week=_week(series["week"]) if "week" in series else None,
        bars=_bars(series, made),
        steps=_steps(series["steps"]) if "steps" in series else None,
    )


def _figure(value: float | None, unit: str, n: int, wording: Wording) -> str | None:
    """A figure in its unit; none where the sentence says it better, no share of fewer than 20."""
    if value is None or unit == "score" or (unit == "share" and n < MIN_FOR_SHARE):
        return None
    if unit == "seconds":
        return wording.length(1000 * value)
    if unit == "rate":
        return f"{wording.figure(_digits(100 * value))} / 100"
    return wording.share(value) if unit == "share" else wording.figure(value)


def _digits(value: float) -> float:
    """Three significant digits."""
    return float(f"{value:.3g}")


def _week(series: Mapping[str, Any]) -> InsightWeek:
    raw, genuine = [0.0] * 168, [0.0] * 168
    for weekday, hour, seen, kept in series["rows"]:
        at = int(weekday) * 24 + int(hour)
        if 0 <= at < 168:
            raw[at], genuine[at] = float(seen), float(kept)
    return InsightWeek(tuple(raw), tuple(genuine))


def _bars(series: Mapping[str, Mapping[str, Any]], made: Material) -> InsightBars | None:
    """A series of amounts as rows `(label, genuine, raw, other)`; None where there is none."""
    for name, columns in _BARS.items():
        if name not in series:
            continue
        wanted = [made.texts.language if column == "title" else column for column in columns]
        places = [series[name]["columns"].index(column) for column in wanted]
        cells = series[name]["rows"]
        rows: list[tuple[str, float, float, float | None]] = []
        for cell in cells[-_MAX_BARS:] if name == "sections" else cells[:_MAX_BARS]:
            label, genuine, raw, *rest = (cell[place] for place in places)
            shown = made.title(str(label)) if name == "sections" else clean(str(label), 40)
            amounts = [float(genuine), float(raw), finite(rest[0]) if rest else None]
            if name in _RATES:
                amounts = [None if v is None else _digits(100 * v) for v in amounts]
            rows.append((shown, amounts[0] or 0.0, amounts[1] or 0.0, amounts[2]))
        return InsightBars(name, tuple(rows)) if rows else None
    return None


# Series that are drawn as bars, and which of their columns: label, genuine, raw, other.
_BARS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "words": ("word", "genuine", "raw"),
        "mix": ("label", "genuine", "raw", "usual_share"),
        "levels": ("depth", "genuine", "raw"),
        "groups": ("title", "genuine", "raw", "others"),
        "sections": ("section_id", "genuine", "raw"),
    }
)


_RATES: Final = ("groups", "sections")  # comments for 100 reads or likes


def _steps(series: Mapping[str, Any]) -> InsightSteps:
    return InsightSteps(
        tuple(
            (int(t), int(low), None if high is None else int(high))
            for t, low, high in series["rows"]
        )
    )


def _hints(line: Line, made: Material) -> list[tuple[str, int]]:
    at = 2 if made.texts.language == "zh" else 3
    rows = line["series"][0]["rows"] if line["series"] else []
    limit = _MAX_SENTENCE
    return [(made.redactor.sentence(str(r[at]), (), limit), int(r[1])) for r in rows[:_MAX_HINTS]]


def _shown(said: Mapping[str, str] | None, made: Material) -> str:
    return made.redactor.sentence(_said(said, made.texts.language), (), _MAX_SENTENCE)


def _said(said: Mapping[str, str] | None, language: str) -> str:
    return str(said[language]) if said else ""


def _name(line: Line) -> str:
    return str(line["insight"]).partition("@")[0]
