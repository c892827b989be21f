"""What every scorer takes and gives, whatever it learnt or did not learn.

A scorer turns attribution and feature matrices into the columns of the scan directory. `score`
ranks and is higher where more speaks for purchased engagement; `probability` is NULL unless the
scorer was calibrated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Final, Protocol

import pandas as pd
from zhenzan.models.attribution.result import Attribution

__all__ = ["ACCOUNT_FACTS", "COMMENT_FACTS", "EXCUSES", "LINES", "Scorer", "Scores"]

LINES: Final = ("section_id", "reason", "family", "bits", "excused", "points", "spoke", "speaks")
"""Columns of `Scores.lines`: what each line of evidence adds to a section's score; `spoke` before
benign explanations were heard, `speaks` after."""

EXCUSES: Final = (
    "section_id", "comment_id", "kind", "start_ms", "end_ms", "family", "excuse", "review",
    "own_word",
)  # fmt: skip
"""Columns of the contexts a scorer takes: one row per context and family that it excuses.

`excuse` in [0, 1] is the part of that family's evidence which the context explains, inside its
window (NULL ends are open; a NULL comment means the whole section); `review` says that a person
has to look, so that no automatic top band is given; `own_word` that the creator alone says so.
"""

ACCOUNT_FACTS: Final = ("account_id", "id_kind", "declared_bot")
COMMENT_FACTS: Final = (
    "comment_id", "section_id", "account_id", "text", "parent_id", "by_creator",
    "replied_by_creator", "reply_count", "created_ms", "n_likes_shown",
)  # fmt: skip
"""Of the canonical comments; `n_likes_shown` is the last reading of the like counter, if any."""


@dataclass(frozen=True, slots=True)
class Scores:
    """The three scored tables; columns as in `tables.md` without `campaign_ids`.

    Attributes:
        sections: One row per section with an engagement, a comment or a capability row.
        accounts: One row per account that acted.
        comments: One row per comment.
        lines: What each line of evidence added to a section's score; columns `LINES`.
        info: Thresholds and the reason why `probability` is NULL, for `run.json`.
        model_rows: Of a trained scorer: `unit, id, raw` (log-odds) and `why_not` (why it gives no
            probability).
        contributions: Of a trained scorer: what each family added to a score.
    """

    sections: pd.DataFrame
    accounts: pd.DataFrame
    comments: pd.DataFrame
    lines: pd.DataFrame
    info: Mapping[str, object] = field(default_factory=dict)
    model_rows: pd.DataFrame = field(default_factory=pd.DataFrame)
    contributions: pd.DataFrame = field(default_factory=pd.DataFrame)


class Scorer(Protocol):
    """The plug-in contract of scorers."""

    name: ClassVar[str]
    version: ClassVar[int]

    def score(
        self,
        attribution: Attribution,
        matrices: Mapping[str, pd.DataFrame],
        capability: pd.DataFrame,
        templates: pd.DataFrame | None = None,
        contexts: pd.DataFrame | None = None,
        *,
        accounts: pd.DataFrame | None = None,
        comments: pd.DataFrame | None = None,
    ) -> Scores:
        """Scores sections, accounts and comments.

        Args:
            attribution: Posteriors and sums.
            matrices: `section`, `account`, `comment` to their feature frames; NaN = not computable.
            capability: What could be checked for which section.
            templates: `comment_id, template_id, template_size, surprise` (bits); None if no text.
            contexts: Benign explanations with what they excuse, columns `EXCUSES`.
            accounts: Canonical facts, columns `ACCOUNT_FACTS`; others are ignored.
            comments: Canonical facts, columns `COMMENT_FACTS`; others are ignored.
        """
        ...
