"""The report in a real browser: hostile texts stay texts, our own script works, phones fit."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from zhenzan.detector.report import render_report
from zhenzan.detector.results import Scan

pytestmark = pytest.mark.browser


def with_probe(html: str, script: str) -> str:
    """Adds a script of the test at the end of the page, and its hash to the policy."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    allowed = html.replace("script-src ", f"script-src 'sha256-{digest}' ", 1)
    return allowed.replace("</body>", f"<script>{script}</script></body>")


def probe(expression: str) -> str:
    """A script that leaves what an expression gives on the root element."""
    return f"document.documentElement.dataset.probe = JSON.stringify({expression})"


def probed(dom: str) -> str:
    found = re.search(r'data-probe="([^"]*)"', dom)
    assert found is not None, "the probe did not run"
    return found[1].replace("&quot;", '"')


@pytest.fixture(scope="module")
def scans(
    make_scan: Callable[..., Scan], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Scan]:
    folder = tmp_path_factory.mktemp("scans")
    return {
        "usual": make_scan(folder / "usual"),
        "hostile": make_scan(folder / "hostile", hostile=True),
    }


@pytest.mark.parametrize("redact", [True, False])
def test_hostile_texts_run_nothing(
    scans: dict[str, Scan], browse: Callable[..., str], redact: bool
) -> None:
    html = render_report(scans["hostile"], language="en", redact=redact)
    # An open dialog would keep the page from finishing: the time limit of `browse` sees it.
    dom = browse(with_probe(html, probe("[typeof window.pwned, document.title]")))
    assert probed(dom) == '["undefined","Engagement received: report of a scan"]'
    assert not re.search(r"<(img|iframe|svg/onload)", dom)


def test_the_policy_stops_a_script_that_got_in(
    scans: dict[str, Scan], browse: Callable[..., str]
) -> None:
    html = render_report(scans["usual"], language="en")
    planted = html.replace(
        "</main>", "<script>window.pwned = 1</script><b onclick='window.pwned=1' id=b>x</b></main>"
    )
    dom = browse(with_probe(planted, "b.click();" + probe("typeof window.pwned")))
    assert probed(dom) == '"undefined"'


def test_our_script_runs_under_its_policy_and_the_list_filters_and_sorts(
    scans: dict[str, Scan], browse: Callable[..., str]
) -> None:
    html = render_report(scans["usual"], language="zh")
    steps = """
      const shown = () => [...document.querySelectorAll('#section-list tbody tr')]
        .filter((row) => !row.hidden).map((row) => row.cells[2].dataset.value * 1);
      const form = document.querySelector('.filter');
      const all = shown();
      form.elements.band.value = 'unusual';
      form.dispatchEvent(new Event('input', {bubbles: true}));
      const unusual = shown();
      form.elements.band.value = '';
      form.dispatchEvent(new Event('input', {bubbles: true}));
      document.querySelectorAll('#section-list th button')[2].click();
      const sorted = shown();
    """
    dom = browse(
        with_probe(
            html,
            "(() => {"
            + steps
            + probe(
                "[form.hidden, all.length, unusual.length,"
                " sorted.every((v, i) => !i || sorted[i - 1] >= v)]"
            )
            + "})()",
        )
    )
    assert probed(dom) == "[false,8,1,true]"


def test_a_link_opens_the_part_it_leads_to(
    scans: dict[str, Scan], browse: Callable[..., str]
) -> None:
    html = render_report(scans["usual"], language="zh")
    script = probe("[document.querySelector('#s3').open, document.querySelector('#s4').open]")
    dom = browse(with_probe(html, script), fragment="#s3-evidence")
    assert probed(dom) == "[true,false]"


def test_a_curve_tells_its_figures_under_the_pointer(
    scans: dict[str, Scan], browse: Callable[..., str]
) -> None:
    html = render_report(scans["usual"], language="zh")
    script = """
      const area = document.querySelector('[data-curve] .area');
      const box = area.getBoundingClientRect();
      area.dispatchEvent(new PointerEvent('pointermove', {clientX: box.left + 1}));
    """ + probe("document.querySelector('.readout').textContent")
    said = probed(browse(with_probe(html, script)))
    first = scans["usual"].reference("curves").iloc[0]
    assert "2024-06-01 08:00" in said  # midnight UTC in Shanghai
    assert f"收到 {first.observed}" in said


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize(("name", "language"), [("usual", "zh"), ("hostile", "en")])
def test_the_page_is_no_wider_than_the_screen(
    scans: dict[str, Scan], browse: Callable[..., str], width: int, language: str, name: str
) -> None:
    html = render_report(scans[name], language=language, redact=False)
    opened = "document.querySelectorAll('details').forEach((part) => { part.open = true; });"
    wide = probe("[document.documentElement.scrollWidth, innerWidth]")
    dom = browse(with_probe(html, opened + wide), f"--window-size={width},900")
    content, screen = (int(v) for v in probed(dom).strip("[]").split(","))
    assert content <= screen


def test_the_hours_of_the_week_are_drawn_and_every_label_fits(
    scans: dict[str, Scan], browse: Callable[..., str]
) -> None:
    html = render_report(scans["usual"], language="zh")
    script = """
      document.querySelectorAll('details').forEach((part) => { part.open = true; });
      const card = document.querySelector('#s1-insight-active_hours');
      const box = card.getBoundingClientRect();
      const texts = [...card.querySelectorAll('svg text')].map((t) => t.getBoundingClientRect());
    """ + probe(
        "[card.querySelectorAll('.shade').length, texts.length,"
        " texts.every((t) => t.width > 0 && t.left >= box.left - 1 && t.right <= box.right + 1)]"
    )
    for width in (390, 1280):
        dom = browse(with_probe(html, script), f"--window-size={width},900")
        assert probed(dom) == "[5,11,true]"


def test_it_reads_without_scripts(
    scans: dict[str, Scan], browse: Callable[..., str], tmp_path: Path
) -> None:
    html = render_report(scans["usual"], language="en")
    dom = browse(re.sub(r"script-src &#39;[^&]+&#39;", "script-src 'none'", html))
    assert '<form class="filter" hidden' in dom  # controls that would do nothing stay away
    assert dom.count('<svg class="chart rate"') == 7
