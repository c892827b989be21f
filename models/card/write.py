"""Writes the card of a bundle beside it: Markdown in Chinese and English, diagrams as SVG.

Everything in it comes from what the training wrote into the bundle, and from the figures on fresh
worlds where it was judged on such; nobody fills in a number by hand.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal

from zhenzan.features.family import Text
from zhenzan.models.bundle import Bundle
from zhenzan.models.card.diagram import reliability_svg
from zhenzan.models.card.words import (
    CLASSES,
    COLUMNS,
    FACETS,
    FOR,
    HEADINGS,
    LINES,
    NOT_FOR,
    UNITS,
)
from zhenzan.models.lineage import bundles_of, seeds_of

__all__ = ["card_files", "write_card"]

Language = Literal["zh", "en"]
Figures = Mapping[str, Any]

_LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")
_MISTAKEN: Final = 8
"""Slices of ordinary life that are named, worst first."""
_BLIND: Final = 0.5
_AUC: Final = Text("AUC", "AUC")
_RECALL: Final = Text("0.5% 误报下的召回率", "recall at 0.5 % false positives")


def write_card(bundle: Bundle, folder: Path, fresh: Figures | None = None) -> list[Path]:
    """Writes the files of `card_files` into the folder of the bundle; returns what was written."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in [*folder.glob("card.*.md"), *folder.glob("reliability.*.svg")]:
        old.unlink()
    made = []
    for name, text in card_files(bundle, fresh).items():
        path = folder / name
        path.write_text(text, encoding="utf-8", newline="\n")
        made.append(path)
    return made


def card_files(bundle: Bundle, fresh: Figures | None = None) -> dict[str, str]:
    """Name to content: `card.zh.md`, `card.en.md`, and a diagram a unit and language.

    Args:
        bundle: With the held-out figures of its training.
        fresh: Unit to figures on worlds that the training did not hold, as `evaluate` gives them.
    """
    made = {}
    for language in _LANGUAGES:
        made[f"card.{language}.md"] = "\n".join(_card(bundle, fresh or {}, language)) + "\n"
        for unit, part in _trained(bundle).items():
            lines = {
                _in(CLASSES[kind], language): figures["reliability"]
                for kind, figures in part["classes"].items()
                if kind in CLASSES and figures["reliability"]
            }
            if lines:
                made[f"reliability.{unit}.{language}.svg"] = reliability_svg(
                    _in(HEADINGS["reliability"], language), _in(COLUMNS["stated"], language),
                    _in(COLUMNS["observed"], language), lines,
                )  # fmt: skip
    return made


def _card(bundle: Bundle, fresh: Figures, language: Language) -> Iterator[str]:
    trained = _trained(bundle)

    def heading(name: str) -> str:
        return f"\n## {_in(HEADINGS[name], language)}\n"

    def line(name: str) -> str:
        return _in(LINES[name], language)

    yield f"# {_in(HEADINGS['title'], language)}: {bundle.name}\n"
    yield f"`{bundle.digest}`\n"
    yield line("events")
    yield heading("for")
    yield from (f"- {_in(text, language)}" for text in FOR)
    yield heading("not_for")
    yield from (f"- {_in(text, language)}" for text in NOT_FOR)
    yield heading("data")
    yield from _data(bundle, language)
    yield heading("figures")
    yield line("held_out") + "\n"
    yield from _worth(trained, language)
    yield "\n" + line("intervals")
    if fresh:
        yield heading("fresh")
        yield from _fresh(fresh, language)
    yield heading("reliability")
    yield line("diagram") + "\n"
    for unit in trained:
        title = _in(UNITS[unit], language)
        yield f"![{title}](reliability.{unit}.{language}.svg)\n"
    yield heading("slices")
    yield line("threshold")
    for unit, part in trained.items():
        rows = [row for row in part["slices"] if row["facet"] != "life"]
        yield from _slices(unit, rows, language)
    yield heading("negatives")
    for unit, part in trained.items():
        rows = [row for row in part["slices"] if row["facet"] == "life" and row["wrong"]]
        worst = sorted(rows, key=lambda row: (-row["wrong"][0], row["name"]))[:_MISTAKEN]
        yield from _slices(unit, worst, language)
    if any(part.get("splits") for part in trained.values()):
        yield heading("splits")
        between = "" if language == "zh" else " "
        yield between.join(line(name) for name in _how_split(trained)) + "\n"
        yield from _splits(trained, language)
    yield heading("blind")
    yield from (f"- {line(name)}" for name in _blind(bundle))
    yield from _missed(trained, language)
    yield heading("silent")
    yield line("silent")
    yield heading("appeal")
    yield line("appeal")


def _blind(bundle: Bundle) -> tuple[str, ...]:
    """What every bundle overlooks, and what one of simulated worlds does."""
    everywhere = ("blind_few", "blind_counts", "blind_real")
    return (*everywhere, "blind_whole") if "worlds" in bundle.training else everywhere


def _trained(bundle: Bundle) -> dict[str, Figures]:
    """Figures of the units that were trained."""
    held: Mapping[str, Figures] = bundle.training["held_out"]
    return {unit: part for unit, part in held.items() if "skipped" not in part}


def _data(bundle: Bundle, language: Language) -> Iterator[str]:
    worlds, labels = bundle.training.get("worlds"), bundle.training.get("labels")
    if worlds:
        first, n, scale = worlds["first"], worlds["count"], worlds["scale"]
        last = first + n - 1
        told = Text(
            f"{n} 个随机参数的模拟世界（种子 {first} 至 {last}），每个约 {scale} 次互动。",
            f"{n} simulated worlds of random parameters (seeds {first} to {last}), of about "
            f"{scale} engagements each.",
        )
        yield f"- {_in(told, language)}"
        yield f"- {_in(LINES['simulated'], language)}"
    for unit, counts in (labels or {}).items():
        name, yes, no = UNITS[unit], counts["positive"], counts["negative"]
        yield "- " + _in(
            Text(f"带标签的{name.zh}：购买 {yes}，非购买 {no}。",
                 f"Labelled {name.en}: {yes} purchased, {no} not."), language)  # fmt: skip
    yield from (f"- {_in(text, language)}" for text in _continued(bundle))


def _continued(bundle: Bundle) -> Iterator[Text]:
    """The bundles whose trees are continued, the nearest first, and what they were grown on."""
    for base in bundles_of(bundle.training.get("warm_start")):
        seeds, labels = seeds_of(base), base.get("labels", {})
        zh, en = [], []
        if seeds:
            zh.append(f"世界 {seeds[0]} 至 {seeds[-1]}")
            en.append(f"worlds {seeds[0]} to {seeds[-1]}")
        for unit, counts in labels.items():
            n = counts["positive"] + counts["negative"]
            zh.append(f"带标签的{UNITS[unit].zh} {n} 行")
            en.append(f"{n} labelled {UNITS[unit].en}")
        name, digest = base["name"], base["digest"][:16]
        yield Text(
            f"延续 `{name}`（`{digest}`）的树，其训练数据：{'、'.join(zh) or '未记录'}。",
            f"Continues the trees of `{name}` (`{digest}`), grown on "
            f"{', '.join(en) or 'data that it does not tell'}.",
        )
    seen = {u: part["seen_by_base"] for u, part in _trained(bundle).items()
            if "seen_by_base" in part}  # fmt: skip
    for unit, n in seen.items():
        yield Text(
            f"其中 {n} 行{UNITS[unit].zh}所续的树已见过：不用于校准，也不在以下各数中。",
            f"{n} rows of {UNITS[unit].en} the continued trees had seen: they neither calibrate "
            "nor are in the figures below.",
        )


def _worth(trained: Mapping[str, Figures], language: Language) -> Iterator[str]:
    names = ("unit", "class", "n", "n_positive", "auc", "recall", "calibration", "skill",
             "coverage")  # fmt: skip
    rows = [
        (
            _in(UNITS[unit], language), _in(CLASSES[kind], language), f["n"], f["n_positive"],
            _pair(f["auc"], f["auc_rules"]),
            _pair(f["recall_at_0.5pct"], f["recall_at_0.5pct_rules"]),
            _real(f["calibration_error"]), _real(f["brier_skill"]),
            _real(f.get("interval_coverage")),
        )
        for unit, part in trained.items() for kind, f in part["classes"].items()
        if kind in CLASSES
    ]  # fmt: skip
    yield from _table([_in(COLUMNS[name], language) for name in names], rows)


def _fresh(fresh: Figures, language: Language) -> Iterator[str]:
    names = ("unit", "class", "n", "n_positive", "auc", "recall", "calibration", "skill",
             "coverage")  # fmt: skip
    rows = [
        (
            _in(UNITS[unit], language), _in(CLASSES[kind], language), f["n_scored"],
            f["n_positive"], _span(f["auc"]), _span(f["recall_at_0.005"]),
            _real(f["calibration_error"]), _real(f["brier_skill"]),
            _real(f.get("interval_coverage")),
        )
        for unit, part in fresh.items()
        for kind, f in {part["class"]: part, **part["classes"]}.items() if kind in CLASSES
    ]  # fmt: skip
    heads = {**COLUMNS, "auc": _AUC, "recall": _RECALL}
    yield from _table([_in(heads[name], language) for name in names], rows)


def _slices(unit: str, rows: Sequence[Figures], language: Language) -> Iterator[str]:
    if not rows:
        return
    yield f"\n**{_in(UNITS[unit], language)}**\n"
    names = ("facet", "name", "n", "n_positive", "found", "wrong", "stated", "observed")
    cells = (
        (
            _in(FACETS[row["facet"]], language), f"`{row['name']}`", row["n"], row["n_positive"],
            _span(row["found"]), _span(row["wrong"]), _real(row["stated"]),
            _real(row["observed"]),
        )
        for row in rows
    )  # fmt: skip
    yield from _table([_in(COLUMNS[name], language) for name in names], cells)


def _how_split(trained: Mapping[str, Figures]) -> list[str]:
    pools = [s for part in trained.values() for s in part.get("splits", ()) if s["split"] == "pool"]
    if not pools:
        return ["splits"]
    return ["splits", "splits_pool" if all(s.get("complete") for s in pools) else "splits_main"]


def _splits(trained: Mapping[str, Figures], language: Language) -> Iterator[str]:
    later = Text("其后的日子", "later days")
    rows = [
        (
            _in(UNITS[unit], language),
            _in(later, language) if s["split"] == "time"
            else f"{_in(FACETS['pool'], language)} `{s['name']}`",
            s["n"], s["n_positive"], _real(s["auc"]), _real(s["recall_at_0.5pct"]),
        )
        for unit, part in trained.items() for s in part.get("splits", ())
    ]  # fmt: skip
    heads = [_in(COLUMNS[n], language) for n in ("unit", "split", "n", "n_positive")]
    yield from _table([*heads, _in(_AUC, language), _in(_RECALL, language)], rows)


def _missed(trained: Mapping[str, Figures], language: Language) -> Iterator[str]:
    """Slices of which less than half was found."""
    for unit, part in trained.items():
        names = [
            f"{_in(FACETS[row['facet']], language)} `{row['name']}` ({row['found'][0]:.2f})"
            for row in part["slices"]
            if row["found"] and row["found"][0] < _BLIND and row["facet"] != "life"
        ]
        if names:
            between = "、" if language == "zh" else ", "
            yield f"- {_in(UNITS[unit], language)}: {_in(LINES['blind_slice'], language)}" + (
                between.join(names)
            )


def _table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield "|" + "---|" * len(heads)
    for row in rows:
        yield f"| {' | '.join(str(cell) for cell in row)} |"


def _in(text: Text, language: Language) -> str:
    return text.zh if language == "zh" else text.en


def _real(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _pair(value: float | None, rules: float | None) -> str:
    return f"{_real(value)} ({_real(rules)})"


def _span(values: Sequence[float | None] | None) -> str:
    if values is None:
        return "–"
    value, low, high = values
    return _real(value) if low is None else f"{_real(value)} ({_real(low)}–{_real(high)})"
