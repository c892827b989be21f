"""One section as a detector sees it: its post, its acts, its comments, what attribution made of it.

Only sections in which something may speak are looked at: a context excuses, and elsewhere there is
nothing to excuse. Times are float64 milliseconds, NaN where they are not known.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, TypeAlias

import numpy as np
import pandas as pd
from zhenzan.detector.contexts.words import fold
from zhenzan.features.template.normal import normal_form

__all__ = ["HOUR_MS", "Array", "Case"]

Array: TypeAlias = np.ndarray[Any, Any]

HOUR_MS: Final = 3_600_000
_CREATOR_NOTES: Final = 20  # comments of the creator that are read beside the post


@dataclass
class Case:
    """A section and its rows, sorted by time.

    Attributes:
        section: Its row of the canonical table, with `section_id`; other values may be None.
        sums: Its row of `Attribution.sections`; empty where it received no engagement.
        history: What its likely delivered accounts do elsewhere: `n_members`, `n_regular` (came
            to two other sections of this creator), `n_served` (attributed acts for others too),
            `n_alive` (everyday acts for others).
        acts: Columns `at, p, comment_id, account_id, region, referrer, created_ms, declared_bot,
            follows, followed, retracted_ms`.
        comments: Columns `comment_id, account_id, at, text, by_creator, pinned, selected,
            liked_by_creator, region, created_ms, declared_bot, surprising, everyday, echo`.
    """

    section: dict[str, Any]
    sums: dict[str, Any]
    history: dict[str, float]
    acts: pd.DataFrame
    comments: pd.DataFrame

    @property
    def section_id(self) -> str:
        """Its id."""
        return str(self.section["section_id"])

    @property
    def published(self) -> float:
        """When it was published, ms; NaN where that is unknown."""
        return number(self.section.get("published_ms"))

    @cached_property
    def post(self) -> str:
        """The creator's own words, folded: title, text, and comments of the creator."""
        notes = self.comments.loc[self.flag("by_creator"), "text"].dropna()
        parts = [self.section.get("title"), self.section.get("text")]
        return fold("\n".join(str(t) for t in [*parts, *notes.head(_CREATOR_NOTES)] if t))

    @cached_property
    def others(self) -> Array:
        """Which comments have words and are not the creator's."""
        return np.asarray(~self.flag("by_creator") & self.comments["text"].notna().to_numpy())

    @cached_property
    def folded(self) -> list[str]:
        """The comments' texts, folded, in row order; "" where there is none."""
        seen: dict[str, str] = {}
        made = []
        for text in self.comments["text"]:
            words = text if isinstance(text, str) else ""
            if words not in seen:
                seen[words] = fold(words)
            made.append(seen[words])
        return made

    @cached_property
    def said(self) -> Array:
        """Comments that need an explanation: surprising ones, else all by others."""
        surprising: Array = self.flag("surprising") & self.others
        return surprising if surprising.any() else self.others

    def flag(self, name: str) -> Array:
        """A column of flags of the comments; unknown counts as no."""
        return truths(self.comments[name])

    def fitting(self, fits: Array) -> float:
        """Share of the comments that need an explanation which fit; 0 where there are none."""
        return float(fits[self.said].mean()) if self.said.any() else 0.0

    @cached_property
    def weight(self) -> Array:
        """Probability of each act that it was delivered."""
        p: Array = self.acts["p"].to_numpy(np.float64)
        return np.where(np.isnan(p), 0.0, p)

    @cached_property
    def likely(self) -> Array:
        """Acts that are likelier delivered than not."""
        return np.asarray(self.weight >= 0.5)

    @cached_property
    def times(self) -> Array:
        """Times of the acts, ms."""
        return self.acts["at"].to_numpy(np.float64)

    @cached_property
    def burst(self) -> Array:
        """Known times of the likely delivered acts, sorted; of all acts where none is likely."""
        chosen = self.likely if self.likely.any() else np.ones(len(self.acts), dtype=bool)
        at = self.times[chosen]
        return np.sort(at[~np.isnan(at)])

    @cached_property
    def told(self) -> Array:
        """Known times of the comments that need an explanation, sorted."""
        at = self.comments["at"].to_numpy(np.float64)[self.said]
        return np.sort(at[~np.isnan(at)])

    def span(self, *times: Array) -> tuple[int | None, int | None]:
        """From the first to just after the last of the given times; None where there are none."""
        at = np.concatenate(times) if times else np.zeros(0)
        return (int(at.min()), int(at.max()) + 1) if len(at) else (None, None)

    @cached_property
    def forms(self) -> list[str]:
        """Normal forms of the comments that need an explanation, the commonest first."""
        texts = self.comments.loc[self.said, "text"]
        made = texts.map(lambda t: normal_form(t) if isinstance(t, str) else "")
        counts = {str(f): int(n) for f, n in made[made != ""].value_counts().items()}
        return sorted(counts, key=lambda form: (-counts[form], len(form), form))


def number(value: Any) -> float:
    """A number, NaN where it is missing."""
    return np.nan if value is None or pd.isna(value) else float(value)


def truths(values: pd.Series) -> Array:
    """Flags; unknown counts as no."""
    return np.asarray([value is True or value is np.True_ for value in values], dtype=bool)
