"""Raw answers of Bilibili, Douyin (TikTok), Xiaohongshu and Weibo, as scripts save them.

A page a file, an array of pages, or a page a line, in any order and mixed; single comments too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Final, TypeAlias

from zhenzan.detector.sources.base import Item, Match, Noted, ReadOptions, Rejected, Skipped, Source
from zhenzan.detector.sources.cn_raw.bilibili import fits_bilibili, take_bilibili
from zhenzan.detector.sources.cn_raw.douyin import fits_douyin, is_tiktok, take_douyin
from zhenzan.detector.sources.cn_raw.sheet import Sheet
from zhenzan.detector.sources.cn_raw.weibo import fits_weibo, take_weibo
from zhenzan.detector.sources.cn_raw.xiaohongshu import fits_xiaohongshu, take_xiaohongshu
from zhenzan.detector.sources.cutoff import begun_values, values_and_rest
from zhenzan.detector.sources.fields import whole
from zhenzan.detector.sources.files import Pieces, Probe
from zhenzan.detector.sources.idtime import IdTime, douyin_ms, weibo_ms, xiaohongshu_ms
from zhenzan.detector.sources.jsonvalues import JsonProblem

__all__ = ["CnRaw"]

_Take: TypeAlias = Callable[[Sheet, int, Mapping[str, Any]], None]
_FITS: Final[Mapping[str, Callable[[Mapping[str, Any]], bool]]] = MappingProxyType(
    {
        "bilibili": fits_bilibili, "douyin": fits_douyin, "xiaohongshu": fits_xiaohongshu,
        "weibo": fits_weibo,
    }
)  # fmt: skip
_TAKES: Final[Mapping[str, _Take]] = MappingProxyType(
    {
        "bilibili": take_bilibili, "douyin": take_douyin, "tiktok": take_douyin,
        "xiaohongshu": take_xiaohongshu, "weibo": take_weibo,
    }
)  # fmt: skip
_ID_TIMES: Final[Mapping[str, IdTime]] = MappingProxyType(
    {
        "douyin": douyin_ms, "tiktok": douyin_ms, "xiaohongshu": xiaohongshu_ms, "weibo": weibo_ms,
    }
)  # fmt: skip
_NUMBER: Final = re.compile(r"(?<![0-9a-z])(?:[0-9]{8,20}|[0-9a-f]{24})(?![0-9a-z])")
_NAMED: Final = "no section in the records: --section-id or the file's name is taken"


class CnRaw(Source):
    """See the module; one platform's ids never meet another's."""

    name: ClassVar[str] = "cn_raw"
    version: ClassVar[str] = "1"
    title: ClassVar[Mapping[str, str]] = MappingProxyType(
        {
            "en": "raw JSON of Bilibili, Douyin, Xiaohongshu and Weibo comments, Weibo likes",
            "zh": "哔哩哔哩、抖音、小红书、微博评论接口的原始 JSON，微博点赞名单",
        }
    )
    looked_for: ClassVar[tuple[str, ...]] = (
        "Bilibili: data.replies with rpid; Douyin: comments with cid and digg_count",
        "Xiaohongshu: data.comments with user_info and content",
        "Weibo: data.data or data with rootid and user, or with attitude and user",
    )
    timezone: ClassVar[str | None] = "Asia/Shanghai"
    defaults: ClassVar[Mapping[str, Mapping[str, str]]] = MappingProxyType(
        {
            "account": {"id_kind": "native"},
            "section": {"kind": "post"},
            "engagement": {"basis": "list_timed"},
            "coverage": {"object": "comment", "selection": "unknown"},
        }
    )
    table_names: ClassVar[tuple[str, ...]] = (
        "comment", "engagement", "section", "account", "account_snapshot", "coverage", "context",
    )  # fmt: skip

    def sniff(self, probe: Probe) -> Match | None:
        """By the keys of the first JSON value, or of what is whole of it."""
        platform = _platform(probe.first)
        if platform is None:
            # One page alone that breaks off, or is preceded by an error.
            platform = next((p for v in begun_values(probe) if (p := _platform(v))), None)
        return None if platform is None else Match(3, platform)

    def read(self, probe: Probe, options: ReadOptions) -> Iterator[Item]:
        """Streams pages of any of the platforms."""
        sheets: dict[str, Sheet] = {}
        section = options.section_id or _named(probe.stem)
        pieces = Pieces(probe.path)
        for line, value in values_and_rest(probe, pieces, _is_known):
            if isinstance(value, JsonProblem):
                yield Rejected("comment", line, value.reason)
                continue
            platform = _platform(value)
            if platform is None:
                yield _unknown(line, value)
                continue
            if platform not in sheets:
                sheets[platform] = Sheet(platform, options, section, _ID_TIMES.get(platform))
            sheet = sheets[platform]
            _TAKES[platform](sheet, line, value)
            yield from sheet.ready()
        for sheet in sheets.values():
            if sheet.used_fallback:
                yield Noted("section", 1, _NAMED)
            yield from sheet.rest()
        if pieces.cut:
            yield Rejected("comment", pieces.newlines + 1, "the packed file is cut off here")


def _platform(value: object) -> str | None:
    """Whose answer it is."""
    if not isinstance(value, dict):
        return None
    found = next((name for name, fits in _FITS.items() if fits(value)), None)
    return "tiktok" if found == "douyin" and is_tiktok(value) else found


def _is_known(value: object) -> bool:
    return _platform(value) is not None


def _unknown(line: int, value: object) -> Item:
    """An answer that is an error is told apart from what is no answer."""
    if isinstance(value, dict):
        for name, good in (("code", 0), ("status_code", 0), ("ok", 1)):
            code = whole(value.get(name))
            if code is not None and code != good:
                return Rejected(
                    "comment", line, f"the platform answered with an error: {name} {code}"
                )
            if code == good:
                return Skipped(1, "answers without comments")
    return Rejected("comment", line, "no page or comment of a platform that is known")


def _named(stem: str) -> str:
    """The number in a file's name, else the name: `hotflow_4975000000000000_2` is one section."""
    found = _NUMBER.search(stem)
    return found[0] if found else stem
