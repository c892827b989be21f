"""A scan in a screenful: what was read, how many sections are in which band, which come first."""

from __future__ import annotations

from typing import Any, Final

from zhenzan.detector.insights.best import best_insight
from zhenzan.detector.results import BANDS, Scan

__all__ = ["summarise"]

_TOP: Final = 10
_SHOWN: Final = (
    "section_id", "band", "status", "score", "n_engagements", "n_purchased", "n_purchased_lo",
    "n_purchased_hi", "coordinated", "automated", "reasons", "contexts",
)  # fmt: skip


def summarise(scan: Scan, top: int = _TOP) -> dict[str, Any]:
    """Plain figures of a scan, as `zhenzan scan --json` prints them.

    Args:
        scan: A finished scan.
        top: How many sections to list, highest score first.
    """
    run = scan.run
    ranked = scan.sections.sort_values(
        ["score", "section_id"], ascending=[False, True], na_position="last"
    )
    notable = ranked[ranked.band.isin(("likely_purchased", "unusual", "unusual_explained"))]
    counts = scan.sections.band.value_counts()
    return {
        "scan": str(scan.path),
        "counts": run["counts"],
        "bands": {band: int(counts.get(band, 0)) for band in reversed(BANDS)},
        "top_sections": notable.head(top)[list(_SHOWN)].to_dict("records"),
        "n_notable": len(notable),
        "best_insight": _best(scan),
        "inputs": run["inputs"],
        "rows": run["rows"],
        "rejections": run["rejections"],
        "notes": run["notes"],
        "families": run["families"],
        "seconds": run["seconds"],
        "peak_memory_bytes": run["peak_memory_bytes"],
    }


def _best(scan: Scan) -> dict[str, Any] | None:
    """The first insight for a creator, without the tables behind it."""
    found = best_insight(scan.insights)
    if found is None:
        return None
    return {key: found[key] for key in ("insight", "subject", "n", "title", "sentence")}
