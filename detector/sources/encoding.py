"""Which encoding a file's text has: UTF-8, UTF-16 with its mark, or GB18030 by what it says.

Chinese Windows programs save CSV as GB18030 and say so nowhere. Bytes of other encodings are often
valid there too (Korean ones, or Western ones with few accents), and would be read as nonsense, so
the text has to look Chinese: plain characters, and the commonest ones among them.
"""

from __future__ import annotations

import codecs
from typing import Final

__all__ = ["decoder_of", "is_gb18030"]

# The characters that fill most of any Chinese text, as frequency lists of the language agree: a
# fifth of comments, a hundredth at most of what other encodings look like when read as Chinese.
_COMMONEST: Final = frozenset("的一是不了在人有我他这个们中来上大为和国地到以说时要就出会好你")
_LEAST_COMMON: Final = 0.03
# GB2312 holds 99 % of modern text, as two bytes above 0xA0; Western accents stand alone.
_LEAST_PLAIN: Final = 0.8
_FEWEST: Final = 8  # characters: fewer tell no language


def decoder_of(first: bytes) -> codecs.IncrementalDecoder | None:
    """Of the text that begins so; None for UTF-8, also where it is broken here and there.

    Args:
        first: The first piece of a file, megabytes of it: it decides for all.
    """
    if first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return codecs.getincrementaldecoder("utf-16")("replace")
    return codecs.getincrementaldecoder("gb18030")("replace") if is_gb18030(first) else None


def is_gb18030(first: bytes) -> bool:
    """Whether the text is valid GB18030, looks Chinese in it, and is not UTF-8."""
    if first.isascii() or _decoded(first, "utf-8") is not None:
        return False
    text = _decoded(first, "gb18030")
    if text is None:
        return False
    foreign = [c for c in text if c > "\x7f"]
    plain = len("".join(foreign).encode("gb2312", "ignore")) // 2
    common = sum(c in _COMMONEST for c in foreign)
    return (
        len(foreign) >= _FEWEST
        and plain >= _LEAST_PLAIN * len(foreign)
        and common >= _LEAST_COMMON * len(foreign)
    )


def _decoded(first: bytes, name: str) -> str | None:
    """The text, without a character that is cut at the end; None where it is not of this name."""
    try:
        return codecs.getincrementaldecoder(name)("strict").decode(first)
    except UnicodeDecodeError:
        return None
