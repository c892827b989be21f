"""Files of discussion boards: what Discourse exports, and Reddit's public dumps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from types import MappingProxyType
from typing import ClassVar, Final

from zhenzan.detector.sources.base import Item, Match, ReadOptions, Source
from zhenzan.detector.sources.files import Pieces, Probe
from zhenzan.detector.sources.forum.actions import is_actions, is_query_result, read_actions
from zhenzan.detector.sources.forum.discourse import is_discourse, read_discourse
from zhenzan.detector.sources.forum.reddit import is_reddit, read_reddit
from zhenzan.detector.sources.jsonmembers import json_members
from zhenzan.features.errors import SchemaError

__all__ = ["Forum"]

_ARRAYS: Final = ("user_actions", "latest_posts", "directory_items", "rows")
_LOOKED_AT: Final = 20
_READERS: Final = MappingProxyType(
    {"actions": read_actions, "discourse": read_discourse, "reddit": read_reddit}
)


class Forum(Source):
    """See the module; the batches name their platform, `discourse` or `reddit`."""

    name: ClassVar[str] = "forum"
    version: ClassVar[str] = "1"
    title: ClassVar[Mapping[str, str]] = MappingProxyType(
        {
            "en": "Discourse (post actions, user actions, topics, members) and Reddit dumps",
            "zh": "Discourse（点赞记录、用户动作、主题、成员）与 Reddit 转储",
        }
    )
    looked_for: ClassVar[tuple[str, ...]] = (
        "Discourse: columns post_id, user_id, post_action_type_id and created_at",
        "Discourse: user_actions, post_stream, latest_posts or directory_items",
        "Reddit: lines with link_id and body, or title, subreddit and num_comments",
    )
    defaults: ClassVar[Mapping[str, Mapping[str, str]]] = MappingProxyType(
        {"account": {"id_kind": "native"}, "section": {"kind": "post"}}
    )
    table_names: ClassVar[tuple[str, ...]] = (
        "engagement", "comment", "section", "account", "account_snapshot", "count_snapshot",
        "coverage", "context",
    )  # fmt: skip

    def sniff(self, probe: Probe) -> Match | None:
        """By the keys of the first JSON value, or the columns of the table."""
        if probe.kind in ("delimited", "parquet"):
            return Match(3, "actions") if is_actions(probe.columns) else None
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
                "no posts, likes or comments of a forum are to be found here",
                path=probe.path,
                found=", ".join(probe.columns) or probe.kind,
                expected="; ".join(self.looked_for),
            )
        if match is not None:
            yield from _READERS[match.shape](probe, options)


def _shape(value: object) -> str | None:
    if is_query_result(value):
        return "actions"
    if is_discourse(value):
        return "discourse"
    return "reddit" if is_reddit(value) else None
