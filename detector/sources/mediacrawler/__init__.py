"""What MediaCrawler saves of seven Chinese platforms, before and after its change of 2026-07-01."""

from zhenzan.detector.sources.mediacrawler.source import MediaCrawler

__all__ = ["MediaCrawler"]
