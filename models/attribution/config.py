"""Settings of the attribution model: one default for every platform and data set."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["EVIDENCE", "SCALES_S", "AttributionConfig"]

# What an ablation can leave out, in the order of the derivation (docs/attribution.md).
EVIDENCE = ("excess", "propensity", "company", "coherence", "corroboration")

# Fixed dyadic windows, a factor of four apart: 1 s (a script) to 48 days (a slow drip). Each is
# laid twice, half a width apart, so that a delivery is never cut in the middle by both.
SCALES_S = tuple(float(4**k) for k in range(12))


@dataclass(frozen=True, slots=True)
class AttributionConfig:
    """Every figure of the model that is chosen rather than fitted.

    Attributes:
        rounds: Of the joint fit; on the star data the sum of posteriors moves by less than 2 %
            after the second.
        window_prior: Prior probability that an order lies in one window. A section of 1,000 acts
            has some 10,000 non-empty windows, so this expects an order in a tenth of them. On
            diluted stars 1e-4 gives recall .80 and .61, 1e-5 .90 and .77 at 0.1 % (share .01,
            seeds 0 and 1).
        background: Prior probability that an act outside every excess was delivered, so that a
            known worker in a quiet stream keeps a posterior above zero.
        mark_correlation: Intraclass correlation of the accounts' likelihood ratios inside a
            window; n of them count as n / (1 + (n - 1) c). Accounts that arrive together share a
            community, so their ratios are no independent witnesses. Measured on diluted stars:
            .03 / .05 / .1 give recall .79 / .87 / .89 at 0.1 % (share .01, seed 0). Simulated
            worlds would like .02 to .05; the real data decide.
        neighbours: Acts looked at before and after an act for its company (as in the sketch).
        within_s: Neighbours are at most this far in time: a week, since small orders take days. On
            diluted stars (share .01, seeds 0 and 1) a day gives recall .90 and .78 at 0.1 %, a week
            .91 and .79.
        min_curve_acts: Streams shorter than this do not shape the pooled age curve.
        fdr: Share of falsely significant streams that is tolerated (Benjamini-Hochberg 1995).
        curve_min_acts: Streams shorter than this get no curve (hard negative H12).
        curve_bins: Bins of a curve at most.
        coherence_min: Attributed acts below which an account's coherence is undefined.
        threads: Streams scanned side by side; results do not depend on it.
        seed: Of the random projection of audiences.
        without: Parts of the evidence left out, names of `EVIDENCE`: for ablations only.

    Raises:
        ValueError: `without` names what is no part.
    """

    rounds: int = 4
    window_prior: float = 1e-5
    background: float = 0.002
    mark_correlation: float = 0.1
    neighbours: int = 30
    within_s: float = 604_800.0
    min_curve_acts: int = 5
    fdr: float = 0.05
    curve_min_acts: int = 20
    curve_bins: int = 120
    coherence_min: float = 1.5
    threads: int = 2
    seed: int = 0
    without: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        unknown = sorted(self.without.difference(EVIDENCE))
        if unknown:
            raise ValueError(f"no part of the evidence: {', '.join(unknown)}; known: {EVIDENCE}")
