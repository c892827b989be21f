"""Likes and reposts in the very form in which Jetstream 1 writes them, read without a JSON parser.

They are four of five lines of a stream. The pattern covers the whole line, members in the server's
order, no escapes: what it takes is what a parser would find, and what it does not take is parsed.
"""

from __future__ import annotations

import re
from typing import Final

from zhenzan.detector.sources.bluesky.acts import Act
from zhenzan.detector.sources.bluesky.names import Address, post_id

__all__ = ["wire_act"]

_S: Final = r'[^"\\\x00-\x1f]'  # characters of a string that need no escape
_AT: Final = r'at://([^"\\/\x00-\x1f]+)/([^"\\/\x00-\x1f]+)/([^"\\/\x00-\x1f]+)'
_LINE: Final = re.compile(
    rf'\{{"did":"({_S}+)","time_us":(\d{{16}}),(?:"cursor":\d+,)?"kind":"commit","commit":\{{'
    rf'(?:"rev":"{_S}*",)?"operation":"create","collection":"app\.bsky\.feed\.(like|repost)",'
    rf'"rkey":"({_S}+)",(?:"cid":"{_S}*",)?"record":\{{"\$type":"app\.bsky\.feed\.(?:like|repost)",'
    rf'"createdAt":"({_S}*)","subject":\{{"cid":"{_S}*","uri":"{_AT}"\}}'
    rf'(,"via":\{{"cid":"{_S}*","uri":"{_S}*"\}})?\}}(?:,"cid":"{_S}*")?\}}\}}\s*',
    re.ASCII,
)


def wire_act(line: int, text: str) -> Act | None:
    """The act that a line tells; None where the line is of another form."""
    found = _LINE.fullmatch(text)
    if found is None:
        return None
    did, time_us, kind, rkey, declared, creator, collection, post, via = found.groups()
    kind = "like" if kind == "like" else "share"
    section = post_id(Address(creator, collection, post))
    referrer = None if via is None else "repost"
    # Past the named constructor, which would cost as much as the pattern.
    return tuple.__new__(
        Act,
        (line, kind, did, section, rkey, int(time_us) // 1000, declared or None, creator, referrer,
         "stream", None),
    )  # fmt: skip
