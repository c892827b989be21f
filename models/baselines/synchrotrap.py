"""SynchroTrap: accounts that do many of their acts together, grouped.

Two acts match if they have the same target and lie within an hour. The similarity of two accounts
is the Jaccard index of their matched acts; groups are what single linkage joins. Accounts are
ranked by the similarity at which they first belong to a group. Two matched acts are the least: an
account of one act would match its neighbour perfectly.

After Cao, Yang, Yu, Palow, "Uncovering large groups of active malicious accounts in online social
networks" (CCS 2014). There a day's pairs are all compared on a cluster; here up to `reach` places
ahead, which leaves out pairs in the densest bursts only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from zhenzan.models.attribution.events import Events
from zhenzan.models.baselines.base import Ranking, by_act
from zhenzan.models.baselines.linkage import group_levels
from zhenzan.models.baselines.meetings import find_meetings

__all__ = ["SynchroTrap"]


@dataclass(frozen=True, slots=True)
class SynchroTrap:
    """Ranks accounts by the Jaccard level of their group, acts by their account.

    Attributes:
        within_s: Acts this close match; the paper uses about an hour for likes.
        reach: Places looked ahead.
        least: Members of a group. The paper reports hundreds and more at the scale of Facebook; ten
            is its spirit for one data set.
    """

    name: ClassVar[str] = "synchrotrap"
    source: ClassVar[str] = "Cao et al., CCS 2014"
    within_s: float = 3600.0
    reach: int = 100
    least: int = 10

    def rank(self, events: Events) -> Ranking:
        """See `Baseline`."""
        n_accounts = len(events.n_sections)
        met = find_meetings(
            events.stream, events.account, events.age_s, reach=self.reach, within_s=self.within_s
        )
        matched = met.shared_streams(events.stream)
        acts = np.bincount(events.account[events.account >= 0], minlength=n_accounts)
        jaccard = matched / np.maximum(acts[met.low] + acts[met.high] - matched, 1)
        several = matched > 1
        level = group_levels(
            met.low[several], met.high[several], jaccard[several], n_accounts, self.least
        )
        return Ranking(by_act(events, level), level, {"pairs": int(several.sum())})
