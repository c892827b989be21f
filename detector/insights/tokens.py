"""Words of a text: jieba's for Chinese, runs of letters for all others; no names, links, numbers.

What a comment addresses (`@name`), links, e-mail addresses, markup and digits are dropped before
words are cut, so that no keyword identifies anybody.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files
from typing import Final

__all__ = ["MAX_CHARACTERS", "is_stopword", "words_of"]

# What a comment is about shows in its first lines, and a 10 MB text must not cost more.
MAX_CHARACTERS: Final = 500
_LONGEST: Final = 30  # letters of a word; longer runs are keys, hashes or noise
_DROPPED: Final = re.compile(
    r"https?://\S+|www\.\S+|\S+@\S+\.\w+|//\s?@.*|@[\w\-·]{1,40}|<[a-zA-Z/!][^<>]{0,300}>"
    r"|\[[^\[\]\s]{1,12}\]|:[a-z][a-z0-9_+\-]{1,30}:"
)
_RUN: Final = re.compile(
    "([\u3400-\u9fff]+)|([\u30a0-\u30ff]{2,}|[\uac00-\ud7af]{2,}|[^\\W\\d_\u3040-\u9fff\uac00-\ud7af]{2,})"
)


def words_of(text: str) -> Iterator[str]:
    """The words of a text, as often as they occur; single Chinese characters are left out."""
    import rjieba

    text = text[:MAX_CHARACTERS]
    if "&" in text:
        text = html.unescape(text)
    text = unicodedata.normalize("NFKC", text).casefold()
    for found in _RUN.finditer(_DROPPED.sub(" ", text)):
        wide, other = found.groups()
        if other is not None:
            if len(other) <= _LONGEST:
                yield other
            continue
        for word in rjieba.cut(wide):
            if len(word) > 1:
                yield word


def is_stopword(word: str) -> bool:
    """Whether a word carries a sentence and not its subject."""
    return word in _stopwords()


@lru_cache(maxsize=1)
def _stopwords() -> frozenset[str]:
    lines = (files(__package__) / "stopwords.txt").read_text("utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("# "))
