"""Where files come from: one adapter a native format, each only renames and converts."""

from zhenzan.detector.sources.base import (
    Item,
    Match,
    Noted,
    ReadOptions,
    Rejected,
    Rows,
    Skipped,
    Source,
)
from zhenzan.detector.sources.registry import get_source, recognise, sniff, sources

__all__ = [
    "Item",
    "Match",
    "Noted",
    "ReadOptions",
    "Rejected",
    "Rows",
    "Skipped",
    "Source",
    "get_source",
    "recognise",
    "sniff",
    "sources",
]
