"""One tenant tries everything that another one's data can be named by; nothing crosses.

All ids that tenant A ever sees are collected. Tenant B then sends every operation of the interface
with them in every place, and so does whoever has no key. No answer may hold what only A's data say,
and not one of A's rows or files may change.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import select
from zhenzan.api.storage import Database
from zhenzan.api.storage.models import Base

MARK = "amber"
HIDDEN = "quartz"
"""In A's texts and in ids that B never sends: whatever answer holds it has crossed."""
ROW_ID = re.compile(r"[a-z]+_[0-9a-f]{24}")
TRIES = 14
"""Combinations of A's names for each operation; more of them find nothing else."""


def seed(owner: httpx2.Client, job: dict[str, Any]) -> None:
    """Something of every kind, as far as its route is there."""
    scan, section = job["scan_id"], f"{MARK}-s0"
    subject = {"scan_id": scan, "subject_kind": "section", "subject_id": section}
    for path, body in (
        ("/v1/references", {"name": MARK, "scan_id": scan}),
        ("/v1/contexts", {"section_id": section, "kind": "giveaway", "note": HIDDEN}),
        ("/v1/decisions", {**subject, "verdict": "confirmed", "reason": HIDDEN}),
        ("/v1/assignments", subject),
    ):
        owner.post(path, json=body)
    owner.put(f"/v1/streams/{MARK}", json={"reference": MARK})
    row = {"kind": "like", "section_id": section, "account_id": f"{MARK}-p0", "ts_ms": 1}
    owner.post(
        "/v1/engagements",
        params={"stream": MARK},
        content=json.dumps(row) + "\n",
        headers={"Content-Type": "application/x-ndjson", "Idempotency-Key": MARK},
    )


def operations(document: Any) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield method, path, operation


def names_of(owner: httpx2.Client, document: Any, job: dict[str, Any]) -> list[str]:
    """What A's answers hold: ids of rows, ids of data, cursors."""
    found = {job["id"], job["scan_id"], MARK, f"{MARK}-s0", f"{MARK}-p1", f"{MARK}-c1"}
    for _ in range(2):  # the second round follows what the first one found
        for method, path, _operation in operations(document):
            if method != "get" or path.endswith("/events"):
                continue
            for chosen in fillings(path, sorted(found), 8):
                text = owner.get(chosen).text[:200_000]
                found |= set(ROW_ID.findall(text)[:50])
                found |= set(re.findall(r'"next_cursor": ?"([^"]+)"', text))
    return sorted(name for name in found if HIDDEN not in name)


def fillings(path: str, names: list[str], most: int) -> Iterator[str]:
    holes = re.findall(r"\{\w+\}", path)
    chance = random.Random(path)
    for _ in range(most if holes else 1):
        chosen = path
        for hole in holes:
            fitting = [n for n in names if fits(hole, n)] or names
            chosen = chosen.replace(hole, chance.choice(fitting), 1)
        yield chosen


def fits(hole: str, name: str) -> bool:
    kind = hole.strip("{}").removesuffix("_id")
    return name.startswith(f"{kind}_") or (MARK in name and kind not in ("job", "scan", "key"))


def bodies(operation: dict[str, Any], document: Any, names: list[str]) -> Iterator[Any]:
    """Bodies of the operation with A's names in all fields that take a text."""
    content = operation.get("requestBody", {}).get("content", {})
    schema = content.get("application/json", {}).get("schema", {})
    if not schema:
        yield None
        return
    chance = random.Random(operation["operationId"])
    for _ in range(TRIES):
        yield filled(schema, document, names, chance, 0)


def filled(schema: Any, document: Any, names: list[str], chance: random.Random, depth: int) -> Any:
    if "$ref" in schema:
        found = document["components"]["schemas"][schema["$ref"].split("/")[-1]]
        return filled(found, document, names, chance, depth)
    for choice in ("anyOf", "oneOf", "allOf"):
        if choice in schema:
            return filled(chance.choice(schema[choice]), document, names, chance, depth)
    if "enum" in schema:
        return chance.choice(schema["enum"])
    if "const" in schema:
        return schema["const"]
    kind = schema.get("type")
    if kind == "object" and depth < 5:
        return {
            name: filled(part, document, names, chance, depth + 1)
            for name, part in schema.get("properties", {}).items()
            if name in schema.get("required", ()) or chance.random() < 0.5
        }
    if kind == "array":
        part = schema.get("items", {"type": "string"})
        return [filled(part, document, names, chance, depth + 1)] if depth < 5 else []
    return {
        "string": chance.choice(names), "integer": 1, "number": 0.5, "boolean": True,
    }.get(kind)  # fmt: skip


def rows_of(database: Database, tenant: str) -> dict[str, str]:
    """A digest of each table's rows of that tenant; what time alone changes is left out."""
    found = {}
    with database.reading() as session:
        for table in Base.metadata.sorted_tables:
            column = table.c.get("tenant_id", table.c.get("id"))
            rows = session.execute(select(table).where(column == tenant)).mappings().all()
            kept = sorted(
                repr(sorted((k, str(v)) for k, v in row.items() if k not in ("used_ms",)))
                for row in rows
            )
            found[table.name] = hashlib.sha256("\n".join(kept).encode()).hexdigest()
    return found


def files_of(folder: Path, tenant: str) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and tenant in path.relative_to(folder).parts
    }


@pytest.mark.slow
def test_nothing_crosses(
    whole: Any, make_world: Callable[[str], Path], scan_it: Callable[..., Any]
) -> None:
    forged = {"Authorization": "Bearer zz_forged"}
    with (
        whole.caller("admin", tenant="a") as owner,
        whole.caller("admin", tenant="b") as other,
        httpx2.Client(base_url=whole.url, headers=forged, timeout=60) as stranger,
    ):
        cross(whole, owner, other, stranger, make_world(MARK, HIDDEN), scan_it)


def cross(
    whole: Any,
    owner: httpx2.Client,
    other: httpx2.Client,
    stranger: httpx2.Client,
    world: Path,
    scan_it: Callable[..., Any],
) -> None:
    job = scan_it(owner, world, HIDDEN)
    assert HIDDEN in owner.get(f"/v1/jobs/{job['id']}").text
    seed(owner, job)
    document = owner.get("/v1/openapi.json").json()
    names = names_of(owner, document, job)
    assert len(names) > 6
    database = Database(whole.settings.database_url)
    before = rows_of(database, "a"), files_of(whole.settings.data_dir, "a")
    assert before[1], "the owner has files"
    sent = 0
    for method, path, operation in operations(document):
        if method == "get" and path.endswith("/events"):
            continue  # asked below: an answer without end if it were let in
        tries = itertools.product(
            fillings(path, names, TRIES), itertools.islice(bodies(operation, document, names), 3)
        )
        for chosen, body in tries:
            query = {
                p["name"]: random.Random(f"{chosen}{sent}").choice(names)
                for p in operation.get("parameters", ())
                if p["in"] == "query" and p.get("required")
            }
            for caller in (other, stranger):
                answer = caller.request(method.upper(), chosen, json=body, params=query)
                sent += 1
                told = (method, chosen, body, answer.status_code, answer.text[:300])
                assert answer.status_code < 500, told
                assert HIDDEN not in answer.text, told
                if caller is stranger and path.startswith("/v1"):
                    assert answer.status_code in (401, 404, 405, 408, 422), told
                if job["id"] in chosen or job["scan_id"] in chosen:
                    assert answer.status_code >= 400, told
    assert other.get(f"/v1/jobs/{job['id']}/events").status_code == 404
    assert sent > 40
    after = rows_of(database, "a"), files_of(whole.settings.data_dir, "a")
    database.close()
    assert {name for name in before[0] if before[0][name] != after[0][name]} == set()
    assert before[1] == after[1]
