"""Pages of a scan hold what the scan holds, in the order asked for, to whom it belongs."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest
from fastapi.testclient import TestClient
from zhenzan.api.context import Service
from zhenzan.api.operations.unlink import unlink
from zhenzan.api.schemas.results import Band
from zhenzan.detector import Scan
from zhenzan.detector.results import BANDS, OUTPUTS


def everything(client: TestClient, url: str, **params: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor = None
    while True:
        answer = client.get(url, params={**params, "cursor": cursor} if cursor else params)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        assert page["items"] or not found
        found += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            assert page["total"] == len(found)
            return found


@pytest.mark.parametrize("table", ["sections", "accounts", "comments", "engagements", "campaigns"])
def test_all_pages_are_the_table(
    client: TestClient, publish: Callable[..., str], scanned: Scan, table: str
) -> None:
    url = f"/v1/scans/{publish()}/{table}"
    rows = everything(client, url, limit=997, sort="id")
    frame = getattr(scanned, table)
    assert [list(row) for row in rows[:1]] == [OUTPUTS[table].names]
    ids = [row[OUTPUTS[table].names[0]] for row in rows]
    assert ids == frame[OUTPUTS[table].names[0]].tolist()


def test_rows_are_sorted_and_filtered(
    client: TestClient, publish: Callable[..., str], scanned: Scan
) -> None:
    url = f"/v1/scans/{publish()}/sections"
    scores = [row["score"] for row in everything(client, url, limit=7)]
    known = [score for score in scores if score is not None]
    assert known == sorted(known, reverse=True) and scores[: len(known)] == known
    for band in BANDS:
        rows = everything(client, url, band=band)
        assert {r["section_id"] for r in rows} == set(
            scanned.sections.loc[scanned.sections["band"] == band, "section_id"]
        )
    high = everything(client, url, min_score=known[3], sort="id")
    assert {r["score"] for r in high} == {s for s in known if s >= known[3]}
    campaign = scanned.campaigns["campaign_id"].iloc[0]
    members = scanned.campaign_members.query("campaign_id == @campaign")
    for kind in ("account", "section"):
        rows = everything(client, url.replace("sections", f"{kind}s"), campaign_id=campaign)
        assert {r[f"{kind}_id"] for r in rows} == set(
            members.loc[members["member_kind"] == kind, "member_id"]
        )
    listed = everything(client, url.replace("sections", f"campaigns/{campaign}/members"), limit=9)
    assert {r["member_id"] for r in listed} == set(members["member_id"])
    section = scanned.engagements["section_id"].mode().iloc[0]
    acts = everything(client, url.replace("sections", "engagements"), section_id=section)
    assert len(acts) == (scanned.engagements["section_id"] == section).sum() > 0
    assert not everything(client, url, campaign_id="nothing", band="organic")


def test_who_has_the_newest_page_is_told_so(
    client: TestClient, publish: Callable[..., str]
) -> None:
    url = f"/v1/scans/{publish()}/sections"
    tag = client.get(url).headers["etag"]
    again = client.get(url, headers={"If-None-Match": tag})
    assert again.status_code == 304 and not again.content and again.headers["etag"] == tag
    assert client.get(url, params={"limit": 3}, headers={"If-None-Match": tag}).status_code == 200


def test_after_an_account_left_nothing_old_is_told(
    client: TestClient, publish: Callable[..., str], scanned: Scan, held: Service
) -> None:
    scan_id = publish()
    url = f"/v1/scans/{scan_id}"
    who = scanned.comments["account_id"].mode().iloc[0]
    asked: list[tuple[str, dict[str, Any]]] = [
        ("accounts", {"limit": 1000}), ("accounts", {"sort": "id"}), ("comments", {"limit": 1000}),
        ("comments", {"account_id": who}), ("engagements", {"account_id": who}),
        ("files/accounts.csv", {}), ("files/accounts.parquet", {}), ("report.html", {}),
    ]  # fmt: skip
    before = [client.get(f"{url}/{path}", params=params) for path, params in asked]
    unlink(Path(held.settings.store_url) / "default" / scan_id, who, "gone:1")
    for (path, params), old in zip(asked, before, strict=True):
        headers = {"If-None-Match": old.headers["etag"]}
        new = client.get(f"{url}/{path}", params=params, headers=headers)
        assert new.status_code == 200, path
        assert not re.search(rf"{who}(?!\d)", new.text), path
        if params.get("limit"):
            kept = [
                [{**row, "account_id": None} for row in answer.json()["items"]]
                for answer in (old, new)
            ]
            key = "comment_id" if path == "comments" else "score"
            assert sorted(map(str, kept[0])) == sorted(map(str, kept[1]))
            assert [row[key] for row in kept[0]] == [row[key] for row in kept[1]]
        if "account_id" in params:
            assert old.json()["total"] and not new.json()["total"]


def test_a_cursor_of_another_list_is_refused(
    client: TestClient, publish: Callable[..., str]
) -> None:
    url = f"/v1/scans/{publish()}"
    cursor = client.get(f"{url}/sections", params={"limit": 1}).json()["next_cursor"]
    for path, params in (
        ("accounts", {}), ("sections", {"band": "organic"}), ("sections", {"sort": "id"}),
    ):  # fmt: skip
        answer = client.get(f"{url}/{path}", params={**params, "cursor": cursor})
        assert answer.status_code == 400, path


def test_scans_belong_to_their_owner_and_tenant(
    client: TestClient, publish: Callable[..., str], make_key: Callable[..., dict[str, str]]
) -> None:
    reviewer, other = make_key("reviewer"), make_key("admin", tenant="b")
    creator, stranger = make_key("creator"), make_key("creator")
    me = client.get("/v1/me", headers=creator).json()
    own = publish(owner=me.get("key_id") or me["id"])
    theirs = publish(tenant="b")
    seen = {
        name: {row["id"] for row in client.get("/v1/scans", headers=key).json()["items"]}
        for name, key in (
            ("reviewer", reviewer), ("creator", creator), ("stranger", stranger), ("other", other),
        )
    }  # fmt: skip
    assert seen == {"reviewer": {own}, "creator": {own}, "stranger": set(), "other": {theirs}}
    for path in (
        "", "/sections", "/accounts", "/comments", "/engagements", "/campaigns",
        "/campaigns/x/members", "/files/run.json", "/report.html", "/lookup?kind=section&id=x",
    ):  # fmt: skip
        for key in (stranger, other):
            assert client.get(f"/v1/scans/{own}{path}", headers=key).status_code == 404, path


def test_scans_are_listed_newest_first(client: TestClient, publish: Callable[..., str]) -> None:
    ids = [publish() for _ in range(3)]
    first = client.get("/v1/scans", params={"limit": 2}).json()
    rest = client.get("/v1/scans", params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert sorted(r["id"] for r in first["items"] + rest["items"]) == sorted(ids)
    assert rest["next_cursor"] is None


def test_the_bands_are_those_of_the_detector() -> None:
    assert get_args(Band) == BANDS
