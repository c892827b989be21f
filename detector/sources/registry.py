"""The sources by name, and which of them knows a file; others plug in by entry point.

A source of your own: a distribution with an entry point in the group `zhenzan.sources` whose value
is the source's class, e.g. `likes_log = "my_package.source:LikesLog"`.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Final

from zhenzan.detector.sources.base import Match, Source
from zhenzan.detector.sources.bluesky import Bluesky
from zhenzan.detector.sources.canonical import Canonical
from zhenzan.detector.sources.cn_raw import CnRaw
from zhenzan.detector.sources.files import Probe, probe
from zhenzan.detector.sources.forum import Forum
from zhenzan.detector.sources.github_stars import GithubStars
from zhenzan.detector.sources.mapped import Mapped
from zhenzan.detector.sources.mediacrawler import MediaCrawler
from zhenzan.detector.sources.refusals import refusal_of
from zhenzan.detector.sources.wechat import Wechat
from zhenzan.detector.sources.youtube import Youtube
from zhenzan.features.errors import UnknownFormatError, UsageError, printable

__all__ = ["get_source", "recognise", "sniff", "sources"]

_GROUP: Final = "zhenzan.sources"
# A new built-in source is one file and one line here.
_BUILT_IN: Final[tuple[type[Source], ...]] = (
    Canonical,
    Bluesky,
    CnRaw,
    GithubStars,
    MediaCrawler,
    Wechat,
    Youtube,
    Forum,
    Mapped,
)


@cache
def sources() -> tuple[Source, ...]:
    """All sources: the built-in ones, then those of entry point group `zhenzan.sources` by name.

    Raises:
        UsageError: Two sources share a name, or a third-party one cannot be loaded.
    """
    found = [source() for source in _BUILT_IN]
    points = sorted(entry_points(group=_GROUP), key=lambda p: (p.name, p.value))
    found.extend(_installed(point) for point in points)
    names = [source.name for source in found]
    if len(set(names)) < len(names):
        raise UsageError(f"two sources share a name: {', '.join(sorted(names))}")
    return tuple(found)


def _installed(point: EntryPoint) -> Source:
    try:
        made = point.load()()
    except Exception as error:
        raise UsageError(f"source {point.name!r} ({point.value}) fails: {error!r}") from error
    if not isinstance(made, Source):
        raise UsageError(f"{point.value} is no source; see zhenzan.detector.sources.base")
    return made


def get_source(name: str) -> Source:
    """The source of that name.

    Raises:
        UsageError: There is none; the message lists those there are.
    """
    for source in sources():
        if source.name == name:
            return source
    raise UsageError(f"unknown source {name!r}; known: {', '.join(s.name for s in sources())}")


def sniff(path: Path) -> Source:
    """The source that knows the file, judged by its content.

    Raises:
        UnknownFormatError: None does; the message says what was looked for.
        InputError: The file cannot be opened.
    """
    return recognise(probe(path))


def recognise(seen: Probe) -> Source:
    """Like `sniff`, for a file that was looked at already."""
    matches = [(source, source.sniff(seen)) for source in sources()]
    known: list[tuple[Source, Match]] = [(s, m) for s, m in matches if m is not None]
    if not known:
        raise UnknownFormatError(
            _why(seen),
            path=seen.path,
            found=_seen(seen),
            expected="one of\n"
            + "\n".join(f"    {s.name}: {w}" for s in sources() for w in s.looked_for),
        )
    return max(known, key=lambda pair: pair[1].certainty)[0]  # the first wins where equal


def _why(seen: Probe) -> str:
    if seen.kind == "empty":
        return "the file is empty"
    refusal = refusal_of(seen.first)
    if refusal is not None:
        return f"an answer that refuses and holds no data ({printable(refusal)}): save it again"
    return (
        "no source knows this file; name one with --source, rename its columns, or draft a map "
        "with `zhenzan sources --draft-map FILE` and give it by --map"
    )


def _seen(seen: Probe) -> str:
    if seen.columns:
        return f"{seen.kind} with {', '.join(seen.columns)}"
    return {"empty": "an empty file", "json": "JSON that is no list of objects"}.get(
        seen.kind, "bytes of no known kind"
    )
