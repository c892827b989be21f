"""Discussion boards: Discourse and Reddit."""

from zhenzan.detector.sources.forum.source import Forum

__all__ = ["Forum"]
