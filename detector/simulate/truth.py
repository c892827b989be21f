"""Ground truth beside a world: what was ordered, for each engagement, comment, account, section."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from zhenzan.detector.simulate.acts import DELIVERED, FOLLOW_ON, LABELS, Acts, Comments
from zhenzan.detector.simulate.stage import Stage
from zhenzan.detector.simulate.writer import Names, ids_of, words_of

__all__ = ["Tally", "engagement_truth", "write_truth"]


@dataclass(slots=True)
class Tally:
    """Counts kept while engagements stream by; rows are labels, columns accounts or sections.

    `pairs` holds account and order of every delivered act.
    """

    account: NDArray[np.int64]
    section: NDArray[np.int64]
    order: NDArray[np.int64]
    comment: NDArray[np.int64]
    pairs: list[NDArray[np.int64]]

    @classmethod
    def empty(cls, stage: Stage) -> Tally:
        """All zero."""
        kinds = len(LABELS)
        return cls(
            np.zeros((kinds, stage.n_accounts), np.int64),
            np.zeros((kinds, stage.n_sections), np.int64),
            np.zeros(len(stage.orders), np.int64),
            np.zeros((kinds, stage.n_comments), np.int64),
            [],
        )

    def add(self, acts: Acts) -> None:
        """Counts a batch."""
        for label in range(len(LABELS)):
            chosen = acts.label == label
            self.account[label] += np.bincount(
                acts.account[chosen], minlength=self.account.shape[1]
            )
            self.section[label] += np.bincount(
                acts.section[chosen], minlength=self.section.shape[1]
            )
            on = chosen & (acts.comment >= 0)
            self.comment[label] += np.bincount(acts.comment[on], minlength=self.comment.shape[1])
        bought = acts.order[acts.label == DELIVERED]
        worker = acts.account[acts.label == DELIVERED]
        self.pairs.append(np.stack([worker, bought]).astype(np.int64))
        self.order += np.bincount(bought, minlength=len(self.order))


def _campaign_ids(stage: Stage) -> pa.Array:
    return pa.array([f"k{i}" for i in range(len(stage.campaigns))], pa.string())


def _order_ids(stage: Stage) -> pa.Array:
    return pa.array([f"o{i}" for i in range(len(stage.orders))], pa.string())


def _ordered(stage: Stage, order: NDArray[np.integer]) -> dict[str, pa.Array]:
    """Campaign and order ids of acts; NULL where nobody ordered them."""
    campaign = np.array([o.campaign for o in stage.orders] or [-1], np.int64)
    of = np.where(order >= 0, campaign[np.maximum(order, 0)], -1)
    return {
        "campaign_id": ids_of(_campaign_ids(stage), of),
        "order_id": ids_of(_order_ids(stage), order.astype(np.int64)),
    }


def engagement_truth(stage: Stage, acts: Acts, engagement_id: pa.Array) -> pa.Table:
    """Label, campaign, order and scenario of a batch of engagements."""
    return pa.table(
        {
            "engagement_id": engagement_id,
            "label": words_of(LABELS, acts.label),
            **_ordered(stage, acts.order),
            "scenario": words_of(stage.scenarios, acts.scenario),
        }
    )


def _comments(stage: Stage, names: Names, comments: Comments, tally: Tally) -> pa.Table:
    packs = [p or None for p in comments.pack.tolist()]
    return pa.table(
        {
            "comment_id": names.comment,
            "label": words_of(LABELS, comments.label),
            **_ordered(stage, comments.order),
            "scenario": words_of(stage.scenarios, comments.scenario),
            "pack": pa.array(packs, pa.string()),
            "n_likes": tally.comment.sum(axis=0),
            "n_likes_delivered": tally.comment[DELIVERED],
            "n_likes_follow_on": tally.comment[FOLLOW_ON],
        }
    )


def _accounts(
    stage: Stage, names: Names, comments: Comments, tally: Tally, seen: NDArray[np.intp]
) -> pa.Table:
    texts = np.bincount(comments.account[comments.label == DELIVERED], minlength=stage.n_accounts)
    return pa.table(
        {
            "account_id": ids_of(names.account, seen),
            "role": words_of(stage.roles, stage.role[seen]),
            "pool": words_of(stage.pools, stage.pool[seen]),
            "scenario": words_of(stage.scenarios, stage.group[seen]),
            "n_engagements": tally.account.sum(axis=0)[seen],
            "n_delivered": tally.account[DELIVERED][seen],
            "n_follow_on": tally.account[FOLLOW_ON][seen],
            "n_comments_delivered": texts[seen],
            "n_orders": _orders_of(stage, comments, tally)[seen],
        }
    )


def _orders_of(stage: Stage, comments: Comments, tally: Tally) -> NDArray[np.int64]:
    """In how many orders each account took part, likes, shares and comments alike."""
    wrote = comments.label == DELIVERED
    texts = np.stack([comments.account[wrote], comments.order[wrote]]).astype(np.int64)
    unique = np.unique(np.concatenate([*tally.pairs, texts], axis=1), axis=1)
    return np.bincount(unique[0], minlength=stage.n_accounts)


def _families(stage: Stage) -> list[str | None]:
    """The kinds of orders that each section got, joined by commas; None for none."""
    kinds: dict[int, set[str]] = {}
    for order in stage.orders:
        kinds.setdefault(order.section, set()).add(stage.campaigns[order.campaign].kind)
    return [",".join(sorted(kinds[s])) if s in kinds else None for s in range(stage.n_sections)]


def _sections(stage: Stage, names: Names, comments: Comments, tally: Tally) -> pa.Table:
    total = tally.section.sum(axis=0)
    n = stage.n_sections
    share = np.divide(tally.section[DELIVERED], total, out=np.zeros(n), where=total > 0)
    bought = comments.section[comments.label == DELIVERED]
    return pa.table(
        {
            "section_id": names.section,
            "scenario": words_of(stage.scenarios, stage.sections.scenario),
            "families": pa.array(_families(stage), pa.string()),
            "n_engagements": total,
            "n_delivered": tally.section[DELIVERED],
            "n_follow_on": tally.section[FOLLOW_ON],
            "share_delivered": pa.array(share, mask=total == 0),
            "n_comments": np.bincount(comments.section, minlength=n),
            "n_comments_delivered": np.bincount(bought, minlength=n),
        }
    )


def _orders(stage: Stage, names: Names, tally: Tally) -> pa.Table:
    rows = [asdict(o) for o in stage.orders]
    columns: dict[str, Any] = {key: [r[key] for r in rows] for key in (rows[0] if rows else {})}
    if not rows:
        return pa.table({"order_id": pa.array([], pa.string())})
    section = np.array(columns.pop("section"), np.int64)
    comment = np.array(columns.pop("comment"), np.int64)
    campaign = np.array(columns.pop("campaign"), np.int64)
    likes = np.array([k != "comment" for k in columns["kind"]])
    columns["delivered"] = np.where(likes, tally.order, columns["delivered"])
    return pa.table(
        {
            "order_id": _order_ids(stage),
            "campaign_id": ids_of(_campaign_ids(stage), campaign),
            "section_id": ids_of(names.section, section),
            "comment_id": ids_of(names.comment, comment),
            **columns,
        }
    )


def _campaigns(stage: Stage, tally: Tally) -> pa.Table:
    owner = np.array([o.campaign for o in stage.orders], np.int64)
    rows = []
    for i, campaign in enumerate(stage.campaigns):
        mine = [stage.orders[j] for j in np.flatnonzero(owner == i)]
        done = [o for o in mine if o.first_ms >= 0]
        shapes = sorted({o.delivery for o in mine})
        rows.append(
            {
                "campaign_id": f"k{i}",
                "kind": campaign.kind,
                "delivery": ",".join(shapes),
                "pool": campaign.pool,
                "pool_kind": campaign.pool_kind,
                "pool_size": campaign.pool_size,
                "n_orders": len(mine),
                "n_sections": len({o.section for o in mine}),
                "quantity": sum(o.quantity for o in mine),
                "delivered": int(tally.order[owner == i].sum()),
                "first_ms": min((o.first_ms for o in done), default=None),
                "last_ms": max((o.last_ms for o in done), default=None),
            }
        )
    return (
        pa.Table.from_pylist(rows) if rows else pa.table({"campaign_id": pa.array([], pa.string())})
    )


def write_truth(
    folder: Path,
    stage: Stage,
    names: Names,
    comments: Comments,
    tally: Tally,
    seen: NDArray[np.intp],
) -> None:
    """Writes every truth table but that of the engagements."""
    tables = {
        "comment": _comments(stage, names, comments, tally),
        "account": _accounts(stage, names, comments, tally, seen),
        "section": _sections(stage, names, comments, tally),
        "order": _orders(stage, names, tally),
        "campaign": _campaigns(stage, tally),
    }
    for name, table in tables.items():
        pq.write_table(table, folder / f"{name}.parquet", compression="zstd")
