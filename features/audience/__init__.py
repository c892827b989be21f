"""Family `audience`: who came, against those who come to the same creator otherwise."""

from zhenzan.features.audience.family import AudienceFamily

__all__ = ["AudienceFamily"]
