"""Why a trained score is what it is, as statements: what each family added, with its figure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np
from zhenzan.features.families import families
from zhenzan.features.family import Entity, Evidence, Text
from zhenzan.models.scorers.base import Scores
from zhenzan.models.scorers.contributions import contribution_text
from zhenzan.models.scorers.inputs import known_features

__all__ = ["model_statements"]

# A tenth of a nat moves odds by a tenth: less than that nobody would miss.
_LEAST: Final = 0.1
_CAUTION: Final = Text(
    zh="模型只了解它的训练数据；看起来相同的自然互动也存在。",
    en="A model knows only what it was trained on; organic engagement can look the same.",
)


def model_statements(targets: Mapping[Entity, Sequence[str]], scores: Scores) -> Iterator[Evidence]:
    """One statement a family and entity, where a trained model scored; none under rules.

    A family is told by the figure that moved most. Where that figure is not computable here there
    is nothing that a reader could look up, and nothing is said.

    Args:
        targets: Whom statements are wanted about.
        scores: With `contributions`.
    """
    rows = scores.contributions
    if rows.empty:
        return
    known = known_features(families())
    for entity, ids in targets.items():
        unit = entity.value
        mine = rows[(rows["unit"] == unit) & rows["id"].isin(set(ids)) & rows["value"].notna()]
        mine = mine[mine["log_odds"].abs() >= _LEAST]
        for row in mine.to_dict("records"):
            spec = known.specs[unit].get(row["feature"])
            if spec is None:
                continue
            value, log_odds = float(row["value"]), float(row["log_odds"])
            yield Evidence(
                reason=f"model.{row['family']}@1",
                subject=(unit, row["id"]),
                statement=contribution_text(spec, value, log_odds),
                refs=(row["id"],),
                observed=value,
                expected=None,
                unit=spec.unit,
                start_ms=None,
                end_ms=None,
                strength=log_odds / float(np.log(10.0)),
                counter_evidence=(_CAUTION,),
            )
