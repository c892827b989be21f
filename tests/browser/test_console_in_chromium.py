"""The console as its people use it: upload, review, appeal, ruling; in both languages."""

from __future__ import annotations

import importlib.util
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import uvicorn
from zhenzan.api.app import create_app
from zhenzan.api.pages.texts import console_texts
from zhenzan.api.security.keys import create_key
from zhenzan.api.settings import Settings
from zhenzan.api.storage import Database
from zhenzan.detector.report.texts import Texts

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

pytestmark = pytest.mark.browser

HOSTILE = "<script>window.pwned=1</script><img src=x onerror='window.pwned=1'>"
PEOPLE = {"creator": "creator", "first": "reviewer", "second": "reviewer", "boss": "admin"}


@dataclass(frozen=True)
class Console:
    """A running service, its people's keys, and what can be uploaded."""

    url: str
    keys: dict[str, str]
    files: list[Path]
    target: str


def _module(name: str) -> ModuleType:
    path = Path(__file__).parents[1] / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"zhenzan_tests_{name}_console", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@contextmanager
def _served(settings: Settings) -> Iterator[str]:
    config = uvicorn.Config(create_app(settings), host="127.0.0.1", port=0, log_level="error")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 60
    while not server.started:
        assert time.monotonic() < deadline and thread.is_alive()
        time.sleep(0.05)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(30)


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    folder = tmp_path_factory.mktemp("console")
    streams = _module("streams")
    targets = [f"s{i:03d}" for i in range(6)]
    world = streams.delivered(streams.organic(0, sections=30), np.random.default_rng(0), targets)
    files = []
    for name, frame in world.items():
        added = {"title": HOSTILE, "platform": "made", "kind": "post"}
        frame = frame.assign(**(added if name == "section" else {"kind": "like"}))
        kept = frame.drop(columns=[c for c in ("origin",) if c in frame.columns])
        path = folder / f"{name}.csv"
        kept.to_csv(path, index=False)
        files.append(path)
    settings = Settings.read(data_dir=folder / "data", workers=1)
    settings.data_dir.mkdir()
    database = Database(settings.database_url)
    database.migrate()
    keys = {}
    with database.session() as session:
        for name, role in PEOPLE.items():
            _, keys[name] = create_key(
                session,
                tenant_id="default",
                name=name,
                roles=(role,),
                now_ms=int(time.time() * 1e3),
            )
    database.close()
    with _served(settings) as url:
        yield Console(url, keys, files, targets[0])


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Any]:
    with sync_api.sync_playwright() as play:
        started = play.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield started
        started.close()


@pytest.fixture
def visit(browser: Any, console: Console) -> Iterator[Callable[[str, str], Any]]:
    """A page of somebody who is logged in; errors and requests to elsewhere fail the test."""
    faults: list[str] = []
    contexts = []

    def start(name: str, language: str) -> Any:
        context = browser.new_context(locale={"zh": "zh-CN", "en": "en-GB"}[language])
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda line: _is_fault(line) and faults.append(line.text))
        page.on(
            "request",
            lambda sent: sent.url.startswith(console.url) or faults.append(sent.url),
        )
        page.goto(console.url + "/")
        page.fill("input[name=key]", console.keys[name])
        page.press("input[name=key]", "Enter")
        page.wait_for_url(console.url + "/")
        return page

    yield start
    for context in contexts:
        context.close()
    assert faults == []


def _is_fault(line: Any) -> bool:
    """Errors of the console, but for pages that are meant to say 403 or 404."""
    return line.type == "error" and "Failed to load resource" not in line.text


@pytest.mark.parametrize("language", ["zh", "en"])
def test_from_upload_to_the_ruling_on_an_appeal(
    console: Console, visit: Callable[[str, str], Any], language: str
) -> None:
    t = console_texts(language)  # type: ignore[arg-type]
    creator = visit("creator", language)
    scan_url = _upload(creator, console, t, f"likes {language}")
    section = f"{scan_url}/section?id={console.target}"

    first = visit("first", language)
    first.goto(console.url + "/queue")
    assert first.locator("h1").inner_text() == t("queue.title")
    first.keyboard.press("j")
    first.keyboard.press("Enter")
    first.wait_for_selector("#decide")
    first.goto(section)
    first.click("#take button")
    first.wait_for_selector("#take button[name=release]")
    first.wait_for_load_state()  # keys are heard from then on, not before the script has run
    first.keyboard.press("4")
    first.keyboard.press("r")
    first.keyboard.type("Bought in one hour; " + HOSTILE)
    first.click("#decide button.main")
    first.wait_for_selector(".history li")
    assert t("outcome.likely_inauthentic") in first.locator(".history").inner_text()

    creator.goto(section)
    assert creator.locator("#decide").count() == 0  # creators do not decide
    creator.click(".history details summary")
    creator.fill(".history textarea", "A giveaway ended then.")
    creator.click(".history form button")
    creator.wait_for_selector(".history li:nth-child(2)")

    first.goto(section)
    first.fill("#rule textarea", "My own decision stands.")
    first.click("#rule button[value=upheld]")
    assert first.locator("h1").inner_text() == t("problem.403")  # somebody else has to rule
    second = visit("second", language)
    second.goto(console.url + "/queue?state=appealed")
    second.click(".rows a")
    second.fill("#rule textarea", "The giveaway is announced in the post.")
    second.click("#rule button[value=overturned]")
    second.wait_for_selector(".history li:nth-child(3)")
    assert t("outcome.overturned") in second.locator(".history").inner_text()
    second.goto(console.url + "/precision")
    assert second.locator("h1").inner_text() == t("precision.title")

    boss = visit("boss", language)
    boss.goto(console.url + "/audit")
    told = boss.locator("table").inner_text()
    assert all(act in told for act in ("job.create", "decision.create", "appeal.create", "login"))
    for page in (creator, first, second, boss):
        assert page.evaluate("window.pwned") is None


def _upload(page: Any, console: Console, t: Texts, title: str) -> str:
    page.set_input_files("input[type=file]", [str(path) for path in console.files])
    page.fill("input[name=title]", title)
    page.click("#upload button")
    page.wait_for_selector("#job")
    page.wait_for_selector("#job a.button.main", timeout=240_000)
    assert page.locator("#status").inner_text() == t("status.succeeded")
    page.click("#job a.button.main")
    page.wait_for_selector("table.rows")
    return str(page.url).split("?")[0]


def test_a_section_shows_the_report_and_a_group_its_timeline(
    console: Console, visit: Callable[[str, str], Any]
) -> None:
    creator = visit("creator", "en")
    url = _upload(creator, console, console_texts("en"), "for pictures")
    creator.goto(f"{url}/section?id={console.target}")
    frame = creator.frame_locator("iframe")
    frame.locator("svg").first.wait_for(timeout=60_000)
    creator.click("details:has(form[action='/declare']) summary")
    creator.select_option("select[name=kind]", "giveaway")
    creator.fill("input[name=first]", "2024-06-01")
    creator.fill("input[name=last]", "2024-06-02")
    creator.click("form[action='/declare'] button")
    creator.wait_for_selector("text=giveaway: 2024-06-01")
    creator.goto(f"{url}?table=campaigns")
    creator.click(".rows a")
    assert creator.locator(".timeline rect").count() >= 6
    creator.goto(f"{url}/section?id=nothing")
    assert "Not found" in creator.locator("h1").inner_text()


def test_log_out_ends_the_visit(console: Console, visit: Callable[[str, str], Any]) -> None:
    page = visit("creator", "zh")
    page.click("text=English")
    assert page.locator("html").get_attribute("lang") == "en"
    page.click(f"text={console_texts('en')('nav.logout')}")
    page.goto(console.url + "/queue?state=mine")
    assert "/login?next=%2Fqueue%3Fstate%3Dmine" in page.url
