"""YouTube comments, and those of other sites as yt-dlp saves them."""

from zhenzan.detector.sources.youtube.source import Youtube

__all__ = ["Youtube"]
