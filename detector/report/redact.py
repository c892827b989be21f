"""Names hidden by default, and hostile text made harmless, before anything reaches a template.

What is hidden (`redact=True`): account ids and comment ids become short names that stay the same
in every report of one scan; mentions, links, e-mail addresses and long numbers inside texts are
masked; a text is quoted only where several accounts wrote it, others by their first characters,
because a full quote can be searched for and names its author. Section ids and titles stay: a
report about one section says which. In a report about a single section the *other* sections get
short names too.

The short names are keyed with the accounts of the scan itself: with the report alone nobody can
try out names, and whoever holds the scan can look them up.
"""

from __future__ import annotations

import base64
import hashlib
import re
import unicodedata
from collections.abc import Container, Iterable, Sequence
from typing import Final

__all__ = ["MAX_QUOTE", "Redactor", "clean", "scan_key"]

# A row of a comment table on a phone holds about 12 CJK characters a line: an excerpt by which the
# author of the section recognises the comment, too short to search for.
EXCERPT: Final = 12
MAX_QUOTE: Final = 160  # longer texts are cut: 50 sections of 30 comments stay below 1 MB
_SHARED: Final = 3  # a text that three accounts wrote is nobody's own words

_MAX_MARKS: Final = 2  # combining marks in a row; stacks of them overprint neighbouring lines
_KEPT_FORMAT: Final = "\u200d"  # joins emoji; every other format character is dropped

_MASKS: Final = (
    (re.compile(r"[a-z][a-z0-9+.-]*://\S+|www\.\S+", re.IGNORECASE), "[…://]"),
    (re.compile(r"[^\s@]+@[^\s@]+\.[a-z]{2,}", re.IGNORECASE), "[…@…]"),
    (re.compile(r"@[^\s@,:;!?\uff0c\u3002\uff1a\uff1b\uff01\uff1f\u3001]+"), "@\u2026"),
    (re.compile(r"\d(?:[\s-]?\d){5,}"), "[…0-9]"),
)
# An id ends where punctuation of either language begins.
_ID: Final = re.compile(
    r"[a-z0-9_]+:[^\s,;()\uff08\uff09\uff0c\u3002\uff1b\uff1a\u3001\u300c\u300d\u201c\u201d\"']+"
)


def clean(text: str | None, limit: int = MAX_QUOTE) -> str:
    """Text without what a page or a reader's eye would act on, at most `limit` characters.

    Control characters, direction overrides, zero-width characters and stacks of combining marks go;
    runs of white space become one space. Cutting comes first, so that 10 MB cost nothing.
    """
    if not text:
        return ""
    kept: list[str] = []
    marks = 0
    for char in text[: limit * 4]:
        kind = unicodedata.category(char)
        marks = marks + 1 if kind in {"Mn", "Me"} else 0
        if marks > _MAX_MARKS or kind in {"Cs", "Co", "Cn"}:
            continue
        if kind == "Cf" and char != _KEPT_FORMAT:
            continue
        kept.append(" " if kind in {"Cc", "Zl", "Zp", "Zs"} else char)
    shown = " ".join("".join(kept).split())
    return shown if len(shown) <= limit and len(text) <= limit * 4 else shown[: limit - 1] + "…"


def scan_key(account_ids: Iterable[str]) -> bytes:
    """The key of a scan's short names: a digest over its accounts, whatever their order."""
    digest = hashlib.sha256()
    for account_id in sorted(account_ids):
        digest.update(account_id.encode("utf-8", "surrogatepass") + b"\0")
    return digest.digest()


class Redactor:
    """Turns ids and texts into what may be shown.

    Args:
        key: From `scan_key`.
        redact: Whether names are hidden; hostile characters go in any case.
        only_section: In a report about one section, its id; other sections are then hidden.
        accounts: All account ids of the scan, by which they are told apart in sentences.
        sections: All section ids.
        comments: All comment ids.
    """

    def __init__(
        self,
        key: bytes,
        *,
        redact: bool,
        only_section: str | None = None,
        accounts: Container[str] = frozenset(),
        sections: Container[str] = frozenset(),
        comments: Container[str] = frozenset(),
    ) -> None:
        self._key = key
        self._accounts = accounts
        self._sections = sections
        self._comments = comments
        self.redact = redact
        self.only_section = only_section

    def account(self, account_id: str | None) -> str | None:
        """An account's short name, or its id if names are shown."""
        return self._name("A", account_id) if self.redact else _or_none(account_id)

    def comment(self, comment_id: str) -> str:
        """A comment's short name, or its id if names are shown."""
        return self._name("C", comment_id) or "" if self.redact else clean(comment_id)

    def section(self, section_id: str) -> str:
        """A section's id, or its short name in a report about another section."""
        hidden = self.redact and self.only_section not in {None, section_id}
        return self._name("S", section_id) or "" if hidden else clean(section_id)

    def title(self, section_id: str, title: str | None) -> str:
        """A section's title, its id where it has none, its short name where it is hidden."""
        shown = self.section(section_id)
        hidden = self.redact and self.only_section not in {None, section_id}
        return shown if hidden else clean(title) or shown

    def text(self, text: str | None, *, shared_by: int) -> str:
        """A comment's text as it may be quoted; `shared_by` accounts wrote it."""
        if not self.redact:
            return clean(text)
        shown = _mask(clean(text))
        if shared_by >= _SHARED or len(shown) <= EXCERPT:
            return shown
        return shown[:EXCERPT] + "…"

    def sentence(self, text: str, refs: Iterable[str] = (), limit: int = 600) -> str:
        """A statement of evidence; ids that it names are hidden, `refs` wherever they occur.

        Its figures stay, dates and long counts too: they are what makes it checkable.
        """
        shown = clean(text, limit)
        if not self.redact:
            return shown
        for ref in sorted(set(refs), key=lambda r: (-len(r), r)):
            if len(ref) > 2:  # shorter ones would be found inside words
                shown = shown.replace(clean(ref), self.ref(ref))
        return _ID.sub(lambda found: self.ref(found.group()), _mask(shown, _MASKS[:-1]))

    def ref(self, ref: str) -> str:
        """An id of whatever kind; what is no id of this scan stays as it is."""
        if ref in self._accounts:
            return self.account(ref) or ""
        if ref in self._sections:
            return self.section(ref)
        return self.comment(ref) if ref in self._comments else clean(ref)

    def _name(self, letter: str, native: str | None) -> str | None:
        """`A-7K3QF9XA`: 40 bits, so that 10,000 names on a page collide once in 20,000 pages."""
        if native is None:
            return None
        raw = native.encode("utf-8", "surrogatepass")
        digest = hashlib.blake2b(raw, key=self._key, digest_size=5).digest()
        return f"{letter}-{base64.b32encode(digest).decode('ascii')}"


def _or_none(value: str | None) -> str | None:
    return None if value is None else clean(value)


def _mask(text: str, masks: Sequence[tuple[re.Pattern[str], str]] = _MASKS) -> str:
    for pattern, mask in masks:
        text = pattern.sub(mask, text)
    return text
