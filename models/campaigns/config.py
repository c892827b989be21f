"""Settings of campaign search, each with its source, and the shape of the result."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import pandas as pd

__all__ = ["ALGORITHM", "QUANTA", "CampaignConfig", "Campaigns"]

ALGORITHM: Final = "peel@2"

QUANTA: Final = (20, 25, 30, 50, 75, 100, 200, 300, 500, 1000)
"""Order sizes that sellers offer (peers.md, simulator grammar)."""


@dataclass(frozen=True, slots=True)
class CampaignConfig:
    """How groups are searched.

    Attributes:
        min_p: Posterior below which an act is no edge: one act in ten of doubt adds up to nothing
            but work, and the peel weighs the rest by their posterior anyway.
        min_accounts: Smallest group over several streams; below five any class or family fits.
        min_single: Attributed acts from which one stream alone counts as a delivered order: the
            smallest order sold (peers.md).
        single_support: Mean ln likelihood ratio of company and other acts that a single delivery
            needs: ln 10. Strangers who arrive together once are likelier a launch.
        min_mass: Attributed acts of a group in all, the stated event of a section.
        min_confidence: Of a group over several streams; below it most of its acts are likelier
            organic, or most of its pairs chance. Groups made of noise alone lie under 0.25 on
            made-up posteriors, planted pools above 0.7.
        max_blocks: Dense blocks searched; a bound on time, far above what scans hold.
        column_constant: Of the camouflage-resistant weight 1 / ln(degree + 5); FRAUDAR (Hooi et
            al., KDD 2016).
        served_share: A group served a delivery of another one too if its accounts make up there a
            quarter of what they are in its own deliveries: sections are often bought for twice,
            and a few workers serve two sellers.
        pause_days: Silence that may end a campaign: StarScout's 15 days of one lockstep (peers.md
            2.5), doubled because orders of one pool come in months.
        stay: Share of the smaller side's accounts on both sides of a pause from which it is one
            campaign after all.
        core_share: Part of a delivery that the dense core must make up, so that others who act
            in it are taken for the same group.
        member_share: An account outside the dense core is a member if at least this share of its
            attributed acts lies in the group's streams.
        member_mass: Attributed acts it needs in the group's deliveries. Measured on a simulated
            world: of accounts that joined with less than 0.95, 6 % were workers, of those with
            two or more 99 %.
        over_delivery: Sellers deliver up to 10 % more than ordered (peers.md).
        coherent: Mean audience coherence of the members from which the group reads as one
            community; as in the scorer's thresholds.
        pair_accounts: Members, heaviest first, whose pairs are counted for `coordination`.
    """

    min_p: float = 0.1
    min_accounts: int = 5
    min_single: float = 20.0
    single_support: float = 2.302585
    min_mass: float = 10.0
    min_confidence: float = 0.3
    max_blocks: int = 200
    column_constant: float = 5.0
    served_share: float = 0.25
    pause_days: int = 30
    stay: float = 0.3
    core_share: float = 0.5
    member_share: float = 0.5
    member_mass: float = 0.95
    over_delivery: float = 0.10
    coherent: float = 0.75
    pair_accounts: int = 2000


@dataclass(frozen=True, slots=True)
class Campaigns:
    """Groups that one operation would explain.

    Attributes:
        campaigns: Columns of `campaigns.parquet`; `evidence_ids` empty until evidence is
            collected. `kind` is `actor_cohort`, or `community` where the members' audience is
            one (coordinated, and not called purchased: no order size, no cost). Costs are US
            dollars on the open market (`prices`).
        members: Columns of `campaign_members.parquet`; an account's weight is the share of its
            attributed acts inside the group, a section's or comment's its share of the group.
        details: One row per campaign with what evidence states: `n_creators` (NULL where
            creators are unknown), `n_orders` (streams with ten delivered acts or more),
            `n_orders_fit` (those whose number as it stands is of the order size), `coherence`,
            `pairs`, `pairs_together`, `expected_together`, `mass`, `n_dropped` (taken back later),
            `n_further` and `n_staged` (acts that followed a like, see `ladder`).
        orders: One row per delivery, columns `campaign_id` and `orders.ORDER_COLUMNS`: `size` is
            the one of `QUANTA` that is likelier than not, with its posterior `size_probability`.
        shared: Pairs of campaigns with common accounts, see `overlap`.
        acts: `engagement_id, campaign_id` of every act of a campaign.
    """

    campaigns: pd.DataFrame
    members: pd.DataFrame
    details: pd.DataFrame = field(default_factory=pd.DataFrame)
    orders: pd.DataFrame = field(default_factory=pd.DataFrame)
    shared: pd.DataFrame = field(default_factory=pd.DataFrame)
    acts: pd.DataFrame = field(default_factory=pd.DataFrame)
