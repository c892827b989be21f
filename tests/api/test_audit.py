"""The audit log: for admins, of their own tenant, page by page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi.testclient import TestClient
from zhenzan.api.context import Service
from zhenzan.api.cursors import encode
from zhenzan.api.security.audit import record
from zhenzan.api.security.principal import operator_of

Make = Callable[..., dict[str, str]]


def write(held: Service, tenant: str, n: int, target: str = "t") -> None:
    with held.database.session() as session:
        for number in range(n):
            who = operator_of(tenant)
            record(session, who, f"act.{number}", target, {"n": number}, now_ms=number)


def pages(client: TestClient, headers: Any, **query: Any) -> list[list[str]]:
    found, cursor = [], None
    while True:
        given = {**query, **({"cursor": cursor} if cursor else {})}
        page = client.get("/v1/audit", headers=headers, params=given).json()
        found.append([item["action"] for item in page["items"]])
        cursor = page["next_cursor"]
        if cursor is None:
            return found


def test_pages_hold_each_event_once_the_newest_first(
    client: TestClient, held: Service, make_key: Make
) -> None:
    headers = make_key("admin")
    write(held, "default", 7)
    newest = [f"act.{n}" for n in reversed(range(7))]
    assert pages(client, headers, limit=3) == [newest[:3], newest[3:6], newest[6:]]
    assert pages(client, headers, limit=7) == [newest]


def test_a_page_does_not_move_when_events_come(
    client: TestClient, held: Service, make_key: Make
) -> None:
    headers = make_key("admin")
    write(held, "default", 4)
    first = client.get("/v1/audit", headers=headers, params={"limit": 2}).json()
    write(held, "default", 3, target="later")
    query = {"limit": 2, "cursor": first["next_cursor"]}
    second = client.get("/v1/audit", headers=headers, params=query).json()
    assert [item["action"] for item in second["items"]] == ["act.1", "act.0"]


def test_a_cursor_without_its_place_is_refused(client: TestClient, make_key: Make) -> None:
    key = make_key("admin")
    for path, query in (
        ("audit", ("audit", None, None)),
        ("decisions", ("decisions", "default", None, None, None, None)),
        ("streams", ("streams",)),
    ):
        params = {"cursor": encode((None,), *query)}
        answer = client.get(f"/v1/{path}", params=params, headers=key)
        assert (answer.status_code, answer.json()["type"][-6:]) == (400, "cursor"), path


def test_filters(client: TestClient, held: Service, make_key: Make) -> None:
    headers = make_key("admin")
    write(held, "default", 2, target="one")
    write(held, "default", 3, target="two")
    assert sum(map(len, pages(client, headers, target="one", limit=1))) == 2
    assert sum(map(len, pages(client, headers, actor="operator"))) == 5
    assert pages(client, headers, actor="nobody") == [[]]
    cursor = client.get("/v1/audit", headers=headers, params={"limit": 1}).json()["next_cursor"]
    other = {"limit": 1, "cursor": cursor, "target": "one"}
    assert client.get("/v1/audit", headers=headers, params=other).status_code == 400


def test_tenants_do_not_read_each_other(client: TestClient, held: Service, make_key: Make) -> None:
    one, two = make_key("admin", tenant="a"), make_key("admin", tenant="b")
    write(held, "a", 2)
    assert pages(client, one) == [["act.1", "act.0"]]
    assert pages(client, two) == [[]]


def test_only_admins_read_it(client: TestClient, make_key: Make) -> None:
    for role in ("creator", "reviewer"):
        assert client.get("/v1/audit", headers=make_key(role)).status_code == 403
