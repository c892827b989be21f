"""The page: records and pictures through templates into one file that asks nothing of the network.

Everything that comes from data is escaped by the templates; style and script are ours and carry
the hashes that the content security policy names, so nothing else on the page can run. Data for
the script stands in a JSON block that no browser executes, with `<`, `>` and `&` written as
escapes. The page reads and prints without the script.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from importlib import resources
from typing import Any, Final

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup
from zhenzan.detector.report import templates
from zhenzan.detector.report.axes import nights
from zhenzan.detector.report.build import build_report
from zhenzan.detector.report.charts import (
    Panel,
    band_strip,
    close_up,
    curve_panels,
    gauge,
    strokes,
    table_bins,
)
from zhenzan.detector.report.insight_pictures import (
    bar_picture,
    blocks,
    steps_picture,
    week_picture,
)
from zhenzan.detector.report.pictures import network_picture
from zhenzan.detector.report.records import (
    Curve,
    Group,
    InsightCard,
    Report,
    Row,
    SectionPart,
    Statement,
    Template,
    Window,
)
from zhenzan.detector.report.texts import Texts, load_texts
from zhenzan.detector.report.wording import Wording, zone_of
from zhenzan.detector.results import BANDS, Scan

__all__ = ["render_report"]

_TOTALS: Final = ("sections", "engagements", "accounts", "comments", "campaigns")
_TOTALS_ONE: Final = ("engagements", "comments")  # the others are of the whole scan
_FLAGS: Final = {True: "yes", False: "no", None: "unknown"}


def render_report(
    scan: Scan, *, language: str = "zh", section: str | None = None, redact: bool = True
) -> str:
    """Writes the report of a scan as one HTML document.

    Args:
        scan: A finished scan.
        language: `zh` or `en`.
        section: Describe only this section and name no other; None describes the 50 highest.
        redact: Hide names (`redact.py` says which and how).

    Returns:
        The page, 1.5–2 MB for 150–200 sections, 4.4 MB for 2,100 with long hostile texts; the
        same bytes for the same scan.

    Raises:
        UsageError: Unknown language, or the scan has no such section.

    Example:
        >>> scan = Scan.load("results")                                       # doctest: +SKIP
        >>> Path("report.html").write_text(render_report(scan, language="en"))  # doctest: +SKIP
    """
    texts = load_texts(language)
    report = build_report(scan, texts, section=section, redact=redact)
    return _page(report, texts)


def _page(report: Report, texts: Texts) -> str:
    zone, _, _ = zone_of(report.zone)
    painter = _Painter(report, texts, Wording(texts, zone))
    style, script = _asset("style.css"), _asset("page.js")
    names = _TOTALS if report.only is None else _TOTALS_ONE
    page = _environment().get_template("page.j2")
    title = "scan" if report.only is None else "section"
    return page.render(
        report=report,
        t=texts,
        w=painter.wording,
        page_title=texts(f"title.{title}", title=report.only),
        headline=_headline(report, texts),
        shown_totals=[name for name in names if report.totals[name]],
        ranks={band: rank for rank, band in enumerate(BANDS)},
        flags=_FLAGS,
        charts={"band_strip": painter.bands()},
        gauge=painter.gauge,
        draw_curve=painter.curve,
        draw_close=painter.close,
        draw_times=painter.times,
        draw_network=painter.network,
        draw_week=painter.week,
        draw_bar=painter.bar,
        draw_steps=painter.steps,
        week_rows=blocks,
        said=_said,
        csp=_policy(style, script),
        style=Markup(style),  # noqa: S704 - ours, as is the script
        script=Markup(script),  # noqa: S704
        data=_json(painter.data()),
    )


@dataclass(frozen=True, slots=True)
class _CurvePictures:
    growth: Panel
    rate: Panel
    width: str
    key: str
    table: list[tuple[int, int, float, float, float]]
    marked: bool
    nights: bool


class _Painter:
    """Draws what the templates ask for."""

    def __init__(self, report: Report, texts: Texts, wording: Wording) -> None:
        self.report = report
        self.texts = texts
        self.wording = wording

    def bands(self) -> Markup:
        """The strip of the summary."""
        said = self.texts("list.and").join(
            f"{self.texts(f'band.short.{band}')} {n}" for band, n in self.report.bands if n
        )
        return band_strip(self.report.bands, label=f"{self.texts('summary.bands')}: {said}")

    def gauge(self, row: Row) -> Markup:
        """The interval of a section."""
        share = self.wording.share
        label = f"{self.texts('list.share')}: {share(row.share)} ({share(row.lo)}–{share(row.hi)})"
        return gauge(row, label=label)

    def curve(self, part: SectionPart, curve: Curve, index: int) -> _CurvePictures:
        """A curve with its windows, which are marked on the first one only."""
        known = self.report.zone_known
        first, last = curve.bins[0][0], curve.bins[-1][1]
        label = self.texts(
            "curve.alt",
            total=self.wording.count(sum(b[2] for b in curve.bins)),
            kind=self.texts.optional(f"kind.{curve.kind}", curve.kind),
            first=self.wording.when(first),
            last=self.wording.when(last),
            attributed=self.wording.count(round(sum(b[6] for b in curve.bins))),
        )
        windows = part.windows if index == 0 else ()
        growth, rate = curve_panels(curve, windows, self.wording, zone_known=known, label=label)
        return _CurvePictures(
            growth=growth,
            rate=rate,
            width=self.wording.length(curve.bins[0][1] - first),
            key=f"{part.row.anchor}-{index}",
            table=table_bins(curve),
            marked=any(w.on_curve for w in windows),
            nights=known and bool(nights(first, last, self.wording)),
        )

    def close(self, window: Window) -> dict[str, Any]:
        """The surroundings of a window."""
        width = self.wording.length((window.fine_end_ms - window.fine_start_ms) / len(window.fine))
        label = self.texts(
            "close.alt", width=width, number=window.number, n=self.wording.count(window.observed)
        )
        return {"panel": close_up(window, self.wording, label=label), "width": width}

    def times(self, template: Template) -> Markup:
        """The timeline of a pattern."""
        first, last = template.times[0], template.times[-1]
        label = self.texts("template.alt", n=template.n_comments)
        return strokes(template.times, first, max(last, first + 1), label=label, css="strokes")

    def week(self, card: InsightCard) -> Panel | None:
        """The hours of the week in shades."""
        if card.week is None:
            return None
        days = self.texts("insight.days").split()
        return Panel(*week_picture(card.week, days, label=f"{card.title}: {card.sentence}"))

    def bar(self, value: float, top: float) -> Markup:
        """One bar; its figure stands beside it."""
        return bar_picture(value, top, label=self.wording.figure(value))

    def steps(self, card: InsightCard) -> Markup | None:
        """Readings of a counter over time."""
        if card.steps is None:
            return None
        return steps_picture(card.steps, label=f"{card.title}: {card.sentence}")

    def network(self, group: Group) -> dict[str, Any]:
        """The picture of a group and its timelines."""
        network = group.network
        if network is None:
            return {}
        times = [t for _, row in network.rug for t in row]
        first, last = min(times), max(*times, min(times) + 1)
        label = self.texts(
            "network.alt",
            accounts=len(network.accounts),
            sections=len(network.sections),
            edges=self.wording.count(network.n_acts),
        )
        return {
            "picture": network_picture(network, label=label),
            "rug": [
                (name, strokes(row, first, last, label=name, css="strokes"))
                for name, row in network.rug
            ],
            "first": first,
            "last": last,
        }

    def data(self) -> dict[str, Any]:
        """What the script reads: the curves, and words for the figures under the pointer."""
        curves = {
            f"{part.row.anchor}-{index}": {
                "start": curve.bins[0][0],
                "width": curve.bins[0][1] - curve.bins[0][0],
                "bins": [[round(v, 1) for v in b[2:]] for b in curve.bins],
            }
            for part in self.report.parts
            for index, curve in enumerate(part.curves)
        }
        words = {name: self.texts(f"curve.col.{name}") for name in ("observed", "expected")}
        words["attributed"] = self.texts("curve.col.attributed")
        return {"zone": self.report.zone, "words": words, "curves": curves}


def _headline(report: Report, texts: Texts) -> str:
    if report.only is not None:
        return texts(f"section.headline.{report.rows[0].band}")
    counts = dict(report.bands)
    n = {
        "top": counts["likely_purchased"],
        "unusual": counts["unusual"],
        "explained": counts["unusual_explained"],
        "organic": report.n_scored,
    }.get(report.headline, 0)
    return texts(f"summary.{report.headline}", n=n, total=report.n_rows)


def _said(anchor: str, index: int, statement: Statement) -> dict[str, Any]:
    """A statement with its place on the page and how many marks its strength gets."""
    level = (
        "strong" if statement.strength >= 2 else "moderate" if statement.strength >= 1 else "weak"
    )
    return {"anchor": f"{anchor}-e{index}", "it": statement, "level": level}


def _environment() -> Environment:
    return Environment(
        loader=FunctionLoader(_asset),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _asset(name: str) -> str:
    return (resources.files(templates) / name).read_text(encoding="utf-8")


def _policy(style: str, script: str) -> str:
    """Nothing is loaded and nothing runs but our own style and script."""
    return (
        f"default-src 'none'; style-src 'sha256-{_sha256(style)}'; "
        f"script-src 'sha256-{_sha256(script)}'; base-uri 'none'; form-action 'none'"
    )


def _sha256(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


def _json(value: object) -> Markup:
    """JSON that cannot end its block: no `<`, `>` or `&` in it."""
    shown = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for char in "<>&":
        shown = shown.replace(char, f"\\u{ord(char):04x}")
    return Markup(shown)  # noqa: S704 - escaped above
