"""Texts of organic life and of ordered comments, in Chinese and English."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from zhenzan.detector.simulate.clock import VERTICALS
from zhenzan.detector.simulate.phrases import (
    BODIES,
    EMOJI,
    NOUNS,
    OPENERS,
    ORDERED,
    REPLIES,
    SHORT,
    SLOTS,
    TAILS,
    TITLES,
)
from zhenzan.detector.simulate.population import LANGUAGES

__all__ = ["ordered_texts", "organic_texts", "replies", "titles"]

SHARE_SHORT = 0.22
"""Of organic comments are the short ones that everybody writes everywhere [H]."""


def _choose(rng: np.random.Generator, n: int) -> list[float]:
    values: list[float] = rng.random(n).tolist()
    return values


def _of(options: Sequence[str], u: float) -> str:
    return options[int(u * len(options))]


def _keys(language: NDArray[np.integer], vertical: NDArray[np.integer]) -> list[tuple[str, str]]:
    return [
        (LANGUAGES[a], VERTICALS[b])
        for a, b in zip(language.tolist(), vertical.tolist(), strict=True)
    ]


def titles(
    rng: np.random.Generator, language: NDArray[np.integer], vertical: NDArray[np.integer]
) -> list[str]:
    """One title a section."""
    n = len(language)
    topics, first, second = _keys(language, vertical), _choose(rng, n), _choose(rng, n)
    drawn = zip(topics, first, second, strict=True)
    return [_of(TITLES[a], u).replace("{n}", _of(NOUNS[a][b], v)) for (a, b), u, v in drawn]


def organic_texts(
    rng: np.random.Generator, language: NDArray[np.integer], vertical: NDArray[np.integer]
) -> list[str]:
    """One organic comment each: short and common, or a sentence about the section's topic."""
    n = len(language)
    columns = [_choose(rng, n) for _ in range(5)]
    texts = []
    for (a, b), short, u, v, w, x in zip(_keys(language, vertical), *columns, strict=True):
        if short < SHARE_SHORT:
            texts.append(_of(SHORT[a], u))
            continue
        body = _of(BODIES[a], u).replace("{n}", _of(NOUNS[a][b], v))
        joint = "," if a == "zh" else ", "
        lead = _of(OPENERS[a], w) + joint if short < 0.65 else ""
        texts.append(lead + body + _of(TAILS[a], x))
    return texts


def replies(
    rng: np.random.Generator, language: NDArray[np.integer], vertical: NDArray[np.integer]
) -> list[str]:
    """One reply each."""
    n = len(language)
    drawn = zip(_keys(language, vertical), _choose(rng, n), _choose(rng, n), strict=True)
    return [_of(REPLIES[a], u).replace("{n}", _of(NOUNS[a][b], v)) for (a, b), u, v in drawn]


def ordered_texts(
    rng: np.random.Generator, language: int, bank: int, n: int, *, paraphrase: bool = False
) -> list[str]:
    """`n` delivered texts of one template bank: slot edits, an emoji at the end, now and then both.

    With `paraphrase`, each text is put together from two templates and an organic opener, as a
    seller with a paraphrasing program would (hard-negatives.md P6).
    """
    name = LANGUAGES[language]
    templates = ORDERED[name][bank % len(ORDERED[name])]
    columns = [_choose(rng, n) for _ in range(5)]
    texts = []
    for u, v, w, x, y in zip(*columns, strict=True):
        text = _of(templates, u).replace("{x}", _of(SLOTS[name], v)) + _of(EMOJI, w)
        if paraphrase:
            second = _of(templates, x).replace("{x}", _of(SLOTS[name], y))
            joint = "," if name == "zh" else ", "
            text = f"{_of(OPENERS[name], y)}{joint}{text}{joint}{second.rstrip('!')}"
        texts.append(text)
    return texts
