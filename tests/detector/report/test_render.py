from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType

import pytest
from zhenzan.detector.report import render_report
from zhenzan.detector.results import Scan
from zhenzan.features.errors import UsageError

VOID = {"meta", "br", "input", "link", "img", "hr"}
MAX_BYTES = 6_000_000


class Page(HTMLParser):
    """Collects what the tests ask for, and checks that every element is closed."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.ids: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.text: list[str] = []
        self.blocks: dict[str, list[str]] = {"style": [], "script": []}
        self._open: list[str] = []
        self.feed(html)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] in self.blocks:
            self.blocks[self._open[-1]].append(data)
        else:
            self.text.append(data)

    @property
    def words(self) -> str:
        return " ".join(" ".join(self.text).split())


@pytest.fixture(scope="module")
def pages(usual: Scan) -> dict[str, str]:
    return {language: render_report(usual, language=language) for language in ("zh", "en")}


STRUCTURE = [
    "summary", "bands", "scanned", "checkable", "sections", "section-list",
    "insights", "i1", "i1-insight-comment_rate", "i1-insight-hooks", "details",
    "s1", "s1-curve1", "s1-windows", "s1-evidence", "s1-e1", "s1-e2", "s1-templates",
    "s1-insights", "s1-insight-active_hours", "s1-insight-keywords", "s1-insight-like_growth",
    "s1-checks",
    "s1-comments",
]  # fmt: skip


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_has_its_parts_in_order_each_id_once(pages: dict[str, str], language: str) -> None:
    ids = Page(pages[language]).ids
    assert len(ids) == len(set(ids))
    assert ids[: len(STRUCTURE)] == STRUCTURE
    assert [i for i in ids if re.fullmatch(r"s\d+", i)] == [f"s{n}" for n in range(1, 9)]
    assert ids[-5:] == ["g1", "g1-e1", "method", "contest", "zhenzan-data"]


def test_both_languages_have_the_same_structure(pages: dict[str, str]) -> None:
    zh, en = Page(pages["zh"]), Page(pages["en"])
    assert zh.ids == en.ids
    assert zh.tags == en.tags


def test_links_lead_to_parts_that_exist(pages: dict[str, str]) -> None:
    page = Page(pages["en"])
    links = {value for tag, name, value in page.attributes if (tag, name) == ("a", "href")}
    assert links
    assert {link.removeprefix("#") for link in links} <= set(page.ids)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_nothing_is_loaded_from_anywhere(pages: dict[str, str], language: str) -> None:
    html = pages[language]
    page = Page(html)
    assert not re.search(r"https?:|//[a-z]|url\(|@import|[\"'(]data:", html.replace("[…://]", ""))
    assert not {n for _, n, _ in page.attributes} & {"src", "srcset", "style", "action", "onclick"}
    assert not set(page.tags) & {"link", "img", "iframe", "object", "embed", "base"}


def test_the_policy_names_the_hash_of_our_style_and_script_and_nothing_else(
    pages: dict[str, str],
) -> None:
    page = Page(pages["zh"])
    policy = next(v for t, n, v in page.attributes if (t, n) == ("meta", "content") and "src" in v)

    def digest(text: str) -> str:
        return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()

    data, script = page.blocks["script"]
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{digest(page.blocks['style'][0])}'; "
        f"script-src 'sha256-{digest(script)}'; base-uri 'none'; form-action 'none'"
    )
    assert set(json.loads(data)) == {"zone", "words", "curves"}
    assert not set("<>&") & set(data)


def test_the_same_scan_gives_the_same_bytes(usual: Scan, pages: dict[str, str]) -> None:
    assert render_report(Scan.load(usual.path), language="zh") == pages["zh"]


@pytest.mark.parametrize("redact", [True, False])
def test_hostile_texts_open_no_element_and_carry_no_marks(hostile: Scan, redact: bool) -> None:
    html = render_report(hostile, language="en", redact=redact)
    page = Page(html)
    assert page.tags.count("script") == 2
    assert "img" not in page.tags
    assert not [n for _, n, _ in page.attributes if n.startswith("on")]
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200b\x00-\x08\x0b-\x1f]", html)
    assert "{{ 7 * 7 }}" in html or redact
    assert len(html.encode()) < MAX_BYTES


def test_names_are_hidden_unless_asked_for(usual: Scan, made: ModuleType) -> None:
    hidden = render_report(usual, language="zh")
    shown = render_report(usual, language="zh", redact=False)
    for name in ("ring0", "writer0_", "/home/someone", "小王", "味道就是这个味道"):
        assert name not in hidden
        assert name in shown
    assert "支持!+1 太棒了" in hidden  # 18 accounts wrote it: nobody's own words


def test_each_curve_can_be_read_as_a_table(usual: Scan, pages: dict[str, str]) -> None:
    curves = usual.reference("curves")
    total = curves.groupby("section_id")["observed"].sum()["douyin:v0000"]
    figure = re.search(r'<figure id="s1-curve1">.*?</figure>', pages["en"], re.S)
    assert figure is not None
    rows = re.findall(r"<tr><td>.*?</td><td>.*?</td><td class=\"n\">([\d,]+)</td>", figure[0])
    assert 10 <= len(rows) <= 30
    assert sum(int(r.replace(",", "")) for r in rows) == total


def test_every_statement_has_what_speaks_against_it_and_a_number(pages: dict[str, str]) -> None:
    for block in re.findall(r'<li class="statement".*?</div>.*?</li>', pages["en"], re.S):
        assert "It may also be" in block
        assert re.search(r"<code>ev-\w+</code>", block)


def test_fewer_than_twenty_get_no_share(usual: Scan, pages: dict[str, str]) -> None:
    small = usual.sections[usual.sections.n_engagements < 20]
    assert len(small) == 1
    row = re.search(r'<tr data-band="insufficient_data">.*?</tr>', pages["en"], re.S)
    assert row is not None
    assert "%" not in row[0]
    assert "fewer than 20" in row[0]


def test_a_scan_without_findings_says_what_was_checked(quiet: Scan) -> None:
    page = Page(render_report(quiet, language="en"))
    assert "Everything that could be checked is consistent with organic activity" in page.words
    assert "Nothing unusual was found by: arrival times, co-engagement" in page.words
    assert "“Not found” does not mean “not there”" in page.words
    assert "No such group was found." in page.words
    assert "g1" not in page.ids


def test_a_report_about_one_section_names_no_other(usual: Scan) -> None:
    html = render_report(usual, language="zh", section="douyin:v0000")
    page = Page(html)
    assert [i for i in page.ids if re.fullmatch(r"s\d+", i)] == ["s1"]
    assert "sections" not in page.ids
    assert "老城区的早餐铺" in html
    for other in ("douyin:v0002", "周末徒步路线", "douyin:v0001"):
        assert other not in html
    with pytest.raises(UsageError, match="no section"):
        render_report(usual, language="zh", section="douyin:nothing")


def test_a_large_scan_stays_within_its_bound(
    make_scan: Callable[..., Scan], tmp_path: Path
) -> None:
    scan = make_scan(tmp_path / "scan", n_sections=70, hostile=True)
    html = render_report(scan, language="en", redact=False)
    page = Page(html)
    assert len([i for i in page.ids if re.fullmatch(r"s\d+", i)]) == 50
    assert html.count("<tr data-band=") == 70
    assert "zhenzan report DIR --section ID" in html
    assert len(html.encode()) < MAX_BYTES


def test_no_reference_tables_is_no_error(usual: Scan, tmp_path: Path) -> None:
    for file in usual.path.iterdir():
        if file.is_file():
            (tmp_path / file.name).write_bytes(file.read_bytes())
    page = Page(render_report(Scan.load(tmp_path), language="en"))
    assert "No curve: fewer than 20 engagements with a time." in page.words
    assert "douyin:v0000" in page.words
