"""Campaigns: dense groups of the attributed graph, with stable ids."""

from zhenzan.models.campaigns.config import CampaignConfig, Campaigns
from zhenzan.models.campaigns.continuity import Continued, continue_ids
from zhenzan.models.campaigns.find import find_campaigns

__all__ = ["CampaignConfig", "Campaigns", "Continued", "continue_ids", "find_campaigns"]
