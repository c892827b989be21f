"""Where the bands are cut: every threshold of the rules, each with its source.

A band is decided by what speaks, not by cutting the score: the top band needs two independent
families, and a benign explanation can only lower it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np

__all__ = [
    "INSUFFICIENT",
    "LIKELY",
    "ORGANIC",
    "UNUSUAL",
    "UNUSUAL_EXPLAINED",
    "Thresholds",
    "choose_bands",
    "coherence_factor",
    "required_count",
    "squash",
    "talked_down",
]

Array: TypeAlias = np.ndarray[Any, Any]

INSUFFICIENT: Final = "insufficient_data"
ORGANIC: Final = "organic"
UNUSUAL_EXPLAINED: Final = "unusual_explained"
UNUSUAL: Final = "unusual"
LIKELY: Final = "likely_purchased"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Cut points of the rules scorer.

    Attributes:
        min_likes, min_comments: Below both, a section is not judged (hard negative H12).
        event_count, event_share: A section counts as purchased from max(20, 5 %) acts on
            (the stated event of tables.md).
        comment_count, comment_share: The same for the likes of one comment, max(10, 20 %).
        line_bits: Bits from which company or propensity speaks. 2^-10 is one section in a
            thousand by chance under a fair likelihood ratio (Markov's inequality: the ratio's
            organic mean is 1, so P(ratio >= 2^10) <= 2^-10).
        second_look: P-value of a section's own excess that counts where its company already
            speaks: then timing did not single it out among all streams, so its test needs no
            correction for them. One in a hundred.
        hint_count: Acts possibly attributed (upper bound) before excess, company or propensity
            speaks: half of the event's 20; smaller oddities of real sections are daily life.
        hint_share: Share of all acts that the estimate reaches before company or propensity
            speaks, half of the event's 5 %: their bits are sums over acts and grow with a section,
            so that 17 of 56 organic repositories spoke by a hundredth of their stars.
        template_bits: Surprise from which a template counts, where the frame carries no flag of
            the template family; that family's own cut.
        template_count, template_share: Accounts in surprising templates from which texts speak:
            1-3 of 20 generic comments are normal, half of them alarms (peers.md, HypeAuditor);
            the quarter lies between.
        other_count, other_share: Of these, accounts that wrote another phrase than the most used
            one. One phrase, however often, is a quotation as easily as an order: among 845 real
            sections 44 repeat some phrases that much, and 8 do so with several phrases. Where
            another line speaks, one phrase is enough.
        counter_count: Sum of posteriors from which the polled likes of a comment are unusual: of
            comments without bought likes in simulated worlds 0.1 % are above it, 0.7 % where
            there are like contests and pinned comments; of those with 100 and more, nine in ten.
        coherent: Audience coherence from which attributed accounts read as one community; the
            middle of attribution's own ramp (a star ring whose accounts serve two owners has
            0.55, fan clubs are above 0.9).
        coherent_from, coherent_to, coherent_floor: Ramp over which coherence takes weight from
            the accounts' evidence, so that no cliff sits at the middle.
        even_cv: Coefficient of variation of gaps below which arrivals look timed: 0.1 % of random
            runs are (timing family, 10^5 simulated runs).
        even_share: Share of acts in even stretches from which arrivals look timed; 0.3 % of
            random stretches are even (timing family), so a tenth is far outside.
        half_excused: Excused part of a family from which it no longer speaks: most of it has a
            benign explanation.
        burst_precision_s: Coarser times cannot show a burst, and a reason code says so (tables.md).
        half_coverage: Below it no shares are stated (tables.md).
        min_share_count: No percentages under 20 acts (report.md, fair wording).
        account_unusual, account_likely: Posterior of at least two delivered acts.
        account_company: Mean ln likelihood ratio of company at which an account keeps suspicious
            company: ln 10, ten times likelier than chance.
        account_excess: The same for time and other acts together: ln 3.
    """

    min_likes: int = 20
    min_comments: int = 15
    event_count: float = 20.0
    event_share: float = 0.05
    comment_count: float = 10.0
    comment_share: float = 0.20
    line_bits: float = 10.0
    second_look: float = 0.01
    hint_count: float = 10.0
    hint_share: float = 0.025
    template_bits: float = 20.0
    template_count: int = 10
    template_share: float = 0.25
    other_count: int = 3
    other_share: float = 0.10
    counter_count: float = 0.25
    coherent: float = 0.75
    coherent_from: float = 0.6
    coherent_to: float = 0.9
    coherent_floor: float = 0.2
    even_cv: float = 0.5
    even_share: float = 0.10
    half_excused: float = 0.5
    burst_precision_s: float = 600.0
    half_coverage: float = 0.5
    min_share_count: int = 20
    account_unusual: float = 0.5
    account_likely: float = 0.9
    account_company: float = 2.302585
    account_excess: float = 1.098612


def required_count(n: Array, least: float, share: float) -> Array:
    """How many acts the stated event asks for: max(least, share x n)."""
    result: Array = np.maximum(least, share * n)
    return result


def coherence_factor(coherence: Array, t: Thresholds) -> Array:
    """Weight left to evidence from accounts; 1 where coherence is unknown (never one fandom)."""
    ramp = (coherence - t.coherent_from) / (t.coherent_to - t.coherent_from)
    factor = 1.0 - (1.0 - t.coherent_floor) * np.clip(ramp, 0.0, 1.0)
    result: Array = np.where(np.isnan(coherence), 1.0, factor)
    return result


def squash(points: Array, middle: float) -> Array:
    """Points to a score in (0, 1); 0.5 at `middle`, doubling the odds every two points."""
    result: Array = 1.0 / (1.0 + np.exp2(np.clip((middle - points) / 2.0, -50.0, 50.0)))
    return result


def talked_down(band: Array, without: Array) -> Array:
    """`unusual` where a creator's own word would turn the top band into less.

    Args:
        band: With all contexts heard.
        without: With those of others alone.
    """
    lowered = (without == LIKELY) & (band != LIKELY)
    return np.where(lowered, UNUSUAL, band).astype(object)


def choose_bands(
    *,
    judged: Array,
    spoke: Array,
    speaks: Array,
    independent: Array,
    material: Array,
    community: Array,
    review: Array,
) -> Array:
    """The band of every row, all arguments being arrays of one length.

    Args:
        judged: There was enough data.
        spoke: A line spoke before benign explanations were heard.
        speaks: A line speaks after them.
        independent: How many independent families speak after them.
        material: The amount reaches the stated event after them.
        community: The attributed accounts are one coherent community, which explains their texts
            too (hard negatives H4 and H7: slogans, rosters).
        review: A context asks for a person (contests), which bars the top band.
    """
    likely = speaks & (independent >= 2) & material & ~community & ~review
    explained = (spoke & ~speaks) | (speaks & community)
    return np.select(
        [~judged, likely, explained, speaks],
        [INSUFFICIENT, LIKELY, UNUSUAL_EXPLAINED, UNUSUAL],
        ORGANIC,
    ).astype(object)
