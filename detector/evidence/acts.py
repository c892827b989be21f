"""Who else the attributed accounts of a section meet, counted on the acts themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
import pandas as pd
import pyarrow.compute as pc
from zhenzan.models.attribution.result import Attribution

__all__ = ["AttributedActs", "Company", "attributed_acts"]

Array: TypeAlias = np.ndarray[Any, Any]

# More likely delivered than not.
_LIKELY: Final = 0.5


@dataclass(frozen=True, slots=True)
class Company:
    """How the attributed accounts of one section meet again.

    Attributes:
        n_accounts: Accounts with an attributed act in the section.
        n_meetings: Times that two of them meet in attributed acts elsewhere, pair by pair.
        n_elsewhere: Those with any attributed act elsewhere.
        n_sections: Other sections in which two of them or more meet.
        expected_meetings: Such meetings by chance, given how active each account is.
        sections: Up to 50 of those sections, most of them met first.
    """

    n_accounts: int
    n_meetings: int
    n_elsewhere: int
    n_sections: int
    expected_meetings: float
    sections: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AttributedActs:
    """Attributed acts by section and by account, as codes.

    Attributes:
        sections: Section id by code.
        accounts: Account id by code.
        by_section: Acts sorted by section: account code, and where each section starts.
        by_account: Acts sorted by account: section code, and where each account starts.
        activity: All acts of each account.
        share_of_acts: Attributed acts of each section over all acts of the scan; its square is how
            often two acts fall into the delivery there by chance.
        share_attributed: Share of the scan's accounts of two acts or more with an attributed act.
    """

    sections: pd.Index
    accounts: pd.Index
    by_section: tuple[Array, Array]
    by_account: tuple[Array, Array]
    activity: Array
    share_of_acts: Array
    share_attributed: float

    def company(self, section_id: str) -> Company | None:
        """Counts for one section; None where fewer than two accounts are attributed."""
        own = int(self.sections.get_indexer(pd.Index([section_id], dtype=object))[0])
        if own < 0:
            return None
        members, here = np.unique(_slice(self.by_section, own), return_counts=True)
        if len(members) < 2:
            return None
        elsewhere = [np.unique(_slice(self.by_account, int(a))) for a in members]
        elsewhere = [s[s != own] for s in elsewhere]
        where = np.concatenate(elsewhere)
        met, sizes = np.unique(where, return_counts=True)
        together = sizes >= 2
        # What they do here, and the delivery here, say nothing of meetings elsewhere.
        active = np.maximum(self.activity[members].astype(np.float64) - here, 0.0)
        repeats = np.sum(np.delete(self.share_of_acts, own) ** 2)
        by_chance = (active * (active.sum() - active)).sum() / 2 * repeats
        # Most of them met first; equal numbers by the section's own attributed acts.
        order = np.lexsort((np.diff(self.by_section[1])[met], -sizes))
        named = [str(self.sections[met[i]]) for i in order if together[i]]
        return Company(
            len(members),
            int((sizes * (sizes - 1) // 2).sum()),
            sum(len(s) > 0 for s in elsewhere),
            int(together.sum()),
            float(by_chance),
            tuple(named[:50]),
        )


def attributed_acts(attribution: Attribution) -> AttributedActs:
    """Indexes the acts that were more likely delivered than not."""
    acts = attribution.engagements
    named = acts.filter(pc.is_valid(acts["account_id"]))
    likely = named.filter(pc.greater_equal(named["p_purchased"], _LIKELY))
    sections = pd.Index(pc.unique(likely["section_id"]).sort().to_pylist(), dtype=object)
    facts = attribution.accounts.select(["account_id", "n_engagements"]).to_pandas()
    accounts = pd.Index(pc.unique(likely["account_id"]).sort().to_pylist(), dtype=object)
    section = sections.get_indexer(pd.Index(likely["section_id"].to_pylist(), dtype=object))
    account = accounts.get_indexer(pd.Index(likely["account_id"].to_pylist(), dtype=object))
    activity = facts.set_index("account_id")["n_engagements"].reindex(accounts).fillna(1)
    sizes = np.bincount(section, minlength=len(sections)) / max(named.num_rows, 1)
    several = facts["n_engagements"] >= 2
    among = facts["account_id"].isin(accounts) & several
    return AttributedActs(
        sections,
        accounts,
        _grouped(section, account, len(sections)),
        _grouped(account, section, len(accounts)),
        activity.to_numpy(),
        sizes,
        float(among.sum() / max(int(several.sum()), 1)),
    )


def _grouped(key: Array, value: Array, n: int) -> tuple[Array, Array]:
    order = np.lexsort((value, key))
    return value[order], np.searchsorted(key[order], np.arange(n + 1))


def _slice(grouped: tuple[Array, Array], key: int) -> Array:
    values, starts = grouped
    result: Array = values[starts[key] : starts[key + 1]]
    return result
