"""Which engagements were delivered by an order, by whom, and how many."""

from zhenzan.models.attribution.result import Attribution

__all__ = ["Attribution"]
