"""The picture is well-formed, holds every figure inside its frame, and loads nothing."""

from __future__ import annotations

from xml.etree import ElementTree as Xml

import numpy as np
import pandas as pd
import pytest
from zhenzan.detector.benchmark.picture import Matrix, draw, matrices
from zhenzan.detector.benchmark.tidy import COLUMNS

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "<script>&\"'点赞"


def texts(svg: str) -> list[str]:
    return [t.text or "" for t in Xml.fromstring(svg).iter(f"{SVG}text")]


def world() -> pd.DataFrame:
    rows = [("w", "", "n_accounts", "family:flash", 7.0)]
    for method, v in (("zhenzan", 0.91), ("degree", 0.12)):
        for group, share in (("all", v), ("family:flash", v / 2), ("target:drip", v / 3)):
            for rate in ("01pct", "1pct"):
                rows.append(("w", method, f"account_recall_{rate}", group, share))
                rows.append(("w", method, f"account_hit_{rate}", "scenario:fan_ritual", 0.04))
        rows.append(("w", method, "seconds", "all", 12.0))
        rows.append(("stars 0.1", method, "act_recall_01pct", "all", v))
        rows.append(("stars 0.1", method, "act_recall_1pct", "all", v))
        rows.append(("injection 0.1", method, "f1", "random", v))
    rows.append(("w", "only-company", "account_recall_01pct", "all", 0.5))
    frame = pd.DataFrame([(*row, np.nan, np.nan) for row in rows], columns=list(COLUMNS))
    return frame.drop_duplicates(list(COLUMNS[:4]))


def test_every_figure_is_in_the_picture() -> None:
    shown = texts(draw(matrices(world()), "heading"))
    for number in ("0.910", "0.455", "0.303", "0.120", "0.040", "0.500", "12"):
        assert number in shown
    for head in ("flash", "drip, pools of 500", "fan_ritual", "stars 0.1 recall"):
        assert head in shown
    assert shown.count("zhenzan") == 4  # accounts, organic accounts, other data, ablation
    assert "injection 0.1 F random" in shown


def test_it_loads_nothing_and_letters_are_escaped() -> None:
    matrix = Matrix(HOSTILE, ((HOSTILE, "good"),), ((HOSTILE, (0.5,)),))
    svg = draw([matrix], HOSTILE)
    assert "<script" not in svg and "href" not in svg and "url(" not in svg
    assert svg.count("http") == 1  # the name space
    assert texts(svg).count(HOSTILE) == 4
    assert Xml.fromstring(svg).get("aria-label") == HOSTILE


@pytest.mark.parametrize("n", [0, 1, 40])
def test_all_is_inside_the_frame(n) -> None:
    columns = tuple((f"a rather long heading {i}", "bad") for i in range(n))
    rows = tuple((f"method {r}", tuple(i / 40 for i in range(n))) for r in range(12))
    root = Xml.fromstring(draw([Matrix("t", columns, rows)] * 2, "heading"))
    width, height = float(root.get("width")), float(root.get("height"))
    for box in root.iter(f"{SVG}rect"):
        assert float(box.get("x", 0)) >= 0 and float(box.get("y", 0)) >= 0
        assert float(box.get("x", 0)) + float(box.get("width")) <= width
        assert float(box.get("y", 0)) + float(box.get("height")) <= height
    for text in root.iter(f"{SVG}text"):
        assert 0 < float(text.get("x")) < width and 0 < float(text.get("y")) < height
        if "rotate" in text.get("transform", ""):  # leans up and to the right
            reach = 5.5 * len(text.text)
            assert float(text.get("x")) + 0.65 * reach < width
            assert float(text.get("y")) - 0.77 * reach > 0


def test_letters_stand_out_from_their_cell() -> None:
    steps = np.linspace(0, 1, 21)
    for tone, top in (("good", 1.0), ("bad", 0.05)):
        columns = tuple((str(i), tone) for i in range(len(steps)))
        matrix = Matrix("t", columns, (("m", tuple(float(s) * top for s in steps)),))
        root = Xml.fromstring(draw([matrix], "h"))
        boxes = list(root.iter(f"{SVG}rect"))[1:]
        letters = [t for t in root.iter(f"{SVG}text") if (t.text or "").startswith(("0.", "1."))]
        assert len(boxes) == len(letters) == len(steps)
        for box, text in zip(boxes, letters, strict=True):
            assert contrast(box.get("fill"), text.get("fill")) >= 3.9


def contrast(one: str, other: str) -> float:
    """Contrast ratio of WCAG 2.2."""
    a, b = sorted(luminance(c) for c in (one, other))
    return (b + 0.05) / (a + 0.05)


def luminance(color: str) -> float:
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def test_nothing_to_draw() -> None:
    assert Xml.fromstring(draw([], "heading")).get("aria-label") == "heading"
    empty = pd.DataFrame(columns=list(COLUMNS))
    assert list(matrices(empty)) == []
