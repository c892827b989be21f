"""Who wrote a comment, as far as WeChat lets anybody know.

Public pages give no account, but the upper half of a comment's 64-bit `content_id` looks like a
number of its author (the lower half equals `my_id`, checked on two records; inputs.md §1.7b), so
that the id is `derived`. Without it: the `openid` that the official interface gives, which differs
between official accounts, and last a digest of name and picture, which is `name_only`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from zhenzan.detector.sources.wechat.articles import text_of

__all__ = ["People", "Person", "first", "picture_of"]

_NAMES: Final = ("nick_name", "nickname", "nickName", "commentNickname", "user_name")
_PICTURES: Final = (
    "logo_url", "icon", "headimgurl", "head_img", "avatar", "avatar_url", "commentHeadurl",
)  # fmt: skip
_OPENIDS: Final = ("openid", "identity_open_id", "fake_id", "username")
_SIZE: Final = re.compile(r"/(?:0|46|64|96|132|640)$")  # the same picture in another size
_BITS: Final = 32


@dataclass(frozen=True, slots=True)
class Person:
    """An author.

    Attributes:
        account_id: Native, derived, or a digest; ingest hashes it.
        id_kind: How good it is, as in the table `account`.
        name: As shown; ingest keeps its shape only.
        picture: Digest of the picture's path, the same for every size.
    """

    account_id: str
    id_kind: str
    name: str | None
    picture: str | None

    def row(self) -> dict[str, object]:
        """Of the table `account`."""
        return {
            "account_id": self.account_id,
            "id_kind": self.id_kind,
            "name": self.name,
            "avatar_hash": self.picture,
        }


class People:
    """Authors of one page: who answers there is known by who commented there.

    Replies bear no `content_id`; the same openid, else the same name with the same picture, on
    the same page is the same person.
    """

    def __init__(self, comments: Sequence[Mapping[str, object]]) -> None:
        self._comments = comments
        self._index: dict[str, Person] | None = None

    def author(self, comment: Mapping[str, object]) -> Person | None:
        """Of a comment or reply; None where nothing names them."""
        person = _derived(comment)
        if person is not None:
            return person
        keys = list(_keys(comment))
        known = self._known()
        for key in keys:
            if key in known:
                return known[key]
        if not keys:
            return None
        kind = "native" if keys[0].startswith("openid-") else "name_only"
        return Person(keys[0], kind, _name(comment), picture_of(comment))

    def _known(self) -> dict[str, Person]:
        """Commenters by openid and by name with picture; made when the first reply asks."""
        if self._index is None:
            self._index = {}
            for comment in self._comments:
                person = _derived(comment)
                if person is not None:
                    for key in _keys(comment):
                        self._index.setdefault(key, person)
        return self._index


def first(values: Mapping[str, object], names: Iterable[str]) -> object:
    """The first value that is there and says something."""
    for name in names:
        value = values.get(name)
        if value is not None and value != "":
            return value
    return None


def picture_of(comment: Mapping[str, object]) -> str | None:
    """Digest of the path of the author's picture; None without one."""
    path = _path(comment)
    return None if path is None else hashlib.sha256(path).hexdigest()[:16]


def _derived(comment: Mapping[str, object]) -> Person | None:
    number = text_of(comment.get("content_id"))
    if number is None or not number.isascii() or not number.isdigit() or len(number) > 20:
        return None
    upper = int(number) >> _BITS
    if not upper:  # a small number is no such id
        return None
    return Person(f"derived-{upper}", "derived", _name(comment), picture_of(comment))


def _keys(comment: Mapping[str, object]) -> Iterable[str]:
    openid = text_of(first(comment, _OPENIDS))
    if openid is not None:
        yield f"openid-{openid}"
    name, path = _name(comment), _path(comment)
    if name is not None:
        both = name.encode("utf-8", "replace") + b"\0" + (path or b"")
        yield f"name-{hashlib.sha256(both).hexdigest()[:32]}"


def _name(comment: Mapping[str, object]) -> str | None:
    name = first(comment, _NAMES)
    return name.strip() or None if isinstance(name, str) else None


def _path(comment: Mapping[str, object]) -> bytes | None:
    link = first(comment, _PICTURES)
    if not isinstance(link, str):
        return None
    try:
        path = urlsplit(link).path
    except ValueError:
        return None
    path = _SIZE.sub("", path)
    return path.encode("utf-8", "replace") if path.strip("/") else None
