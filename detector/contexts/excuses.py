"""From rows of the canonical `context` table to what each excuses."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

import pandas as pd
from zhenzan.detector.contexts.kinds import FAMILIES, KINDS
from zhenzan.models.scorers.bands import Thresholds
from zhenzan.models.scorers.base import EXCUSES

__all__ = ["declared_contexts", "kept_by_company"]

# Who says so: platforms and reviewers looked, a rule may err, and a creator has an interest. What
# a rule found or a creator said can explain what is unusual, but never undoes a top band.
_TRUST: Final = MappingProxyType({"platform": 1.0, "reviewer": 1.0, "auto": 0.7, "creator": 0.6})
_NEVER_UNDOES: Final = ("auto", "creator")


def kept_by_company(sections: pd.DataFrame) -> frozenset[str]:
    """Sections in which the company of strangers speaks: what rules find there is set aside.

    A giveaway, a broadcast or an event brings many people, but not the same strangers together at
    other creators' posts. So words in a post cannot hide a pool that is seen elsewhere.

    Args:
        sections: `section_id, company_bits, n_purchased_hi, audience_coherence` of attribution.
    """
    t = Thresholds()
    speaks = (sections["company_bits"] >= t.line_bits) & (
        sections["n_purchased_hi"] >= t.hint_count
    )
    community = sections["audience_coherence"] >= t.coherent
    return frozenset(sections.loc[speaks & ~community, "section_id"])


def declared_contexts(
    contexts: pd.DataFrame, company: frozenset[str] = frozenset()
) -> pd.DataFrame:
    """What the rows of the canonical `context` table excuse; columns `EXCUSES`.

    One row per context and family, kinds without an effect on it included (excuse 0), so that a
    reader sees what was considered. Contexts without a section (account-wide) and unknown kinds
    are left out. A NULL confidence counts as certain. Like a creator's own word, what a rule found
    never undoes a top band; and a rule's `sabotage` is a remark that bars none.

    Args:
        contexts: Rows of the canonical table.
        company: Sections in which rows of rules excuse nothing, from `kept_by_company`.
    """
    kept = contexts[contexts["section_id"].notna() & contexts["kind"].isin(list(KINDS))]
    trust = kept["declared_by"].map(dict(_TRUST)).fillna(0.0).astype("float64")
    sure = pd.to_numeric(kept["confidence"]).astype("float64").fillna(1.0).clip(0.0, 1.0)
    auto = kept["declared_by"].eq("auto").astype(bool)
    heard = ~(auto & kept["section_id"].isin(company))
    asks = kept["kind"].map({k: e.review for k, e in KINDS.items()}).astype(bool)
    parts = [
        kept[["section_id", "comment_id", "kind", "start_ms", "end_ms"]].assign(
            family=family,
            excuse=kept["kind"].map({k: getattr(e, family) for k, e in KINDS.items()}).astype(float)
            * trust
            * sure
            * heard,
            review=asks & heard & ~(auto & kept["kind"].eq("sabotage")),
            own_word=kept["declared_by"].isin(_NEVER_UNDOES).astype(bool),
        )
        for family in FAMILIES
    ]
    made = pd.concat(parts, ignore_index=True)[list(EXCUSES)]
    return made.astype({"start_ms": "Int64", "end_ms": "Int64"}).sort_values(
        ["section_id", "kind", "family", "start_ms", "end_ms", "comment_id", "excuse"],
        ignore_index=True,
        kind="stable",
    )
