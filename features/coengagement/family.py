"""The family: shares, partners and the diversity of creators from the network of partners."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from zhenzan.features.coengagement.analysis import Network, analyse
from zhenzan.features.coengagement.backbone import account_shapes, backbone, section_shapes
from zhenzan.features.coengagement.evidence import network_evidence
from zhenzan.features.coengagement.specs import SPECS
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

__all__ = ["CoengagementFamily", "account_figures", "creator_diversity"]

_Reals = NDArray[np.float64]
_MOST_BITS: Final = 1000.0  # where the tail of a double ends


class CoengagementFamily:
    """Accounts that keep arriving beside the same accounts, and the sections they visit.

    An account that acts in one section only has no row, a section with fewer than
    `config.min_likes` acts has none either, and a set of a single section has none at all.
    """

    name: ClassVar[str] = "coengagement"
    version: ClassVar[int] = 1
    title: ClassVar[Text] = Text("共同互动", "Co-engagement")
    requires: ClassVar[Requirement] = Requirement(
        {"engagement": ("account_id", "ts_lo_ms")},
        substitute=Text(
            "没有带时间的点赞账号：改用评论账号和评论时间。",
            "No timed accounts of likes: accounts and times of comments are used instead.",
        ),
    )
    specs: ClassVar[tuple[FeatureSpec, ...]] = SPECS

    def compute(
        self, engine: Engine, tables: Tables, config: FeatureConfig
    ) -> dict[Entity, Relation]:
        """See `FeatureFamily.compute`; sections and accounts."""
        network = analyse(engine, tables)
        accounts, found = account_figures(network), backbone(network)
        sections = _sections(network, accounts["creator_diversity"], config.min_likes)
        enough = _enough(network, config.min_likes)
        for name, values in section_shapes(found, network).items():
            sections[name] = np.where(enough, values, np.nan)
        shapes = account_shapes(found, network)
        figures = {
            Entity.SECTION: sections,
            Entity.ACCOUNT: {"account_id": network.account_ids, **accounts, **shapes},
        }
        return {
            entity: engine.load(
                f"{self.name}_{entity.value}", _table(columns, entity), step=self.name
            )
            for entity, columns in figures.items()
        }

    def explain(
        self, engine: Engine, tables: Tables, targets: Mapping[Entity, Sequence[str]]
    ) -> Iterator[Evidence]:
        """See `FeatureFamily.explain`; partners of accounts, and shares of sections."""
        if not any(targets.get(e) for e in (Entity.SECTION, Entity.ACCOUNT)):
            return
        network = analyse(engine, tables)
        diversity = account_figures(network)["creator_diversity"]
        yield from network_evidence(network, diversity, targets, self.version)


def account_figures(network: Network) -> dict[str, _Reals]:
    """The account features, by account code; NaN where one abstains."""
    n = network.n_accounts
    ends = np.concatenate([network.pairs // max(n, 1), network.pairs % max(n, 1)])
    partners = np.bincount(ends, minlength=n)
    acts = np.bincount(network.account, minlength=n)
    beside = np.bincount(network.account[network.beside], minlength=n)
    return {
        "partners": partners.astype(np.float64),
        "partner_share": beside / np.maximum(acts, 1),
        "surprise": np.minimum(network.surprise, _MOST_BITS),
        "creator_diversity": creator_diversity(
            network.account[network.beside],
            network.section[network.beside],
            network.creator,
            n,
        ),
    }


def creator_diversity(
    account: NDArray[np.int64],
    section: NDArray[np.int64],
    creator: NDArray[np.int64],
    n_accounts: int,
) -> _Reals:
    """Chance that two different sections of an account are of different creators.

    Args:
        account: Account codes of acts.
        section: Their section codes; several acts in one section count once.
        creator: Creator code by section code, -1 where unknown (left out).
        n_accounts: Number of accounts.

    Returns:
        Values in [0, 1] by account code, NaN below two sections of known creators.
    """
    visits = np.unique(np.stack([account, section], axis=1), axis=0)
    visits = visits[creator[visits[:, 1]] >= 0]
    known = np.bincount(visits[:, 0], minlength=n_accounts).astype(np.float64)
    pairs, counts = np.unique(
        np.stack([visits[:, 0], creator[visits[:, 1]]], axis=1), axis=0, return_counts=True
    )
    same = np.bincount(pairs[:, 0], counts * (counts - 1.0), minlength=n_accounts)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(known >= 2, 1.0 - same / (known * (known - 1.0)), np.nan)


def _sections(network: Network, diversity: _Reals, min_acts: int) -> dict[str, Any]:
    """The section features; NaN where one abstains."""
    n = len(network.section_ids)
    total = network.section_acts.astype(np.float64)
    partnered = np.zeros(network.n_accounts, dtype=bool)
    width = max(network.n_accounts, 1)
    partnered[network.pairs // width] = partnered[network.pairs % width] = True
    by = np.bincount(network.section[partnered[network.account]], minlength=n)
    beside = np.bincount(network.section[network.beside], minlength=n)
    known = network.beside & ~np.isnan(diversity[network.account])
    weight = np.bincount(network.section[known], minlength=n)
    varied = np.bincount(network.section[known], diversity[network.account[known]], minlength=n)
    enough = _enough(network, min_acts)
    with np.errstate(divide="ignore", invalid="ignore"):
        return {
            "section_id": network.section_ids,
            "partner_share": np.where(enough, beside / total, np.nan),
            "partnered_share": np.where(enough, by / total, np.nan),
            "creator_diversity": np.where(enough & (weight > 0), varied / weight, np.nan),
        }


def _enough(network: Network, min_acts: int) -> NDArray[np.bool_]:
    """Which sections are judged: enough acts, and another section to meet again in."""
    result: NDArray[np.bool_] = (network.section_acts >= min_acts) & (len(network.section_ids) >= 2)
    return result


def _table(columns: Mapping[str, Any], entity: Entity) -> pa.Table:
    filled = {
        name: pa.array(np.round(values, 9), mask=np.isnan(values))  # sums of floats: last digits
        if isinstance(values, np.ndarray)
        else values
        for name, values in columns.items()
    }
    names = [spec.name for spec in SPECS if spec.entity is entity]
    schema = pa.schema([(entity.key, pa.string()), *((name, pa.float64()) for name in names)])
    return pa.table({name: filled[name] for name in schema.names}, schema=schema)
