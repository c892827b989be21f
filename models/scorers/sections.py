"""Sections by rules: lines of evidence, what excuses them, and the band they reach."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
import pandas as pd
from zhenzan.models.attribution.result import Attribution
from zhenzan.models.scorers import bands
from zhenzan.models.scorers.bands import Thresholds
from zhenzan.models.scorers.base import LINES
from zhenzan.models.scorers.excuses import Excused, excused_parts
from zhenzan.models.scorers.frames import (
    code_lists,
    column,
    flags,
    known_or_null,
    to_frame,
)
from zhenzan.models.scorers.lines import Line, independent, line_points, section_lines
from zhenzan.models.scorers.texts import template_counts

__all__ = ["score_sections"]

Array: TypeAlias = np.ndarray[Any, Any]

# Points at which a score is one half: the event's amount (2 points) and two lines just speaking
# (2 x log2(1 + 10 bits) = 6.9), rounded.
_MIDDLE: Final = 9.0
# One line of evidence alone is never half as sure as two, however strong: surprising texts come
# from festivals, daily rituals and shops as well. In the demo world six sections of that kind
# otherwise ranked among those that received orders.
_ALONE: Final = 0.5
# Less than half was collected, or chosen: what was not seen is at least as much as what was, and
# may be unlike it. Chosen, not measured.
_PARTIAL: Final = 2.0


@dataclass(frozen=True, slots=True)
class _Judgement:
    """What is found once some contexts are heard: arrays over all sections."""

    lines: list[Line]
    speaks: dict[str, Array]
    points: dict[str, Array]
    score: Array
    band: Array
    coordinated: Array
    community: Array
    excused: Excused


def score_sections(
    attribution: Attribution,
    matrix: pd.DataFrame | None,
    capability: pd.DataFrame,
    texts: pd.DataFrame | None,
    contexts: pd.DataFrame | None,
    families: tuple[str, ...],
    thresholds: Thresholds,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Scores every section; returns the output columns and the lines behind the scores.

    Args:
        attribution: Posteriors and sums.
        matrix: Section features.
        capability: What could be checked.
        texts: From `template_rows`; None where no text could be checked.
        contexts: Excuses, columns `EXCUSES`.
        families: All families known, in report order.
        thresholds: Cut points.
    """
    t = thresholds
    frame = _joined(attribution, matrix, capability, template_counts(texts))
    n, n_acts = len(frame), column(frame, "n_engagements")
    unexcused = section_lines(frame, excused_parts(frame.index, attribution, None), t)
    seen = _seen(frame, families, unexcused)
    # Rows that no family could look at (likes without times, say) are no sign of good order.
    judged = (n_acts >= t.min_likes) | (column(frame, "n_comments") >= t.min_comments)
    # Families without a line of evidence only describe: what they see judges nothing.
    heard = {line.family for line in unexcused}
    judged &= np.logical_or.reduce([known for name, known in seen.items() if name in heard])
    written = None if texts is None else texts[texts["surprising"]]
    found = _judge(frame, excused_parts(frame.index, attribution, contexts, written), judged, t)
    band = found.band
    if contexts is not None and flags(contexts, "own_word", len(contexts)).any():
        others = contexts[~flags(contexts, "own_word", len(contexts))]
        less = excused_parts(frame.index, attribution, others, written)
        band = bands.talked_down(band, _judge(frame, less, judged, t).band)
    automated, automated_known = _automated(frame, t)
    partial = _partial(frame, t)
    # What was observed, explained or not: `contexts` says what explains it.
    observed = {line.reason: line.spoke & judged for line in found.lines}
    marks = observed | {
        "timing.even_gaps@1": automated & judged,
        "coengagement.one_audience@1": found.coordinated & found.community,
        "coverage.partial@1": partial,
        "timing.untimed@1": (column(frame, "n_timed") == 0) & (n_acts > 0),
        "timing.coarse@1": column(frame, "time_precision_s") > t.burst_precision_s,
        "capability.too_little@1": ~judged,
    }
    out = _output(_widened(frame, partial), band, judged, np.where(judged, found.score, np.nan))
    met = np.logical_or.reduce(
        [~np.isnan(line.bits) for line in found.lines if line.family == "coengagement"]
    )
    out["coordinated"] = known_or_null(found.coordinated, judged & (met | found.coordinated))
    out["automated"] = known_or_null(automated, judged & automated_known)
    out["reasons"] = code_lists(n, marks)
    out["contexts"] = found.excused.kinds
    out["families_used"] = pd.Series(code_lists(n, seen))
    out["families_missing"] = pd.Series(code_lists(n, {f: ~known for f, known in seen.items()}))
    untimed = column(frame, "n_timed") < t.min_likes
    _blank_shares(out, partial | untimed | (n_acts < t.min_share_count))
    return out, _line_table(frame.index, found.lines, found.points, found.speaks)


def _judge(frame: pd.DataFrame, excused: Excused, judged: Array, t: Thresholds) -> _Judgement:
    lines = section_lines(frame, excused, t)
    speaks = {line.reason: line.speaks & judged for line in lines}
    spoke = np.logical_or.reduce([line.spoke & judged for line in lines])
    any_speaks = np.logical_or.reduce(list(speaks.values()))
    amount, need = _amount(frame, excused, t)
    community = column(frame, "audience_coherence") >= t.coherent
    points = line_points(lines)
    total = np.sum(list(points.values()), axis=0) + 2.0 * np.log2(1.0 + amount / need)
    count = independent(speaks)
    return _Judgement(
        lines,
        speaks,
        points,
        bands.squash(total, _MIDDLE) * np.where(count >= 2, 1.0, _ALONE),
        bands.choose_bands(
            judged=judged,
            spoke=spoke,
            speaks=any_speaks,
            independent=count,
            material=amount >= need,
            community=community,
            review=excused.review,
        ),
        judged & (speaks["coengagement.company@1"] | (community & any_speaks)),
        community,
        excused,
    )


def _joined(
    attribution: Attribution,
    matrix: pd.DataFrame | None,
    capability: pd.DataFrame,
    texts: pd.DataFrame | None,
) -> pd.DataFrame:
    """One row a section, in id order; attribution, capability, features and texts side by side."""
    sums = to_frame(attribution.sections).set_index("section_id")
    facts = capability.set_index("section_id")
    frame = sums.join(facts.drop(columns=[c for c in facts if c in sums]), how="outer")
    if "n_timed" in facts:
        frame["n_timed"] = frame["n_timed"].fillna(facts["n_timed"])
    if matrix is not None and not matrix.empty:
        frame = frame.join(matrix.set_index("section_id"), how="left")
    if texts is not None:
        frame = frame.join(texts, how="left")
    for name in ("n_engagements", "n_comments", "n_purchased", "n_purchased_lo", "n_purchased_hi"):
        frame[name] = column(frame, name)
        frame[name] = frame[name].fillna(0.0)
    return frame.sort_index()


def _amount(frame: pd.DataFrame, excused: Excused, t: Thresholds) -> tuple[Array, Array]:
    """How many acts (or comments in surprising templates) remain unexplained, and how many count.

    Acts are explained as far as the least excused of their two families is.
    """
    n = len(frame)
    acts = column(frame, "n_purchased") * (
        1.0 - np.minimum(excused.of("timing", n), excused.of("coengagement", n))
    )
    written = column(frame, "n_template_voices")
    written = np.where(np.isnan(written), column(frame, "n_template_comments"), written)
    texts = np.nan_to_num(written, nan=0.0) * (1 - excused.of("template", n))
    by_acts = bands.required_count(column(frame, "n_engagements"), t.event_count, t.event_share)
    by_text = bands.required_count(column(frame, "n_comments"), t.event_count, t.event_share)
    use_text = texts / by_text > acts / by_acts
    return np.where(use_text, texts, acts), np.where(use_text, by_text, by_acts)


def _automated(frame: pd.DataFrame, t: Thresholds) -> tuple[Array, Array]:
    """Whether arrivals look timed by a machine, and whether that could be looked at."""
    cv, even = column(frame, "timing__gap_cv"), column(frame, "timing__even_share")
    known = ~(np.isnan(cv) | np.isnan(even))
    return known & (cv < t.even_cv) & (even >= t.even_share), known


def _partial(frame: pd.DataFrame, t: Thresholds) -> Array:
    """Samples that allow no statement about shares."""
    chosen = (
        frame["selection"].isin(["top", "selected_by_creator"]).to_numpy()
        if "selection" in frame
        else np.zeros(len(frame), dtype=bool)
    )
    result: Array = (column(frame, "coverage_share") < t.half_coverage) | chosen
    return result


def _widened(frame: pd.DataFrame, partial: Array) -> pd.DataFrame:
    """Intervals of partial data reach twice as far from the estimate, inside what there is."""
    out, total = frame.copy(), column(frame, "n_purchased")
    for end in ("n_purchased_lo", "n_purchased_hi"):
        away = column(frame, end) - total
        wide = np.clip(total + _PARTIAL * away, 0.0, column(frame, "n_engagements"))
        out[end] = np.where(partial, wide, column(frame, end))
    return out


def _seen(frame: pd.DataFrame, families: tuple[str, ...], lines: list[Line]) -> dict[str, Array]:
    """By family, which sections it could look at: by a feature or a line of evidence."""
    n = len(frame)
    seen: dict[str, Array] = {}
    for family in families:
        made = [c for c in frame.columns if str(c).startswith(f"{family}__")]
        known = np.zeros(n, dtype=bool)
        known |= frame[made].notna().any(axis=1).to_numpy()
        for line in lines:
            if line.family == family:
                known |= ~np.isnan(line.bits)
        seen[family] = known
    return seen


def _output(frame: pd.DataFrame, band: Array, judged: Array, score: Array) -> pd.DataFrame:
    n_acts = column(frame, "n_engagements")
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = {
            f"share_purchased{end}": np.clip(column(frame, f"n_purchased{end}") / n_acts, 0.0, 1.0)
            for end in ("", "_lo", "_hi")
        }
    has_text = "n_template_comments" in frame
    in_template = column(frame, "n_template_comments") if has_text else np.full(len(frame), np.nan)
    columns: Mapping[str, Any] = {
        "section_id": frame.index.to_numpy(dtype=object),
        "score": score,
        "probability": np.full(len(frame), np.nan),
        "band": band,
        "status": np.where(judged, "scored", "insufficient_data"),
        "n_engagements": n_acts.astype(np.int64),
        **{f"n_purchased{end}": column(frame, f"n_purchased{end}") for end in ("", "_lo", "_hi")},
        **shares,
        "n_comments": column(frame, "n_comments").astype(np.int64),
        "n_template_comments": pd.array(in_template, dtype="Int64"),
    }
    return pd.DataFrame(columns)


def _blank_shares(out: pd.DataFrame, where: Array) -> None:
    for end in ("", "_lo", "_hi"):
        out.loc[where, f"share_purchased{end}"] = np.nan


def _line_table(
    sections: pd.Index,
    lines: list[Line],
    points: Mapping[str, Array],
    speaks: Mapping[str, Array],
) -> pd.DataFrame:
    """Every line that could be looked at, section by section."""
    parts = [
        pd.DataFrame(
            {
                "section_id": sections.to_numpy(dtype=object),
                "reason": line.reason,
                "family": line.family,
                "bits": line.bits,
                "excused": line.excused,
                "points": points[line.reason],
                "spoke": line.spoke,
                "speaks": speaks[line.reason],
            }
        )
        for line in lines
    ]
    made = pd.concat(parts, ignore_index=True)
    made = made[made["bits"].notna()].sort_values(["section_id", "reason"], kind="stable")
    return made[list(LINES)].reset_index(drop=True)
