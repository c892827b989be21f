"""The columns that a trained scorer reads: attribution beside the matrices of the families.

One frame a unit, one row an id, in id order, NaN where a figure is not computable. Columns are
named by spec, `family__feature`, whatever families an installation holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from zhenzan.features.family import Entity, FeatureFamily, FeatureSpec
from zhenzan.models.attribution.result import Attribution
from zhenzan.models.scorers.accounts import account_acts
from zhenzan.models.scorers.attributed import ATTRIBUTION, ATTRIBUTION_SPECS, ATTRIBUTION_VERSION
from zhenzan.models.scorers.frames import column, sums_by, to_frame

__all__ = [
    "CLASSES",
    "UNITS",
    "Known",
    "capability_class",
    "known_features",
    "scorer_inputs",
    "unit_classes",
]

Reals = NDArray[np.float64]

UNITS: Final = tuple(entity.value for entity in Entity)
"""`section`, `account`, `comment`."""
CLASSES: Final = ("events", "acts", "counts", "comments", "none")
"""What a section can be judged by: single timed or named acts of accounts of which more is known,
the same of accounts that are but names, readings of a counter, comments alone, or nothing of these.
Each is calibrated by itself."""

# Below these a source of evidence is not judged: the families' own least numbers (H12), and the
# two intervals that three readings make.
_LEAST_ACTS: Final = 20
_LEAST_READINGS: Final = 3


@dataclass(frozen=True, slots=True)
class Known:
    """The features of an installation.

    Attributes:
        specs: Column to spec, for each unit; attribution first, then the families.
        versions: Family to version, attribution among them.
    """

    specs: Mapping[str, Mapping[str, FeatureSpec]]
    versions: Mapping[str, int]

    def directions(self, unit: str) -> dict[str, int]:
        """Column to +1 or -1 where the meaning is known."""
        return {name: s.direction for name, s in self.specs[unit].items() if s.direction}


def known_features(families: Iterable[FeatureFamily]) -> Known:
    """Every feature that the families and attribution may give."""
    specs: dict[str, dict[str, FeatureSpec]] = {unit: {} for unit in UNITS}
    versions = {ATTRIBUTION: ATTRIBUTION_VERSION}
    for spec in ATTRIBUTION_SPECS:
        specs[spec.entity.value][f"{ATTRIBUTION}__{spec.name}"] = spec
    for family in families:
        versions[family.name] = family.version
        for spec in family.specs:
            specs[spec.entity.value][f"{family.name}__{spec.name}"] = spec
    return Known(specs, versions)


def scorer_inputs(
    attribution: Attribution, matrices: Mapping[str, pd.DataFrame]
) -> dict[str, pd.DataFrame]:
    """One frame a unit, indexed by id, sorted; columns of attribution and of the matrices."""
    matrices = {u: m for u, m in matrices.items() if f"{u}_id" in m}
    accounts, nats = _accounts(attribution)
    made = {
        "section": _sections(attribution),
        "account": accounts,
        "comment": _comments(attribution, matrices.get("comment"), nats),
    }
    return {unit: _joined(unit, frame, matrices.get(unit)) for unit, frame in made.items()}


def capability_class(capability: pd.DataFrame) -> pd.Series[str]:
    """Of each section, by id, one of `CLASSES`."""
    judged = column(capability, "n_likes") >= _LEAST_ACTS
    readings = column(capability, "n_snapshots")
    found = np.select(
        [
            judged & (column(capability, "share_account_age") > 0),
            judged,
            readings >= _LEAST_READINGS,
            column(capability, "n_comments") > 0,
        ],
        CLASSES[:4],
        CLASSES[4],
    )
    return pd.Series(found, index=pd.Index(capability["section_id"]), dtype=object)


def unit_classes(
    unit: str,
    ids: pd.Index,
    attribution: Attribution,
    sections: pd.Series[str],
    section_of: Mapping[str, str] | None = None,
) -> NDArray[Any]:
    """The capability class of each row: its own, its section's, or for accounts the set's best."""
    if unit == "section":
        return sections.reindex(ids).fillna(CLASSES[4]).to_numpy(dtype=object)
    if unit == "comment":
        homes = pd.Series(dict(section_of or {}), dtype=object).reindex(ids)
        return homes.map(sections).fillna(CLASSES[4]).to_numpy(dtype=object)
    kinds = set(attribution.engagements["kind"].unique().to_pylist())
    best = "comments" if kinds else "none"
    if kinds - {"comment"}:
        found = set(sections)
        best = "acts" if "acts" in found and "events" not in found else "events"
    return np.full(len(ids), best, dtype=object)


def _sections(found: Attribution) -> pd.DataFrame:
    frame = to_frame(found.sections).set_index("section_id")
    n, bought = column(frame, "n_engagements"), column(frame, "n_purchased")
    p_value = column(frame, "p_value")
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(n > 0, bought / n, np.nan)
        surprise = -np.log10(np.maximum(p_value, 1e-300))
    same = ("n_purchased", "n_purchased_lo", "excess_bits", "company_bits", "propensity_bits",
            "audience_coherence")  # fmt: skip
    return _named(
        frame.index,
        {name: column(frame, name) for name in same}
        | {"share_purchased": share, "n_engagements": n, "surprise": surprise},
    )


def _accounts(found: Attribution) -> tuple[pd.DataFrame, pd.Series[float]]:
    frame = to_frame(found.accounts).set_index("account_id")
    acts = account_acts(found.engagements, frame.index)
    same = ("n_attributed", "n_engagements", "n_sections", "propensity", "audience_coherence")
    values = {name: column(frame, name) for name in same}
    told = {"nats": acts.nats, "company": acts.company, "excess": acts.excess}
    return _named(frame.index, values | told), pd.Series(acts.nats, index=frame.index)


def _comments(
    found: Attribution, matrix: pd.DataFrame | None, nats: pd.Series[float]
) -> pd.DataFrame:
    acts = found.engagements.filter(pc.is_valid(found.engagements["comment_id"]))
    written = (
        to_frame(found.comments.select(["comment_id", "account_id", "p_purchased"]))
        .drop_duplicates("comment_id")
        .set_index("comment_id")
    )
    ids = written.index.union(pd.Index(acts["comment_id"].unique().to_pylist(), dtype=object))
    if matrix is not None:
        ids = ids.union(pd.Index(matrix["comment_id"]))
    own = acts.filter(pc.equal(acts["kind"], "like"))  # dislikes and shares are no likes
    p = pc.fill_null(own["p_purchased"], 0.0)
    bits = pc.multiply(p, pc.fill_null(own["company"], 0.0))
    ones = pa.array(np.ones(own.num_rows))
    table = pa.table({"comment_id": own["comment_id"], "likes": ones, "p": p, "bits": bits})
    sums = sums_by(ids, ["likes", "p", "bits"], table)
    likes, bought = column(sums, "likes"), column(sums, "p")
    liked = likes > 0
    authors = written["account_id"].reindex(ids)
    values = {
        "n_likes": np.where(liked, likes, np.nan),
        "n_likes_purchased": np.where(liked, bought, np.nan),
        "share_likes_purchased": np.where(liked, bought / np.maximum(likes, 1.0), np.nan),
        "company_bits": np.where(liked, column(sums, "bits") / np.log(2.0), np.nan),
        "p_written": column(written.reindex(ids), "p_purchased"),
        "author_nats": authors.map(nats).to_numpy(dtype=np.float64, na_value=np.nan),
    }
    return _named(ids, values)


def _named(ids: pd.Index, values: Mapping[str, Reals]) -> pd.DataFrame:
    return pd.DataFrame({f"{ATTRIBUTION}__{n}": v for n, v in values.items()}, index=ids)


def _joined(unit: str, frame: pd.DataFrame, matrix: pd.DataFrame | None) -> pd.DataFrame:
    if matrix is not None:
        rows = matrix.set_index(f"{unit}_id")
        frame = frame.join(rows.astype(np.float64), how="outer")
    return frame.astype(np.float64).sort_index()
