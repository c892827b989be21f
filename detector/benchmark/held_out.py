"""p-values of streams that taught nothing: half of a set judged under what the other half taught.

Streams that shaped the null fit it. What a reference says of streams that it never saw is what a
user meets who scans new sections.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
from zhenzan.detector.benchmark.figures import Row, p_rows
from zhenzan.features.engine.base import Engine, Relation
from zhenzan.features.family import Tables
from zhenzan.models.attribution import attribute

__all__ = ["held_out_rows"]

_STEP: Final = "held_out"
_TABLES: Final = ("section", "comment", "engagement")


def held_out_rows(engine: Engine, tables: Tables, sections: pd.DataFrame) -> Iterator[Row]:
    """Share of organic streams with a p-value below 0.05, of creators that the fit did not see.

    Creators are halved by turns in the order of their sections' ids; a section without a known
    creator is its own. Nothing where one half has no timed acts.

    Args:
        engine: Holds the tables.
        tables: Of a simulated world.
        sections: Of `read_sections`.
    """
    if not set(_TABLES) <= set(tables):
        return
    known = engine.fetch(tables["section"], order_by=["section_id"]).to_pandas()
    creator = known["creator_id"].fillna(known["section_id"])
    odd = pd.factorize(creator)[0] % 2 == 1
    first = _part(engine, tables, known["section_id"][~odd], "taught")
    reference = attribute(engine, first, remember=True).reference
    if reference is None or not odd.any():
        return
    second = _part(engine, tables, known["section_id"][odd], "judged")
    found = attribute(engine, second, reference=reference)
    yield from p_rows(found, sections, "p_below_5pct_held_out")
    for relation in {**first, **second}.values():
        if relation.name.startswith(_STEP):
            engine.drop(relation)


def _part(
    engine: Engine, tables: Tables, sections: pd.Series[str], name: str
) -> dict[str, Relation]:
    """The tables with the rows of some sections only; tables of accounts stay whole."""
    ids = pa.table({"section_id": pa.array(np.asarray(sections), pa.string())})
    half = engine.load(f"{_STEP}_{name}", ids, step=_STEP)
    part = dict(tables)
    for table in _TABLES:
        part[table] = engine.sql(
            f"SELECT t.* FROM {tables[table].name} t JOIN {half.name} h"
            " ON h.section_id = t.section_id",
            into=f"{_STEP}_{name}_{table}",
            step=_STEP,
        )
    return part
