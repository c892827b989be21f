"""Family `coengagement`: who keeps arriving beside whom."""

from zhenzan.features.coengagement.family import CoengagementFamily

__all__ = ["CoengagementFamily"]
