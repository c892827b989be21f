"""Any table through a small TOML map: built-in maps of common exports, and users' own."""

from zhenzan.detector.sources.mapped.builtin import built_in_maps, load_map
from zhenzan.detector.sources.mapped.draft import draft_map
from zhenzan.detector.sources.mapped.source import Mapped

__all__ = ["Mapped", "built_in_maps", "draft_map", "load_map"]
