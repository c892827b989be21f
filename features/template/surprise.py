"""How much rarer elsewhere than here: bits of surprise of a template in a section.

Distinct accounts count, not comments: one author who repeats himself is one voice. The background
is the sections of other creators, smoothed by what is known of short and everyday phrases before
any data are seen. A phrase that is common everywhere ("哈哈哈", "good") surprises nowhere. The
limit of the method: a template that was delivered to a large part of a small set reads as common.
"""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.resources import files
from math import log2
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from zhenzan.features.template.groups import is_wide

__all__ = ["MOST_RARITY", "is_bare", "is_everyday", "prior_rate", "rarity_bits", "surprise_bits"]

# Half a user, as in Jeffreys' estimate of a rate.
_PSEUDO: Final = 0.5
# Rates before any data are seen, as shares of the accounts that use a form. The most used form of
# one word has some 2 %, each further word halves it, and below 1 in 10,000 nothing is assumed
# (starting values; on the real sections the most used two-character forms have 1 to 2 %).
_ONE_WORD: Final = 0.02
_RAREST: Final = 1e-4
MOST_RARITY: Final = -log2(_RAREST)
"""Bits of the rarest: rarer than what nobody assumes anything of would measure the set's size."""
# Everyday reactions and formulas (everyday.txt) and emoji alone: 3 % anywhere.
_EVERYDAY_RATE: Final = 0.03
_EMOTES: Final = re.compile(r"\[[^\[\]]{1,12}\]|:[a-z0-9_+\-]{2,32}:")


def is_everyday(form: str) -> bool:
    """Whether a form is a stock reaction, or nothing but emoji, emotes and marks."""
    return form in _everyday() or is_bare(form)


def is_bare(form: str) -> bool:
    """Whether a form is nothing but emoji, emotes and marks."""
    words = _EMOTES.sub("", form) if "[" in form or ":" in form else form
    return not any(map(str.isalnum, words))


@lru_cache(maxsize=1)
def _everyday() -> frozenset[str]:
    lines = (files(__package__) / "everyday.txt").read_text("utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("# "))


def prior_rate(form: str) -> float:
    """Share of accounts that would write this form where nothing else is known."""
    if is_everyday(form):
        return _EVERYDAY_RATE
    words = len(form.replace(" ", "")) if is_wide(form) else 2 * len(form.split())
    return float(max(_ONE_WORD * 0.5 ** (words - 1), _RAREST))


def surprise_bits(
    here: NDArray[Any],
    here_total: NDArray[Any],
    elsewhere: NDArray[Any],
    elsewhere_total: NDArray[Any],
    prior: NDArray[Any],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Log2 likelihood ratio of the rate here against the rate elsewhere.

    Args:
        here: Accounts of the section that use the template.
        here_total: Accounts of the section that wrote a text, at least 1.
        elsewhere: Accounts that use it in sections of other creators.
        elsewhere_total: Accounts of those sections, counted once a section.
        prior: `prior_rate` of the template; everyday forms never count as rarer than it.

    Returns:
        Bits, 0 where it is no more frequent here; and the number of accounts expected here.
    """
    background = (elsewhere + _PSEUDO) / (elsewhere_total + _PSEUDO / prior)
    floor = np.where(prior >= _EVERYDAY_RATE, _EVERYDAY_RATE, 0.0)
    background = np.minimum(np.maximum(background, floor), 0.999)
    rate = here / here_total
    with np.errstate(divide="ignore", invalid="ignore"):
        used = here * np.log2(rate / background)
        rest = np.where(
            here < here_total,
            (here_total - here) * np.log2((1 - rate) / (1 - background)),
            0.0,
        )
    bits = np.where(rate > background, used + rest, 0.0)
    return bits, background * here_total


def rarity_bits(expected: NDArray[Any], here_total: NDArray[Any]) -> NDArray[np.float64]:
    """Bits by which templates are rare in the sections of other creators.

    Args:
        expected: Accounts expected here, of `surprise_bits`.
        here_total: Accounts of the section that wrote a text, at least 1.

    Returns:
        0 for what everybody writes, up to `MOST_RARITY`.
    """
    return np.asarray(np.clip(-np.log2(expected / here_total), 0.0, MOST_RARITY))
