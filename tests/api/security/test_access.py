"""Who is let in, and who is not."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from typing import Annotated, Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select, text, update
from zhenzan.api.context import Service
from zhenzan.api.security.access import require
from zhenzan.api.security.keys import create_key, revoke_key
from zhenzan.api.security.principal import ROLES, SCOPES, Principal
from zhenzan.api.settings import Settings
from zhenzan.api.storage.models import ApiKey
from zhenzan.features.errors import UsageError

Make = Callable[..., dict[str, str]]


def me(client: TestClient, headers: Any = None) -> Any:
    return client.get("/v1/me", headers=headers)


def test_without_keys_the_machine_itself_is_let_in(client: TestClient) -> None:
    found = me(client).json()
    assert (found["tenant_id"], found["key_id"]) == ("default", "local")
    assert set(found["roles"]) == set(ROLES) and set(found["scopes"]) == set(SCOPES)


def test_the_first_key_ends_that(client: TestClient, make_key: Make) -> None:
    assert me(client).status_code == 200
    headers = make_key("reviewer")
    refused = me(client)
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"] == "Bearer"
    assert refused.json()["type"] == "urn:zhenzan:problem:unauthenticated"
    assert me(client, headers).json()["roles"] == ["reviewer"]


def test_a_revoked_key_does_not_open_the_machine_again(
    client: TestClient, held: Service, make_key: Make
) -> None:
    headers = make_key("admin")
    key_id = me(client, headers).json()["key_id"]
    with held.database.session() as session:
        revoke_key(session, key_id, held.clock())
    held.has_keys = False  # as after a new start
    assert me(client, headers).status_code == 401
    assert me(client).status_code == 401


CLAIMS = [
    {"X-Forwarded-For": "127.0.0.1"},
    {"Forwarded": "for=127.0.0.1"},
    {"X-Real-IP": "127.0.0.1"},
    {"Authorization": "Basic dTpw"},
    {"Authorization": "Bearer"},
    {"Authorization": ""},
    {"Authorization": "Bearer zz_"},
]


def test_a_claim_or_a_proxy_is_not_the_machine_itself(client: TestClient) -> None:
    for header in CLAIMS:
        assert me(client, header).status_code == 401, header


def test_others_are_not_let_in_without_keys(client: TestClient) -> None:
    for address in ("192.0.2.7", "::ffff:192.0.2.7", "", "unix"):
        from_there = TestClient(client.app, base_url="http://127.0.0.1:8650", client=(address, 5))
        assert me(from_there).status_code == 401, address


def test_other_addresses_never_know_a_local_user(run_service: Any, tmp_path: Any) -> None:
    with run_service(Settings.read(data_dir=tmp_path, host="0.0.0.0", workers=0)) as client:
        assert me(client).status_code == 401


FORGED = [
    "", "zz_", "zz_ ", "null", "undefined", "zz_" + "A" * 43, "zz_" + "é" * 43, "' OR 1=1 --",
    "zz_%", "zz_\x00", "a" * 20_000,
]  # fmt: skip


def test_forged_keys(client: TestClient, make_key: Make) -> None:
    make_key("admin")
    for secret in FORGED:
        headers = {b"Authorization": b"Bearer " + secret.encode()}
        assert me(client, headers).status_code == 401, secret


def test_what_is_stored_opens_nothing(client: TestClient, held: Service, make_key: Make) -> None:
    secret = make_key("admin")["Authorization"].removeprefix("Bearer ")
    with held.database.reading() as session:
        row = session.scalar(select(ApiKey))
        assert row is not None and row.digest == hashlib.sha256(secret.encode()).hexdigest()
        rows = session.execute(text("SELECT * FROM api_key")).all()
    assert secret not in repr(rows) and secret[3:] not in repr(rows)
    for wrong in (row.digest, "zz_" + row.digest, row.id, secret[:-1], secret.upper()):
        assert me(client, {"Authorization": f"Bearer {wrong}"}).status_code == 401


def test_keys_differ(make_key: Make) -> None:
    found = {make_key("creator")["Authorization"] for _ in range(20)}
    assert len(found) == 20 and all(len(secret) > 48 for secret in found)


def test_a_key_ends_with_its_time(client: TestClient, held: Service, make_key: Make) -> None:
    now = held.clock()
    headers = make_key("creator", expires_ms=now + 60_000)
    assert me(client, headers).status_code == 200
    held.clock = lambda: now + 59_999
    assert me(client, headers).status_code == 200
    held.clock = lambda: now + 60_000
    assert me(client, headers).status_code == 401


def test_the_time_of_use_is_noted_once_a_minute(
    client: TestClient, held: Service, make_key: Make
) -> None:
    headers, now = make_key("creator"), held.clock()

    def used() -> int | None:
        with held.database.reading() as session:
            return session.scalar(select(ApiKey.used_ms))

    for step, noted in ((0, 0), (30_000, 0), (60_000, 60_000)):
        held.clock = lambda step=step: now + step
        assert me(client, headers).status_code == 200
        assert used() == now + noted


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"roles": ["owner"]}, "owner"),
        ({"roles": []}, "needs a role"),
        ({"roles": ["creator"], "scopes": ["decisions:write"]}, "more than creator may do"),
        ({"roles": ["creator"], "scopes": ["everything"]}, "everything"),
        ({"roles": ["creator"], "tenant_id": "absent"}, "no tenant"),
        ({"roles": ["creator"], "expires_ms": 5}, "before it begins"),
    ],
)
def test_keys_that_cannot_be(held: Service, options: dict[str, Any], told: str) -> None:
    given = {"tenant_id": "default", "name": "", "now_ms": 10, **options}
    with pytest.raises(UsageError, match=told), held.database.session() as session:
        create_key(session, **given)


def test_roles_and_scopes(client: TestClient, app: FastAPI, make_key: Make) -> None:
    @app.post("/v1/decide")
    def decide(who: Annotated[Principal, require("decisions:write", "results:read")]) -> str:
        return who.key_id

    def status(*roles: str, **options: Any) -> int:
        return client.post("/v1/decide", headers=make_key(*roles, **options)).status_code

    assert status("reviewer") == status("admin") == status("creator", "reviewer") == 200
    assert status("creator") == 403
    assert status("reviewer", scopes=["decisions:write", "results:read"]) == 200
    answer = client.post("/v1/decide", headers=make_key("reviewer", scopes=["score"]))
    assert answer.status_code == 403
    assert answer.json()["missing"] == ["decisions:write", "results:read"]


def test_a_row_that_was_tampered_with_gives_no_more_than_its_role(
    client: TestClient, held: Service, make_key: Make
) -> None:
    headers = make_key("creator")
    with held.database.session() as session:
        session.execute(update(ApiKey).values(scopes=["admin", "score", "gone"]))
    assert me(client, headers).json()["scopes"] == ["score"]


def test_a_scope_that_does_not_exist_is_found_at_once() -> None:
    with pytest.raises(KeyError):
        require("jobs:everything")


def test_creators_see_their_own() -> None:
    creator = Principal("t", "key_1", frozenset({"creator"}), frozenset())
    reviewer = Principal("t", "key_2", frozenset({"creator", "reviewer"}), frozenset())
    assert creator.may_see("key_1") and not creator.may_see("key_2") and not creator.may_see("")
    assert reviewer.may_see("key_1")


def test_a_random_stranger_is_slowed_down(run_service: Any, settings: Settings) -> None:
    slow = settings.model_copy(update={"rate_per_minute": 100})
    with run_service(slow) as client:
        found = [
            me(client, {"Authorization": f"Bearer zz_{secrets.token_urlsafe(32)}"}).status_code
            for _ in range(8)
        ]
        assert found == [401] * 5 + [429] * 3
        assert me(client).status_code == 200  # the user of the machine is another caller
