"""The part of the report for creators: raw beside genuine, a table to each picture, golden page."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest
from zhenzan.detector.report import render_report
from zhenzan.detector.results import Scan

GOLDEN = Path(__file__).with_name("golden_insights.txt")


def part(page: str, anchor: str) -> str:
    found = re.search(rf'<section class="insights" id="{anchor}">.*?</section>', page, re.S)
    assert found is not None
    return found[0]


def words(fragment: str) -> list[str]:
    """What a reader reads, a line a piece."""
    shown = re.sub(r"<(/?)(span|b|bdi|abbr|code)[^>]*>", "", fragment)
    return [
        " ".join(html.unescape(text).split())
        for text in re.split(r"<[^>]+>", shown)
        if text.strip()
    ]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_part_reads_as_it_was_reviewed(usual: Scan, language: str) -> None:
    """Reviewed by eye, in a browser too; write the file anew where a change is meant."""
    page = render_report(usual, language=language)
    shown = "\n".join(words(part(page, "s1-insights")))
    _, *golden = re.split(r"^== (zh|en)\n", GOLDEN.read_text("utf-8"), flags=re.M)
    assert shown + "\n" == dict(zip(golden[::2], golden[1::2], strict=True))[language]


def test_pictures_say_what_they_show_and_stand_beside_a_table(usual: Scan) -> None:
    shown = part(render_report(usual, language="en"), "s1-insights")
    for css in ("week", "steps", "bar"):
        label = re.search(rf'<svg class="chart {css}" role="img" aria-label="([^"]+)"', shown)
        assert label is not None and label[1]
    assert shown.count("<table") == 3
    week = shown.split("insight-active_hours")[1].split("</table>")[0]
    cells = re.findall(r'<td class="n">([\d,]+)(?: <span class="faint">\(([\d,]+)\))?', week)
    assert len(cells) == 56
    rows = next(x for x in usual.insights if x["insight"] == "active_hours@1")["series"][0]["rows"]
    assert sum(int(a) for a, _ in cells) == sum(row[3] for row in rows)
    assert sum(int(b or a) for a, b in cells) == sum(row[2] for row in rows)


def test_a_report_about_one_section_leaves_the_creator_out(usual: Scan) -> None:
    page = render_report(usual, language="zh", section="douyin:v0000")
    assert 'id="insights"' not in page and 'id="s1-insights"' in page


def test_the_creator_is_named_only_where_names_are_shown(usual: Scan) -> None:
    assert "douyin:creator<" not in render_report(usual, language="zh")
    assert "douyin:creator<" in render_report(usual, language="zh", redact=False)


@pytest.mark.parametrize("redact", [True, False])
def test_hostile_insights_stay_text(hostile: Scan, redact: bool) -> None:
    page = render_report(hostile, language="zh", redact=redact)
    shown = part(page, "s1-insights")
    assert not {"script", "img", "iframe"} & set(re.findall(r"<(\w+)", shown))
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200b]", shown)
    assert "&lt;/script&gt;" in shown
