"""Files with YouTube comments: the Data API, yt-dlp, two downloaders."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from types import MappingProxyType
from typing import ClassVar, Final

from zhenzan.detector.sources.base import Item, Match, ReadOptions, Source
from zhenzan.detector.sources.files import Pieces, Probe
from zhenzan.detector.sources.jsonmembers import json_members
from zhenzan.detector.sources.youtube.api import is_api, read_api
from zhenzan.detector.sources.youtube.downloader import is_downloaded, read_downloaded
from zhenzan.detector.sources.youtube.suite import is_suite, read_suite
from zhenzan.detector.sources.youtube.ytdlp import is_info, is_info_comment, read_info
from zhenzan.features.errors import SchemaError

__all__ = ["Youtube"]

_ARRAYS: Final = ("items", "comments", "entries")
_LOOKED_AT: Final = 20  # members of an object that is too large, or not closed, to be seen whole
_READERS: Final = MappingProxyType(
    {"api": read_api, "info": read_info, "downloader": read_downloaded, "suite": read_suite}
)


class Youtube(Source):
    """See the package; times that were shown as ages keep the precision of their unit."""

    name: ClassVar[str] = "youtube"
    version: ClassVar[str] = "1"
    title: ClassVar[Mapping[str, str]] = MappingProxyType(
        {
            "en": "YouTube comments: Data API, yt-dlp info.json (other sites too), downloaders",
            "zh": "YouTube 评论：Data API、yt-dlp info.json（含其他网站）、评论下载工具",
        }
    )
    looked_for: ClassVar[tuple[str, ...]] = (
        "answers or items of kind youtube#commentThread, #comment, #video, #channel",
        "yt-dlp info.json with extractor_key, id and comments",
        "youtube-comment-downloader: cid, text, time and votes",
        "the SQLite file of youtube-comment-suite with tables comments and videos",
    )
    # yt-dlp saves other sites under the same keys; its rows name their own.
    platform: ClassVar[str | None] = "youtube"
    defaults: ClassVar[Mapping[str, Mapping[str, str]]] = MappingProxyType(
        {"account": {"id_kind": "native"}, "section": {"kind": "video"}}
    )
    table_names: ClassVar[tuple[str, ...]] = (
        "comment", "section", "account", "account_snapshot", "count_snapshot", "coverage",
        "context",
    )  # fmt: skip

    def sniff(self, probe: Probe) -> Match | None:
        """By the keys of the first JSON value; of one that is not closed, by its first members."""
        if probe.kind == "sqlite":
            return Match(3, "suite") if is_suite(probe) else None
        if probe.kind != "json":
            return None
        shape = _shape(probe.first)
        if shape is None and not isinstance(probe.first, dict):
            members = islice(json_members(Pieces(probe.path), _ARRAYS), _LOOKED_AT)
            shape = next((s for _, _, value in members if (s := _shape(value))), None)
        return None if shape is None else Match(3, shape)

    def read(self, probe: Probe, options: ReadOptions) -> Iterator[Item]:
        """Streams one file, whatever its shape."""
        match = self.sniff(probe)
        if match is None and probe.kind != "empty":
            raise SchemaError(
                "no YouTube comments are to be found here",
                path=probe.path,
                found=", ".join(probe.columns) or probe.kind,
                expected="; ".join(self.looked_for),
            )
        if match is not None:
            yield from _READERS[match.shape](probe, options)


def _shape(value: object) -> str | None:
    if is_api(value):
        return "api"
    if is_downloaded(value):
        return "downloader"
    return "info" if is_info(value) or is_info_comment(value) else None
