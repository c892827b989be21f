"""The scorer that was trained: trees rank, calibration gives a probability, rules keep the bands.

Bands stay what the rules say (two independent families, benign explanations heard); the trees
replace `score` and fill `probability`, in the units that the bundle holds. A probability is given
only where the data looks like what the model was calibrated on; elsewhere it is NULL with a reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any, ClassVar, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from zhenzan.features.families import families
from zhenzan.models.applicability import drift
from zhenzan.models.attribution.result import Attribution
from zhenzan.models.bundle import Bundle, UnitModel
from zhenzan.models.calibration import base_rate_at_hand
from zhenzan.models.scorers.amounts import stated_interval
from zhenzan.models.scorers.base import Scores
from zhenzan.models.scorers.contributions import CONTRIBUTIONS, family_contributions
from zhenzan.models.scorers.inputs import (
    CLASSES,
    Known,
    capability_class,
    known_features,
    scorer_inputs,
    unit_classes,
)
from zhenzan.models.scorers.rules import RulesScorer
from zhenzan.models.scorers.trees import booster_from_text, raw_scores
from zhenzan.models.stand_ins import UNLIKE, stand_in

__all__ = ["WHY_NOT", "TrainedScorer"]

Reals = NDArray[np.float64]

WHY_NOT: Final = ("not_scored", "class", "calibration", "families", "range")
"""Why a row has no probability: it was not judged; nothing of its capability class was calibrated;
what was calibrated of it missed what happened by too much, on rows that it had not seen; families
are missing together that were never missing together in training; its features lie outside of what
was seen there. Rows of the last two kinds are ranked by the rules where the rules rank their class
(`models.stand_ins`), and are not explained: what trees say of them is worth little."""

# Rows a unit of which contributions are kept, highest score first: far more than a report shows or
# a person reads, and a table that stays below two hundred thousand rows.
_EXPLAINED: Final = 20_000
_DRIFTED: Final = 10  # columns named in `run.json`


class TrainedScorer:
    """Rules for bands, a bundle for score and probability.

    Args:
        bundle: The model.
        base_rate: Share of positives in the data at hand, for all units; None keeps that of the
            rows each unit was calibrated on.
        known: Features of this installation; those of its families by default.

    Raises:
        UsageError: The bundle reads other features than this installation gives.
    """

    name: ClassVar[str] = "trained"
    version: ClassVar[int] = 1

    def __init__(
        self, bundle: Bundle, *, base_rate: float | None = None, known: Known | None = None
    ) -> None:
        self.bundle = bundle
        self.base_rate = base_rate
        self.known = known or known_features(families())
        bundle.check_versions(self.known.versions, self.known.specs)
        self._boosters = {u: booster_from_text(m.trees) for u, m in bundle.units.items()}

    def score(
        self,
        attribution: Attribution,
        matrices: Mapping[str, pd.DataFrame],
        capability: pd.DataFrame,
        templates: pd.DataFrame | None = None,
        contexts: pd.DataFrame | None = None,
        *,
        accounts: pd.DataFrame | None = None,
        comments: pd.DataFrame | None = None,
    ) -> Scores:
        """See `Scorer.score`."""
        rules = RulesScorer().score(
            attribution, matrices, capability, templates, contexts,
            accounts=accounts, comments=comments,
        )  # fmt: skip
        return self.refine(rules, attribution, matrices, capability)

    def refine(
        self,
        rules: Scores,
        attribution: Attribution,
        matrices: Mapping[str, pd.DataFrame],
        capability: pd.DataFrame,
    ) -> Scores:
        """The scores of the rules with what the trees know.

        Args:
            rules: What `RulesScorer` made of the same data.
            attribution: As in `score`, and so are the others.
            matrices: Features by unit.
            capability: What could be checked.
        """
        inputs = scorer_inputs(attribution, matrices)
        by_section = capability_class(capability)
        frames = {"section": rules.sections, "account": rules.accounts, "comment": rules.comments}
        homes = dict(zip(rules.comments["comment_id"], rules.comments["section_id"], strict=True))
        rows, reasons, told = [], [], {}
        for unit, model in self.bundle.units.items():
            frame = frames[unit]
            ids = pd.Index(frame[f"{unit}_id"])
            wanted = inputs[unit].reindex(index=ids, columns=list(model.columns))
            classes = unit_classes(unit, ids, attribution, by_section, homes)
            frames[unit], why, raw, by_rules = self._scored(unit, model, frame, wanted, classes)
            rows.append(pd.DataFrame({"unit": unit, "id": ids, "raw": raw, "why_not": why}))
            reasons.append(self._reasons(unit, model, frames[unit][~by_rules], wanted))
            stated = _plainly(why, classes, model, raw)
            told[unit] = {
                **_told(frames[unit], why, model, wanted, classes),
                "n_ranked_by_rules": int(by_rules.sum()),
                "base_rate": stated,
            }
        return replace(
            rules,
            sections=frames["section"],
            accounts=frames["account"],
            comments=frames["comment"],
            model_rows=_stacked(rows, ("unit", "id", "raw", "why_not")),
            contributions=_stacked(reasons, CONTRIBUTIONS),
            info={**rules.info, **self._info(told)},
        )

    def _scored(
        self,
        unit: str,
        model: UnitModel,
        frame: pd.DataFrame,
        wanted: pd.DataFrame,
        classes: NDArray[Any],
    ) -> tuple[pd.DataFrame, NDArray[Any], Reals, NDArray[np.bool_]]:
        judged = (frame["status"] == "scored").to_numpy()
        raw = np.full(len(frame), np.nan)
        raw[judged] = raw_scores(self._boosters[unit], wanted[judged].to_numpy(dtype=np.float64))
        why = model.seen.outside(wanted)
        why[~np.isin(classes, list(model.calibrations))] = "class"
        why[~judged] = "not_scored"
        probability = np.full(len(frame), np.nan)
        for name, calibration in model.calibrations.items():
            mine = np.array([w is None for w in why], dtype=bool) & (classes == name)
            probability[mine] = calibration.probability(raw[mine], self.base_rate)
        ranked, by_rules = stand_in(
            raw, frame["score"], classes, np.isin(why, UNLIKE), model.stand_ins
        )
        made = frame.assign(score=1.0 / (1.0 + np.exp(-ranked)), probability=probability)
        if unit == "section":
            _with_ends(made, judged, model, wanted, classes)
        unsure = made["probability"].notna().to_numpy() & np.isin(classes, list(model.silent))
        made.loc[unsure, "probability"], why[unsure] = np.nan, "calibration"
        return made, why, raw, by_rules

    def _reasons(
        self, unit: str, model: UnitModel, frame: pd.DataFrame, wanted: pd.DataFrame
    ) -> pd.DataFrame:
        key = f"{unit}_id"
        shown = frame[frame["score"].notna()].sort_values(
            ["score", key], ascending=[False, True], kind="stable"
        )
        chosen = wanted.loc[shown[key].head(_EXPLAINED)]
        return family_contributions(unit, self._boosters[unit], chosen, model.columns)

    def _info(self, told: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "scorer": self.name,
            "version": self.version,
            "bundle": self.bundle.name,
            "bundle_digest": self.bundle.digest,
            "base_rate": self.base_rate,
            "probability": "calibrated; NULL where `units` says why",
            "bands": "by the rules",
            "units": dict(told),
        }


def _told(
    frame: pd.DataFrame,
    why: NDArray[Any],
    model: UnitModel,
    wanted: pd.DataFrame,
    classes: NDArray[Any],
) -> dict[str, Any]:
    judged = (frame["status"] == "scored").to_numpy()
    main = judged & (classes == CLASSES[0])
    found = drift(model.seen, wanted[main if main.any() else judged]).head(_DRIFTED)
    return {
        "n_probabilities": int(frame["probability"].notna().sum()),
        "why_not": {name: int(np.sum(why == name)) for name in WHY_NOT},
        "drift": {str(name): round(float(value), 4) for name, value in found.items()},
    }


def _plainly(
    why: NDArray[Any], classes: NDArray[Any], model: UnitModel, raw: Reals
) -> dict[str, Any] | None:
    """Base rate of the calibration, and what the data at hand suggest; full events only.

    It is told and not applied: on fresh worlds with a sixtyfold range of base rates, probabilities
    moved to the estimate were further from what happened than those left alone
    (docs/decisions/0011-intervals-and-base-rates.md), and from counts alone the estimate falls to
    nothing.
    """
    calibration = model.calibrations.get(CLASSES[0])
    if calibration is None:
        return None
    mine = np.array([w is None for w in why], dtype=bool) & (classes == CLASSES[0])
    found = base_rate_at_hand(calibration.probability(raw[mine]), calibration.base_rate)
    told: dict[str, Any] = {"trained": calibration.base_rate, "at_hand": None}
    if found is not None:
        told["at_hand"] = {name: round(value, 6) for name, value in asdict(found).items()}
    return told


def _with_ends(
    frame: pd.DataFrame,
    judged: NDArray[np.bool_],
    model: UnitModel,
    wanted: pd.DataFrame,
    classes: NDArray[Any],
) -> None:
    """Sets the ends of the intervals of judged sections, and of their shares."""
    part, values = frame[judged], wanted[judged].to_numpy(dtype=np.float64)
    p = part["probability"].to_numpy(np.float64)
    low, high = stated_interval(model, values, part, classes[judged], p)
    n_acts = part["n_engagements"].to_numpy(np.float64)
    for end, found in (("lo", low), ("hi", high)):
        share = part[f"share_purchased_{end}"].to_numpy(np.float64)
        with np.errstate(divide="ignore", invalid="ignore"):
            new = np.where(np.isnan(share), np.nan, np.clip(found / n_acts, 0.0, 1.0))
        frame.loc[judged, f"n_purchased_{end}"] = found
        frame.loc[judged, f"share_purchased_{end}"] = new


def _stacked(parts: list[pd.DataFrame], columns: tuple[str, ...]) -> pd.DataFrame:
    kept = [part for part in parts if not part.empty]
    if not kept:
        return pd.DataFrame({name: [] for name in columns})
    return pd.concat(kept, ignore_index=True)[list(columns)]
