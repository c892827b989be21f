"""Who was where: one row for each account in each section, as numbers, and what profiles show.

The families about people start from it. Creators in their own sections are left out, and so are
accounts of which only a name is known, because several people may bear it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from zhenzan.features.capability import complete
from zhenzan.features.engine.base import Engine
from zhenzan.features.family import Entity, FeatureSpec, Tables

__all__ = [
    "DAY_MS",
    "Codes",
    "People",
    "Reals",
    "aligned",
    "ask",
    "coded",
    "figure_table",
    "group_mean",
    "group_median",
    "people",
    "reals",
    "relations",
    "spelled",
]

DAY_MS: Final = 86_400_000
_GRAIN: Final = 2.0**30

Codes: TypeAlias = NDArray[np.int64]
Reals: TypeAlias = NDArray[np.float64]

# What a family may ask of a visit beside who, where and when: by name, of an engagement, of a
# comment, and over all acts of the visit.
_EXTRA: Final[Mapping[str, tuple[str, str, str]]] = MappingProxyType(
    {
        "region": ("region", "region", "MIN(region)"),
        "referrer": ("referrer", "NULL", "MIN(referrer)"),
        "taken_back": (
            "CASE WHEN COALESCE(retracted_lo_ms, retracted_hi_ms) IS NULL THEN 0 ELSE 1 END",
            "0",
            "CAST(SUM(taken_back) AS BIGINT)",
        ),
        "kept_ms": (
            "COALESCE(retracted_lo_ms, retracted_hi_ms) - ts_lo_ms", "NULL", "MIN(kept_ms)"
        ),
    }
)  # fmt: skip
_VISITS: Final = """
WITH acts AS (
  SELECT section_id, account_id, ts_lo_ms AS at_ms, 1 AS engagement{liked}
  FROM {engagement} WHERE account_id IS NOT NULL
  UNION ALL
  SELECT section_id, account_id, created_ms AS at_ms, 0 AS engagement{written}
  FROM {comment}
  WHERE account_id IS NOT NULL AND COALESCE(by_creator, FALSE) = FALSE
)
SELECT section_id, account_id, MIN(at_ms) AS at_ms,
       CAST(SUM(engagement) AS BIGINT) AS engagements{over}
FROM acts GROUP BY section_id, account_id
"""
_CREATORS: Final = """
SELECT section_id, MIN(creator_id) AS creator_id FROM {section}
WHERE creator_id IS NOT NULL GROUP BY section_id
"""
_NAMES_ONLY: Final = "SELECT DISTINCT account_id FROM {account} WHERE id_kind = 'name_only'"


@dataclass(frozen=True, slots=True)
class People:
    """Visits: one row for each account in each section; codes are positions in the id arrays.

    Codes follow the order in which rows came; nothing may depend on their order.

    Attributes:
        section, account: Codes.
        creator: Creator code of the section, -1 where unknown.
        at_ms: The account's first act there, NaN where untimed.
        engagements: Its engagements there.
        extra: What else was asked for, a column a name: `taken_back` (engagements taken back),
            `kept_ms` (the shortest time until one was), `region` and `referrer` (of its acts there,
            the first by spelling); NULL where unknown.
        section_ids, account_ids, creator_ids: Ids by code.
    """

    section: Codes
    account: Codes
    creator: Codes
    at_ms: Reals
    engagements: Codes
    extra: pa.Table
    section_ids: pa.Array
    account_ids: pa.Array
    creator_ids: pa.Array

    @property
    def n_sections(self) -> int:
        """Sections with a visit."""
        return len(self.section_ids)

    @property
    def n_accounts(self) -> int:
        """Accounts with a visit."""
        return len(self.account_ids)

    def of_section(self) -> tuple[Codes, Codes]:
        """Visits sorted by section, and where each section begins (and the end)."""
        count = np.bincount(self.section, minlength=self.n_sections)
        order = np.argsort(self.section, kind="stable")
        return order, np.concatenate([[0], np.cumsum(count)]).astype(np.int64)

    def creator_of_section(self) -> Codes:
        """Creator code by section code, -1 where unknown."""
        found = np.full(self.n_sections, -1, dtype=np.int64)
        found[self.section] = self.creator
        return found


def people(
    engine: Engine, names: Mapping[str, str], extra: Sequence[str] = (), *, step: str
) -> People:
    """Reduces engagements and comments to visits; they stay in the engine as `<step>_visits`.

    Args:
        engine: Where the tables live.
        names: Relation by canonical table, all of them (see `relations`).
        extra: Columns of `People.extra`.
        step: The family, named in errors; the caller drops the relation, which still holds what
            is left out here.
    """
    asked = [(name, *_EXTRA[name]) for name in extra]
    statement = _VISITS.format(
        **names,
        liked="".join(f", {liked} AS {name}" for name, liked, _, _ in asked),
        written="".join(f", {written} AS {name}" for name, _, written, _ in asked),
        over="".join(f", {over} AS {name}" for name, _, _, over in asked),
    )
    rows = engine.fetch(engine.sql(statement, into=f"{step}_visits", step=step))
    section, section_ids = coded(rows["section_id"])
    account, account_ids = coded(rows["account_id"])
    owners = ask(engine, _CREATORS.format(**names), into=f"{step}_owners", step=step)
    creator, creator_ids = coded(owners["creator_id"])
    of_section = np.r_[creator, -1][_places(section_ids, owners["section_id"])]
    # The creator's own account code by creator, so that creators at home can be left out.
    own = np.r_[_places(creator_ids, pa.chunked_array([account_ids])), -1]
    nameless = ask(engine, _NAMES_ONLY.format(**names), into=f"{step}_nameless", step=step)
    counted = _places(account_ids, nameless["account_id"]) < 0
    kept = np.flatnonzero(counted[account] & (own[of_section[section]] != account))
    rows = rows.select(["at_ms", "engagements", *extra])
    if len(kept) < len(section):
        rows = rows.take(pa.array(kept))
    section, section_ids = _used(section[kept], section_ids)
    account, account_ids = _used(account[kept], account_ids)
    creator = np.r_[creator, -1][_places(section_ids, owners["section_id"])][section]
    return People(
        section, account, creator, reals(rows["at_ms"]),
        rows["engagements"].to_numpy().astype(np.int64), rows.select(list(extra)),
        section_ids, account_ids, creator_ids,
    )  # fmt: skip


def _places(ids: pa.Array, among: pa.ChunkedArray) -> Codes:
    """Where each id stands among others, -1 where it does not."""
    found = pc.fill_null(pc.index_in(ids, value_set=among.combine_chunks()), -1)
    return np.asarray(found.to_numpy(False), dtype=np.int64)


def _used(code: Codes, ids: pa.Array) -> tuple[Codes, pa.Array]:
    """The same without ids that no row has."""
    some = np.zeros(len(ids), dtype=bool)
    some[code] = True
    return (np.cumsum(some) - 1)[code], ids.filter(pa.array(some))


def relations(engine: Engine, tables: Tables) -> dict[str, str]:
    """The relation of every canonical table by name, an empty one for what is absent."""
    return {name: relation.name for name, relation in complete(engine, tables).items()}


def ask(engine: Engine, statement: str, *, into: str, step: str) -> pa.Table:
    """The rows of a statement that is read once."""
    made = engine.sql(statement, into=into, step=step, once=True)
    rows = engine.fetch(made)
    engine.drop(made)
    return rows


def coded(values: pa.ChunkedArray) -> tuple[Codes, pa.Array]:
    """Codes of the values, -1 for NULL, and the distinct values."""
    whole = values.combine_chunks()
    whole = whole.combine_chunks() if isinstance(whole, pa.ChunkedArray) else whole
    known = whole.dictionary_encode()
    return pc.fill_null(known.indices, -1).to_numpy(False).astype(np.int64), known.dictionary


def spelled(code: Codes, values: pa.Array) -> tuple[Codes, pa.Array]:
    """The same codes in the order of the values' spelling, so that ties break by content."""
    order = pc.sort_indices(values).to_numpy(False).astype(np.int64)
    rank = np.empty(len(order) + 1, dtype=np.int64)
    rank[order], rank[-1] = np.arange(len(order)), -1
    return rank[code], values.take(pa.array(order))


def reals(values: pa.ChunkedArray | pa.Array) -> Reals:
    """Numbers or flags with NaN for NULL."""
    array: Reals = (
        pc.cast(values, pa.float64()).to_numpy(zero_copy_only=False)
        if isinstance(values, pa.Array)
        else pc.cast(values, pa.float64()).to_numpy()
    )
    return np.asarray(array, dtype=np.float64)


def aligned(ids: pa.Array, keys: pa.ChunkedArray, values: pa.ChunkedArray) -> Reals:
    """The value beside each id, NaN where the id is not among the keys."""
    if not len(ids):
        return np.empty(0)
    place = pc.index_in(ids, value_set=keys.combine_chunks())
    return reals(values.combine_chunks().take(place))


def group_mean(group: Codes, values: Reals, groups: int, least: int) -> Reals:
    """Mean of the known values by group; NaN below `least` of them.

    Args:
        group: Group by value.
        values: Shares, in [-1, 1]; each is taken to 2^-30, so that sums of up to eight million are
            exact and do not depend on the order of rows.
        groups: Number of groups.
        least: Fewer known values than this give no mean.
    """
    known = ~np.isnan(values)
    count = np.bincount(group[known], minlength=groups)
    total = np.bincount(group[known], np.rint(values[known] * _GRAIN), minlength=groups)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(count >= max(least, 1), total / count / _GRAIN, np.nan)


def group_median(group: Codes, values: Reals, groups: int, least: int) -> Reals:
    """Median of the known values by group; NaN below `least` of them."""
    known = ~np.isnan(values)
    group, values = group[known], values[known]
    order = np.lexsort((values, group))
    values = values[order]
    count = np.bincount(group, minlength=groups)
    start = np.concatenate([[0], np.cumsum(count)[:-1]]) if groups else np.empty(0, np.int64)
    made = np.full(groups, np.nan)
    enough = count >= max(least, 1)
    low = start[enough] + (count[enough] - 1) // 2
    high = start[enough] + count[enough] // 2
    made[enough] = (values[low] + values[high]) / 2
    return made


def figure_table(
    entity: Entity, ids: pa.Array, figures: Mapping[str, Reals], specs: tuple[FeatureSpec, ...]
) -> pa.Table:
    """Figures as the table of one entity, in the order of the specs; NaN becomes NULL.

    Rounded to twelve places, far below what any figure is known to.
    """
    columns: dict[str, Any] = {entity.key: ids}
    for spec in specs:
        if spec.entity is entity:
            values = np.round(figures[spec.name], 12) + 0.0  # no negative zero
            columns[spec.name] = pa.array(values, pa.float64(), mask=np.isnan(values))
    schema = pa.schema(
        [(name, pa.string() if name == entity.key else pa.float64()) for name in columns]
    )
    return pa.table(columns, schema=schema)
