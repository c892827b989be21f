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
    surprising_texts,
    to_frame,
)

__all__ = ["score_sections", "template_counts"]

Array: TypeAlias = np.ndarray[Any, Any]

# Points at which a score is one half: the event's amount (2 points) and two lines just speaking
# (2 x log2(1 + 10 bits) = 6.9), rounded.
_MIDDLE: Final = 9.0
# A line that was looked at and found silent speaks mildly against; one that could not be looked
# at says nothing. One point is a factor of 1.4 in the odds of the score.
_SILENT: Final = -1.0
# Company, propensity and excess look at one and the same acts; the weaker of excess and
# propensity, which share the excess by construction, adds a quarter.
_SHARED: Final = 0.25


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of evidence over all sections: NaN bits where it could not be looked at."""

    reason: str
    family: str
    bits: Array
    excused: Array
    weight: Array
    spoke: Array
    speaks: Array

    @property
    def left(self) -> Array:
        """Bits after benign explanations."""
        result: Array = self.bits * (1.0 - self.excused)
        return result

    @property
    def points(self) -> Array:
        """What it alone would add: logarithmic, so that no line drowns the others; NaN unseen."""
        left = self.left
        loud = self.weight * np.log2(1.0 + np.maximum(left, 0.0))
        result: Array = np.where(left > 0.0, loud, _SILENT)
        return np.where(np.isnan(left), np.nan, result)


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
        texts: From `template_counts`; None where no text could be checked.
        contexts: Excuses, columns `EXCUSES`.
        families: All families known, in report order.
        thresholds: Cut points.
    """
    frame = _joined(attribution, matrix, capability, texts)
    t, n = thresholds, len(frame)
    excused = excused_parts(frame.index, attribution, contexts)
    n_acts, n_comments = column(frame, "n_engagements"), column(frame, "n_comments")
    judged = (n_acts >= t.min_likes) | (n_comments >= t.min_comments)
    lines = _lines(frame, excused, t)
    speaks = {line.reason: line.speaks & judged for line in lines}
    spoke = np.logical_or.reduce([line.spoke & judged for line in lines])
    amount, need = _amount(frame, excused, t)
    coherence = column(frame, "audience_coherence")
    company = speaks["coengagement.company@1"]
    timed = speaks["timing.excess@1"]
    text = speaks["template.surprise@1"]
    any_speaks = np.logical_or.reduce(list(speaks.values()))
    community = coherence >= t.coherent
    band = bands.choose_bands(
        judged=judged,
        spoke=spoke,
        speaks=any_speaks,
        independent=_independent(timed, company, speaks["coengagement.propensity@1"], text),
        material=amount >= need,
        community=community,
        text_speaks=text,
        review=excused.review,
    )
    points = _points(lines)
    total = np.sum(list(points.values()), axis=0) + 2.0 * np.log2(1.0 + amount / need)
    automated, automated_known = _automated(frame, t)
    coordinated = judged & (company | (community & any_speaks))
    partial = _partial(frame, t)
    marks = speaks | {
        "timing.even_gaps@1": automated & judged,
        "coengagement.one_audience@1": coordinated & community,
        "coverage.partial@1": partial,
        "timing.untimed@1": judged & (column(frame, "n_timed") == 0) & (n_acts > 0),
        "capability.too_little@1": ~judged,
    }
    out = _output(frame, band, judged, np.where(judged, bands.squash(total, _MIDDLE), np.nan), t)
    out["coordinated"] = known_or_null(coordinated, judged)
    out["automated"] = known_or_null(automated, judged & automated_known)
    out["reasons"] = code_lists(n, marks)
    out["contexts"] = excused.kinds
    out["families_used"], out["families_missing"] = _families(frame, families, lines)
    _blank_shares(out, partial | (n_acts < t.min_share_count))
    return out, _line_table(frame.index, lines, points, speaks)


def template_counts(
    templates: pd.DataFrame | None, comments: pd.DataFrame | None, least_bits: float
) -> pd.DataFrame | None:
    """Per section the comments in surprising templates, and these templates' bits, each once.

    None where no text was looked at, or where it is not known which section a comment is in.
    """
    if templates is None or templates.empty:
        return None
    if "section_id" not in templates.columns:
        if comments is None:
            return None
        templates = templates.merge(comments[["comment_id", "section_id"]], on="comment_id")
    surprising = surprising_texts(templates, least_bits)
    bits = np.where(surprising, np.nan_to_num(column(templates, "surprise"), nan=0.0), 0.0)
    frame = pd.DataFrame(
        {
            "section_id": templates["section_id"].to_numpy(),
            "template_id": templates["template_id"].to_numpy(),
            "n_template_comments": surprising.astype(np.int64),
            "text_bits": bits,
        }
    )
    counts = frame.groupby("section_id")["n_template_comments"].sum().to_frame()
    once = frame[surprising].drop_duplicates(["section_id", "template_id"])
    counts["text_bits"] = once.groupby("section_id")["text_bits"].sum()
    return counts.fillna({"text_bits": 0.0})


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


def _lines(frame: pd.DataFrame, excused: Excused, t: Thresholds) -> list[_Line]:
    """The lines that the rules know; a family more than half explained no longer speaks."""
    n = len(frame)
    enough = column(frame, "n_engagements") >= t.min_likes
    trust = bands.coherence_factor(column(frame, "audience_coherence"), t)
    excess, company, propensity = (
        np.where(enough, column(frame, f"{name}_bits"), np.nan)
        for name in ("excess", "company", "propensity")
    )
    pairs = excused.of("coengagement", n)
    with_company = _bit_line("coengagement.company@1", company, pairs, trust, t)
    # The excess speaks by its own test and its amount, not by its bits: the p-value is what was
    # calibrated against organic bursts.
    corroborates = with_company.spoke & (column(frame, "p_value") <= t.second_look)
    significant = (flags(frame, "significant", n) | corroborates) & ~np.isnan(excess)
    most, by_time = column(frame, "n_purchased_hi"), excused.of("timing", n)
    timed = _Line(
        "timing.excess@1", "timing", excess, by_time, np.ones(n),
        spoke=significant & (most >= t.hint_count),
        speaks=significant & (most * (1 - by_time) >= t.hint_count) & (by_time < t.half_excused),
    )  # fmt: skip
    return [
        timed,
        with_company,
        _bit_line("coengagement.propensity@1", propensity, pairs, trust, t),
        _text_line(frame, excused.of("template", n), t),
    ]


def _bit_line(reason: str, bits: Array, excuse: Array, weight: Array, t: Thresholds) -> _Line:
    """A line that speaks by its bits alone."""
    left = bits * (1.0 - excuse)
    return _Line(
        reason,
        reason.split(".")[0],
        bits,
        excuse,
        weight,
        spoke=bits >= t.line_bits,
        speaks=(left >= t.line_bits) & (excuse < t.half_excused),
    )


def _text_line(frame: pd.DataFrame, excuse: Array, t: Thresholds) -> _Line:
    """Templates: bits per surprising comment summed; speaks by their number and share."""
    bits, count = column(frame, "text_bits"), column(frame, "n_template_comments")
    texts = column(frame, "n_texts")
    texts = np.where(np.isnan(texts), column(frame, "n_comments"), texts)
    bits = np.where(texts >= t.min_comments, bits, np.nan)
    need = bands.required_count(texts, t.template_count, t.template_share)
    return _Line(
        "template.surprise@1",
        "template",
        bits,
        excuse,
        np.ones(len(frame)),
        spoke=~np.isnan(bits) & (count >= need),
        speaks=~np.isnan(bits) & (count * (1 - excuse) >= need) & (excuse < t.half_excused),
    )


def _independent(timed: Array, company: Array, propensity: Array, text: Array) -> Array:
    """Families that speak by themselves: propensity rests on the excess, company does not."""
    together = company | (propensity & ~timed)
    return timed.astype(np.int64) + together.astype(np.int64) + text.astype(np.int64)


def _amount(frame: pd.DataFrame, excused: Excused, t: Thresholds) -> tuple[Array, Array]:
    """How many acts (or comments in surprising templates) remain unexplained, and how many count.

    Acts are explained as far as the least excused of their two families is.
    """
    n = len(frame)
    acts = column(frame, "n_purchased") * (
        1.0 - np.minimum(excused.of("timing", n), excused.of("coengagement", n))
    )
    texts = np.nan_to_num(column(frame, "n_template_comments"), nan=0.0) * (
        1 - excused.of("template", n)
    )
    by_acts = bands.required_count(column(frame, "n_engagements"), t.event_count, t.event_share)
    by_text = bands.required_count(column(frame, "n_comments"), t.event_count, t.event_share)
    use_text = texts / by_text > acts / by_acts
    return np.where(use_text, texts, acts), np.where(use_text, by_text, by_acts)


def _points(lines: list[_Line]) -> dict[str, Array]:
    """Points by line, 0 where unseen: excess and propensity share their acts and count once."""
    points = {line.reason: line.points for line in lines}
    time, acts = points["timing.excess@1"], points["coengagement.propensity@1"]
    both = ~np.isnan(time) & ~np.isnan(acts)
    points["timing.excess@1"] = np.where(both & (acts > time), _SHARED * time, time)
    points["coengagement.propensity@1"] = np.where(both & (acts <= time), _SHARED * acts, acts)
    return {reason: np.nan_to_num(values, nan=0.0) for reason, values in points.items()}


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


def _families(
    frame: pd.DataFrame, families: tuple[str, ...], lines: list[_Line]
) -> tuple[pd.Series, pd.Series]:
    """Families that saw the section, and those that could not."""
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
    unseen = {family: ~known for family, known in seen.items()}
    return pd.Series(code_lists(n, seen)), pd.Series(code_lists(n, unseen))


def _output(
    frame: pd.DataFrame, band: Array, judged: Array, score: Array, t: Thresholds
) -> pd.DataFrame:
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
    lines: list[_Line],
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
                "speaks": speaks[line.reason],
            }
        )
        for line in lines
    ]
    made = pd.concat(parts, ignore_index=True)
    made = made[made["bits"].notna()].sort_values(["section_id", "reason"], kind="stable")
    return made[list(LINES)].reset_index(drop=True)
