"""All sentences of the report, in `zh.json` and `en.json` beside this file: same keys, same slots.

A key that ends in `.one` is taken where `n` is 1 and the language has it; before it one that ends
in `.only`, where `total` or `authors` is 1.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import resources
from typing import Final, Literal, TypeAlias, get_args

from zhenzan.features.errors import UsageError

__all__ = ["LANGUAGES", "Language", "Texts", "load_texts"]

Language: TypeAlias = Literal["zh", "en"]
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)


class Texts:
    """The sentences of one language.

    Args:
        language: `zh` or `en`.
        entries: Key to sentence with `{slots}`.
    """

    def __init__(self, language: Language, entries: Mapping[str, str]) -> None:
        self.language = language
        self.entries = entries

    def __call__(self, key: str, **values: object) -> str:
        """The sentence of that key, its slots filled.

        Raises:
            KeyError: No such key, or a slot without a value.
        """
        only = any(values.get(name) in (1, "1") for name in ("total", "authors"))
        if only and f"{key}.only" in self.entries:
            key = f"{key}.only"
        elif values.get("n") in (1, "1") and f"{key}.one" in self.entries:
            key = f"{key}.one"
        return self.entries[key].format(**values)

    def optional(self, key: str, default: str) -> str:
        """The sentence of that key, or the default: for codes that plug-ins may add."""
        return self.entries.get(key, default)


def load_texts(language: str) -> Texts:
    """Reads the sentences of a language.

    Raises:
        UsageError: There is no such language.
    """
    for known in LANGUAGES:
        if language == known:
            file = resources.files(__name__) / f"{known}.json"
            return Texts(known, json.loads(file.read_text(encoding="utf-8")))
    raise UsageError(f"unknown language {language!r}; known: {', '.join(LANGUAGES)}")
