"""Every shape of star lists, in made-up records."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from zhenzan.detector.sources import ReadOptions, Rejected, Rows, Skipped, get_source, sniff
from zhenzan.detector.sources.files import probe
from zhenzan.detector.sources.github_json import repo_of, shape_of
from zhenzan.features.errors import SchemaError

SOURCE = get_source("github_stars")


def read(path: Path, section_id: str | None = None) -> tuple[dict[str, list[Any]], list[Any]]:
    tables: dict[str, list[Any]] = {"engagement": [], "section": [], "account": []}
    others = []
    for item in SOURCE.read(probe(path), ReadOptions(section_id)):
        if isinstance(item, Rows):
            tables[item.table] += item.data.to_pylist()
        else:
            others.append(item)
    return tables, others


def watch(login: str, repo: str, number: int, second: int) -> str:
    event = {
        "id": str(number), "type": "WatchEvent", "actor": {"id": number, "login": login},
        "repo": {"id": 1, "name": repo}, "payload": {"action": "started"}, "public": True,
        "created_at": f"2024-01-01T00:00:{second:02d}Z",
    }  # fmt: skip
    return json.dumps(event) + "\n"


def test_gh_archive_hours(tmp_path: Path) -> None:
    push = json.dumps(
        {"id": "9", "type": "PushEvent", "actor": {"login": "x"}, "repo": {"name": "o/r"},
         "payload": {"note": '"WatchEvent"'}, "created_at": "2024-01-01T00:00:00Z"}
    )  # fmt: skip
    lines = push + "\n" + watch("ann", "o/r", 7, 1) + push + "\n" + watch("bob", "o/r", 3, 2)
    path = tmp_path / "2024-01-01-0.json.gz"
    path.write_bytes(gzip.compress((lines + '{"type":"WatchEvent", broken}\n').encode()))
    assert sniff(path).name == "github_stars"
    tables, others = read(path)
    assert [(r["section_id"], r["account_id"], r["ts_ms"]) for r in tables["engagement"]] == [
        ("o/r", "ann", "2024-01-01T00:00:01Z"),
        ("o/r", "bob", "2024-01-01T00:00:02Z"),
    ]
    assert {r["basis"] for r in tables["engagement"]} == {"stream"}
    assert tables["section"] == [{"section_id": "o/r", "creator_id": "o"}]
    assert [r["id_order"] for r in tables["account"]] == [7, 3]
    assert sum(o.count for o in others if isinstance(o, Skipped)) == 2
    assert [(o.line, o.reason) for o in others if isinstance(o, Rejected)] == [(5, "not JSON")]


def star(login: str | None, second: int) -> dict[str, Any]:
    user = None if login is None else {"login": login, "id": second, "type": "User"}
    return {"starred_at": f"2024-01-01T00:00:{second:02d}Z", "user": user}


@pytest.mark.parametrize("style", ["array", "pages", "lines", "slurped"])
def test_rest_stargazers(tmp_path: Path, style: str) -> None:
    stars = [star("ann", 1), star(None, 2), star("bob", 3)]
    text = {
        "array": json.dumps(stars, indent=1),
        "pages": json.dumps(stars[:1]) + json.dumps(stars[1:]),
        "lines": "".join(json.dumps(s) + "\n" for s in stars),
        "slurped": json.dumps([stars[:2], stars[2:]]),
    }[style]
    path = tmp_path / "octo-org__demo.js.json"
    path.write_text(text)
    assert sniff(path).name == "github_stars"
    tables, others = read(path)
    assert [r["account_id"] for r in tables["engagement"]] == ["ann", None, "bob"]
    assert {r["section_id"] for r in tables["engagement"]} == {"octo-org/demo.js"}
    assert not others


def test_rest_without_a_repository_asks_for_it(tmp_path: Path) -> None:
    path = tmp_path / "stargazers.json"
    path.write_text(json.dumps([star("ann", 1)]))
    with pytest.raises(SchemaError, match="--section-id"):
        read(path)
    tables, _ = read(path, "github:octo/demo")
    assert tables["section"] == [{"section_id": "octo/demo", "creator_id": "octo"}]


@pytest.mark.parametrize(
    ("name", "repo"),
    [
        ("octo__demo.json", "octo/demo"),
        ("octo--demo-two.json.gz", "octo/demo-two"),
        ("octo__demo__2.json", "octo/demo"),
        ("octo_demo.json", None),
        ("stars.json", None),
    ],
)
def test_repository_by_file_name(tmp_path: Path, name: str, repo: str | None) -> None:
    path = tmp_path / name
    content = json.dumps([star("ann", 1)]).encode()
    path.write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    assert repo_of(probe(path), None) == repo


@pytest.mark.parametrize("named", [True, False])
def test_graphql_pages(tmp_path: Path, named: bool) -> None:
    node = {"login": "ann", "createdAt": "2020-02-02T02:02:02Z", "databaseId": 5}
    edges = [{"starredAt": "2024-01-01T00:00:01Z", "node": node}, {"starredAt": "x", "node": None}]
    repository: dict[str, Any] = {"stargazers": {"edges": edges, "pageInfo": {}}}
    if named:
        repository["nameWithOwner"] = "octo/demo"
    path = tmp_path / ("page.json" if named else "octo__demo.json")
    pages = json.dumps({"data": {"repository": repository}})
    path.write_text(pages + "\n" + '{"errors": []}')
    assert sniff(path).name == "github_stars"
    tables, others = read(path)
    assert [(r["section_id"], r["account_id"]) for r in tables["engagement"]] == [
        ("octo/demo", "ann")
    ]
    assert tables["account"][0]["created_ms"] == "2020-02-02T02:02:02Z"
    assert [(o.line, o.reason) for o in others] == [
        (1, "an edge without a node"),
        (2, "no stargazers in this JSON object"),
    ]


@pytest.mark.parametrize(
    "header",
    ["repo,actor,starred_at", "github,name,starred_at", "repo_name,login,starred_at",
     "repo,user,starredAt"],
)  # fmt: skip
def test_flat_tables(tmp_path: Path, header: str) -> None:
    path = tmp_path / "stars.csv"
    path.write_text(f"{header}\no/r,ann,2024-01-01 00:00:01 UTC\n")
    assert sniff(path).name == "github_stars"
    tables, _ = read(path)
    assert tables["engagement"] == [
        {"section_id": "o/r", "account_id": "ann", "ts_ms": "2024-01-01 00:00:01 UTC",
         "basis": "list_timed"}
    ]  # fmt: skip


def test_flat_event_tables_hold_other_events_too(tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    path.write_text(
        "type,actor_login,repo_name,created_at\n"
        "ForkEvent,ann,o/r,2024-01-01T00:00:00Z\nWatchEvent,bob,o/r,2024-01-01T00:00:01Z\n"
    )
    tables, others = read(path)
    assert [r["account_id"] for r in tables["engagement"]] == ["bob"]
    assert others == [Skipped(1, "events that are not stars")]


def test_given_owners_are_taken(tmp_path: Path) -> None:
    path = tmp_path / "stars.csv"
    path.write_text("repo,owner,actor,starred_at\n0123,own,ann,2024-01-01T00:00:01Z\n")
    assert read(path)[0]["section"] == [{"section_id": "0123", "creator_id": "own"}]


def test_other_json_is_not_taken_for_stars() -> None:
    for other in (None, 5, [], {}, {"type": "x"}, {"starred_at": 1}, {"data": {"stargazers": 1}}):
        assert shape_of(other) is None
