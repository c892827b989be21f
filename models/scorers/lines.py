"""The lines of evidence about sections: what each says, what excuses it, what it adds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
import pandas as pd
from zhenzan.models.scorers import bands
from zhenzan.models.scorers.bands import Thresholds
from zhenzan.models.scorers.excuses import Excused
from zhenzan.models.scorers.frames import column, flags

__all__ = ["Line", "independent", "line_points", "section_lines"]

Array: TypeAlias = np.ndarray[Any, Any]

# A line that was looked at and found silent speaks mildly against; one that could not be looked
# at says nothing. One point is a factor of 1.4 in the odds of the score.
_SILENT: Final = -1.0
# Company, propensity and excess look at one and the same acts; the weaker of excess and
# propensity, which share the excess by construction, adds a quarter.
_SHARED: Final = 0.25
# One phrase that many repeat is most often a quotation: it adds half of what several do.
_ONE_PHRASE: Final = 0.5


@dataclass(frozen=True, slots=True)
class Line:
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


def section_lines(frame: pd.DataFrame, excused: Excused, t: Thresholds) -> list[Line]:
    """The lines that the rules know; a family more than half explained no longer speaks."""
    n = len(frame)
    timed = (column(frame, "n_engagements") >= t.min_likes) & ~_below(frame, "n_timed", t.min_likes)
    # Who is in whose company shows only where accounts are known and there is somewhere to meet.
    # Commenters are known accounts too, where comments are all there is.
    likes = column(frame, "n_likes")
    told = (likes == 0) & (column(frame, "n_comments") > 0)
    people = np.where(told, column(frame, "n_accounts"), likes)
    met = timed & ~(people < t.min_likes) & ~_below(frame, "n_sections_in_set", 2)
    trust = bands.coherence_factor(column(frame, "audience_coherence"), t)
    excess, company, propensity = (
        np.where(seen, column(frame, f"{name}_bits"), np.nan)
        for name, seen in (("excess", timed), ("company", met), ("propensity", met))
    )
    most = column(frame, "n_purchased_hi")
    pairs, by_time = excused.of("coengagement", n), excused.of("timing", n)
    part = column(frame, "n_purchased") >= t.hint_share * column(frame, "n_engagements")
    enough = (most >= t.hint_count) & part
    with_company = _bit_line("coengagement.company@1", company, pairs, trust, enough, t)
    # What accounts do elsewhere is the elsewhere's evidence: alone it does not speak here, where
    # neither the times nor the company are odd.
    odd_here = with_company.spoke | (column(frame, "p_value") <= t.second_look)
    by_propensity = _bit_line(
        "coengagement.propensity@1", propensity, pairs, trust, enough & odd_here, t
    )
    # The excess speaks by its own test and its amount, not by its bits: the p-value is what was
    # calibrated against organic bursts.
    corroborates = with_company.spoke & (column(frame, "p_value") <= t.second_look)
    # Where even the lower end of what was delivered is the stated event, and neither company nor
    # what the accounts do elsewhere made it, then the acts here did, whatever the test says.
    stated = column(frame, "n_purchased_lo") >= bands.required_count(
        column(frame, "n_engagements"), t.event_count, t.event_share
    )
    stated &= ~((company >= t.line_bits) | (propensity >= t.line_bits))
    significant = (flags(frame, "significant", n) | corroborates | stated) & ~np.isnan(excess)
    by_itself = Line(
        "timing.excess@1", "timing", excess, by_time, np.ones(n),
        spoke=significant & (most >= t.hint_count),
        speaks=significant & (most * (1 - by_time) >= t.hint_count) & (by_time < t.half_excused),
    )  # fmt: skip
    others = (by_itself.speaks, with_company.speaks, by_propensity.speaks)
    texts = _text_line(frame, excused.of("template", n), np.logical_or.reduce(others), t)
    return [by_itself, with_company, by_propensity, texts]


def _below(frame: pd.DataFrame, name: str, least: float) -> Array:
    """Where something is known to be too little; unknown is not too little."""
    result: Array = column(frame, name) < least
    return result


def _bit_line(
    reason: str, bits: Array, excuse: Array, weight: Array, enough: Array, t: Thresholds
) -> Line:
    """A line that speaks by its bits, where `enough` acts may be meant."""
    left = bits * (1.0 - excuse)
    return Line(
        reason,
        reason.split(".")[0],
        bits,
        excuse,
        weight,
        spoke=enough & (bits >= t.line_bits),
        speaks=enough & (left >= t.line_bits) & (excuse < t.half_excused),
    )


def _text_line(frame: pd.DataFrame, excuse: Array, corroborated: Array, t: Thresholds) -> Line:
    """Templates: bits per surprising one summed; speaks by how many wrote how many phrases.

    Accounts count, not comments: three who repeat themselves are three. Without the figures of
    phrases (a matrix from elsewhere) comments stand for accounts and templates for phrases.
    """
    bits = column(frame, "text_bits")
    count = _or(column(frame, "n_template_voices"), column(frame, "n_template_comments"))
    texts = _or(column(frame, "n_texts"), column(frame, "n_comments"))
    bits = np.where(texts >= t.min_comments, bits, np.nan)
    voices = _or(column(frame, "n_voices"), texts)
    need = bands.required_count(voices, t.template_count, t.template_share)
    other = _or(column(frame, "n_other_voices"), count)
    several = other >= bands.required_count(voices, t.other_count, t.other_share)
    loud = ~np.isnan(bits) & (several | corroborated)
    return Line(
        "template.surprise@1",
        "template",
        bits,
        excuse,
        np.where(several, 1.0, _ONE_PHRASE),
        spoke=loud & (count >= need),
        speaks=loud & (count * (1 - excuse) >= need) & (excuse < t.half_excused),
    )


def _or(values: Array, instead: Array) -> Array:
    result: Array = np.where(np.isnan(values), instead, values)
    return result


def independent(speaks: Mapping[str, Array]) -> Array:
    """Lines that speak by themselves.

    Excess here and propensity (the same accounts in excess elsewhere) share the excess and count
    once; company, who keeps arriving beside whom, rests on no excess; texts on neither.
    """
    excess = speaks["timing.excess@1"] | speaks["coengagement.propensity@1"]
    result: Array = (
        excess.astype(np.int64)
        + speaks["coengagement.company@1"].astype(np.int64)
        + speaks["template.surprise@1"].astype(np.int64)
    )
    return result


def line_points(lines: list[Line]) -> dict[str, Array]:
    """Points by line, 0 where unseen: excess and propensity share their acts and count once."""
    points = {line.reason: line.points for line in lines}
    time, acts = points["timing.excess@1"], points["coengagement.propensity@1"]
    both = ~np.isnan(time) & ~np.isnan(acts)
    points["timing.excess@1"] = np.where(both & (acts > time), _SHARED * time, time)
    points["coengagement.propensity@1"] = np.where(both & (acts <= time), _SHARED * acts, acts)
    return {reason: np.nan_to_num(values, nan=0.0) for reason, values in points.items()}
