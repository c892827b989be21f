"""docs/openapi.json is what the service says of itself, and fit for generated clients."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from zhenzan.api.app import create_app
from zhenzan.api.openapi import page
from zhenzan.api.settings import Settings

KEPT = Path(__file__).parents[2] / "docs" / "openapi.json"
# These write nothing that a second time would double.
NEED_NO_KEY = {"score_section"}


@pytest.fixture(scope="module")
def document() -> Any:
    return json.loads(KEPT.read_text("utf-8"))


def operations(document: Any) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def test_the_kept_document_is_that_of_the_code(tmp_path: Path) -> None:
    now = page(create_app(Settings.read(data_dir=tmp_path)))
    told = "run: python -m zhenzan.api.openapi docs/openapi.json"
    assert KEPT.read_text("utf-8") == now, told


def test_making_the_document_touches_no_disk(tmp_path: Path) -> None:
    page(create_app(Settings.read(data_dir=tmp_path / "absent")))
    assert not (tmp_path / "absent").exists()


def test_the_service_serves_it(client: TestClient, document: Any) -> None:
    assert client.get("/v1/openapi.json").json() == document


def test_operations_have_names_of_their_own(document: Any) -> None:
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(set(names)) == len(names) > 0
    assert all(re.fullmatch(r"[a-z]+(_[a-z0-9]+)+", name) for name in names), names
    assert all(len(operation["tags"]) == 1 for _, _, operation in operations(document))


def test_every_operation_is_explained(document: Any) -> None:
    bare = [o["operationId"] for _, _, o in operations(document) if not o.get("description")]
    assert not bare


def test_every_route_of_the_interface_asks_for_a_key(document: Any) -> None:
    for path, _, operation in operations(document):
        if path.startswith("/v1"):
            assert operation.get("security") == [{"key": []}], path


def test_errors_are_problems(document: Any) -> None:
    for path, _, operation in operations(document):
        for status, answer in operation["responses"].items():
            if int(status) >= 400:
                assert set(answer["content"]) == {"application/problem+json"}, (path, status)
    assert "Problem" in document["components"]["schemas"]


def test_posts_that_write_may_be_sent_again(document: Any) -> None:
    for path, method, operation in operations(document):
        if method == "post" and operation["operationId"] not in NEED_NO_KEY:
            headers = {p["name"] for p in operation["parameters"] if p["in"] == "header"}
            assert headers & {"Idempotency-Key", "idempotency-key"}, path


def test_everything_that_is_referred_to_is_there(document: Any) -> None:
    text = json.dumps(document)
    for name in set(re.findall(r'"#/components/schemas/([^"]+)"', text)):
        assert name in document["components"]["schemas"], name
