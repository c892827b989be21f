"""The scorer without training: rules over attribution and families, every step readable.

Its score ranks. It gives no probability, because nothing was calibrated; `info` says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import ClassVar, Final

import pandas as pd
from zhenzan.models.attribution.result import Attribution
from zhenzan.models.scorers.accounts import score_accounts
from zhenzan.models.scorers.bands import Thresholds
from zhenzan.models.scorers.base import EXCUSES, Scores
from zhenzan.models.scorers.comments import score_comments
from zhenzan.models.scorers.sections import score_sections
from zhenzan.models.scorers.texts import template_counts, template_rows

__all__ = ["RulesScorer"]

# Half of a section's comments generic is what alarms (peers.md, HypeAuditor).
_ALARM: Final = 0.5
_BUILT_IN: Final = ("timing", "coengagement", "template")


class RulesScorer:
    """Turns attribution and matrices into score, band, status and reasons.

    Args:
        thresholds: Cut points; the defaults carry their sources.
    """

    name: ClassVar[str] = "rules"
    version: ClassVar[int] = 1

    def __init__(self, thresholds: Thresholds | None = None) -> None:
        self.thresholds = thresholds or Thresholds()

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
        """See `Scorer.score`.

        Raises:
            ValueError: `contexts` lacks a column of `EXCUSES`.
        """
        if contexts is not None:
            absent = [name for name in EXCUSES if name not in contexts.columns]
            if absent:
                raise ValueError(
                    f"contexts lack {', '.join(absent)}; resolve declared contexts to excuses first"
                )
        t = self.thresholds
        texts = template_rows(templates, comments, t.template_bits)
        sections, lines = score_sections(
            attribution,
            matrices.get("section"),
            capability,
            texts,
            contexts,
            _families(matrices.values()),
            t,
        )
        scored_accounts = score_accounts(attribution, accounts, t)
        return Scores(
            sections,
            scored_accounts,
            score_comments(
                attribution, templates, comments, scored_accounts, t, _repeating(lines, texts)
            ),
            lines,
            {
                "scorer": self.name,
                "version": self.version,
                "probability": "none: the rules are not calibrated",
                "thresholds": asdict(t),
            },
        )


def _repeating(lines: pd.DataFrame, texts: pd.DataFrame | None) -> pd.Series[float] | None:
    """By section whose texts speak, how much a surprising one of them weighs; None without any.

    What no context explains, in full where half of those who wrote are in such templates.
    """
    counts = template_counts(texts)
    if counts is None:
        return None
    loud = lines[lines["reason"].eq("template.surprise@1") & lines["speaks"]]
    share = (counts["n_template_voices"] / counts["n_voices"]).clip(upper=_ALARM) / _ALARM
    plain = 1.0 - loud.set_index("section_id")["excused"]
    return plain * share.reindex(plain.index)


def _families(matrices: Iterable[pd.DataFrame]) -> tuple[str, ...]:
    """The built-in families, then others that have a column in any matrix, by name."""
    named = {str(c).split("__")[0] for frame in matrices for c in frame.columns if "__" in str(c)}
    return (*_BUILT_IN, *sorted(named - set(_BUILT_IN)))
