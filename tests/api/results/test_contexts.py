"""Contexts: declared, seen by whom they concern, taken back, and applied by the next scan."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi.testclient import TestClient
from zhenzan.api.context import Service
from zhenzan.api.results.declared import declared_for
from zhenzan.api.security.principal import LOCAL, Principal
from zhenzan.detector import Scan
from zhenzan.detector.contexts import about, parse_context

GIVEAWAY = {
    "section_id": "sim:s1", "kind": "giveaway", "start_ms": 1_714_521_600_123,
    "end_ms": 1_714_780_800_000, "note": "Prize draw, announced in the post.",
}  # fmt: skip


def declare(client: TestClient, **changes: Any) -> dict[str, Any]:
    headers = changes.pop("headers", {})
    answer = client.post("/v1/contexts", json={**GIVEAWAY, **changes}, headers=headers)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def applied(held: Service, client: TestClient, key: dict[str, str]) -> set[str]:
    """Whose contexts a scan takes up that this key asks for."""
    me = client.get("/v1/me", headers=key).json()
    who = Principal(me["tenant_id"], me["key_id"], frozenset(me["roles"]), frozenset())
    with held.database.reading() as session:
        told = [parse_context(text) for text in declared_for(session, who)]
    return {str(one.section).removeprefix("sim:") for one in told}


def test_what_is_declared_is_what_a_scan_reads(client: TestClient, held: Service) -> None:
    made = declare(client)
    declare(client, section_id="sim:odd@id", start_ms=None)
    with held.database.reading() as session:
        told = [parse_context(text) for text in declared_for(session, LOCAL)]
    first, second = told
    assert (first.kind, first.section) == ("giveaway", "sim:s1")
    assert (first.start_ms, first.end_ms) == (GIVEAWAY["start_ms"], GIVEAWAY["end_ms"])
    assert (second.start_ms, second.section) == (None, "sim:odd@id")
    assert about(told, ["sim:s1", "sim:s2"]) == [first]
    listed = client.get("/v1/contexts", params={"section_id": "sim:s1"}).json()["items"]
    assert listed == [made]


def test_what_is_taken_back_holds_no_longer(client: TestClient, held: Service) -> None:
    url = f"/v1/contexts/{declare(client)['id']}/withdraw"
    first = client.post(url).json()
    assert client.post(url).json() == first and first["withdrawn_ms"] is not None
    with held.database.reading() as session:
        assert declared_for(session, LOCAL) == []


def test_what_is_no_context_is_refused(client: TestClient) -> None:
    for changes in (
        {"kind": "luck"}, {"start_ms": None, "end_ms": None}, {"end_ms": GIVEAWAY["start_ms"]},
        {"note": ""}, {"section_id": "a\nb"}, {"more": 1}, {"start_ms": -1},
    ):  # fmt: skip
        answer = client.post("/v1/contexts", json={**GIVEAWAY, **changes})
        assert answer.status_code == 422, changes


def test_a_creator_explains_own_scans_a_reviewer_all(
    client: TestClient, held: Service, make_key: Callable[..., dict[str, str]]
) -> None:
    keys = {name: make_key(name.rstrip("12")) for name in ("creator1", "creator2", "reviewer")}
    keys["other"] = make_key("reviewer", tenant="b")
    for name, key in keys.items():
        declare(client, section_id=f"sim:{name}", headers=key)

    def seen(key: dict[str, str]) -> set[str]:
        rows = client.get("/v1/contexts", headers=key).json()["items"]
        return {row["section_id"].removeprefix("sim:") for row in rows}

    assert seen(keys["creator1"]) == {"creator1"} and seen(keys["other"]) == {"other"}
    assert seen(keys["reviewer"]) == {"creator1", "creator2", "reviewer"}
    assert applied(held, client, keys["reviewer"]) == {"reviewer"}
    assert applied(held, client, keys["creator1"]) == {"creator1", "reviewer"}
    assert applied(held, client, keys["other"]) == {"other"}
    theirs = client.get("/v1/contexts", headers=keys["creator2"]).json()["items"][0]["id"]
    for name in ("creator1", "other"):
        answer = client.post(f"/v1/contexts/{theirs}/withdraw", headers=keys[name])
        assert answer.status_code == 404


def test_the_page_of_a_section_shows_no_other_creators_context(
    client: TestClient,
    publish: Callable[..., str],
    scanned: Scan,
    make_key: Callable[..., dict[str, str]],
) -> None:
    keys = {name: make_key(name.rstrip("12")) for name in ("creator1", "creator2")}
    scan_id = publish(owner=client.get("/v1/me", headers=keys["creator1"]).json()["key_id"])
    section = scanned.sections["section_id"].iloc[0]
    for name, key in keys.items():
        declare(client, section_id=section, note=f"said by {name}", headers=key)
    client.post("/login", data={"key": keys["creator1"]["Authorization"].removeprefix("Bearer ")})
    page = client.get(f"/scans/{scan_id}/section", params={"id": section}).text
    assert "said by creator1" in page and "said by creator2" not in page
