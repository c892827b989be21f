"""What Bluesky's own service answers: who liked, feeds, threads, repositories, profiles.

Clients save it with names in camelCase or snake_case; both are read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

from zhenzan.detector.sources.bluesky.acts import Act, Acts
from zhenzan.detector.sources.bluesky.names import (
    Address,
    account_of,
    address_of,
    declared_ms,
    post_id,
)
from zhenzan.detector.sources.bluesky.records import (
    KINDS,
    Records,
    dict_of,
    is_bot,
    text_of,
)
from zhenzan.detector.sources.idtime import tid_ms

__all__ = ["Views", "key_of", "view_of"]

_COUNTS: Final = {
    "like": "likeCount", "reply": "replyCount", "share": "repostCount", "quote": "quoteCount",
}  # fmt: skip
_DEEPEST: Final = 64  # levels of a thread: the service cuts at a thousand, people at a dozen


def key_of(value: Mapping[str, Any], name: str) -> Any:
    """The value of a camelCase key, or of its snake_case spelling."""
    found = value.get(name)
    if found is None:
        found = value.get("".join(f"_{c.lower()}" if c.isupper() else c for c in name))
    return found


def view_of(value: Mapping[str, Any]) -> str | None:
    """Which answer a JSON object is; None where it is none of them."""
    for name in ("likes", "repostedBy", "profiles", "records", "feed", "posts"):
        listed = key_of(value, name)
        if isinstance(listed, list) and (not listed or _fits(name, listed[0], value)):
            return name if listed or "uri" in value or "cursor" in value else None
    if isinstance(value.get("thread"), dict) and "post" in value["thread"]:
        return "thread"
    if _is_did(value.get("did")) and "handle" in value:
        return "profile"
    if "actor" in value and _is_did(dict_of(value["actor"]).get("did")):
        return "like" if key_of(value, "createdAt") or key_of(value, "indexedAt") else None
    if address_of(value.get("uri")) is not None:
        if isinstance(value.get("value"), dict):
            return "record"
        return "post" if isinstance(value.get("record"), dict) and "author" in value else None
    return None


def _fits(name: str, first: object, page: Mapping[str, Any]) -> bool:
    one = dict_of(first)
    if name == "likes":
        return _is_did(dict_of(one.get("actor")).get("did"))
    if name in ("repostedBy", "profiles"):
        return _is_did(one.get("did"))
    if name == "feed":
        return address_of(dict_of(one.get("post")).get("uri")) is not None
    return address_of(one.get("uri")) is not None


def _is_did(value: object) -> bool:
    return isinstance(value, str) and value.startswith("did:")


class Views:
    """Reads answers into rows.

    Args:
        acts: Takes the rows.
        records: Reads the records inside.
        section: Of lists that do not name their post.
        observed_ms: When the file was collected.
        observed_basis: How that is known.
    """

    def __init__(
        self,
        acts: Acts,
        records: Records,
        section: str | None,
        observed_ms: int | None,
        observed_basis: str | None,
    ) -> None:
        self._acts = acts
        self._records = records
        self._section = section
        self._seen = {"observed_ms": observed_ms, "observed_basis": observed_basis}
        self._likers: dict[str, tuple[int, int, bool]] = {}

    def take(self, line: int, kind: str, value: Mapping[str, Any]) -> None:
        """Takes one answer of the kind that `view_of` said."""
        if kind in ("likes", "like", "repostedBy"):
            self._likes(line, kind, value)
        elif kind in ("profiles", "profile"):
            for profile in [value] if kind == "profile" else _dicts(value["profiles"]):
                self._person(line, profile, derived=False)
        elif kind in ("records", "record"):
            for record in [value] if kind == "record" else _dicts(value["records"]):
                self._record(line, record)
        elif kind == "thread":
            self._thread(line, value["thread"], 0)
        elif kind == "feed":
            for item in _dicts(value["feed"]):
                self._post(line, dict_of(item.get("post")))
                self._liked(line, dict_of(item.get("post")))
        else:
            for post in [value] if kind == "post" else _dicts(value["posts"]):
                self._post(line, post)

    def close(self) -> None:
        """Tells how many likers were listed, once all pages are read."""
        for section, (line, collected, truncated) in self._likers.items():
            values = {
                "section_id": section,
                "object": "liker",
                "collected": collected,
                "selection": "recent" if truncated else "all",
                "truncated": truncated,
            }
            self._acts.gather.add("coverage", line, values, derived=True)

    def _likes(self, line: int, kind: str, page: Mapping[str, Any]) -> None:
        address = address_of(page.get("uri"))
        section = self._section if address is None else post_id(address)
        listed = [page] if kind == "like" else _dicts(key_of(page, kind))
        if section is None:
            for _ in listed:
                self._acts.reject("engagement", line, "likes without their post: use --section-id")
            return
        if address is None:
            self._acts.note("engagement", line, "the post is named by --section-id or the file")
        act = "like" if kind != "repostedBy" else "share"
        named = 0
        for place, like in enumerate(listed):
            person = like if kind == "repostedBy" else dict_of(like.get("actor"))
            if not _is_did(person.get("did")):
                self._acts.reject("engagement", line, "a like without its account")
                continue
            created = text_of(key_of(like, "createdAt")) if kind != "repostedBy" else None
            seen = -1 if kind == "repostedBy" else declared_ms(key_of(like, "indexedAt"))
            when = seen if seen >= 0 else declared_ms(created)
            basis = "list_timed" if when >= 0 else "list_untimed"
            # Pages come in any order, so that a place counts only where no time does.
            rank = place if when < 0 else None
            creator = None if address is None else address.did
            self._acts.act(
                Act(
                    line, act, person["did"], section, "", when, created, creator, None, basis, rank
                )
            )
            self._person(line, person, derived=True)
            named += 1
        if kind == "likes":
            first, collected, cut = self._likers.get(section, (line, 0, True))
            cut = cut and bool(page.get("cursor"))
            self._likers[section] = first, collected + named, cut

    def _liked(self, line: int, post: Mapping[str, Any]) -> None:
        """The viewer's own like names who liked, and its key says when.

        Whose likes a feed holds, it does not say otherwise; an author's own feed looks the same.
        """
        address = address_of(post.get("uri"))
        for kind, name in (("like", "like"), ("share", "repost")):
            own = address_of(dict_of(post.get("viewer")).get(name))
            if address is None or own is None:
                continue
            basis = "list_untimed" if tid_ms(own.rkey) is None else "list_timed"
            section, creator = post_id(address), address.did
            self._acts.act(
                Act(line, kind, own.did, section, own.rkey, -1, None, creator, None, basis)
            )

    def _record(self, line: int, record: Mapping[str, Any]) -> None:
        address, value = address_of(record.get("uri")), record.get("value")
        if address is None or not isinstance(value, dict):
            self._acts.reject("engagement", line, "a record without its address or value")
            return
        if address.collection in KINDS and not isinstance(value.get("subject"), dict):
            self._acts.reject("engagement", line, "a like or share without the post it is of")
            return
        self._records.take(line, *address, value, -1)

    def _thread(self, line: int, node: Mapping[str, Any], depth: int) -> None:
        if depth > _DEEPEST:
            self._acts.skip("replies more than 64 levels deep")
            return
        if isinstance(node.get("parent"), dict):
            self._thread(line, node["parent"], depth + 1)
        post = dict_of(node.get("post"))
        if post:
            self._post(line, post)
        else:
            self._acts.skip("posts that are blocked or gone")
        for reply in _dicts(node.get("replies")):
            self._thread(line, reply, depth + 1)

    def _post(self, line: int, post: Mapping[str, Any]) -> None:
        address, record = address_of(post.get("uri")), post.get("record")
        author = dict_of(post.get("author"))
        if address is None or not isinstance(record, dict):
            self._acts.reject("comment", line, "a post without its address or record")
            return
        if _is_did(author.get("did")):
            self._person(line, author, derived=True)
        seen = declared_ms(key_of(post, "indexedAt"))
        if isinstance(record.get("reply"), dict):
            likes, replies = key_of(post, "likeCount"), key_of(post, "replyCount")
            more = {"like_count": likes, "reply_count": replies}
            self._records.post(line, address, record, seen, more=more)
            return
        self._records.post(line, address, record, seen)
        self._counts(line, address, post)

    def _counts(self, line: int, address: Address, post: Mapping[str, Any]) -> None:
        if self._seen["observed_ms"] is None:
            return
        for metric, name in _COUNTS.items():
            count = key_of(post, name)
            if isinstance(count, int):
                values: dict[str, object] = {"section_id": post_id(address), "metric": metric}
                values |= {"unit": "acts", "value_lo": count, "value_hi": count, **self._seen}
                self._acts.gather.add("count_snapshot", line, values, derived=True)

    def _person(self, line: int, person: Mapping[str, Any], *, derived: bool) -> None:
        did = person.get("did")
        if not isinstance(did, str) or not _is_did(did):
            self._acts.reject("account", line, "a profile without its did")
            return
        created = declared_ms(key_of(person, "createdAt"))
        status = key_of(dict_of(person.get("verification")), "verifiedStatus")
        values = {
            "account_id": account_of(did),
            "name": text_of(person.get("handle")),
            "avatar_hash": _picture(person.get("avatar")),
            "created_ms": created if created >= 0 else None,
            "created_precision_s": 1 if created >= 0 else None,
            "declared_bot": is_bot(person.get("labels")),
            "verified": None if status is None else status == "valid",
        }
        self._acts.gather.add("account", line, values, derived=derived)
        self._snapshot(line, did, person)

    def _snapshot(self, line: int, did: str, person: Mapping[str, Any]) -> None:
        about = person.get("description")
        values: dict[str, object] = {
            "followers": key_of(person, "followersCount"),
            "following": key_of(person, "followsCount"),
            "posts": key_of(person, "postsCount"),
            "bio_length": len(about) if isinstance(about, str) else None,
        }
        if self._seen["observed_ms"] is None or all(v is None for v in values.values()):
            return
        values["has_avatar"] = bool(person.get("avatar"))
        values |= {"account_id": account_of(did), "observed_ms": self._seen["observed_ms"]}
        self._acts.gather.add("account_snapshot", line, values, derived=True)


def _dicts(values: object) -> list[Mapping[str, Any]]:
    return [v if isinstance(v, dict) else {} for v in values] if isinstance(values, list) else []


def _picture(url: object) -> str | None:
    """Hash of the picture's own part of its address, which leaves the account out."""
    if not isinstance(url, str) or not url:
        return None
    name = url.split("?")[0].rstrip("/").rpartition("/")[2].partition("@")[0]
    return hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:16]
