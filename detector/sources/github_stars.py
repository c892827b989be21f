"""GitHub stars: GH Archive hours, stargazers of the REST and GraphQL APIs, flat tables.

A star is a like on a repository: section kind `repository`, engagement kind `star`. The login is
the account's id in all shapes, because it is the only one that all of them hold.

REST files do not name their repository: it is `--section-id`, else the file's name read as
`owner__name.json` or `owner--name.json`, with `__2` behind for a second page.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import ClassVar, Final

import pyarrow as pa
import pyarrow.compute as pc
from zhenzan.detector.sources.base import (
    Item,
    Match,
    ReadOptions,
    Rejected,
    Rows,
    Skipped,
    Source,
)
from zhenzan.detector.sources.files import Probe
from zhenzan.detector.sources.flat import BadRecord
from zhenzan.detector.sources.github_json import (
    Passed,
    Star,
    archive_stars,
    listed_stars,
    repo_of,
    shape_of,
)
from zhenzan.detector.sources.jsonvalues import without_surrogates
from zhenzan.detector.sources.records import read_records
from zhenzan.features.errors import SchemaError

__all__ = ["GithubStars"]

# Column names met in published star lists; the first that is there is taken.
_ALIASES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "repo": ("repo", "repo_name", "github", "repository", "full_name"),
        "actor": ("actor", "login", "name", "user", "username", "actor_login", "stargazer"),
        "starred_at": ("starred_at", "starredAt", "created_at"),
        "owner": ("owner",),
        "type": ("type",),
    }
)
_NEEDED: Final = ("repo", "actor", "starred_at")
_ROWS: Final = 1 << 14  # stars of JSON shapes that make a batch


class GithubStars(Source):
    """See the module; account ids and owners are hashed unless the user says otherwise."""

    name: ClassVar[str] = "github_stars"
    version: ClassVar[str] = "1"
    title: ClassVar[Mapping[str, str]] = MappingProxyType(
        {
            "en": "GitHub stars: GH Archive, stargazers (REST, GraphQL), repo/actor/starred_at",
            "zh": "GitHub 星标：GH Archive、stargazers（REST、GraphQL）、repo/actor/starred_at",
        }
    )
    looked_for: ClassVar[tuple[str, ...]] = (
        "a table with repo, actor and starred_at (or github, name; repo_name, login, user)",
        "GH Archive lines with type, actor.login, repo.name and created_at",
        "stargazers: starred_at with user.login, or stargazers.edges with starredAt and node.login",
    )
    platform: ClassVar[str | None] = "github"
    defaults: ClassVar[Mapping[str, Mapping[str, str]]] = MappingProxyType(
        {
            "engagement": {"kind": "star"},
            "account": {"id_kind": "native"},
            "section": {"kind": "repository"},
        }
    )
    table_names: ClassVar[tuple[str, ...]] = ("engagement", "section", "account")

    def sniff(self, probe: Probe) -> Match | None:
        """By the keys of the first JSON value, or by the columns."""
        shape = shape_of(probe.first)
        if shape is not None:
            return Match(3, shape)
        return Match(2, "flat") if set(_chosen(probe.columns)) >= set(_NEEDED) else None

    def read(self, probe: Probe, options: ReadOptions) -> Iterator[Item]:
        """Streams the stars of one file, whatever its shape."""
        match = self.sniff(probe)
        if match is None and probe.kind != "empty":
            raise SchemaError(
                "no stars are to be found here",
                path=probe.path,
                found=", ".join(probe.columns) or probe.kind,
                expected="; ".join(self.looked_for),
            )
        if match is None:
            return
        if match.shape == "flat":
            yield from _flat(probe, _chosen(probe.columns))
        elif match.shape == "archive":
            yield from _batched(archive_stars(probe), "stream")
        else:
            repo = repo_of(probe, options.section_id)
            if repo is None and match.shape == "rest":
                raise SchemaError(
                    "stargazers without their repository: name it with --section-id",
                    path=probe.path,
                    expected="--section-id owner/name, or a file named owner__name.json",
                )
            yield from _batched(listed_stars(probe, repo), "list_timed")


def _chosen(columns: tuple[str, ...]) -> dict[str, str]:
    """Our name → the file's name, for those that are there."""
    return {
        ours: next(name for name in names if name in columns)
        for ours, names in _ALIASES.items()
        if any(name in columns for name in names)
    }


def _flat(probe: Probe, chosen: Mapping[str, str]) -> Iterator[Item]:
    text = [chosen[n] for n in chosen if n != "starred_at"]
    for record in read_records(probe, columns=set(chosen.values()), text=text):
        if isinstance(record, BadRecord):
            yield Rejected("engagement", record.line, record.reason)
            continue
        data, lines = record.data, record.lines
        if "type" in chosen:
            stars = pc.fill_null(pc.equal(data.column(chosen["type"]), "WatchEvent"), False)
            if isinstance(lines, int):
                lines = pa.array(range(lines, lines + data.num_rows), pa.int64())
            others = data.num_rows - int(pc.sum(stars).as_py() or 0)
            yield Skipped(others, "events that are not stars")
            data, lines = data.filter(stars), lines.filter(stars)
        columns = {
            ours: data.column(theirs)
            for ours, theirs in chosen.items()
            if theirs in data.schema.names
        }
        yield from _rows(columns, lines, "list_timed")


def _batched(stars: Iterable[Star | Passed | BadRecord], basis: str) -> Iterator[Item]:
    held: list[Star] = []
    for star in stars:
        if isinstance(star, Star):
            held.append(star)
            if len(held) == _ROWS:
                yield from _of_stars(held, basis)
                held = []
        elif isinstance(star, Passed):
            yield Skipped(star.count, "events that are not stars")
        else:
            yield Rejected("engagement", star.line, star.reason)
    if held:
        yield from _of_stars(held, basis)


def _of_stars(stars: Sequence[Star], basis: str) -> Iterator[Rows]:
    lines, repo, actor, starred_at, number, created_at = zip(*stars, strict=True)
    columns = {
        "repo": pa.array(map(_clean, repo), pa.string()),
        "actor": pa.array(map(_clean, actor), pa.string()),
        "starred_at": pa.array(map(_clean, starred_at), pa.string()),
        "id_order": pa.array(number, pa.int64()),
        "created_ms": pa.array(map(_clean, created_at), pa.string()),
    }
    yield from _rows(columns, pa.array(lines, pa.int64()), basis)


def _clean(text: str | None) -> str | None:
    return None if text is None else without_surrogates(text)


def _rows(
    columns: Mapping[str, pa.Array], lines: int | pa.Int64Array, basis: str
) -> Iterator[Rows]:
    """The canonical batches of repo, actor, starred_at and what else is known of each star."""
    section = columns["repo"].cast(pa.string())
    yield Rows(
        "engagement",
        pa.RecordBatch.from_pydict(
            {
                "section_id": section,
                "account_id": columns["actor"],
                "ts_ms": columns["starred_at"],
                "basis": pa.array([basis] * len(section), pa.string()),
            }
        ),
        lines,
    )
    first = _first_rows(section)
    owner = columns.get("owner")
    creator = owner if owner is not None else _owner_of(section)
    yield Rows(
        "section",
        pa.RecordBatch.from_pydict(
            {"section_id": section.take(first), "creator_id": creator.take(first)}
        ),
        lines,
        derived=True,
    )
    known = {n: columns[n] for n in ("created_ms", "id_order") if n in columns}
    yield Rows(
        "account",
        pa.RecordBatch.from_pydict(
            {"account_id": columns["actor"], "name": columns["actor"], **known}
        ),
        lines,
        derived=True,
    )


def _first_rows(values: pa.Array) -> pa.Int64Array:
    """Positions of the first row of each distinct value."""
    rows = pa.table({"value": values, "row": pa.array(range(len(values)), pa.int64())})
    return rows.group_by("value").aggregate([("row", "min")]).column("row_min").combine_chunks()


def _owner_of(section: pa.Array) -> pa.Array:
    """The part before the slash; a name without one has no owner."""
    return pc.if_else(
        pc.match_substring(section, "/"),
        pc.replace_substring_regex(section, "/.*$", ""),
        pa.scalar(None, pa.string()),
    )
