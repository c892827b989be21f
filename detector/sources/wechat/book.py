"""What is gathered from one file: rows, notes, how much of each section was seen."""

from __future__ import annotations

import hashlib
import html
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from zhenzan.detector.sources.base import Item, Noted, ReadOptions, Rejected, Skipped
from zhenzan.detector.sources.files import Probe
from zhenzan.detector.sources.gather import Gather
from zhenzan.detector.sources.wechat.articles import (
    Around,
    Article,
    article_of_link,
    article_of_name,
)

__all__ = ["CENSORED", "CHANNELS", "Book", "Entry", "count_of"]

# 视频号: neither ids nor accounts have to do with those of articles.
CHANNELS: Final = "wechat_channels"
CENSORED: Final = 100_001  # pages show this number for all above 100,000 (inputs.md §1.7b)
_MORE: Final = "10万+"  # the same, in the spelling that ingest reads as open to above
_DIGITS: Final = 12  # 48 bits: one second of one article never holds enough texts to collide


@dataclass(frozen=True, slots=True)
class Entry:
    """What tells a comment from others of its section.

    Attributes:
        second: Of its making, as told in seconds; None where it has none.
        text: Of it.
        native: Id inside its file, or its author; "" where nothing tells it apart.
    """

    second: int | None
    text: str
    native: str


@dataclass(slots=True)
class _Cover:
    selection: str
    claimed: int | None = None
    collected: int = 0
    more: bool = False


@dataclass(slots=True)
class _Alike:
    """Comments of one second with one text, told apart by their native ids."""

    size: int = 0
    _numbers: dict[str, int] = field(default_factory=dict)

    def number(self, native: str) -> int:
        """From 0, in the order of first sight.

        A reply of a page that does not name its comment (`/3`) is the third one of a known comment
        (`812/3`), and the other way round.
        """
        above, _, below = native.rpartition("/")
        nameless, named = f"/{below}", f"?/{below}"
        found = self._numbers.get(native)
        if found is None and "/" in native:
            found = self._numbers.get(nameless if above else named)
        if found is None:
            found, self.size = self.size, self.size + 1
        self._numbers[native] = found
        if above:
            self._numbers.setdefault(named, found)
        return found


@dataclass(slots=True)
class Book:
    """Everything that reading one file remembers.

    Attributes:
        seen: The file.
        options: What the user said about it.
        by_account: The file holds articles of several accounts, whose numbers repeat.
        cut: What is read just now breaks off behind what is there.
        items: Notes and rejections that wait to be handed out.
    """

    seen: Probe
    options: ReadOptions
    by_account: bool = False
    cut: bool = False
    items: list[Item] = field(default_factory=list)
    _gathers: dict[str | None, Gather] = field(default_factory=dict)
    _covers: dict[tuple[str | None, str], _Cover] = field(default_factory=dict)
    _open: str | None = None
    _known: dict[tuple[int | None, str], _Alike] = field(default_factory=dict)
    _noted: set[str] = field(default_factory=set)

    def add(
        self,
        table: str,
        line: int,
        values: Mapping[str, object],
        *,
        derived: bool = False,
        platform: str | None = None,
    ) -> None:
        """Takes a row; see `Gather.add`."""
        gather = self._gathers.setdefault(platform, Gather(platform))
        gather.add(table, line, values, derived=derived)

    def reject(self, table: str, line: int, reason: str) -> None:
        """Books a native row that cannot be read."""
        self.items.append(Rejected(table, line, reason))

    def skip(self, count: int, reason: str) -> None:
        """Books native rows that are none of our business."""
        if count:
            self.items.append(Skipped(count, reason))

    def note(self, table: str, line: int, reason: str) -> None:
        """Says something once a file."""
        if reason not in self._noted:
            self._noted.add(reason)
            self.items.append(Noted(table, line, reason))

    def article(self, around: Around, line: int) -> Article:
        """The section of a page: named by it, by the user, or by the file."""
        if around.article is not None:
            found = around.article
        elif self.options.section_id:
            told = self.options.section_id.removeprefix("wechat:").removeprefix(f"{CHANNELS}:")
            found = article_of_link(told) or Article(told)
        else:
            found = article_of_name(self.seen.stem)
            if found.guessed:
                self.note(
                    "section", line,
                    "names no article; the file's name stands for it (--section-id MID_IDX says "
                    "which one it is)",
                )  # fmt: skip
        if self.by_account and found.account and found.section_id.count("_") == 1:
            return Article(f"{found.section_id}_{found.account}", found.account)
        return found

    def ids(self, section_id: str, entries: Sequence[Entry]) -> tuple[list[str], int]:
        """Ids of comments, the same in every format that tells their second and text.

        A native id would not do: `content_id` names the author, and other formats lack it. Those
        that share second and text get numbers, by native id on a page so that its order does not
        matter. Also says how many were not met before.
        """
        if self._open != section_id:
            self._open, self._known = section_id, {}
        found, fresh = [""] * len(entries), 0
        for place in sorted(range(len(entries)), key=lambda i: _rank(entries[i].native)):
            entry = entries[place]
            digest = _digest(entry.text)
            alike = self._known.setdefault((entry.second, digest), _Alike())
            before = alike.size
            number = alike.number(entry.native)
            fresh += alike.size - before
            second = "" if entry.second is None else str(entry.second)
            found[place] = f"{section_id}.{second}.{digest}" + (f".{number + 1}" if number else "")
        return found, fresh

    def cover(
        self,
        section_id: str,
        selection: str,
        *,
        collected: int,
        claimed: int | None = None,
        more: bool = False,
        platform: str | None = None,
    ) -> None:
        """Adds a page to what is known of a section's comments."""
        cover = self._covers.setdefault((platform, section_id), _Cover(selection))
        if selection == "selected_by_creator":
            cover.selection = selection
        if claimed is not None:
            cover.claimed = max(claimed, cover.claimed or 0)
        cover.collected += collected
        cover.more = more or self.cut  # of the page that was read last

    def drain(self) -> Iterator[Item]:
        """What is ripe; call it after every record."""
        yield from self.items
        self.items.clear()
        for gather in self._gathers.values():
            yield from gather.full()

    def close(self) -> Iterator[Item]:
        """What is left, and how much of each section was seen."""
        for (platform, section_id), cover in self._covers.items():
            short = cover.claimed is not None and cover.collected < cover.claimed
            self.add(
                "coverage", 1,
                {
                    "section_id": section_id, "object": "comment", "selection": cover.selection,
                    "claimed_total": cover.claimed, "collected": cover.collected,
                    "truncated": short or cover.more,
                },
                derived=True, platform=platform,
            )  # fmt: skip
        self._covers.clear()
        yield from self.drain()
        for gather in self._gathers.values():
            yield from gather.rest()


def count_of(value: object) -> object:
    """A count as shown on a page; 100,001 stands for any number from there on."""
    return _MORE if value in (CENSORED, str(CENSORED)) else value


def _digest(text: str) -> str:
    """Of what a reader sees: formats differ in entities, white space and invisible marks."""
    plain = unicodedata.normalize("NFKC", html.unescape(text))
    shown = "".join(c for c in plain if not c.isspace() and unicodedata.category(c)[0] != "C")
    return hashlib.sha256(shown.encode("utf-8")).hexdigest()[:_DIGITS]


def _rank(native: str) -> tuple[int, str]:
    return len(native), native
