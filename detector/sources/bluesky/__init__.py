"""Bluesky: see `zhenzan.detector.sources.bluesky.source`."""

from zhenzan.detector.sources.bluesky.source import Bluesky

__all__ = ["Bluesky"]
