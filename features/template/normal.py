"""The normal form of a comment: what is left when decoration and slots are folded away."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable, Iterable
from typing import Final

__all__ = ["MAX_CHARACTERS", "normal_form", "quoted_form"]

# A template shows in its first lines; a 10 MB comment must not cost more than another.
MAX_CHARACTERS: Final = 2000

_URL: Final = "\ue000"  # private-use characters stand for slots, so that no text can imitate them
_MENTION: Final = "\ue001"
_TAG: Final = re.compile(r"<[a-z/!][^<>]{0,300}>")
_LINK: Final = re.compile(r"(?:https?://|www\.)([\w.\-]*)[^\s<>一-鿿]*")
_MASKED: Final = "[…://]"  # as in reports
# The host of a link that no text at hand has: its parts, and perhaps some words behind it.
_HOST: Final = re.compile(f"{_URL}\\w*(?: [a-z0-9]+){{0,3}}")
# "//@name: …" quotes the reposts before, "回复@name:" names whom one answers: not own words.
_QUOTED: Final = re.compile(r"//\s?@.*", re.DOTALL)
_ANSWER: Final = re.compile(r"^\s*回复\s?@[^::\s]{1,40}\s?[::]")
_AT: Final = re.compile(r"@[\w\-·]{1,40}|\[(?:id|club|public)\w{1,40}\|[^\[\]]{0,80}\]")
_MENTIONS: Final = re.compile(f"(?:{_MENTION}[\\s,,、::]*)+")
_EMOTE: Final = re.compile(r"\[[^\[\]\s]{1,12}\]|:[a-z][a-z0-9_+\-]{1,30}:")
# Digits are slots ("Day 37") except in "+1", in votes ("扣1", "选2") and where they are all there
# is ("666").
_DIGITS: Final = re.compile(r"(?<![+扣打选投刷\d])\d+")
_REPEAT: Final = re.compile(r"(.)\1{3,}", re.DOTALL)
_PLUS: Final = re.compile(r"\+(?!\d)")
_SPACE: Final = re.compile(r"\s+")
_NO_WORD: Final = re.compile(r"[\d\s\W_]+")
# What the platforms write themselves when somebody shares without a word.
_DEFAULTS: Final = frozenset(("转发微博", "轉發微博", "转发", "分享图片", "repost"))
# What stands between two Latin or Cyrillic words keeps them apart; anywhere else it is decoration.
_WIDE: Final = re.compile(r"(?<=[぀-ヿ㐀-鿿가-힯])\s+|\s+(?=[぀-ヿ㐀-鿿가-힯])")


def normal_form(text: str) -> str:
    """Folds width, case, markup, links, names, numbers, emotes, emoji, marks and long repeats.

    `支持!+1`, `支持 +1!!` and `支持+1👍` become `支持+1`; `Day 37` and `day 38` become `day 0`;
    `+1`, `666` and `扣1` stay what they are. Where only decoration was written it is kept, so that
    `👍👍👍` and `[doge]` have a normal form too. Folding twice changes nothing more than once.

    Args:
        text: A comment as it was written; what follows the first 2,000 characters is ignored.

    Returns:
        The normal form, empty where the comment holds no words of its own (an empty text, or the
        bare quotation of another).
    """
    folded = _folded(text)
    folded = _AT.sub(_MENTION, _LINK.sub(rf" {_URL}\1 ", folded))
    # Whom a comment addresses first is no part of its words; further names are one slot.
    folded = _MENTIONS.sub(f"{_MENTION} ", folded).strip().removeprefix(_MENTION)
    plain = _EMOTE.sub(" ", folded)
    words = _words(plain)
    if words in _DEFAULTS:
        return ""
    if words.strip(_MENTION + " "):
        return words
    return _REPEAT.sub(r"\1\1\1", _SPACE.sub("", folded.replace(_MENTION, "")))


def quoted_form(form: str, texts: Iterable[str]) -> str:
    """A normal form for readers: links with their hosts, and mentions, are masked.

    Args:
        form: A normal form.
        texts: Comments of that form, which tell where the name of a host ends in it.
    """
    hosts = {_words(host) for text in texts for host in _LINK.findall(_folded(text))}
    for host in sorted(hosts, key=len, reverse=True):
        form = re.sub(f"{_URL}{re.escape(host)}(?![a-z0-9])", f"{_MASKED} ", form)
    form = _HOST.sub(f"{_MASKED} ", form).replace(_MENTION, "@… ")
    return _SPACE.sub(" ", form).strip()


def _folded(text: str) -> str:
    """Width, case, markup and quotations folded; links and names still stand."""
    folded = unicodedata.normalize("NFKC", html.unescape(text[:MAX_CHARACTERS])).casefold()
    folded = unicodedata.normalize("NFKC", _TAG.sub(" ", folded)).translate(_VISIBLE)
    return _ANSWER.sub(" ", _QUOTED.sub(" ", folded))


def _words(text: str) -> str:
    kept = _PLUS.sub(" ", text).translate(_WORDS)
    if not _NO_WORD.fullmatch(kept):
        kept = _DIGITS.sub("0", kept)
    kept = _WIDE.sub("", _SPACE.sub(" ", kept).strip())
    return _REPEAT.sub(r"\1\1\1", kept)


class _Folding(dict[int, int | None]):
    """A table for `str.translate` that asks a rule about each character once."""

    def __init__(self, rule: Callable[[str], str | None]) -> None:
        super().__init__()
        self._rule = rule

    def __missing__(self, point: int) -> int | None:
        folded = self._rule(chr(point))
        self[point] = value = None if folded is None else ord(folded)
        return value


def _word(character: str) -> str:
    """Letters, digits, marks of scripts, plus signs and slots stay; the rest parts words."""
    if character in ("+", _URL, _MENTION) or unicodedata.category(character)[0] in "LNM":
        return character
    return " "


def _visible(character: str) -> str | None:
    """Drops zero-width, directional and control characters and variation selectors."""
    hidden = unicodedata.category(character) in ("Cf", "Cc", "Cn", "Cs")
    selector = "\ufe00" <= character <= "\ufe0f"
    return None if selector or (hidden and not character.isspace()) else character


_WORDS: Final = _Folding(_word)
_VISIBLE: Final = _Folding(_visible)
