"""Rows of one platform on their way into batches, with what all four platforms have in common."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from zhenzan.detector.sources.base import Item, Noted, ReadOptions, Rejected
from zhenzan.detector.sources.fields import identifier, inner, text, whole
from zhenzan.detector.sources.gather import Gather
from zhenzan.detector.sources.idtime import IdTime, is_far

__all__ = ["Person", "Sheet", "place", "told_ms"]

_PLACE: Final = re.compile(r"^(?:IP属地\s*[:：]?|IP\s*[:：]|来自|发布于)\s*")
_FAR: Final = "created time and the time inside the id differ by more than two minutes"
_FILLED: Final = "without a time of their own: the time inside the id is taken"


@dataclass(frozen=True, slots=True)
class Person:
    """Who acted, as far as the answer says; of the name only the shape is kept later."""

    id: str
    name: str | None = None
    picture: object = None
    verified: bool | None = None
    declared_bot: bool | None = None
    numbered: bool = False
    profile: Mapping[str, object] = field(default_factory=dict)


@dataclass(slots=True)
class _Held:
    """What the pages of a section add up to."""

    line: int
    ids: set[int] = field(default_factory=set)
    claimed: int | None = None
    orders: set[str] = field(default_factory=set)
    ended: bool = False


class Sheet:
    """Takes comments, likes and counts of one platform.

    Attributes:
        options: What the user said about the file.
        section: Section of records that name none.
        used_fallback: Whether some record was given that section.

    Args:
        platform: Of all ids.
        options: What the user said about the file.
        section: Section of records that name none.
        id_time: Reads the time out of a comment id, where the platform builds one in.
    """

    def __init__(
        self, platform: str, options: ReadOptions, section: str, id_time: IdTime | None = None
    ) -> None:
        self.options = options
        self.section = section
        self.used_fallback = False
        self._gather = Gather(platform)
        self._id_time = id_time
        self._held: dict[tuple[str, str | None, str], _Held] = {}
        self._described: set[tuple[str, str | None]] = set()
        self._now: list[Item] = []

    def unnamed(self) -> str:
        """The section of a record that names none; remembers that it was needed."""
        self.used_fallback = True
        return self.section

    def comment(self, line: int, values: dict[str, object], person: Person | None) -> None:
        """Takes a comment; its time is completed by the id's and compared with it."""
        comment_id = values.get("comment_id")
        if not isinstance(comment_id, str):
            self.reject("comment", line, "a comment without its id")
            return
        self._time(line, values, comment_id)
        if person is not None:
            values["account_id"] = person.id
            self.person(line, person, values.get("observed_ms"))
        self._gather.add("comment", line, values)
        section = str(values["section_id"])
        self._hold(line, section, None, "comment").ids.add(hash(comment_id))

    def like(self, line: int, values: dict[str, object], person: Person, own_id: str) -> None:
        """Takes a like of a post."""
        self._gather.add("engagement", line, {**values, "account_id": person.id})
        self.person(line, person, None)
        self._hold(line, str(values["section_id"]), None, "liker").ids.add(hash(own_id))

    def describe(self, line: int, section: str, kind: str, creator: str | None) -> None:
        """Says once what a section is and whose."""
        if (section, creator) not in self._described:
            self._described.add((section, creator))
            values = {"section_id": section, "kind": kind, "creator_id": creator}
            self._gather.add("section", line, values, derived=True)

    def context(self, line: int, section: str, kind: str, quote: str) -> None:
        """Says what the platform itself declares of a section."""
        values = {"section_id": section, "kind": kind, "declared_by": "platform", "quote": quote}
        self._gather.add("context", line, values, derived=True)

    def page(
        self,
        line: int,
        section: str,
        order: str,
        claimed: int | None,
        *,
        root: str | None = None,
        of: str = "comment",
        ended: bool = False,
    ) -> None:
        """Says what a page tells of the whole.

        Args:
            line: Of the page.
            section: Of its comments.
            order: How the platform chose them, as in `coverage.selection`.
            claimed: How many there are.
            root: Comment whose replies they are.
            of: `comment` or `liker`.
            ended: It is the last page.
        """
        held = self._hold(line, section, root, of)
        held.orders.add(order)
        held.ended |= ended
        if claimed is not None:
            held.claimed = max(claimed, held.claimed or 0)

    def reached(self, section: str, root: str, comment_id: object) -> None:
        """Counts a reply towards those of its root."""
        told = identifier(comment_id)
        if told is not None:
            self._hold(0, section, root, "comment").ids.add(hash(told))

    def reject(self, table: str, line: int, reason: str) -> None:
        """Tells of a record that cannot be read."""
        self._now.append(Rejected(table, line, reason))

    def note(self, table: str, line: int, reason: str) -> None:
        """Tells something that loses no row."""
        self._now.append(Noted(table, line, reason))

    def ready(self) -> Iterator[Item]:
        """What is ripe."""
        yield from self._now
        self._now = []
        yield from self._gather.full()

    def rest(self) -> Iterator[Item]:
        """All that is held, and how much of each section it is."""
        yield from self._now
        self._now = []
        for (section, root, of), held in self._held.items():
            if held.orders and held.ids:
                self._gather.add(
                    "coverage", held.line, _covered(section, root, of, held), derived=True
                )
        yield from self._gather.rest()

    def _hold(self, line: int, section: str, root: str | None, of: str) -> _Held:
        return self._held.setdefault((section, root, of), _Held(line))

    def _time(self, line: int, values: dict[str, object], comment_id: str) -> None:
        inside = self._id_time(comment_id) if self._id_time else None
        told = values.get("created_ms")
        if isinstance(told, int):
            values.setdefault("created_precision_s", 1)
            if values["created_precision_s"] == 1 and is_far(told, inside):
                self.note("comment", line, _FAR)
        elif inside is not None:
            values["created_ms"] = inside
            values["created_precision_s"] = 1
            values["created_basis"] = "id_embedded"
            self.note("comment", line, _FILLED)

    def person(self, line: int, person: Person, observed_ms: object) -> None:
        """Takes what is said of an account, beside the act that named it."""
        values: dict[str, object] = {
            "account_id": person.id,
            "name": person.name,
            "avatar_hash": _picture_hash(person.picture),
            "verified": person.verified,
            "declared_bot": person.declared_bot,
            "id_order": whole(person.id) if person.numbered else None,
        }
        self._gather.add("account", line, values, derived=True)
        seen = observed_ms if isinstance(observed_ms, int) else self.options.observed_ms
        if seen is not None and any(v is not None for v in person.profile.values()):
            profile = {**person.profile, "account_id": person.id, "observed_ms": seen}
            self._gather.add("account_snapshot", line, profile, derived=True)


def _covered(section: str, root: str | None, of: str, held: _Held) -> dict[str, object]:
    collected = len(held.ids)
    whole_of_it = held.claimed is not None and collected >= held.claimed
    order = held.orders.copy().pop() if len(held.orders) == 1 else "unknown"
    return {
        "section_id": section,
        "comment_id": root,
        "object": of,
        "claimed_total": held.claimed,
        "collected": collected,
        "selection": "all" if whole_of_it else order,
        "truncated": False if whole_of_it else None if held.ended else True,
    }


def place(value: object) -> str | None:
    """A region without the words around it: `IP属地：上海`, `来自上海`."""
    told = text(value)
    return None if told is None else text(_PLACE.sub("", told).strip())


def told_ms(value: object, unit_ms: int) -> int | None:
    """A number of time units as milliseconds; 0 and below stand for unknown."""
    number = whole(value)
    return number * unit_ms if number is not None and 0 < number < 10**15 else None


def _picture_hash(value: object) -> str | None:
    """Hash of the path of a picture's address: the same picture on another server is the same."""
    listed: Any = inner(value).get("url_list") if isinstance(value, dict) else value
    url = listed[0] if isinstance(listed, list) and listed else listed
    told = identifier(url)
    if told is None or "/" not in told:
        return None
    path = told.split("?")[0].split("!")[0].rpartition("//")[2].partition("/")[2]
    return hashlib.sha256(path.encode("utf-8", "replace")).hexdigest()[:16] if path else None
