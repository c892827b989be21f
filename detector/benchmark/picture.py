"""The benchmark as a picture: matrices of figures, methods down, groups across.

A self-contained SVG in fixed pixels without script, style sheet or font of its own. Cells hold
their number; the shade only helps the eye: blue where more is better, orange where it is worse.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape

import pandas as pd
from zhenzan.detector.benchmark.methods import OURS
from zhenzan.detector.benchmark.shown import Block, Line, ablation_block, blocks

__all__ = ["Matrix", "draw", "matrices"]

_ROW: Final = 22
_CELL: Final = 46
_NAMES: Final = 150
_TITLE: Final = 30
_GAP: Final = 26
_MARGIN: Final = 20
_SLANT: Final = 50  # degrees; headings lean to the right
_LETTER: Final = 6.4  # width of a letter at 11 pixels, wider than most fonts need
_WORST: Final = 0.05  # a share of an organic group at which orange is full
_GOOD: Final = ((255, 255, 255), (11, 70, 130))
_BAD: Final = ((255, 255, 255), (190, 84, 10))
_INK: Final = "#1b1f24"
_EVEN: Final = 0.2  # luminance at which white letters and ours stand out alike
_FAINT: Final = "#6b737c"
_FONT: Final = "system-ui, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif"


@dataclass(frozen=True, slots=True)
class Matrix:
    """One matrix of the picture.

    Attributes:
        title: Above it.
        columns: Headings, each with its tone: `good`, `bad` or `plain`.
        rows: Names of the methods, each with a figure a column; None where there is none.
    """

    title: str
    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[str, tuple[float | None, ...]], ...]


def matrices(table: pd.DataFrame) -> Iterator[Matrix]:
    """The matrices of a table: each world by accounts and acts, all other data, the ablation."""
    others: list[tuple[str, str, Line]] = []
    names: dict[str, None] = {}
    for block in blocks(table):
        if not any(line.metric == "account_recall" for line in block.lines):
            others += [(f"{block.title} {head}", tone, line) for head, tone, line in _other(block)]
            names |= dict.fromkeys(block.columns)
            continue
        for title, stems in (
            ("accounts found at 0.1 % organic false positives", ("account_recall",)),
            ("acts found at 0.1 % organic false positives", ("act_recall",)),
            ("organic accounts above that threshold", ("account_hit",)),
        ):
            lines = [line for line in block.lines if line.metric in stems]
            tone = "bad" if stems[0].endswith("hit") else "good"
            chosen = [(_short(line), tone, line) for line in lines]
            if stems == ("account_recall",):
                chosen += [(_short(li), t, li) for li, t in _cost(block)]
            if chosen:
                yield _matrix(f"{block.title}: {title}", block.columns, chosen)
    if others:
        yield _matrix("real stars and reviews, injected blocks", tuple(names), others)
    ablation = ablation_block(table)
    if ablation.lines:
        chosen = [(_brief(line.label), "good", line) for line in ablation.lines]
        yield _matrix("ablation: less evidence, same data", ablation.columns[:-1], chosen)


def _cost(block: Block) -> Iterator[tuple[Line, str]]:
    tones = {"account_auc": "good", "account_average_precision": "good", "seconds": "plain",
             "peak_bytes": "plain"}  # fmt: skip
    for line in block.lines:
        if line.metric in tones:
            yield line, tones[line.metric]


def _other(block: Block) -> Iterator[tuple[str, str, Line]]:
    """What a data set without accounts shows: recall of acts, F of blocks, AUC and precision."""
    heads = {"act_recall": "recall", "f1": "F", "act_auc": "AUC", "act_average_precision": "AP"}
    for line in block.lines:
        if line.metric in heads:
            kind = "" if line.group == "all" else f" {line.group}"
            yield f"{heads[line.metric]}{kind}", "good", line


def _short(line: Line) -> str:
    name = line.label.split(": ", 1)[-1] if ": " in line.label else line.label
    short = {"accounts found": "all", "acts found": "all", "peak memory, MB": "peak MB",
             "AUC, accounts": "AUC", "average precision, accounts": "AP"}  # fmt: skip
    return short.get(name, name)


def _brief(label: str) -> str:
    for word, short in ((" found", ""), ("average precision", "AP"), (", fixed decision", "")):
        label = label.replace(word, short)
    return label


def _matrix(title: str, names: Sequence[str], chosen: Sequence[tuple[str, str, Line]]) -> Matrix:
    rows = tuple(
        (name, tuple(line.values[name][0] if name in line.values else None for *_, line in chosen))
        for name in names
    )
    return Matrix(title, tuple((head, tone) for head, tone, _ in chosen), rows)


def draw(parts: Iterable[Matrix], heading: str) -> str:
    """The SVG.

    Args:
        parts: From top to bottom.
        heading: What was run, in a line.
    """
    shown = list(parts)
    widest = max((len(m.columns) for m in shown), default=0)
    lean = max((_heads(m) for m in shown), default=0) / math.tan(math.radians(_SLANT))
    longest = max([len(heading) * 10, *(len(m.title) * 8 for m in shown)])
    width = 2 * _MARGIN + max(_NAMES + _CELL * widest + round(lean), longest)
    body, y = [], _MARGIN + 20
    body.append(_text(_MARGIN, y, heading, size=17, weight="600"))
    y += 8
    for matrix in shown:
        body.append(_draw_matrix(matrix, y))
        y += _TITLE + _heads(matrix) + _ROW * len(matrix.rows) + _GAP
    label = escape(heading, {'"': "&quot;"})
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{y}" '
        f'viewBox="0 0 {width} {y}" role="img" aria-label="{label}" font-family="{_FONT}" '
        f'font-size="12" fill="{_INK}">\n<rect width="{width}" height="{y}" fill="#ffffff"/>\n'
        + "\n".join(body)
        + "\n</svg>\n"
    )


def _heads(matrix: Matrix) -> int:
    """Room for the slanted headings."""
    longest = max((len(head) for head, _ in matrix.columns), default=0)
    return 16 + round(longest * _LETTER * math.sin(math.radians(_SLANT)))


def _draw_matrix(matrix: Matrix, top: float) -> str:
    out = [_text(_MARGIN, top + _TITLE - 6, matrix.title, size=14, weight="600")]
    floor = top + _TITLE + _heads(matrix)
    for i, (head, _) in enumerate(matrix.columns):
        x = _MARGIN + _NAMES + _CELL * (i + 0.5)
        turn = f' transform="rotate({-_SLANT} {x:g} {floor - 6:g})"'
        out.append(_text(x, floor - 6, head, size=11, color=_FAINT, extra=turn))
    for r, (name, values) in enumerate(matrix.rows):
        y = floor + _ROW * r
        weight = "700" if name == OURS else "400"
        place = _MARGIN + _NAMES - 8
        out.append(_text(place, y + 15, name, weight=weight, anchor="end"))
        for i, ((_, tone), value) in enumerate(zip(matrix.columns, values, strict=True)):
            out.append(_cell(_MARGIN + _NAMES + _CELL * i, y, value, tone))
    return "\n".join(out)


def _cell(x: float, y: float, value: float | None, tone: str) -> str:
    middle = x + _CELL / 2
    if value is None:
        return _text(middle, y + 15, "–", color=_FAINT, anchor="middle")
    if tone == "plain":
        shown = f"{value:,.0f}" if value >= 10 else f"{value:.1f}"
        return _text(middle, y + 15, shown, anchor="middle", size=11)
    part = min(max(value / _WORST if tone == "bad" else value, 0.0), 1.0)
    light, dark = _BAD if tone == "bad" else _GOOD
    mixed = [round(a + (b - a) * part) for a, b in zip(light, dark, strict=True)]
    color = "#" + "".join(f"{c:02x}" for c in mixed)
    box = (
        f'<rect x="{x:g}" y="{y:g}" width="{_CELL - 2}" height="{_ROW - 2}" fill="{color}" '
        'stroke="#d8dde2" stroke-width="0.5"/>'
    )
    ink = "#ffffff" if _lightness(mixed) < _EVEN else _INK
    return box + _text(middle - 1, y + 14.5, f"{value:.3f}", color=ink, anchor="middle", size=11)


def _lightness(color: Sequence[int]) -> float:
    """Relative luminance, 0 black to 1 white (WCAG 2.2)."""
    linear = [(c / 255 / 12.92 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4) for c in color]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _text(
    x: float, y: float, text: str, *, size: int = 12, weight: str = "400", color: str = _INK,
    anchor: str = "start", extra: str = "",
) -> str:  # fmt: skip
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="{size}" font-weight="{weight}" fill="{color}" '
        f'text-anchor="{anchor}"{extra}>{escape(text)}</text>'
    )
