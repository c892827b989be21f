"""Pages of the console: who gets in, what forms need, what stays apart; flows are in Chromium."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from importlib import resources
from typing import Any

import pytest
from fastapi.testclient import TestClient
from zhenzan.api.context import Service
from zhenzan.api.pages.routes.login import _own
from zhenzan.api.security.login import COOKIE, log_in

Keys = Callable[..., dict[str, str]]
Start = Callable[..., TestClient]


@pytest.fixture
def visit(client: TestClient, held: Service, make_key: Keys) -> Iterator[Start]:
    """`visit("creator", tenant="a")`: the browser of somebody who is logged in."""

    def start(*roles: str, tenant: str = "default") -> TestClient:
        secret = make_key(*roles, tenant=tenant)["Authorization"].split()[1]
        with held.database.session() as session:
            made = log_in(session, secret, now_ms=held.clock(), hours=1)
        assert made is not None
        browser = TestClient(
            client.app, base_url="http://127.0.0.1:8650", client=("127.0.0.1", 50000),
            follow_redirects=False, headers={"Accept-Language": "en"},
        )  # fmt: skip
        browser.cookies.set(COOKIE, made[1])
        browser.headers["X-Test-Form-Token"] = made[0].form_token
        return browser

    yield start


def _token(browser: TestClient) -> str:
    return str(browser.headers["X-Test-Form-Token"])


def test_both_languages_have_the_same_sentences_and_slots() -> None:
    folder = resources.files("zhenzan.api.pages.texts")
    own = {}
    for language in ("zh", "en"):
        entries = json.loads((folder / f"{language}.json").read_text(encoding="utf-8"))
        own[language] = {
            key: sorted(part.split("}")[0] for part in sentence.split("{")[1:])
            for key, sentence in entries.items()
        }
    assert len(own["zh"]) > 150
    assert own["zh"] == own["en"]


def test_whoever_is_not_known_is_sent_to_the_log_in(client: TestClient, make_key: Keys) -> None:
    make_key("admin")  # from now on nobody is let in without a key
    answer = client.get("/queue?state=mine", follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/login?next=%2Fqueue%3Fstate%3Dmine"
    page = client.get(answer.headers["location"])
    assert 'value="/queue?state=mine"' in page.text
    assert client.post("/decide", follow_redirects=False).headers["location"] == "/login?next=%2F"


def test_a_wrong_key_is_told_and_sets_no_cookie(client: TestClient, make_key: Keys) -> None:
    make_key("admin")
    answer = client.post("/login", data={"key": "zz_wrong", "next": "/"})
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "goal",
    [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/\r\nX: y",
    ],
)
def test_a_log_in_leads_to_our_own_pages_only(goal: str) -> None:
    assert _own(goal) == "/"
    assert _own("/queue?state=open") == "/queue?state=open"


@pytest.mark.parametrize("path", ["/decide", "/appeal", "/rule", "/declare", "/assign", "/logout"])
def test_forms_need_the_token_of_the_log_in(visit: Start, path: str) -> None:
    fields = {
        "scan_id": "scan_" + "0" * 24, "kind": "section", "id": "s", "outcome": "no_action",
        "reason": "r", "decision_id": "decision_" + "0" * 24, "verdict": "upheld",
        "appeal_id": "decision_" + "0" * 24,
    }  # fmt: skip
    browser = visit("admin")
    assert browser.post(path, data=fields).status_code == 403
    assert browser.post(path, data={**fields, "form_token": "guess"}).status_code == 403
    told = browser.post(path, data={**fields, "form_token": _token(browser)}).status_code
    assert told in {303, 404, 422}  # there is no such scan or decision


def test_a_creator_has_no_pages_of_reviewers(visit: Start) -> None:
    browser = visit("creator")
    home = browser.get("/").text
    assert "/queue" not in home and "/audit" not in home
    for path in ("/queue", "/precision", "/audit"):
        assert browser.get(path).status_code == 403
    assert visit("reviewer").get("/audit").status_code == 403


def test_names_of_one_tenant_are_not_shown_to_another(visit: Start) -> None:
    first, second = visit("admin", tenant="a"), visit("admin", tenant="b")
    first.post("/logout", data={"form_token": _token(first)})
    assert "admin of a" not in second.get("/audit").text
    assert "admin of b" not in visit("admin", tenant="a").get("/audit").text


def test_what_is_not_there_is_a_page_and_names_the_request(client: TestClient) -> None:
    answer = client.get(f"/scans/scan_{'0' * 24}", headers={"Accept-Language": "zh-CN"})
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert "没有找到" in answer.text and answer.headers["x-request-id"] in answer.text


@pytest.mark.parametrize(
    ("accept", "query", "language"),
    [
        ("en-GB,zh;q=0.5", "", "en"),
        ("zh-CN,en", "", "zh"),
        ("fr", "", "zh"),
        ("zh", "?lang=en", "en"),
    ],
)
def test_the_language_follows_the_browser_and_the_address(
    client: TestClient, accept: str, query: str, language: str
) -> None:
    page = client.get(f"/{query}", headers={"Accept-Language": accept})
    assert f'<html lang="{language}">' in page.text


def test_a_chosen_language_stays(client: TestClient) -> None:
    client.get("/?lang=en", headers={"Accept-Language": "zh"})
    assert '<html lang="en">' in client.get("/queue", headers={"Accept-Language": "zh"}).text


def test_style_and_script_are_ours_and_nothing_else_is(client: TestClient) -> None:
    for name in ("console.css", "console.js"):
        answer = client.get(f"/static/{name}")
        assert answer.status_code == 200
        again = client.get(f"/static/{name}", headers={"If-None-Match": answer.headers["etag"]})
        assert again.status_code == 304
    for name in ("../app.py", "..%2fapp.py", "texts", "console.css%00"):
        assert client.get(f"/static/{name}").status_code in {400, 404}


def test_pages_run_no_script_of_their_own(client: TestClient) -> None:
    page = client.get("/")
    policy = page.headers["content-security-policy"]
    assert "script-src 'self'" in policy and "unsafe" not in policy
    text = page.text
    assert "onclick" not in text and "<style" not in text and " style=" not in text


def _scanless(browser: Any) -> list[int]:
    return [browser.get(path).status_code for path in ("/", "/queue", "/decisions", "/precision")]


def test_pages_stand_while_nothing_was_scanned(visit: Start) -> None:
    assert _scanless(visit("admin")) == [200, 200, 200, 200]
