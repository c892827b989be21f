"""Devices, addresses and networks: who shares them with whom."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from zhenzan.features.audience.mixes import concentration
from zhenzan.features.engine.base import Engine
from zhenzan.features.people import Codes, People, Reals, ask, coded

__all__ = ["Shared", "network_excess", "shared_marks"]

Shared = tuple[Reals, Reals, Reals]

# One row for each account and mark in a section, with how many of its accounts bear the mark.
_IN_SECTION: Final = """
WITH used AS (
  SELECT DISTINCT section_id, account_id, {column} AS mark
  FROM {engagement} WHERE account_id IS NOT NULL AND {column} IS NOT NULL
), shared AS (
  SELECT section_id, mark, COUNT(*) AS accounts FROM used GROUP BY section_id, mark
), most AS (
  SELECT u.section_id, u.account_id, MAX(s.accounts) AS accounts
  FROM used u JOIN shared s ON s.section_id = u.section_id AND s.mark = u.mark
  GROUP BY u.section_id, u.account_id
)
SELECT section_id, COUNT(*) AS known, COUNT(*) FILTER (WHERE accounts >= 2) AS shared
FROM most GROUP BY section_id
"""
_IN_SET: Final = """
WITH used AS (
  SELECT DISTINCT account_id, {column} AS mark
  FROM {engagement} WHERE account_id IS NOT NULL AND {column} IS NOT NULL
), shared AS (
  SELECT mark, COUNT(*) AS accounts FROM used GROUP BY mark
)
SELECT u.account_id, MAX(s.accounts) AS accounts
FROM used u JOIN shared s ON s.mark = u.mark GROUP BY u.account_id
"""
_NETWORKS: Final = """
SELECT DISTINCT section_id, account_id, COALESCE(network_hash, CAST(asn AS STRING)) AS mark
FROM {engagement}
WHERE account_id IS NOT NULL AND COALESCE(network_hash, CAST(asn AS STRING)) IS NOT NULL
"""


def shared_marks(
    engine: Engine, names: Mapping[str, str], visits: People, column: str, *, step: str
) -> Shared:
    """Who shares a device or an address.

    Args:
        engine: Where the tables live.
        names: Relation by canonical table.
        visits: Who was where.
        column: `device_hash` or `address_hash`.
        step: Named in errors.

    Returns:
        By section code, accounts that share theirs with another one there, and accounts of which
        one is known; by account code, accounts of the set that use one of its own (itself
        included), NaN where unknown.
    """
    here = ask(engine, _IN_SECTION.format(**names, column=column), into=f"{step}_marks", step=step)
    if not here.num_rows:
        nothing = np.zeros(visits.n_sections)
        return nothing, nothing, np.full(visits.n_accounts, np.nan)
    everywhere = ask(
        engine, _IN_SET.format(**names, column=column), into=f"{step}_marks", step=step
    )
    some, known = np.zeros(visits.n_sections), np.zeros(visits.n_sections)
    place, inside = _places(here["section_id"], visits.section_ids)
    some[place] = here["shared"].to_numpy()[inside]
    known[place] = here["known"].to_numpy()[inside]
    of_account = np.full(visits.n_accounts, np.nan)
    place, inside = _places(everywhere["account_id"], visits.account_ids)
    of_account[place] = everywhere["accounts"].to_numpy()[inside]
    return some, known, of_account


def network_excess(
    engine: Engine, names: Mapping[str, str], visits: People, least: int, *, step: str
) -> Reals:
    """Chance that two visitors share a network, less that in the creator's other sections."""
    rows = ask(engine, _NETWORKS.format(**names), into=f"{step}_networks", step=step)
    place, inside = _places(rows["section_id"], visits.section_ids)
    mark, _ = coded(rows["mark"])
    own, past = concentration(place, mark[inside], visits.creator_of_section(), least)
    return own - past


def _places(ids: pa.ChunkedArray, among: pa.Array) -> tuple[Codes, NDArray[np.bool_]]:
    """Codes of the ids that are among the given ones, and which those are."""
    place = pc.fill_null(pc.index_in(ids.combine_chunks(), value_set=among), -1)
    code = place.to_numpy(False).astype(np.int64)
    inside = code >= 0
    return code[inside], inside
