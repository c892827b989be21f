"""Scorer `patient`: the rules, silent about sections with fewer than a hundred engagements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar, Final

import numpy as np
import pandas as pd
from zhenzan.models.attribution.result import Attribution
from zhenzan.models.scorers.base import Scores
from zhenzan.models.scorers.rules import RulesScorer

__all__ = ["PatientScorer"]

_LEAST: Final = 100  # made up for this template


class PatientScorer:
    """A scorer is called once a scan, with what attribution and the families found."""

    name: ClassVar[str] = "patient"
    version: ClassVar[int] = 1

    def score(
        self,
        attribution: Attribution,
        matrices: Mapping[str, pd.DataFrame],
        capability: pd.DataFrame,
        templates: pd.DataFrame | None = None,
        contexts: pd.DataFrame | None = None,
        **facts: Any,
    ) -> Scores:
        """See `zhenzan.models.scorers.base.Scorer.score`."""
        told = RulesScorer().score(attribution, matrices, capability, templates, contexts, **facts)
        sections = told.sections.copy()
        small = sections["n_engagements"].fillna(0) < _LEAST
        sections.loc[small, ["status", "band"]] = "insufficient_data"
        sections.loc[small, ["score", "probability"]] = np.nan
        return replace(told, sections=sections, info={**told.info, "scorer": self.name})
