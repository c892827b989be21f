"""Family `punctual`: acts that come at the same minute of every hour, as a scheduler's do."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Final

from zhenzan.features.engine import Engine, Relation
from zhenzan.features.family import (
    Entity,
    Evidence,
    FeatureConfig,
    FeatureSpec,
    Requirement,
    Tables,
    Text,
)

__all__ = ["PunctualFamily"]

# Fewer acts of an account share a minute by chance too often: of five random ones, two or more do
# in one case of six.
_LEAST_ACTS: Final = 5
_MINUTES: Final = 60
_MOST_STRENGTH: Final = 6.0  # a likelihood ratio of a million: more is not believed of one test
_SOURCE: Final = "made up for this template; nothing was measured on real data"
_BENIGN: Final = Text(
    "节目准点开播、整点推送和平台按批记录时间，也会使互动集中在同一分钟。",
    "Shows that begin on the hour, hourly pushes and platforms that record in batches put acts on"
    " the same minute, too.",
)

# Integer times only; division by floor, so that every engine gives the same minute.
_COUNTED: Final = """
WITH acts AS (
  SELECT {key}, CAST(FLOOR(ts_lo_ms / 6e4) AS BIGINT) % 60 AS minute
  FROM {engagement}
  WHERE {key} IS NOT NULL AND ts_lo_ms IS NOT NULL AND ts_lo_ms = ts_hi_ms
), counted AS (
  SELECT {key}, minute, COUNT(*) AS n FROM acts GROUP BY {key}, minute
)
SELECT {key}, CAST(MAX(n) AS BIGINT) AS most, CAST(SUM(n) AS BIGINT) AS n_acts
FROM counted GROUP BY {key}
"""
_SHARES: Final = """
SELECT {key}, CASE WHEN n_acts >= $least THEN CAST(most AS DOUBLE) / n_acts END AS same_minute_share
FROM punctual_{unit}_counted
"""


def _spec(entity: Entity, zh: str, en: str) -> FeatureSpec:
    return FeatureSpec(
        "same_minute_share", entity, "share", 0.0, 1.0, 1, Text(zh, en), _SOURCE
    )  # fmt: skip


class PunctualFamily:
    """How many acts share the most frequent minute of the hour; chance gives about a sixtieth.

    Abstains for accounts with fewer than five exact times and for sections with fewer than
    `config.min_likes`. Whole weeks, names and the order of rows change nothing.
    """

    name: ClassVar[str] = "punctual"
    version: ClassVar[int] = 1
    title: ClassVar[Text] = Text("准点", "Punctuality")
    requires: ClassVar[Requirement] = Requirement({"engagement": ("ts_lo_ms", "ts_hi_ms")})
    specs: ClassVar[tuple[FeatureSpec, ...]] = (
        _spec(
            Entity.SECTION,
            "落在每小时同一分钟的互动所占的最大比例。",
            "Largest share of the acts that came at the same minute of an hour.",
        ),
        _spec(
            Entity.ACCOUNT,
            "该账号落在每小时同一分钟的互动所占的最大比例（至少五次）。",
            "Largest share of the account's acts at the same minute of an hour (five or more).",
        ),
    )

    def compute(
        self, engine: Engine, tables: Tables, config: FeatureConfig
    ) -> dict[Entity, Relation]:
        """See `FeatureFamily.compute`; sections and accounts."""
        made = {}
        for entity, least in ((Entity.SECTION, config.min_likes), (Entity.ACCOUNT, _LEAST_ACTS)):
            counted = _counted(engine, tables, entity)
            made[entity] = engine.sql(
                _SHARES.format(key=entity.key, unit=entity.value),
                into=f"punctual_{entity.value}",
                step=self.name,
                params={"least": least},
            )
            engine.drop(counted)
        return made

    def explain(
        self, engine: Engine, tables: Tables, targets: Mapping[Entity, Sequence[str]]
    ) -> Iterator[Evidence]:
        """See `FeatureFamily.explain`; sections only."""
        wanted = set(targets.get(Entity.SECTION, ()))
        if not wanted or "engagement" not in tables:
            return
        counted = _counted(engine, tables, Entity.SECTION)
        rows = engine.fetch(counted, order_by=["section_id"]).to_pylist()
        engine.drop(counted)
        least = FeatureConfig().min_likes
        found = [
            self._statement(row)
            for row in rows
            if row["section_id"] in wanted and row["n_acts"] >= least and _strength(row) > 0
        ]
        yield from sorted(found, key=lambda e: (-e.strength, e.subject))

    def _statement(self, row: Mapping[str, Any]) -> Evidence:
        n, most = row["n_acts"], row["most"]
        return Evidence(
            reason=f"punctual.same_minute@{self.version}",
            subject=(Entity.SECTION.value, row["section_id"]),
            statement=Text(
                f"{n} 次互动中有 {most} 次落在每小时的同一分钟；"
                f"随机到达约为 {n / _MINUTES:.1f} 次。",
                f"{most} of {n} acts came at the same minute of an hour; random arrivals would put"
                f" about {n / _MINUTES:.1f} there.",
            ),
            refs=(row["section_id"],),
            observed=float(most),
            expected=round(n / _MINUTES, 4),
            unit="acts",
            start_ms=None,
            end_ms=None,
            strength=_strength(row),
            counter_evidence=(_BENIGN,),
        )


def _counted(engine: Engine, tables: Tables, entity: Entity) -> Relation:
    statement = _COUNTED.format(key=entity.key, engagement=tables["engagement"].name)
    return engine.sql(statement, into=f"punctual_{entity.value}_counted", step="punctual")


def _strength(row: Mapping[str, Any]) -> float:
    """Log10 of how unlikely chance is: Chernoff's bound for the best of sixty minutes."""
    n: int = row["n_acts"]
    share, p = float(row["most"]) / n, 1 / _MINUTES
    nats = share * math.log(share / p)
    nats += (1 - share) * math.log((1 - share) / (1 - p)) if share < 1 else 0.0
    return round(min(max(n * nats / math.log(10) - math.log10(_MINUTES), 0.0), _MOST_STRENGTH), 4)
