"""Sections of several creators that burst at once over the same word: the sign of an event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np
import pandas as pd
from zhenzan.detector.contexts.case import HOUR_MS
from zhenzan.detector.contexts.words import fold
from zhenzan.features.engine.base import Engine
from zhenzan.models.attribution.result import Attribution

__all__ = ["shared_topics"]

# Three creators within six hours over a word that one section in fifty, or three of a small set,
# holds [H]. Orders of one pool may start together, too, but not over one word.
_CREATORS: Final = 3
_WITHIN_MS: Final = 6 * HOUR_MS
_RARE: Final = 0.02
_TITLE: Final = 200  # characters of a title that are looked at
_SHORTEST: Final = 4  # of a word written in letters

_TITLES: Final = "SELECT section_id, creator_id, title FROM {section} WHERE title IS NOT NULL"


def shared_topics(
    engine: Engine, names: Mapping[str, str], attribution: Attribution, ids: Sequence[str]
) -> dict[str, tuple[float, str]]:
    """Section to the onset of the event that it shares with others, and to the word.

    Args:
        engine: Where the tables live.
        names: Table name to relation name.
        attribution: Its windows say when a section's excess begins.
        ids: The sections that are looked at.
    """
    onset = _onsets(attribution, ids)
    if len(onset) < _CREATORS:
        return {}
    made = engine.sql(_TITLES.format(**names), into="context_titles", step="contexts")
    rows: list[dict[str, Any]] = engine.fetch(made).to_pylist()
    engine.drop(made)
    where: dict[str, list[tuple[float, str, str]]] = {}
    frequency: dict[str, int] = {}
    for row in rows:
        for word in _words(row["title"]):
            frequency[word] = frequency.get(word, 0) + 1
            if row["section_id"] in onset and row["creator_id"] is not None:
                where.setdefault(word, []).append(
                    (onset[row["section_id"]], str(row["creator_id"]), str(row["section_id"]))
                )
    rare = max(3 * _CREATORS, _RARE * len(rows))
    return _events({w: found for w, found in where.items() if frequency[w] <= rare})


def _onsets(attribution: Attribution, ids: Sequence[str]) -> dict[str, float]:
    windows = attribution.windows.select(["section_id", "start_ms"]).to_pandas()
    first = windows[windows["section_id"].isin(set(ids))].groupby("section_id")["start_ms"].min()
    return {str(key): float(at) for key, at in first.items()}


def _words(title: str) -> set[str]:
    """Pairs of Chinese characters and words of letters."""
    folded = fold(title[:_TITLE])
    pairs = {a + b for a, b in pairwise(folded) if _wide(a) and _wide(b)}
    letters = "".join(c if c.isalnum() and not _wide(c) else " " for c in folded)
    return pairs | {word for word in letters.split() if len(word) >= _SHORTEST}


def _wide(character: str) -> bool:
    return "\u3400" <= character <= "\u9fff"


def _events(where: Mapping[str, list[tuple[float, str, str]]]) -> dict[str, tuple[float, str]]:
    """The word of each section that most creators share; ties by the word."""
    best: dict[str, tuple[int, float, str]] = {}
    for word, found in sorted(where.items()):
        frame = pd.DataFrame(found, columns=["at", "creator", "section"]).sort_values("at")
        at = frame["at"].to_numpy(np.float64)
        for left in range(len(frame)):
            inside = frame.iloc[left : int(np.searchsorted(at, at[left] + _WITHIN_MS, "right"))]
            creators = int(inside["creator"].nunique())
            if creators < _CREATORS:
                continue
            for section in inside["section"]:
                if creators > best.get(str(section), (0, 0.0, ""))[0]:
                    best[str(section)] = (creators, float(at[left]), word)
    return {section: (at, word) for section, (_, at, word) in best.items()}
