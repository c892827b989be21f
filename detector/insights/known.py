"""What all insights read: arrays over sections, comments and acts, made once.

Sections are numbered; comments and acts name their section by its number. Everything is computed
for all sections at once, so that an insight costs the same for one and for a thousand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any, Final, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = [
    "Acts",
    "Codes",
    "Comments",
    "Flags",
    "Known",
    "Likes",
    "Objects",
    "Reals",
    "Sections",
    "grouped",
    "replies_known",
]

Reals: TypeAlias = NDArray[np.float64]
Codes: TypeAlias = NDArray[np.int64]
Flags: TypeAlias = NDArray[np.bool_]
Objects: TypeAlias = NDArray[Any]

_HELD: Final = 0.9  # platforms go on counting replies that are deleted or hidden


@dataclass(frozen=True, slots=True)
class Sections:
    """One entry a section, in the order of their ids.

    Attributes:
        id: Section ids.
        creator: Number of the creator, -1 where unknown.
        creator_id: Creator ids by number.
        title, text: Written by the creator; None where unknown.
        published_ms: NaN where unknown.
        described: Whether insights are made for it.
    """

    id: Objects
    creator: Codes
    creator_id: Objects
    title: Objects
    text: Objects
    published_ms: Reals
    described: Flags

    def __len__(self) -> int:
        return len(self.id)


@dataclass(frozen=True, slots=True)
class Comments:
    """One entry a comment, in the order of their ids.

    Attributes:
        id: Comment ids.
        section: Number of the section.
        account: Number of the author, -1 where unknown.
        parent: Position of the comment answered, -1 where none or not collected.
        is_reply: Whether it answers another comment.
        text: None where unknown.
        created_ms: NaN where unknown.
        precise: Whether the time is known to the hour.
        by_creator: Written by the section's creator: no part of what was received.
        answered: The creator replied, as far as is known.
        weight: In [0, 1], how much of it looks genuine.
        likes, likes_genuine: NaN where its likes are not known.
        region: Of the author at that time; None where unknown.
        reply_count: As the platform says; NaN where unknown.
        priority: `reply_priority`; NaN where unknown.
    """

    id: Objects
    section: Codes
    account: Codes
    parent: Codes
    is_reply: Flags
    text: Objects
    created_ms: Reals
    precise: Flags
    by_creator: Flags
    answered: Flags
    weight: Reals
    likes: Reals
    likes_genuine: Reals
    region: Objects
    reply_count: Reals
    priority: Reals

    def __len__(self) -> int:
        return len(self.id)

    @property
    def received(self) -> Flags:
        """Comments by others than the creator."""
        return ~self.by_creator


@dataclass(frozen=True, slots=True)
class Acts:
    """Timed likes, stars and shares of the described sections, counted by quarter of an hour.

    Attributes:
        section: Number of the section.
        liked: Whether the acts are likes or stars of the section itself.
        quarter: Start of the quarter of an hour, in quarters since 1970 UTC.
        n, genuine: Acts, and how many look genuine.
    """

    section: Codes
    liked: Flags
    quarter: Codes
    n: Reals
    genuine: Reals


@dataclass(frozen=True, slots=True)
class Likes:
    """Likes of the section itself and its reads, one entry a section; NaN where not known.

    Attributes:
        likes, likes_genuine: From the acts, else from the newest count.
        reads, reads_hi: Newest count of reads or views, and its upper end (inf where the platform
            only says "more than").
        comments: How many comments the section has as the platform says, else as collected.
        collected: Comments by others in the data.
        genuine: How many of these look genuine.
    """

    likes: Reals
    likes_genuine: Reals
    reads: Reals
    reads_hi: Reals
    comments: Reals
    collected: Reals
    genuine: Reals


@dataclass(frozen=True, slots=True)
class Known:
    """Everything that insights read.

    Attributes:
        counts: Count snapshots of described sections: `section, comment, metric, scene,
            observed_ms, window_s, value_lo, value_hi`; `comment` is -1 for the section itself.
        levels: Level of each author by number; NaN where unknown.
        mixes: Name of a mix (`region`, `source`) to its acts: `section, label, n, genuine`, and
            by how many `people`.
        zone: In which hours are told, `zone_name` its name, `zone_known` whether anybody named it.
        replies_known: Whether a section's replies are in the data; see `replies_known`.
    """

    sections: Sections
    comments: Comments
    acts: Acts
    totals: Likes
    counts: pd.DataFrame
    levels: Reals
    mixes: Mapping[str, pd.DataFrame]
    zone: tzinfo
    zone_name: str
    zone_known: bool
    replies_known: Flags

    def subjects(self) -> list[tuple[int, str]]:
        """Number and id of every section that is described, in order."""
        chosen = np.flatnonzero(self.sections.described)
        return [(int(i), str(self.sections.id[i])) for i in chosen]

    def creators(self) -> list[tuple[int, str]]:
        """Number and id of every creator of whom two sections or more are known."""
        own = self.sections.creator[self.sections.described]
        counts = np.bincount(own[own >= 0], minlength=len(self.sections.creator_id))
        ids = self.sections.creator_id
        return [(int(i), str(ids[i])) for i in np.flatnonzero(counts >= 2)]

    def per_section(self, rows: Codes, weights: Reals | None = None) -> Reals:
        """Sums by section number over entries whose sections are `rows`."""
        return np.bincount(rows, weights, minlength=len(self.sections)).astype(np.float64)


def replies_known(comments: Comments, n_sections: int) -> Flags:
    """Sections of which the data hold who answers whom, as far as can be told.

    Either others' replies were collected, about as many as are counted, or none are counted.
    """

    def per_section(chosen: Flags, weights: Reals | None = None) -> Reals:
        told = None if weights is None else weights[chosen]
        return np.bincount(comments.section[chosen], told, minlength=n_sections).astype(float)

    top = ~comments.is_reply
    counted = per_section(top, np.nan_to_num(comments.reply_count))
    untold = per_section(top & np.isnan(comments.reply_count))
    held = per_section(comments.is_reply)
    by_others = per_section(comments.is_reply & comments.received)
    whole = held >= _HELD * counted
    none: Flags = (per_section(top) > 0) & (untold == 0) & (counted == 0)
    return (by_others > 0) & whole | none


def grouped(rows: pd.DataFrame, column: str = "section") -> dict[int, pd.DataFrame]:
    """The rows by the numbers in a column."""
    found: dict[int, pd.DataFrame] = {}
    for key, part in rows.groupby(column, sort=False):
        found[int(str(key))] = part
    return found
