"""The console's log-in: cookie, end, and the token of its forms."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Annotated

import pytest
from fastapi import Depends, FastAPI, Request, Response
from fastapi.testclient import TestClient
from sqlalchemy import select, text
from zhenzan.api.context import Service, service
from zhenzan.api.problems import Problem
from zhenzan.api.security.access import principal, require
from zhenzan.api.security.csrf import check_form
from zhenzan.api.security.keys import revoke_key
from zhenzan.api.security.login import COOKIE, FORM_HEADER
from zhenzan.api.security.principal import LOCAL, Principal
from zhenzan.api.security.sessions import sign_in, sign_out
from zhenzan.api.settings import Settings
from zhenzan.api.storage.models import AuditEvent, LoginSession

Make = Callable[..., dict[str, str]]


def with_pages(app: FastAPI) -> None:
    @app.post("/enter")
    async def enter(
        request: Request, response: Response, held: Annotated[Service, Depends(service)]
    ) -> bool:
        return sign_in(request, response, held, (await request.body()).decode()) is not None

    @app.post("/leave")
    def leave(
        request: Request,
        response: Response,
        held: Annotated[Service, Depends(service)],
        who: Annotated[Principal, Depends(principal)],
    ) -> None:
        sign_out(request, response, held, who)

    @app.post("/v1/change")
    def change(who: Annotated[Principal, require("score")]) -> str:
        return who.key_id

    @app.get("/token")
    def token(who: Annotated[Principal, Depends(principal)]) -> str | None:
        return who.form_token


@pytest.fixture
def browser(app: FastAPI, client: TestClient) -> Iterator[TestClient]:
    with_pages(app)
    yield client


def enter(browser: TestClient, headers: dict[str, str]) -> bool:
    secret = headers["Authorization"].removeprefix("Bearer ")
    return bool(browser.post("/enter", content=secret).json())


def test_a_log_in_stands_for_its_key(browser: TestClient, make_key: Make) -> None:
    headers = make_key("reviewer", tenant="b")
    assert browser.get("/v1/me").status_code == 401
    assert enter(browser, headers)
    assert browser.get("/v1/me").json() == browser.get("/v1/me", headers=headers).json()


def test_the_cookie_is_kept_from_scripts_and_other_sites(
    browser: TestClient, make_key: Make
) -> None:
    secret = make_key("reviewer")["Authorization"].removeprefix("Bearer ")
    cookie = browser.post("/enter", content=secret).headers["set-cookie"]
    parts = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert {"httponly", "samesite=strict", "path=/", "max-age=43200"} <= parts
    assert "secure" not in parts and "domain" not in cookie.lower()
    assert secret not in cookie


def test_over_tls_the_cookie_is_secure(run_service, settings: Settings, tmp_path) -> None:
    with run_service(settings.model_copy(update={"https": True})) as client:
        with_pages(client.app)
        answer = client.post("/enter", content="zz_wrong")
        assert answer.json() is False and "set-cookie" not in answer.headers
        assert "max-age" in answer.headers["strict-transport-security"]
        held = client.app.state.service
        with held.database.session() as session:
            from zhenzan.api.security.keys import create_key

            _, secret = create_key(
                session, tenant_id="default", name="", roles=["admin"], now_ms=held.clock()
            )
        assert "secure" in client.post("/enter", content=secret).headers["set-cookie"].lower()


def test_to_change_anything_a_log_in_needs_its_token(browser: TestClient, make_key: Make) -> None:
    headers = make_key("reviewer")
    enter(browser, headers)
    token = browser.get("/token").json()
    for given in (None, "", "x", token[:-1], token + "x", "é"):
        sent = {} if given is None else {FORM_HEADER.encode(): given.encode()}
        answer = browser.post("/v1/change", headers=sent)
        assert answer.status_code == 403
        assert answer.json()["type"] == "urn:zhenzan:problem:form-token"
    assert browser.post("/v1/change", headers={FORM_HEADER: token}).status_code == 200
    assert browser.post("/v1/change", headers=headers).status_code == 200  # a key is no cookie


def test_tokens_belong_to_one_log_in(browser: TestClient, make_key: Make) -> None:
    headers, tokens = make_key("reviewer"), set()
    for _ in range(3):
        enter(browser, headers)
        tokens.add(browser.get("/token").json())
    assert len(tokens) == 3


def test_forms_are_checked() -> None:
    who = Principal("t", "k", frozenset(), frozenset(), form_token="right")
    check_form(who, "right")
    check_form(LOCAL, "")  # has no log-in; other sites are kept out by their origin
    with pytest.raises(Problem):
        check_form(who, "wrong")


def test_log_out_ends_it_everywhere(browser: TestClient, make_key: Make) -> None:
    enter(browser, make_key("reviewer"))
    kept = browser.cookies[COOKIE]
    token = browser.get("/token").json()
    answer = browser.post("/leave", headers={FORM_HEADER: token})
    assert answer.status_code == 200 and "max-age=0" in answer.headers["set-cookie"].lower()
    browser.cookies.clear()
    browser.cookies.set(COOKIE, kept)
    assert browser.get("/v1/me").status_code == 401


def test_it_ends_with_its_time_and_with_its_key(
    browser: TestClient, held: Service, make_key: Make
) -> None:
    headers, now = make_key("reviewer"), held.clock()
    enter(browser, headers)
    held.clock = lambda: now + 11 * 3_600_000
    key_id = browser.get("/v1/me").json()["key_id"]
    held.clock = lambda: now + 13 * 3_600_000
    assert browser.get("/v1/me").status_code == 401
    enter(browser, headers)
    assert browser.get("/v1/me").status_code == 200
    with held.database.session() as session:
        revoke_key(session, key_id, held.clock())
    assert browser.get("/v1/me").status_code == 401


def test_it_ends_no_later_than_its_key(browser: TestClient, held: Service, make_key: Make) -> None:
    end = held.clock() + 60_000
    enter(browser, make_key("reviewer", expires_ms=end))
    with held.database.reading() as session:
        assert session.scalar(select(LoginSession.expires_ms)) == end


def test_forged_cookies(browser: TestClient, make_key: Make) -> None:
    enter(browser, make_key("reviewer"))
    for cookie in ("", "x", "zz_x", "a" * 5000, "%00"):
        browser.cookies.clear()
        browser.cookies.set(COOKIE, cookie)
        assert browser.get("/v1/me").status_code == 401, cookie


def test_cookie_and_token_are_stored_apart_from_what_opens(
    browser: TestClient, held: Service, make_key: Make
) -> None:
    enter(browser, make_key("reviewer"))
    with held.database.reading() as session:
        rows = repr(session.execute(text("SELECT * FROM login_session")).all())
        found = session.scalars(select(AuditEvent.action)).all()
    assert browser.cookies[COOKIE] not in rows
    assert found == ["session.begin"]


def test_guessing_at_the_door_is_slowed_down(run_service, settings: Settings) -> None:
    with run_service(settings.model_copy(update={"rate_per_minute": 60})) as client:
        with_pages(client.app)
        found = [client.post("/enter", content="zz_guess").status_code for _ in range(5)]
        assert found == [200, 200, 200, 429, 429]
