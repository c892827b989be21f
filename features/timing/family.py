"""The family: streams through the kernels, then the most telling stream of a section."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Final

import numpy as np
import pyarrow as pa
from zhenzan.features.capability import complete
from zhenzan.features.engine.base import Engine, Relation
from zhenzan.features.family import (
    Entity,
    Evidence,
    FeatureConfig,
    FeatureSpec,
    Requirement,
    Tables,
    Text,
)
from zhenzan.features.timing import kernels
from zhenzan.features.timing.evidence import stream_evidence
from zhenzan.features.timing.hours import against_history
from zhenzan.features.timing.levels import falls
from zhenzan.features.timing.specs import SPECS

__all__ = ["TimingFamily"]

# Times known to a minute or better count as exact; coarser ones (polls, "3 hours ago") would heap
# where they were read. A clock coarser than ten minutes allows no burst test (tables.md).
_EXACT_MS: Final = 60_000
_COARSEST_MS: Final = 600_000

_REALS: Final = (
    "peak_excess", "peak_expected", "excess_share", "densest_share", "gap_cv", "even_share",
    "gap_repeat", "allan_factor", "quiet_hours_share", "multiscale_excess", "grid_share",
    "digit_divergence", "round_stop", "step_share", "step_sharpness", "step_residual", "decay_gain",
    "deadline_collapse",
)  # fmt: skip
_COUNTS: Final = (
    "n_acts", "peak_ms", "peak_width_ms", "peak_acts", "block_lo_ms", "block_hi_ms", "tenth_ms",
)  # fmt: skip
_KEY: Final = ("section_id", "stream", "kind")
# Which joined relation a feature comes from where it is none of a stream.
_FROM: Final = {
    "start_delay": "d", "night_excess": "h", "hours_divergence": "h", "drop_share": "f",
    "refill_share": "f",
}  # fmt: skip
_STREAMS: Final = pa.schema(
    [(name, pa.string()) for name in _KEY]
    + [(name, pa.float64()) for name in _REALS]
    + [(name, pa.int64()) for name in _COUNTS]
)

_EXACT: Final = """
WITH exact AS (
  SELECT section_id, COALESCE(comment_id, '') AS stream, kind, ts_lo_ms AS at_ms
  FROM {engagement} WHERE ts_lo_ms IS NOT NULL AND ts_hi_ms - ts_lo_ms <= $exact_ms
), counted AS (
  SELECT section_id, stream, kind, at_ms,
         COUNT(*) OVER (PARTITION BY section_id, stream, kind) AS n_acts
  FROM exact
)
SELECT section_id, stream, kind, at_ms FROM counted WHERE n_acts >= $min_likes
"""

# Publication known to ten minutes, like the clocks; acts from before it are copies.
_DELAYS: Final = """
SELECT s.section_id, MIN((x.tenth_ms - s.published_ms) / 1e3) AS start_delay
FROM timing_streams x JOIN {section} s ON s.section_id = x.section_id
WHERE x.stream = '' AND s.published_ms <= x.tenth_ms
      AND COALESCE(s.published_precision_s, 0) * 1000 <= $coarsest_ms
GROUP BY s.section_id
"""
_SECTIONS: Final = """
WITH ids AS (
  SELECT section_id FROM timing_telling
  UNION SELECT section_id FROM timing_by_hour
  UNION SELECT section_id FROM timing_falls
)
SELECT i.section_id, {columns}
FROM ids i
LEFT JOIN timing_telling t ON t.section_id = i.section_id
LEFT JOIN timing_delays d ON d.section_id = i.section_id
LEFT JOIN timing_by_hour h ON h.section_id = i.section_id
LEFT JOIN timing_falls f ON f.section_id = i.section_id
"""


class TimingFamily:
    """Arrival times of each stream (likes, stars … of one section or one comment).

    Hours are held against the creator's other sections; everything else is the stream's own.
    Abstains for streams with fewer exact times than `config.min_likes`, or with a clock coarser
    than ten minutes. The figure of a section is that of its most telling stream: the likes of one
    comment must not drown among those of the post.
    """

    name: ClassVar[str] = "timing"
    version: ClassVar[int] = 1
    title: ClassVar[Text] = Text("时间", "Timing")
    requires: ClassVar[Requirement] = Requirement({"engagement": ("ts_lo_ms", "ts_hi_ms")})
    specs: ClassVar[tuple[FeatureSpec, ...]] = SPECS

    def compute(
        self, engine: Engine, tables: Tables, config: FeatureConfig
    ) -> dict[Entity, Relation]:
        """See `FeatureFamily.compute`; sections and comments."""
        tables = complete(engine, tables)
        streams = _streams(engine, tables, config)
        parts = [
            self._most_telling(engine, streams, Entity.SECTION, "timing_telling"),
            engine.sql(
                _DELAYS.format(section=tables["section"].name),
                into="timing_delays",
                step=self.name,
                params={"coarsest_ms": _COARSEST_MS},
            ),
            against_history(engine, tables, config, _EXACT_MS),
            falls(engine, tables, config),
        ]
        columns = ", ".join(
            f"{_FROM.get(spec.name, 't')}.{spec.name}"
            for spec in self.specs
            if spec.entity is Entity.SECTION
        )
        sections = _SECTIONS.format(columns=columns)
        made = {
            Entity.SECTION: engine.sql(sections, into="timing_section", step=self.name),
            Entity.COMMENT: self._most_telling(engine, streams, Entity.COMMENT, "timing_comment"),
        }
        for relation in (*parts, streams):
            engine.drop(relation)
        return made

    def explain(
        self, engine: Engine, tables: Tables, targets: Mapping[Entity, Sequence[str]]
    ) -> Iterator[Evidence]:
        """See `FeatureFamily.explain`; bursts and even gaps of sections and of comments' likes."""
        wanted_sections = set(targets.get(Entity.SECTION, ()))
        wanted_comments = set(targets.get(Entity.COMMENT, ()))
        if not (wanted_sections or wanted_comments) or "engagement" not in tables:
            return
        streams = _streams(engine, tables, FeatureConfig())
        found: list[Evidence] = []
        for row in engine.fetch(streams).to_pylist():
            subjects = []
            if row["section_id"] in wanted_sections:
                subjects.append((Entity.SECTION.value, row["section_id"]))
            if row["stream"] in wanted_comments:
                subjects.append((Entity.COMMENT.value, row["stream"]))
            for subject in subjects:
                found.extend(stream_evidence(row, subject, self.version))
        engine.drop(streams)
        yield from sorted(
            found, key=lambda e: (-e.strength, e.reason, e.subject, e.refs, e.start_ms or 0)
        )

    def _most_telling(
        self, engine: Engine, streams: Relation, entity: Entity, into: str
    ) -> Relation:
        """The largest figure of a section's streams where more is more telling, else the least."""
        column = {Entity.SECTION: "section_id", Entity.COMMENT: "stream"}[entity]
        chosen = ", ".join(
            f"{'MIN' if spec.direction < 0 else 'MAX'}({spec.name}) AS {spec.name}"
            for spec in self.specs
            if spec.entity is entity and spec.name in _REALS
        )
        return engine.sql(
            f"SELECT {column} AS {entity.key}, {chosen} FROM {streams.name} "
            f"WHERE {column} <> '' GROUP BY {column}",
            into=into,
            step=self.name,
        )


def _streams(engine: Engine, tables: Tables, config: FeatureConfig) -> Relation:
    exact = engine.sql(
        _EXACT.format(engagement=tables["engagement"].name),
        into="timing_exact",
        step="timing",
        params={"exact_ms": _EXACT_MS, "min_likes": config.min_likes},
    )
    streams = engine.map_groups(
        exact,
        _KEY,
        _stream_kernel,
        _STREAMS,
        into="timing_streams",
        step="timing",
        order_by=["at_ms"],
    )
    engine.drop(exact)
    return streams


def _stream_kernel(table: pa.Table, offsets: pa.Int64Array) -> pa.Table:
    starts = offsets.to_numpy()
    reals, counts = kernels.stream_figures(table["at_ms"].to_numpy(), starts, _COARSEST_MS)
    columns: dict[str, Any] = {name: table[name].take(pa.array(starts[:-1])) for name in _KEY}
    for position, name in enumerate(_REALS):
        values = np.ascontiguousarray(reals[:, position])
        columns[name] = pa.array(values, mask=~np.isfinite(values))
    for position, name in enumerate(_COUNTS):
        columns[name] = pa.array(np.ascontiguousarray(counts[:, position]))
    return pa.table(columns, schema=_STREAMS)
