"""Company alone: how much of its other life each act's account spends with those beside it.

The floor that the joint model was first asked to beat. For each act, the mean over the accounts up
to `reach` places and `within_s` seconds away of
(other meetings of the two) / sqrt(other acts of one x other acts of the other).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from zhenzan.models.attribution.events import Events
from zhenzan.models.baselines.base import Ranking
from zhenzan.models.baselines.meetings import find_meetings

__all__ = ["Company"]


@dataclass(frozen=True, slots=True)
class Company:
    """Ranks acts by the company their accounts keep, accounts by the mean over their acts.

    Attributes:
        reach: Neighbours before and after an act.
        within_s: Seconds between neighbours at most.
        most: Other meetings of a pair that count.
        pseudo: Neighbours that an act is taken to have at least.
    """

    name: ClassVar[str] = "company"
    source: ClassVar[str] = "Zhenzan's first sketch of attribution, its fourth step by itself"
    reach: int = 30
    within_s: float = 86_400.0
    most: int = 5
    pseudo: int = 5

    def rank(self, events: Events) -> Ranking:
        """See `Baseline`."""
        n_accounts = len(events.n_sections)
        known = events.account >= 0
        met = find_meetings(
            events.stream, events.account, events.age_s, reach=self.reach, within_s=self.within_s
        )
        acts = np.bincount(events.account[known], minlength=n_accounts)
        other = np.maximum(acts - 1.0, 1.0)
        weight = np.minimum(met.count[met.pair] - 1.0, self.most)
        weight /= np.sqrt(other[events.account[met.left]] * other[events.account[met.right]])
        total = np.bincount(met.left, weight, events.n) + np.bincount(met.right, weight, events.n)
        score = total / np.maximum(met.degree, self.pseudo)
        mean = np.bincount(events.account[known], score[known], n_accounts) / np.maximum(acts, 1)
        return Ranking(score, mean, {"pairs": len(met.count)})
