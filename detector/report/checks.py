"""What could be checked for a section, on what, and what would make the rest checkable.

A check counts as made only where the data is there *and* a family of this scan read it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from zhenzan.detector.report.records import Check, State
from zhenzan.detector.report.texts import Texts
from zhenzan.detector.report.wording import Wording, finite
from zhenzan.features.family import FeatureConfig
from zhenzan.features.limits import BURST_PRECISION_S, LEAST_SNAPSHOTS, partial

__all__ = ["CHECKS", "incomplete", "section_checks"]

_FULL_COVERAGE: Final = 0.5
# Company needs sections to compare with; below ten, accounts meet by chance in most of them.
_SECTIONS: Final = 10
_ROUND: Final = 0.995  # shown as 100 %

_Capability = Mapping[str, Any]
_Found = tuple[State, str]

CHECKS: Final = ("times", "company", "texts", "ages", "coverage")
"""In the order in which reports list them."""

_FAMILY: Final = {
    "times": "timing",
    "company": "coengagement",
    "texts": "template",
    "ages": "account",
}


def section_checks(
    row: _Capability, used: set[str], texts: Texts, wording: Wording, timed_comments: int = 0
) -> tuple[Check, ...]:
    """All checks of one section.

    Args:
        row: Its capability row, as a mapping; empty where there is none.
        used: Families that computed for it.
        texts: Sentences.
        wording: Formats.
        timed_comments: Comments with a time; it changes no state, only what is said of it.
    """
    says: dict[str, Callable[[], _Found]] = {
        "times": lambda: _times(row, used, texts, wording, timed_comments),
        "company": lambda: _company(row, texts, wording),
        "texts": lambda: _texts(row, texts, wording),
        "ages": lambda: _ages(row, texts, wording),
        "coverage": lambda: _coverage(row, texts, wording),
    }
    checks = []
    for name in CHECKS:
        state, detail = says[name]()
        family = _FAMILY.get(name)
        remedy = None if state == "yes" else texts(f"remedy.{name}")
        if state != "no" and family is not None and family not in used:
            # More data would not help: this version does not look, or the family abstained.
            state, detail, remedy = "no", texts("detail.unused", detail=detail), None
        checks.append(Check(name, state, detail, remedy))
    return tuple(checks)


def incomplete(row: _Capability) -> bool:
    """Whether the data is a selection, or less than half of what the platform counts."""
    return partial(row)


def _times(
    row: _Capability, used: set[str], texts: Texts, wording: Wording, timed_comments: int
) -> _Found:
    n, least = _count(row, "n_timed"), FeatureConfig().min_likes
    precision = finite(row.get("time_precision_s")) or 0.0
    if n == 0 and _count(row, "n_snapshots") >= LEAST_SNAPSHOTS:
        moments = wording.count(_count(row, "n_snapshots"))
        return "partly", texts("detail.times.snapshots", n=moments)
    comments = _count(row, "n_comments")
    if n == 0 and comments and _FAMILY["times"] in used:
        return "partly", texts("detail.times.comments", n=wording.count(comments))
    if n == 0 and timed_comments:
        told = wording.count(timed_comments)
        few = timed_comments < least
        key = "detail.times.comments_few" if few else "detail.times.comments_unread"
        return "no", texts(key, n=told, min=least)
    if n == 0:
        return "no", texts("detail.times.none")
    if n < least:
        return "no", texts("detail.times.few", n=n, min=least)
    if precision > BURST_PRECISION_S:
        shown = wording.length(precision * 1000)
        return "partly", texts("detail.times.coarse", n=wording.count(n), precision=shown)
    return "yes", texts("detail.times.yes", n=wording.count(n))


def _company(row: _Capability, texts: Texts, wording: Wording) -> _Found:
    sections, accounts = _count(row, "n_sections_in_set"), _count(row, "n_accounts")
    if accounts == 0:
        return "no", texts("detail.company.none")
    if sections < 2:
        return "no", texts("detail.company.single")
    enough = sections >= _SECTIONS
    key = "yes" if enough else "few"
    said = texts(
        f"detail.company.{key}", accounts=wording.count(accounts), sections=wording.count(sections)
    )
    return ("yes" if enough else "partly"), said


def _texts(row: _Capability, texts: Texts, wording: Wording) -> _Found:
    n, least = _count(row, "n_texts"), FeatureConfig().min_comments
    if n == 0:
        return "no", texts("detail.texts.none")
    if n < least:
        return "no", texts("detail.texts.few", n=n, min=least)
    return "yes", texts("detail.texts.yes", n=wording.count(n))


def _ages(row: _Capability, texts: Texts, wording: Wording) -> _Found:
    share = finite(row.get("share_account_age")) or 0.0
    if share == 0:
        return "no", texts("detail.ages.none")
    said = texts("detail.ages.yes", share=wording.share(share))
    return ("yes" if share >= _FULL_COVERAGE else "partly"), said


def _coverage(row: _Capability, texts: Texts, wording: Wording) -> _Found:
    share, selection = finite(row.get("coverage_share")), row.get("selection")
    if share is None and not isinstance(selection, str):
        return "no", texts("detail.coverage.unknown")
    shown = wording.share(share)
    if selection == "all" and (share is None or share >= _ROUND):
        return "yes", texts("selection.all")
    if selection in {"all", "recent"} and not incomplete(row):
        return "yes", texts("detail.coverage.full", share=shown)
    named = texts.optional(f"selection.{selection}", texts("selection.unknown"))
    if share is None:
        return "partly", named
    return "partly", texts("detail.coverage.selected", selection=named, share=shown)


def _count(row: _Capability, name: str) -> int:
    return int(finite(row.get(name)) or 0)
