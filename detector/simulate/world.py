"""Puts a world together and writes it: tables that a scan reads, and the truth beside them."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from zhenzan.detector.simulate.acts import DELIVERED, Acts, Comments
from zhenzan.detector.simulate.bulk import likes_among, second_thoughts, settle, stream
from zhenzan.detector.simulate.camouflage import camouflage
from zhenzan.detector.simulate.discussion import organic_comments, top_comments
from zhenzan.detector.simulate.orders import social_proof
from zhenzan.detector.simulate.pools import Pool, make_pool
from zhenzan.detector.simulate.presets import FULL_SCALE, Preset, find_preset
from zhenzan.detector.simulate.scenarios import FAMILIES, HARD_NEGATIVES
from zhenzan.detector.simulate.scenarios.attacks import run_family
from zhenzan.detector.simulate.scenarios.market import Market
from zhenzan.detector.simulate.stage import Stage
from zhenzan.detector.simulate.truth import Tally, engagement_truth, write_truth
from zhenzan.detector.simulate.writer import (
    Names,
    TableWriter,
    engagement_rows,
    snapshot_rows,
    write_static,
)
from zhenzan.features.errors import UsageError
from zhenzan.features.tables import TABLES

__all__ = ["World", "simulate"]

SMALLEST: Final = 5_000
"""Engagements below which there is no room for a section of each kind."""


@dataclass(frozen=True, slots=True)
class World:
    """What was written, and where."""

    path: Path
    truth: Path
    scenario: str
    scale: int
    seed: int
    n_engagements: int
    n_comments: int
    n_accounts: int
    n_sections: int
    n_delivered: int
    n_follow_on: int
    n_campaigns: int
    n_orders: int


def simulate(
    out_dir: Path | str,
    *,
    scenario: str | Preset = "default",
    scale: int = 100_000,
    seed: int = 0,
) -> World:
    """Writes a world with ground truth.

    Args:
        out_dir: Directory of the canonical tables; `truth/` inside it holds what really happened.
            Files of an earlier world there are overwritten.
        scenario: Name of a preset, of one hard negative, or of one family of orders; or a mixture
            of your own.
        scale: About how many engagements (within five per cent).
        seed: Same seed, scale and preset give the same bytes.

    Returns:
        What was written.

    Raises:
        UsageError: If there is no such preset, or the scale is too small to hold a world.

    Example:
        >>> world = simulate("demo-world", scenario="demo", scale=30_000)  # doctest: +SKIP
    """
    preset = find_preset(scenario) if isinstance(scenario, str) else scenario
    if scale < SMALLEST:
        raise UsageError(f"scale {scale} is too small for a world; {SMALLEST} is the least")
    out = Path(out_dir)
    truth = out / "truth"
    truth.mkdir(parents=True, exist_ok=True)
    for name in TABLES:  # nothing of an earlier world may stand beside this one
        (out / f"{name}.parquet").unlink(missing_ok=True)
    stage = build(preset, scale, seed)
    comments = Comments.concat(stage.comments)
    names = Names(stage)
    tally = Tally.empty(stage)
    with (
        TableWriter(out / "engagement.parquet") as table,
        TableWriter(truth / "engagement.parquet") as labels,
        TableWriter(out / "count_snapshot.parquet") as counts,
    ):
        for part, acts in enumerate(stream(stage, comments)):
            rng = stage.rng("region", part)
            rows = engagement_rows(stage, names, rng, acts, table.rows)
            table.write(rows)
            labels.write(engagement_truth(stage, acts, rows["engagement_id"].chunk(0)))
            counts.write(snapshot_rows(stage, names, acts))
            tally.add(acts)
    active = tally.account.sum(axis=0) > 0
    active[comments.account] = True
    active[stage.sections.creator] = True
    active[stage.audience.follows.account] = True
    seen = np.flatnonzero(active)
    write_static(out, stage, names, comments, seen)
    write_truth(truth, stage, names, comments, tally, seen)
    world = World(
        path=out,
        truth=truth,
        scenario=preset.name,
        scale=scale,
        seed=seed,
        n_engagements=table.rows,
        n_comments=len(comments),
        n_accounts=len(seen),
        n_sections=stage.n_sections,
        n_delivered=int(tally.account[DELIVERED].sum()),
        n_follow_on=int(tally.account[1].sum()),
        n_campaigns=len(stage.campaigns),
        n_orders=len(stage.orders),
    )
    summary = {k: v for k, v in asdict(world).items() if k not in ("path", "truth")}
    (truth / "world.json").write_text(json.dumps(summary, indent=1) + "\n", encoding="utf-8")
    return world


def build(preset: Preset, scale: int, seed: int) -> Stage:
    """Draws everything but the bulk of organic acts, which `stream` draws section by section."""
    stage = Stage(
        seed,
        max(400, round(scale / preset.engagements_per_account)),
        max(40, round(scale / preset.engagements_per_section)),
        preset.start_ms,
        preset.end_ms,
    )
    stage.sections.size *= likes_among(0.9 * scale) / stage.sections.size.sum()
    pools = _make_pools(stage, preset, scale)
    for name, share in preset.hard_negatives.items():
        count = max(1, round(share * stage.n_sections))
        HARD_NEGATIVES[name].stage(stage, stage.rng("scenario", name), count)
    organic_comments(stage)
    _fulfil_orders(stage, preset, pools, scale)
    ordered = Acts.concat([a for a in stage.acts if len(a) and (a.label == DELIVERED).all()])
    shown = ordered.take(_on_display(stage, ordered))
    proof = social_proof(stage, stage.rng("social proof"), shown)
    stage.acts.append(proof.take(proof.ts < stage.end_ms))
    per_account = np.bincount(ordered.account, minlength=stage.n_accounts)
    stage.acts.append(camouflage(stage, per_account, 0.9 * scale, Comments.concat(stage.comments)))
    rng = stage.rng("second thoughts")
    for block in stage.acts:
        second_thoughts(rng, block)
    settle(stage, Comments.concat(stage.comments), scale)
    return stage


def _on_display(stage: Stage, delivered: Acts) -> NDArray[np.bool_]:
    """Which acts others can see: not those on sections that nobody else visits."""
    seen = [FAMILIES[stage.campaigns[order.campaign].kind].on != "unseen" for order in stage.orders]
    return np.array(seen, dtype=bool)[delivered.order]


def _make_pools(stage: Stage, preset: Preset, scale: int) -> dict[str, list[Pool]]:
    """The pools of a preset, recruited before anybody else.

    Worlds beyond the full scale have more pools, not busier ones; worlds below have smaller ones,
    together never more than half of all accounts.
    """
    shrink = min(1.0, scale / FULL_SCALE)
    most = stage.n_accounts // max(1, 2 * len(preset.pools))
    pools: dict[str, list[Pool]] = {}
    for name, wanted in preset.pools.items():
        size = wanted.size
        if shrink < 1.0:
            size = min(most, max(preset.smallest_pool, round(size * shrink)))
        copies = range(max(1, round(scale / FULL_SCALE)))
        pools[name] = [
            make_pool(stage, f"{name}#{k + 1}" if k else name, wanted.kind, size) for k in copies
        ]
    return pools


def _fulfil_orders(stage: Stage, preset: Preset, pools: dict[str, list[Pool]], scale: int) -> None:
    market = Market(stage)
    comments = top_comments(stage) if preset.orders else {}
    for item in preset.orders:
        copies = pools[item.pool]
        budget = max(20, round(item.share * scale / len(copies)))
        for pool in copies:
            run_family(stage, market, FAMILIES[item.family], pool, budget, comments)
