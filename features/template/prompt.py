"""Does a text echo what the section's author asked for ("扣1", a required phrase, the title)?"""

from __future__ import annotations

import re
from typing import Final

from rapidfuzz import fuzz
from zhenzan.features.template.groups import SIMILAR, is_wide
from zhenzan.features.template.normal import normal_form

__all__ = ["echoes", "prompt_text"]

# Words with which an author asks for a token: "同意的扣1", "评论区打call", "comment YES below".
_CALLS: Final = (
    "扣|打|刷|发|选|投|回复|评论|留言|弹幕|输入|喊|接|comment|reply|type|write|drop|say|vote|"
    "напишите|ставьте|пишите"
)
_GAP: Final = r"[\s\"'“”‘’「」『』【】《》:：]{0,3}(?:区|里|下)?[\s\"'“”‘’「」『』【】:：]{0,3}"
_LONG_TITLE: Final = 6


def prompt_text(title: str | None, text: str | None) -> tuple[str, str, str]:
    """The title's normal form, that of title and text, and both as written, folded in case."""
    written = " ".join(part for part in (title, text) if part)
    return normal_form(title or ""), normal_form(written), written.casefold()


def echoes(form: str, prompt: tuple[str, str, str]) -> bool:
    """Whether a normal form answers or repeats the prompt.

    A text of two characters or more that stands in the prompt (whole words where there are
    spaces), a text that is or quotes the title, or a token that the author called for.
    """
    title, whole, written = prompt
    if not whole or not form:
        return False
    if len(form) >= 2 and f" {form} " in f" {whole} ":
        return True
    if len(form) >= 2 and is_wide(form) and form in whole:
        return True
    if len(title) >= _LONG_TITLE and (title in form or fuzz.ratio(title, form) >= SIMILAR):
        return True
    tokens = {form, form[0]} if form == form[0] * len(form) else {form}
    # Compiling costs a thousand times the look for the token, which most prompts do not hold.
    return any(
        token in written
        and re.search(f"(?:{_CALLS}){_GAP}{re.escape(token)}(?![^\\W_])", written) is not None
        for token in tokens
    )
