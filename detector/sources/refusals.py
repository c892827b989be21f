"""Answers in which a platform refuses: scripts save them like any other, and they hold no data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

__all__ = ["refusal_of"]

# Where platforms say that it went wrong: YouTube, WeChat (pages, official, 视频号), Bilibili,
# Douyin, Xiaohongshu, Weibo, Bluesky; the number or word, then the sentence.
_SAYS: Final = (
    ("code", "message"), ("ret", "errmsg"), ("ret", "err_msg"), ("errcode", "errmsg"),
    ("errCode", "errMsg"), ("status_code", "status_msg"), ("code", "msg"), ("ok", "msg"),
    ("error", "message"),
)  # fmt: skip
_INSIDE: Final = ("error", "base_resp")
_LONGEST: Final = 120  # characters of what the platform says


def refusal_of(value: object) -> str | None:
    """What an answer says went wrong, as `403 quotaExceeded`; None for all else.

    Args:
        value: The first JSON value of a file that no source knows.
    """
    if not isinstance(value, dict):
        return None
    for name in _INSIDE:
        if isinstance(value.get(name), dict):
            return _said(value[name])
    return _said(value)


def _said(answer: Mapping[str, Any]) -> str | None:
    for number, sentence in _SAYS:
        code, text = answer.get(number), answer.get(sentence)
        # Words are codes of Bluesky alone; a column named `code` may hold anything.
        told = isinstance(code, str) and bool(code) if number == "error" else isinstance(code, int)
        # Weibo's `ok` is 1 where all is well.
        if told and code != (1 if number == "ok" else 0):
            said = text if isinstance(text, str) else ""
            return f"{code} {said}".strip()[:_LONGEST]
    return None
