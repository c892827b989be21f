"""Statements about sections where the commenters had liked first, more often than elsewhere."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
from zhenzan.features.family import Entity, Evidence, Text
from zhenzan.features.numbers import about, count

__all__ = ["CLIMBS", "ladder_evidence"]

_MOST_REFS: Final = 50
_MOST_STRENGTH: Final = 6.0  # a likelihood ratio of a million: more is not believed of one test
# Worth a sentence: five accounts or more, twice as many as expected, one order in nine of ten.
_LEAST: Final = 5
_RATIO: Final = 2.0
_FIXED: Final = 0.9

_CARE: Final = Text(
    "喜欢内容的人常常先点赞再评论；平台的界面、直播间口令或抽奖规则也会让很多人按同一顺序行动。",
    "People who enjoy something often like it before they comment; an app's layout, a host's call"
    " or the rules of a giveaway lead many through the same order, too.",
)

# One row a commenter of a section with named likes; `upward`: liked first, NULL if not known.
CLIMBS: Final = """
SELECT c.section_id, l.account_id, MIN(c.comment_id) AS comment_id,
       l.like_ms, l.comment_ms,
       CASE WHEN l.like_ms <> l.comment_ms THEN l.like_ms < l.comment_ms END AS upward
FROM conversation_ladders l
JOIN conversation_comments c
  ON c.section_id = l.section_id AND c.account_id = l.account_id AND NOT c.by_creator
WHERE l.wrote AND l.has_likes
GROUP BY c.section_id, l.account_id, l.like_ms, l.comment_ms
"""


def ladder_evidence(
    rows: Sequence[Mapping[str, Any]], wanted: set[str], version: int
) -> Iterator[Evidence]:
    """One statement a wanted section that stands out, strongest first.

    Args:
        rows: A row a commenter, of `CLIMBS`.
        wanted: Ids of sections.
        version: Of the family, for the reason code.
    """
    by_section: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        by_section.setdefault(row["section_id"], []).append(row)
    everybody, climbed = len(rows), sum(1 for row in rows if row["upward"])
    found = []
    for section, writers in by_section.items():
        if section not in wanted:
            continue
        up = [row for row in writers if row["upward"]]
        down = sum(1 for row in writers if row["upward"] is False)
        # Half an account more in each, as in Jeffreys' estimate of a rate.
        rate = (climbed - len(up) + 0.5) / (everybody - len(writers) + 1.0)
        expected = rate * len(writers)
        plain = len(up) >= _LEAST and len(up) >= _RATIO * expected
        if plain and len(up) >= _FIXED * (len(up) + down):
            found.append(_statement(section, up, len(writers), expected, version))
    yield from sorted(found, key=lambda e: (-e.strength, e.subject))


def _statement(
    section: str, up: Sequence[Mapping[str, Any]], n_writers: int, expected: float, version: int
) -> Evidence:
    n = len(up)
    lag = float(np.median([(row["comment_ms"] - row["like_ms"]) / 60_000 for row in up]))
    # Poisson deviance against the rate of the other sections, as log10 of the likelihood ratio.
    strength = (n * math.log(n / expected) - (n - expected)) / math.log(10)
    return Evidence(
        reason=f"conversation.ladder@{version}",
        subject=(Entity.SECTION.value, section),
        statement=Text(
            f"{n_writers} 个评论账号中有 {n} 个先点赞、后评论（相隔中位数 {count(lag)} 分钟）；"
            f"按其他评论区的比例预计{about(expected).zh} 个。",
            f"{n} of {n_writers} commenting accounts had liked first (median {count(lag)} minutes"
            f" before); the rate of the other sections predicts {about(expected).en}.",
        ),
        refs=tuple(sorted(row["comment_id"] for row in up)[:_MOST_REFS]),
        observed=float(n),
        expected=round(expected, 4),
        unit="accounts",
        start_ms=min(row["like_ms"] for row in up),
        end_ms=max(row["comment_ms"] for row in up) + 1,
        strength=round(min(strength, _MOST_STRENGTH), 4),
        counter_evidence=(_CARE,),
    )
