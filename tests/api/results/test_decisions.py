"""Decisions, appeals, rulings: added, never changed; as labels, as precision, as a queue."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from zhenzan.api.context import Service
from zhenzan.api.decisions.shadow import wilson
from zhenzan.api.jobs.store import open_store
from zhenzan.api.operations.retention import purge_account
from zhenzan.api.storage.models import Idempotency
from zhenzan.detector import Scan
from zhenzan.detector.training.labels import read_labels


def decide(client: TestClient, scan_id: str, subject: str, **changes: Any) -> dict[str, Any]:
    body = {
        "scan_id": scan_id, "subject_kind": "section", "subject_id": subject,
        "outcome": "confirmed_inauthentic", "reason": "Two families agree.", **changes,
    }  # fmt: skip
    headers = body.pop("headers", {})
    answer = client.post("/v1/decisions", json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def post(client: TestClient, url: str, status: int = 201, **body: Any) -> dict[str, Any]:
    headers = body.pop("headers", {})
    answer = client.post(url, json=body, headers=headers)
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_from_decision_to_overturned(
    client: TestClient, publish: Callable[..., str], scanned: Scan, held: Service
) -> None:
    scan_id = publish()
    row = scanned.sections.nlargest(1, "score").iloc[0]
    made = decide(client, scan_id, row["section_id"], note="for colleagues")
    assert (made["band"], made["score"], made["verdict"]) == (
        row["band"], row["score"], "confirmed_inauthentic",
    )  # fmt: skip
    url = f"/v1/decisions/{made['id']}"
    appeal = post(client, f"{url}/appeal", reason="It was a giveaway.")
    post(client, f"{url}/appeal", 409, reason="Again.")
    post(client, f"{url}/ruling", 409, verdict="upheld", reason="Not an appeal.")
    answer = f"/v1/decisions/{appeal['id']}"
    post(client, f"{answer}/appeal", 409, reason="Of an appeal.")
    ruling = post(client, f"{answer}/ruling", verdict="overturned", reason="So it was.")
    post(client, f"{answer}/ruling", 409, verdict="upheld", reason="Again.")
    log = client.get("/v1/decisions", params={"limit": 2}).json()
    rest = client.get("/v1/decisions", params={"cursor": log["next_cursor"]}).json()
    assert [line["id"] for line in log["items"] + rest["items"]] == [
        ruling["id"], appeal["id"], made["id"],
    ]  # fmt: skip
    found = client.get(
        f"/v1/scans/{scan_id}/lookup", params={"kind": "section", "id": row["section_id"]}
    ).json()
    assert [line["id"] for line in found["decisions"]] == [made["id"], appeal["id"], ruling["id"]]
    assert client.get(url).json() == made
    with pytest.raises(DBAPIError), held.database.session() as session:
        session.execute(text("UPDATE decision SET reason = 'other'"))
    actions = [row["action"] for row in client.get("/v1/audit").json()["items"]]
    assert actions == ["ruling.create", "appeal.create", "decision.create"]


def test_the_audit_log_names_no_account(
    client: TestClient, publish: Callable[..., str], scanned: Scan
) -> None:
    scan_id, who = publish(), str(scanned.accounts["account_id"].iloc[0])
    subject = {"scan_id": scan_id, "subject_kind": "account", "subject_id": who}
    taken = post(client, "/v1/assignments", **subject)
    made = decide(client, scan_id, who, subject_kind="account")
    appeal = post(client, f"/v1/decisions/{made['id']}/appeal", reason="Not me.")
    lines = client.get("/v1/audit").json()["items"]
    assert [line["target"] for line in lines] == [appeal["id"], made["id"], taken["id"]]
    assert all(line["detail"]["subject_kind"] == "account" for line in lines)
    assert who not in str(lines)


def test_kept_answers_go_with_the_account(
    client: TestClient, publish: Callable[..., str], scanned: Scan, held: Service
) -> None:
    scan_id, (who, other) = publish(), scanned.accounts["account_id"].iloc[:2]
    for account in (who, other):
        subject = {"scan_id": scan_id, "subject_kind": "account", "subject_id": account}
        post(client, "/v1/assignments", **subject, headers={"Idempotency-Key": f"a-{account}"})
        keyed = {"Idempotency-Key": f"d-{account}"}
        made = decide(client, scan_id, account, subject_kind="account", headers=keyed)
        url = f"/v1/decisions/{made['id']}/appeal"
        post(client, url, reason="No.", headers={"Idempotency-Key": f"p-{account}"})
    section = scanned.sections["section_id"].iloc[0]
    decide(client, scan_id, section, headers={"Idempotency-Key": "s"})
    store = open_store(held.settings.store_url, held.settings.data_dir / "cache")
    done = purge_account(held.database, store, held.settings, "default", who)
    assert done.gone["kept answers"] == 3 and not done.failed
    with held.database.reading() as session:
        kept = set(session.scalars(select(Idempotency.key)))
    assert kept == {f"a-{other}", f"d-{other}", f"p-{other}", "s"}


def test_labels_are_what_training_reads(
    client: TestClient, publish: Callable[..., str], scanned: Scan, tmp_path: Path
) -> None:
    scan_id, ids = publish(), scanned.sections["section_id"].tolist()[:4]
    made = [decide(client, scan_id, i) for i in ids[:3]]
    decide(client, scan_id, ids[3], outcome="needs_more_data")
    for row, verdict in zip(made[:2], ("overturned", "upheld"), strict=True):
        appeal = post(client, f"/v1/decisions/{row['id']}/appeal", reason="No.")
        post(client, f"/v1/decisions/{appeal['id']}/ruling", verdict=verdict, reason="Seen.")
    for kind in ("csv", "parquet"):
        file = tmp_path / f"labels.{kind}"
        file.write_bytes(client.get("/v1/labels", params={"format": kind}).content)
        labels = read_labels(file).set_index("id")["positive"].to_dict()
        assert labels == {ids[0]: False, ids[1]: True, ids[2]: True}


def test_a_reason_in_a_spreadsheet_runs_nothing(
    client: TestClient, publish: Callable[..., str], scanned: Scan
) -> None:
    decide(client, publish(), scanned.sections["section_id"].iloc[0], reason="=1+1")
    table = pd.read_csv(io.BytesIO(client.get("/v1/labels").content))
    assert table["reason"].tolist() == ["'=1+1"]


def test_who_may_do_what(
    client: TestClient,
    publish: Callable[..., str],
    scanned: Scan,
    make_key: Callable[..., dict[str, str]],
) -> None:
    keys = {name: make_key(name) for name in ("creator", "reviewer", "admin")}
    stranger, other = make_key("creator"), make_key("admin", tenant="b")
    me = client.get("/v1/me", headers=keys["creator"]).json()
    scan_id = publish(owner=me.get("key_id") or me["id"])
    subject = scanned.sections["section_id"].iloc[0]
    body = {"scan_id": scan_id, "subject_kind": "section", "subject_id": subject,
            "outcome": "no_action", "reason": "r"}  # fmt: skip
    post(client, "/v1/decisions", 403, **body, headers=keys["creator"])
    post(client, "/v1/decisions", 404, **body, headers=other)
    post(client, "/v1/decisions", 404, **{**body, "subject_id": "x"}, headers=keys["reviewer"])
    made = decide(client, scan_id, subject, headers=keys["reviewer"])
    url = f"/v1/decisions/{made['id']}"
    for key in (stranger, other):
        post(client, f"{url}/appeal", 404, reason="No.", headers=key)
        assert client.get(url, headers=key).status_code == 404
        assert client.get("/v1/decisions", headers=key).json()["items"] == []
    appeal = post(client, f"{url}/appeal", reason="No.", headers=keys["creator"])
    ruled = {"verdict": "upheld", "reason": "It stands."}
    answer = f"/v1/decisions/{appeal['id']}/ruling"
    post(client, answer, 403, **ruled, headers=keys["creator"])
    post(client, answer, 403, **ruled, headers=keys["reviewer"])  # decided it
    post(client, answer, **ruled, headers=keys["admin"])
    assert client.get("/v1/labels", headers=keys["creator"]).status_code == 403
    assert client.get("/v1/labels", headers=other).content.count(b"\n") == 1


def test_a_note_is_for_colleagues(
    client: TestClient,
    publish: Callable[..., str],
    scanned: Scan,
    make_key: Callable[..., dict[str, str]],
) -> None:
    creator, reviewer = make_key("creator"), make_key("reviewer")
    scan_id = publish(owner=client.get("/v1/me", headers=creator).json()["key_id"])
    subject = scanned.sections["section_id"].iloc[0]
    made = decide(client, scan_id, subject, note="an old hand", headers=reviewer)
    about = {"kind": "section", "id": subject}

    def told(key: dict[str, str]) -> list[Any]:
        one = client.get(f"/v1/decisions/{made['id']}", headers=key).json()
        (listed,) = client.get("/v1/decisions", headers=key).json()["items"]
        url = f"/v1/scans/{scan_id}/lookup"
        (found,) = client.get(url, params=about, headers=key).json()["decisions"]
        assert one == listed == found and one["reason"]
        return [one["note"]]

    assert made["note"] == "an old hand" and told(reviewer) == ["an old hand"]
    assert told(creator) == [None]


def test_a_decision_is_filed_once(
    client: TestClient, publish: Callable[..., str], scanned: Scan
) -> None:
    scan_id, key = publish(), {"Idempotency-Key": "once"}
    subject = scanned.sections["section_id"].iloc[0]
    first = decide(client, scan_id, subject, headers=key)
    assert decide(client, scan_id, subject, headers=key) == first
    assert len(client.get("/v1/decisions").json()["items"]) == 1


def test_precision_counts_last_words(
    client: TestClient, publish: Callable[..., str], scanned: Scan
) -> None:
    scan_id = publish()
    chosen = scanned.sections.query("band == 'organic'")["section_id"].tolist()[:21]
    for n, subject in enumerate(chosen):
        decide(client, scan_id, subject, outcome="no_action")
        if n < 5:
            decide(client, scan_id, subject, outcome="likely_inauthentic")
    waiting = decide(client, scan_id, chosen[20])
    post(client, f"/v1/decisions/{waiting['id']}/appeal", reason="No.")
    url = "/v1/shadow/precision"
    assert all(row["n_decided"] == 0 for row in client.get(url).json()["items"])  # no shadow mode
    found = client.get(url, params={"shadow_only": False}).json()["items"]
    row = next(row for row in found if row["band"] == "organic")
    assert (row["n_decided"], row["n_agreed"], row["n_waiting"]) == (20, 5, 1)
    assert row["precision"] == 0.25 and row["precision_lo"] < 0.25 < row["precision_hi"]


def test_wilson_is_that_of_the_textbook() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    low, high = wilson(5, 20)  # from the quadratic that it solves
    for p in (low, high):
        assert (0.25 - p) ** 2 == pytest.approx(1.6448536269514722**2 * p * (1 - p) / 20)


def test_the_queue_is_what_waits(
    client: TestClient,
    publish: Callable[..., str],
    scanned: Scan,
    make_key: Callable[..., dict[str, str]],
) -> None:
    ann, ben = make_key("reviewer"), make_key("reviewer")
    scan_id, shown = publish(), ["organic", "unusual", "likely_purchased"]

    def queue(key: dict[str, str], **params: Any) -> list[str]:
        found, cursor = [], None
        while True:
            asked = {"scan_id": scan_id, "limit": 3, "band": shown, **params} | (
                {"cursor": cursor} if cursor else {}
            )
            page = client.get("/v1/queue", params=asked, headers=key).json()
            found += [item["subject_id"] for item in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                return found

    waiting = queue(ann)
    bands = scanned.sections.set_index("section_id")["band"]
    assert set(waiting) == set(bands.index[bands.isin(shown)])
    by_default = set(bands.index[bands.isin(["likely_purchased", "unusual"])])
    assert set(queue(ann, band=[])) == by_default
    assert len(waiting) == len(set(waiting)) > 4
    taken = post(client, "/v1/assignments", scan_id=scan_id, subject_kind="section",
                 subject_id=waiting[0], headers=ann)  # fmt: skip
    mine = {"scan_id": scan_id, "subject_kind": "section", "subject_id": waiting[0]}
    assert post(client, "/v1/assignments", **mine, headers=ann) == taken
    post(client, "/v1/assignments", 409, **mine, headers=ben)
    assert queue(ann, assignee="me") == [waiting[0]] and queue(ben, assignee="me") == []
    assert queue(ben, assignee="none") == waiting[1:]
    assert post(client, "/v1/assignments", **mine, take_over=True, headers=ben)["id"] == taken["id"]
    url = f"/v1/assignments/{taken['id']}"
    assert client.delete(url, headers=ann).status_code == 403
    assert client.delete(url, headers=ben).status_code == 204
    assert client.delete(url, headers=ben).status_code == 404
    decide(client, scan_id, waiting[1], headers=ann)
    assert queue(ann, decided=True) == [waiting[1]]
    assert queue(ann, decided=False) == [waiting[0], *waiting[2:]]
    assert set(queue(ann, band=["organic"])) == set(bands.index[bands == "organic"])
    assert queue(ann, subject_kind="campaign")
