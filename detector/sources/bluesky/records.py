"""Bluesky records: likes, reposts, follows, posts, profiles, wherever they were found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from zhenzan.detector.sources.bluesky.acts import Acts
from zhenzan.detector.sources.bluesky.names import (
    Address,
    account_of,
    address_of,
    declared_ms,
    post_id,
)

__all__ = ["KINDS", "Records", "dict_of", "is_bot", "text_of"]

KINDS: Final = {"app.bsky.feed.like": "like", "app.bsky.feed.repost": "share"}
"""Collections whose records are acts, and the kind of act."""

_POST: Final = "app.bsky.feed.post"
_FOLLOW: Final = "app.bsky.graph.follow"
_PROFILE: Final = "app.bsky.actor.profile"
_REMEMBERED: Final = 1 << 16


class Records:
    """Reads records into rows."""

    def __init__(self, acts: Acts) -> None:
        self._acts = acts
        self._named: set[str] = set()

    def take(
        self,
        line: int,
        did: str,
        collection: str,
        rkey: str,
        record: Mapping[str, Any],
        witness_ms: int,
        updated: bool = False,
    ) -> None:
        """Takes a record that its owner wrote, or wrote anew.

        Args:
            line: Of the file.
            did: Owner.
            collection: What kind of record.
            rkey: Its key.
            record: Itself.
            witness_ms: When it was seen to be written, -1 where nobody did.
            updated: It was there before.
        """
        if collection in KINDS:
            if updated:
                self._acts.skip("likes and shares written anew")
                return
            basis = "stream" if witness_ms >= 0 else "list_timed"
            self._acts.like(line, KINDS[collection], did, record, rkey, witness_ms, basis)
        elif collection == _POST:
            self.post(line, Address(did, collection, rkey), record, witness_ms, updated)
        elif collection == _FOLLOW:
            self._follow(line, did, record, witness_ms)
        elif collection == _PROFILE:
            self._profile(line, did, record, witness_ms)
        else:
            self._acts.skip("records of other kinds")

    def deleted(self, line: int, did: str, collection: str, rkey: str, when_ms: int) -> None:
        """Takes the news that a record is gone; nothing but its key is told."""
        if collection in KINDS:
            self._acts.undo(line, KINDS[collection], did, rkey, when_ms)
        elif collection == _POST:
            self._acts.skip("posts that their authors took back")
        elif collection == _FOLLOW:
            self._acts.skip("follows taken back")
        else:
            self._acts.skip("records of other kinds")

    def post(
        self,
        line: int,
        address: Address,
        record: Mapping[str, Any],
        witness_ms: int,
        updated: bool = False,
        more: Mapping[str, object] | None = None,
    ) -> None:
        """Takes a post: a section, or a comment under the post that its thread began with."""
        langs = record.get("langs")
        language = text_of(langs[0]) if isinstance(langs, list) and langs else None
        when = declared_ms(record.get("createdAt") or record.get("created_at"))
        values: dict[str, object] = {"text": text_of(record.get("text")), "language": language}
        reply = record.get("reply")
        if not isinstance(reply, dict):
            values |= {
                "section_id": post_id(address),
                "creator_id": account_of(address.did),
                "kind": "post",
            }
            self._acts.post(line, "section", values, address.rkey, witness_ms, when)
            return
        root = address_of(dict_of(reply.get("root")).get("uri"))
        parent = address_of(dict_of(reply.get("parent")).get("uri"))
        if root is None:
            self._acts.reject("comment", line, "a reply without the post that it is under")
            return
        nested = parent is not None and parent != root
        values |= {
            "comment_id": post_id(address),
            "section_id": post_id(root),
            "parent_id": post_id(parent) if parent is not None and nested else None,
            "depth": 0 if parent == root else None if parent is None else 1,
            "account_id": account_of(address.did),
            "by_creator": address.did == root.did,
            "edited": True if updated else None,
            **(more or {}),
        }
        self._acts.post(line, "comment", values, address.rkey, witness_ms, when)
        section = post_id(root)
        if section not in self._named:
            # Forgotten now and then: naming a section twice costs a row, remembering all memory.
            if len(self._named) >= _REMEMBERED:
                self._named.clear()
            self._named.add(section)
            named = {"section_id": section, "creator_id": account_of(root.did)}
            self._acts.gather.add("section", line, named, derived=True)

    def _follow(self, line: int, did: str, record: Mapping[str, Any], witness_ms: int) -> None:
        target = text_of(record.get("subject"))
        if target is None:
            self._acts.reject("follow", line, "a follow without whom")
            return
        when = witness_ms
        if when < 0:
            when = declared_ms(record.get("createdAt") or record.get("created_at"))
        values = {
            "source_id": account_of(did),
            "target_id": account_of(target),
            "created_ms": when if when >= 0 else None,
        }
        self._acts.gather.add("follow", line, values)

    def _profile(self, line: int, did: str, record: Mapping[str, Any], witness_ms: int) -> None:
        created = declared_ms(record.get("createdAt") or record.get("created_at"))
        about = record.get("description")
        values = {
            "account_id": account_of(did),
            "created_ms": created if created >= 0 else None,
            "created_precision_s": 1 if created >= 0 else None,
            "declared_bot": is_bot(record.get("labels")),
        }
        self._acts.gather.add("account", line, values)
        if witness_ms >= 0:
            seen = {
                "account_id": account_of(did),
                "observed_ms": witness_ms,
                "has_avatar": isinstance(record.get("avatar"), dict),
                "bio_length": len(about) if isinstance(about, str) else None,
            }
            self._acts.gather.add("account_snapshot", line, seen, derived=True)


def is_bot(labels: object) -> bool | None:
    """True where the account labels itself a bot; None where nothing is said.

    Args:
        labels: A list of labels, or the record's `{"values": [...]}`.
    """
    listed = dict_of(labels).get("values") if isinstance(labels, dict) else labels
    if not isinstance(listed, list):
        return None
    return any(dict_of(label).get("val") == "bot" for label in listed) or None


def dict_of(value: object) -> Mapping[str, Any]:
    """The object, or an empty one in place of anything else."""
    return value if isinstance(value, dict) else {}


def text_of(value: object) -> str | None:
    """Text that says something."""
    return value if isinstance(value, str) and value else None
