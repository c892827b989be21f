"""All sentences of the console: `zh.json` and `en.json` beside this file, same keys and slots."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import Final

from fastapi import Request
from zhenzan.detector.report.texts import LANGUAGES, Language, Texts, load_texts

__all__ = ["LANGUAGE_COOKIE", "console_texts", "language_of"]

LANGUAGE_COOKIE: Final = "zhenzan_lang"


@cache
def console_texts(language: Language) -> Texts:
    """The sentences of the console, and behind them those of the report (bands, contexts)."""
    file = resources.files(__name__) / f"{language}.json"
    own = json.loads(file.read_text(encoding="utf-8"))
    return Texts(language, {**load_texts(language).entries, **own})


def language_of(request: Request) -> Language:
    """What the address says (`?lang=`), else the cookie, else what the browser prefers, else zh."""
    told = (request.query_params.get("lang"), request.cookies.get(LANGUAGE_COOKIE))
    for language in LANGUAGES:
        if language in told[:1] or (told[0] not in LANGUAGES and language == told[1]):
            return language
    preferred = request.headers.get("accept-language", "zh")[:200].lower()
    places = {language: preferred.find(language) for language in LANGUAGES}
    named = [language for language in LANGUAGES if places[language] >= 0]
    return min(named, key=lambda language: places[language]) if named else "zh"
