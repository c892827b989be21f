"""`zhenzan sources`: what can be read."""

from __future__ import annotations

from typing import Any

from zhenzan.detector.cli.common import JsonFlag, Lang, emit_json, language, say

__all__ = ["sources"]


def sources(lang: Lang = None, as_json: JsonFlag = False) -> None:
    """List the formats that can be read.

    And what each is recognised by.
    """
    from zhenzan.detector.sources import sources as known

    spoken = language(lang)
    found: list[dict[str, Any]] = [
        {
            "name": source.name,
            "version": source.version,
            "title": dict(source.title),
            "looked_for": list(source.looked_for),
            "tables": list(source.table_names),
            "hashes_ids": source.hashes_ids,
        }
        for source in known()
    ]
    if as_json:
        emit_json(found)
        return
    for source in found:
        say(f"{source['name']}  {source['title'][spoken]}")
        for mark in source["looked_for"]:
            say(f"    {mark}")
