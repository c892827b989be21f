"""Which engagements were delivered by an order, by whom, and how many."""

from zhenzan.models.attribution.attribute import attribute
from zhenzan.models.attribution.config import AttributionConfig
from zhenzan.models.attribution.reference import Reference
from zhenzan.models.attribution.result import Attribution

__all__ = ["Attribution", "AttributionConfig", "Reference", "attribute"]
