"""The JSON shapes in which GitHub tells who starred what, as (line, star) pairs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from zhenzan.detector.sources.files import Pieces, Probe
from zhenzan.detector.sources.flat import BadRecord
from zhenzan.detector.sources.jsonlines import json_lines
from zhenzan.detector.sources.jsonvalues import JsonProblem, json_values

__all__ = ["Passed", "Star", "archive_stars", "listed_stars", "repo_of", "shape_of"]

_WATCH: Final = b'"WatchEvent"'
_CUT: Final = "the packed file is cut off here"
# `owner__name.json`, `owner--name.json`, with a page number behind: no login holds two hyphens or
# an underscore, so that the first separator is the right one.
_FILE_NAME: Final = re.compile(
    r"(?P<owner>[A-Za-z0-9](?:-?[A-Za-z0-9])*)(?:__|--)(?P<name>[\w.-]+?)(?:(?:__|--)\d+)?",
    re.ASCII,
)


class Star(NamedTuple):
    """One star; `number` is the account's own number, which grows with its age."""

    line: int
    repo: str | None
    actor: str | None
    starred_at: str | None
    number: int | None = None
    created_at: str | None = None


@dataclass(frozen=True, slots=True)
class Passed:
    """Events that are not stars."""

    count: int


def shape_of(first: object) -> str | None:
    """What the first JSON value of a file shows: `archive`, `rest`, `graphql`, or None."""
    if not isinstance(first, dict):
        return None
    if {"type", "actor", "repo", "created_at"} <= first.keys() and isinstance(first["repo"], dict):
        return "archive"
    if "starred_at" in first and isinstance(first.get("user"), dict | None):
        return "rest" if "user" in first else None
    return "graphql" if any(True for _ in _connections(first, 4)) else None


def archive_stars(seen: Probe) -> Iterator[Star | Passed | BadRecord]:
    """GH Archive: one event a line, of which stars are few; only their lines are parsed."""
    pieces = Pieces(seen.path)
    line = 1
    for first, lines in json_lines(pieces):
        passed = 0
        for line, text in enumerate(lines, first):
            if _WATCH in text:
                star = _event(line, text)
                if isinstance(star, Passed):
                    passed += 1
                else:
                    yield star
            elif text.rstrip().endswith(b"}"):
                passed += 1
            elif text.strip():
                yield BadRecord(line, "not a JSON object")
        if passed:
            yield Passed(passed)
    if pieces.cut:
        yield BadRecord(line + 1, _CUT)


def listed_stars(seen: Probe, repo: str | None) -> Iterator[Star | BadRecord]:
    """Stargazers of REST and GraphQL, in pages, arrays, or one a line."""
    pieces = Pieces(seen.path)
    line = 1
    for line, value in json_values(pieces):
        if isinstance(value, JsonProblem):
            yield BadRecord(line, value.reason)
        elif "starred_at" in value:
            user = value.get("user")
            user = user if isinstance(user, dict) else {}
            yield Star(
                line,
                repo,
                _text(user.get("login")),
                _text(value["starred_at"]),
                _whole(user.get("id")),
            )
        else:
            yield from _page(line, value, repo)
    if pieces.cut:
        yield BadRecord(line + 1, _CUT)


def repo_of(seen: Probe, section_id: str | None) -> str | None:
    """`owner/name` as the user says, else as the file name says; None where neither does."""
    if section_id:
        return section_id.removeprefix("github:")
    name = seen.path.name
    while name.lower().endswith((".gz", ".zst", ".json", ".jsonl", ".ndjson")):
        name = name.rpartition(".")[0]
    named = _FILE_NAME.fullmatch(name)
    return f"{named['owner']}/{named['name']}" if named else None


def _event(line: int, text: bytes) -> Star | Passed | BadRecord:
    try:
        event = json.loads(text.decode("utf-8"))
    except UnicodeDecodeError:
        return BadRecord(line, "the text is not UTF-8")
    except (ValueError, RecursionError):
        return BadRecord(line, "not JSON")
    if not isinstance(event, dict) or event.get("type") != "WatchEvent":
        return Passed(1)
    actor, repo = event.get("actor"), event.get("repo")
    actor = actor if isinstance(actor, dict) else {"login": actor}
    repo = repo if isinstance(repo, dict) else {"name": repo}
    return Star(
        line,
        _text(repo.get("name")),
        _text(actor.get("login")),
        _text(event.get("created_at")),
        _whole(actor.get("id")),
    )


def _page(line: int, page: Mapping[str, Any], repo: str | None) -> Iterator[Star | BadRecord]:
    found = False
    for owner, edges in _connections(page, 4):
        found = True
        for edge in edges:
            node = edge.get("node") if isinstance(edge, dict) else None
            if not isinstance(node, dict):
                yield BadRecord(line, "an edge without a node")
                continue
            yield Star(
                line,
                owner or repo,
                _text(node.get("login")),
                _text(edge.get("starredAt")),
                _whole(node.get("databaseId")),
                _text(node.get("createdAt")),
            )
    if not found:
        yield BadRecord(line, "no stargazers in this JSON object")


def _connections(value: object, depth: int) -> Iterator[tuple[str | None, Iterable[Any]]]:
    """Every list of stargazer edges below a value, with the repository around it if it is named."""
    if not isinstance(value, dict) or depth == 0:
        return
    for key, below in value.items():
        if key == "stargazers" and isinstance(below, dict) and isinstance(below.get("edges"), list):
            yield _text(value.get("nameWithOwner")), below["edges"]
        else:
            yield from _connections(below, depth - 1)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and 0 <= value < 2**62 else None
