"""The batch tool: files in, a scan directory out.

from zhenzan.detector import scan

found = scan("likes.parquet", out="results")
found.sections.nlargest(10, "score")
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zhenzan.detector.scan import scan

if TYPE_CHECKING:
    from zhenzan.detector.results import Scan

__all__ = ["Scan", "scan"]


def __getattr__(name: str) -> Any:
    """Loads `Scan` when it is first asked for: it brings pyarrow, which costs a second start."""
    if name == "Scan":
        from zhenzan.detector.results import Scan

        return Scan
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
