"""Templates of one section that are one phrase: quoted in full, in part, or with a word added.

A line of the post, a lyric or a slogan is quoted whole by one, in half by the next and twice by a
third. Their forms are too far apart for near-duplicates, yet they say one thing. What a seller
delivers is a bank of unrelated texts (5 to 50: notes on sellers' offers), so how many phrases there
are tells the two apart better than how often the most frequent one occurs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from zhenzan.features.template.groups import is_wide

__all__ = ["phrase_leaders"]

# A run of characters in common that makes two forms one phrase: four Chinese characters are two
# words, twelve letters are two or three.
_RUN_WIDE: Final = 4
_RUN: Final = 12
# The most used forms are compared; the others stand alone. A section with more surprising templates
# than this has many phrases in any case.
_MOST: Final = 200


def phrase_leaders(forms: Sequence[str]) -> list[int]:
    """Assigns each form to the first form that belongs to its phrase.

    Args:
        forms: Distinct normal forms of one section, the most used first.

    Returns:
        Position of the leader of each; a phrase's first form leads itself.
    """
    leaders = list(range(len(forms)))
    runs: list[frozenset[str]] = []
    for i, form in enumerate(forms[:_MOST]):
        runs.append(_runs(form))
        for j in range(i):
            if runs[i] & runs[j] or form in forms[j] or forms[j] in form:
                leaders[i] = leaders[j]
                break
    return leaders


def _runs(form: str) -> frozenset[str]:
    size = _RUN_WIDE if is_wide(form) else _RUN
    return frozenset(form[i : i + size] for i in range(len(form) - size + 1))
