"""The same key does the work once, whatever comes between."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Annotated

import pytest
from fastapi import Depends, FastAPI
from fastapi.testclient import TestClient
from pydantic import BaseModel
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from zhenzan.api.context import Service
from zhenzan.api.once import Once, forget_before
from zhenzan.api.problems import Problem
from zhenzan.api.security.access import require
from zhenzan.api.security.audit import record
from zhenzan.api.security.principal import Principal
from zhenzan.api.storage.models import AuditEvent, Idempotency


class NoteIn(BaseModel):
    text: str


class NoteOut(BaseModel):
    number: int


@pytest.fixture
def noting(app: FastAPI, client: TestClient) -> TestClient:
    """A route that writes one line of the audit log and answers how many there are."""

    @app.post("/v1/notes")
    def note(
        body: NoteIn,
        who: Annotated[Principal, require("score")],
        once: Annotated[Once, Depends(Once)],
    ) -> NoteOut:
        def work(session: Session) -> NoteOut:
            record(session, who, "note", body.text, now_ms=1)
            session.flush()
            if body.text == "refused":
                raise Problem(409, "refused", "not now")
            return NoteOut(number=session.scalar(select(func.count(AuditEvent.id))) or 0)

        return once.run(who, body, NoteOut, work)

    return client


def post(client: TestClient, text: str, key: str | None, **headers: str) -> tuple[int, dict]:
    given = {**headers, **({"Idempotency-Key": key} if key else {})}
    answer = client.post("/v1/notes", json={"text": text}, headers=given)
    body = answer.json()
    return answer.status_code, {**body, "replayed": answer.headers.get("idempotency-replayed")}


def test_without_a_key_each_request_counts(noting: TestClient) -> None:
    assert [post(noting, "a", None)[1]["number"] for _ in range(3)] == [1, 2, 3]


def test_the_same_key_is_done_once(noting: TestClient) -> None:
    first = post(noting, "a", "k1")
    again = post(noting, "a", "k1")
    assert first == (200, {"number": 1, "replayed": None})
    assert again == (200, {"number": 1, "replayed": "true"})
    assert post(noting, "a", "k2")[1]["number"] == 2


def test_the_key_of_another_request_is_refused(noting: TestClient) -> None:
    post(noting, "a", "k1")
    status, body = post(noting, "b", "k1")
    assert (status, body["type"]) == (422, "urn:zhenzan:problem:idempotency-key-reused")


def test_what_failed_may_be_tried_again(noting: TestClient, held: Service) -> None:
    assert post(noting, "refused", "k1")[0] == 409
    with held.database.reading() as session:
        assert session.scalar(select(func.count(Idempotency.key))) == 0
        assert session.scalar(select(func.count(AuditEvent.id))) == 0
    assert post(noting, "a", "k1") == (200, {"number": 1, "replayed": None})


def test_keys_of_two_callers_do_not_meet(noting: TestClient, make_key) -> None:
    one, two = make_key("creator"), make_key("creator", tenant="b")
    assert post(noting, "a", "k1", **one)[1]["number"] == 1
    assert post(noting, "b", "k1", **two)[1] == {"number": 2, "replayed": None}


@pytest.mark.parametrize("key", ["", "a b", "x" * 129, "é"])
def test_a_key_has_to_be_one(noting: TestClient, key: str) -> None:
    answer = noting.post(
        "/v1/notes", json={"text": "a"}, headers={b"Idempotency-Key": key.encode()}
    )
    assert answer.status_code == 422


def test_many_at_once_do_it_once(noting: TestClient, held: Service) -> None:
    gate = Barrier(8)

    def one(_: int) -> tuple[int, dict]:
        gate.wait()
        return post(noting, "a", "together")

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(one, range(8)))
    assert {(status, body["number"]) for status, body in answers} == {(200, 1)}
    assert [body["replayed"] for _, body in answers].count(None) == 1
    with held.database.reading() as session:
        assert session.scalar(select(func.count(AuditEvent.id))) == 1


def test_old_keys_are_forgotten(noting: TestClient, held: Service) -> None:
    post(noting, "a", "k1")
    with held.database.session() as session:
        forget_before(session, held.clock() + 1)
    assert post(noting, "a", "k1") == (200, {"number": 2, "replayed": None})
