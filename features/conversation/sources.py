"""What the conversation features rest on."""

from __future__ import annotations

from typing import Final

__all__ = ["LADDER", "LAGS", "QUESTIONS", "RATIO", "THREADS"]

THREADS: Final = (
    "reply depth and question/answer structure of attribution.md; share of replies and attention to"
    " reports of hired posters (Chen, ASONAM 2013, peers.md section 4)"
)
QUESTIONS: Final = "question/answer structure, the conversation family in attribution.md"
LADDER: Final = (
    "stages of an order, like then comment then share: 2 to 15 % of likes also comment, at most 3 %"
    " share (peers.md section 4); no peer tests it (section 1b, 11)"
)
LAGS: Final = (
    "lags of 10 minutes to 6 hours from like to comment in the order grammar (peers.md section 4);"
    " exponential lags have a spread near 1.6"
)
RATIO: Final = (
    "ratio of likers and commenters (peers.md, feature hints); delivered likes bring no comments,"
    " and adverts bring few (hard negative H21)"
)
