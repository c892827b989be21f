"""Hosts, other sites, sizes, headers, rates: what is refused before any route."""

from __future__ import annotations

import pytest
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient
from zhenzan.api import problems
from zhenzan.api.context import Service
from zhenzan.api.rates import Rates
from zhenzan.api.security.bodies import STREAMED, Bodies
from zhenzan.api.settings import Settings


@pytest.fixture
def taking(app: FastAPI, client: TestClient) -> TestClient:
    """Routes that read a body, as JSON and as it comes."""

    @app.post("/v1/json")
    def as_json(body: dict[str, str]) -> int:
        return len(body)

    async def read(request: Request) -> int:
        return sum([len(piece) async for piece in request.stream()])

    app.add_api_route("/v1/raw", read, methods=["POST"])
    app.add_api_route("/v1/engagements/", read, methods=["POST"])

    @app.get("/v1/broken")
    def broken() -> None:
        raise RuntimeError("what somebody wrote")

    @app.get("/v1/page")
    def page() -> None: ...

    return client


def slug(answer) -> str:
    assert answer.headers["content-type"] == "application/problem+json"
    return str(answer.json()["type"]).removeprefix("urn:zhenzan:problem:")


OWN = ("127.0.0.1", "localhost:8650", "[::1]:8650", "LOCALHOST")
REBOUND = ("rebound.example", "127.0.0.1.example", "localhost.example", "", "[", "a b", "@", "x@")


def test_own_hosts_and_rebound_ones(client: TestClient) -> None:
    for host in OWN:
        assert client.get("/v1/me", headers={"Host": host}).status_code == 200, host
    for host in REBOUND:
        answer = client.get("/v1/me", headers={"Host": host})
        assert (answer.status_code, slug(answer)) == (421, "unknown-host"), host


def test_named_hosts(run_service, settings: Settings) -> None:
    for hosts, given, status in (
        (("zhenzan.example",), "zhenzan.example", 200),
        (("zhenzan.example",), "other.example", 421),
        (("*",), "other.example", 200),
    ):
        with run_service(settings.model_copy(update={"hosts": hosts})) as client:
            answer = client.get("/health/live", headers={"Host": given})
            assert answer.status_code == status


FOREIGN = [
    {"Origin": "http://other.example"},
    {"Origin": "http://127.0.0.1:9999"},
    {"Origin": "null"},
    {"Origin": "http://["},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1:8650"},
]


def test_other_sites_change_nothing(taking: TestClient) -> None:
    for headers in FOREIGN:
        answer = taking.post("/v1/json", json={}, headers=headers)
        assert (answer.status_code, slug(answer)) == (403, "cross-site"), headers


OURS = [
    {},
    {"Origin": "http://127.0.0.1:8650", "Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "none"},
]


def test_own_pages_and_programs_may(taking: TestClient) -> None:
    for headers in OURS:
        assert taking.post("/v1/json", json={}, headers=headers).status_code == 200, headers


def test_nul_in_an_address(client: TestClient) -> None:
    for path in ("/v1/me%00", "/v1/me?x=%00", "/v1/audit?actor=a%00b"):
        assert client.get(path).status_code == 400, path


def test_bodies_that_are_too_large(settings: Settings) -> None:
    app = FastAPI()
    small = settings.model_copy(update={"max_body_bytes": 1024, "max_upload_bytes": 4096})
    app.add_middleware(Bodies, settings=small)
    problems.install(app)

    @app.post(STREAMED[0])
    async def raw(request: Request) -> int:
        return sum([len(piece) async for piece in request.stream()])

    @app.post("/v1/json")
    def as_json(body: dict[str, str]) -> int:
        return len(body)

    def pieces(n: int):
        for _ in range(n):
            yield b"x" * 512

    client, kind = TestClient(app), {"content-type": "application/json"}
    assert client.post("/v1/json", content=b'{"a": "' + b"x" * 900 + b'"}').status_code == 422
    told = client.post("/v1/json", json={"a": "x" * 2000})
    assert (told.status_code, slug(told)) == (413, "too-large")
    assert told.json()["limit_bytes"] == 1024
    untold = client.post("/v1/json", content=pieces(4), headers=kind)
    assert (untold.status_code, slug(untold)) == (413, "too-large")
    assert client.post(STREAMED[0], content=pieces(8)).json() == 4096
    assert client.post(STREAMED[0], content=pieces(9)).status_code == 413
    lying = client.post("/v1/json", content=pieces(4), headers={"content-length": "10"})
    assert lying.status_code == 413


def test_every_answer_says_what_browsers_may_do(taking: TestClient, held: Service) -> None:
    answers = [
        taking.get("/health/live"),
        taking.get("/v1/nothing"),
        taking.get("/v1/broken"),
        taking.get("/v1/me", headers={"Host": "other.example"}),
        taking.post("/v1/json", content=b"{"),
        taking.post("/v1/json", content=b"x", headers={"content-length": str(1 << 40)}),
        taking.put("/v1/json"),
    ]
    assert [a.status_code for a in answers] == [200, 404, 500, 421, 422, 413, 405]
    for answer in answers:
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] in ("same-origin", "same-origin")
        assert "server" not in answer.headers
        assert answer.headers["x-request-id"]
        if answer.status_code >= 400:
            assert answer.json()["request_id"] == answer.headers["x-request-id"]


def test_a_failure_shows_nothing_of_the_inside(taking: TestClient) -> None:
    answer = taking.get("/v1/broken")
    assert (answer.status_code, slug(answer)) == (500, "internal")
    assert "wrote" not in answer.text and "Runtime" not in answer.text


def test_wrong_bodies_are_told_without_their_values(taking: TestClient) -> None:
    answer = taking.post("/v1/json", json={"a": {"secret text": 1}})
    assert (answer.status_code, slug(answer)) == (422, "invalid-request")
    assert answer.json()["faults"] == [
        {"where": "body.a", "message": "Input should be a valid string"}
    ]
    assert "secret text" not in answer.text


def test_rates() -> None:
    now = 0.0
    rates = Rates(60, timer=lambda: now)
    assert [rates.wait_s("a") for _ in range(60)] == [0] * 60
    assert rates.wait_s("a") == pytest.approx(1)
    assert rates.wait_s("b") == 0
    now = 0.5
    assert rates.wait_s("a") == pytest.approx(0.5)
    now = 1.0
    assert rates.wait_s("a") == 0 and rates.wait_s("a") > 0
    now = 1000.0
    assert rates.wait_s("a", cost=1e9) == 0 and rates.wait_s("a", cost=30) == pytest.approx(30)
    assert Rates(0).wait_s("a") == 0


def test_callers_without_end_do_not_fill_the_memory() -> None:
    rates = Rates(10, timer=lambda: 0.0)
    for n in range(20_000):
        rates.wait_s(f"address {n}")
    assert len(rates._buckets) == 10_000


def test_who_asks_too_often_is_told_to_wait(run_service, settings: Settings) -> None:
    with run_service(settings.model_copy(update={"rate_per_minute": 5})) as client:
        found = [client.get("/v1/me") for _ in range(7)]
    assert [a.status_code for a in found] == [200] * 5 + [429] * 2
    assert slug(found[-1]) == "too-many-requests"
    assert 1 <= int(found[-1].headers["retry-after"]) <= 12
