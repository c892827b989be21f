"""Puts a world together and writes it: tables that a scan reads, and the truth beside them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from zhenzan.detector.simulate.acts import DELIVERED, Acts, Comments
from zhenzan.detector.simulate.orders import social_proof
from zhenzan.detector.simulate.organic import likes_of_comments, organic_counts
from zhenzan.detector.simulate.pools import camouflage, make_pool
from zhenzan.detector.simulate.presets import FULL_SCALE, PRESETS, Preset
from zhenzan.detector.simulate.scenarios import FAMILIES, HARD_NEGATIVES
from zhenzan.detector.simulate.scenarios.attacks import Market, run_family
from zhenzan.detector.simulate.stage import Stage
from zhenzan.detector.simulate.texts import organic_texts, replies
from zhenzan.detector.simulate.truth import Tally, engagement_truth, write_truth
from zhenzan.detector.simulate.writer import Names, TableWriter, engagement_rows, write_static
from zhenzan.features.errors import UsageError

__all__ = ["World", "simulate"]

LIKES_OF_COMMENTS: Final = 0.30
SHARES: Final = 0.05
COMMENTS: Final = 0.06
"""Per organic like of a section [H]."""
SHARE_REPLIES: Final = 0.2
CHUNK: Final = 150_000
"""Expected engagements written at a time: bounds memory, whatever the size of the world."""
SMALLEST: Final = 2_000


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
    out_dir: Path | str, *, scenario: str = "default", scale: int = 100_000, seed: int = 0
) -> World:
    """Writes a world with ground truth.

    Args:
        out_dir: Directory of the canonical tables; `truth/` inside it holds what really happened.
            Files of an earlier world there are overwritten.
        scenario: Name of a preset.
        scale: About how many engagements (within a few per cent).
        seed: Same seed, scale and preset give the same bytes.

    Returns:
        What was written.

    Raises:
        UsageError: If there is no such preset, or the scale is too small to hold a world.

    Example:
        >>> world = simulate("demo-world", scenario="demo", scale=30_000)  # doctest: +SKIP
    """
    if scenario not in PRESETS:
        raise UsageError(f"no scenario {scenario!r}; there are: {', '.join(sorted(PRESETS))}")
    if scale < SMALLEST:
        raise UsageError(f"scale {scale} is too small for a world; {SMALLEST} is the least")
    preset = PRESETS[scenario]
    out = Path(out_dir)
    truth = out / "truth"
    truth.mkdir(parents=True, exist_ok=True)
    stage = build(preset, scale, seed)
    comments = Comments.concat(stage.comments)
    names = Names(stage)
    tally = Tally.empty(stage)
    with (
        TableWriter(out / "engagement.parquet") as table,
        TableWriter(truth / "engagement.parquet") as labels,
    ):
        for part, acts in enumerate(stream(stage, comments)):
            rng = stage.rng("region", part)
            rows = engagement_rows(stage, names, rng, acts, table.rows)
            table.write(rows)
            labels.write(engagement_truth(stage, acts, rows["engagement_id"].chunk(0)))
            tally.add(acts)
    active = tally.account.sum(axis=0) > 0
    active[comments.account] = True
    active[stage.sections.creator] = True
    active[stage.audience.follows.account] = True
    seen = np.flatnonzero(active)
    write_static(out, stage, names, comments, seen, preset.name, table.rows)
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
    stage.sections.size *= _likes_of(0.9 * scale) / stage.sections.size.sum()
    for name, share in preset.hard_negatives.items():
        count = max(1, round(share * stage.n_sections))
        HARD_NEGATIVES[name].stage(stage, stage.rng("scenario", name), count)
    _organic_comments(stage)
    _fulfil_orders(stage, preset, scale)
    ordered = Acts.concat([a for a in stage.acts if len(a) and (a.label == DELIVERED).all()])
    proof = social_proof(stage, stage.rng("social proof"), ordered)
    stage.acts.append(proof.take(proof.ts < stage.end_ms))
    per_account = np.bincount(ordered.account, minlength=stage.n_accounts)
    stage.acts.append(camouflage(stage, per_account, 0.9 * scale))
    planned = sum(len(a) for a in stage.acts)
    stage.sections.size *= _likes_of(max(scale - planned, 0.3 * scale)) / stage.sections.size.sum()
    return stage


def _likes_of(engagements: float) -> float:
    """Likes on sections among so many organic engagements."""
    return engagements / (1 + LIKES_OF_COMMENTS + SHARES)


def _organic_comments(stage: Stage) -> None:
    """Comments of ordinary readers, some of them replies to earlier ones, and creators' answers."""
    rng = stage.rng("comments")
    s = stage.sections
    count = organic_counts(rng, s.size * s.pace * COMMENTS)
    section = np.repeat(np.arange(stage.n_sections), count)
    account = stage.visitors(rng, section)
    ts = stage.organic_times(rng, section, account)
    order = np.lexsort((ts, section))
    section, account, ts = section[order], account[order], ts[order]
    kept = ts < stage.end_ms
    section, account, ts = section[kept], account[kept], ts[kept]
    n = len(section)
    first = np.r_[True, section[1:] != section[:-1]] if n else np.zeros(0, bool)
    start = np.maximum.accumulate(np.where(first, np.arange(n), 0)) if n else np.zeros(0, int)
    top = first | (rng.random(n) >= SHARE_REPLIES)
    # A reply answers the last top-level comment or one before it, never another reply.
    level = np.cumsum(top) - 1
    tops = np.flatnonzero(top)
    oldest = level[start] if n else start
    back = oldest + np.floor((level - oldest + 1) * np.sqrt(rng.random(n))).astype(np.int64)
    parent = np.where(top, -1, tops[np.clip(back, 0, len(tops) - 1)] if n else -1)
    text = np.empty(n, dtype=object)
    text[:] = organic_texts(rng, s.language[section], s.vertical[section])
    text[~top] = replies(rng, s.language[section[~top]], s.vertical[section[~top]])
    answers = ~top & (rng.random(n) < 0.25)
    account[answers] = s.creator[section[answers]]
    pull = rng.gamma(0.3, 1.0, n) * np.where(top, 1.0, 0.2) + 1e-6
    stage.add_comments(
        Comments.make(
            section, account, ts, text.tolist(),
            pull=pull, parent=np.where(top, -1, parent + stage.n_comments),
        )
    )  # fmt: skip


def _fulfil_orders(stage: Stage, preset: Preset, scale: int) -> None:
    shrink = min(1.0, scale / FULL_SCALE)
    pools = {
        name: make_pool(stage, name, p.kind, max(preset.smallest_pool, round(p.size * shrink)))
        for name, p in preset.pools.items()
    }
    market = Market(stage)
    by_section = _organic_comments_by_section(stage) if preset.orders else {}
    for item in preset.orders:
        budget = max(20, round(item.share * scale))
        run_family(stage, market, FAMILIES[item.family], pools[item.pool], budget, by_section)


def _organic_comments_by_section(stage: Stage) -> dict[int, NDArray[np.intp]]:
    """Rows of top-level organic comments of each section."""
    everything = Comments.concat(stage.comments)
    rows = np.flatnonzero((everything.scenario == 0) & (everything.parent < 0))
    rows = rows[np.argsort(everything.section[rows], kind="stable")]
    section = everything.section[rows]
    edges = np.flatnonzero(np.r_[True, section[1:] != section[:-1]])
    return {int(section[e]): part for e, part in zip(edges, np.split(rows, edges[1:]), strict=True)}


def stream(stage: Stage, comments: Comments) -> Iterator[Acts]:
    """All acts of the world, a run of sections at a time, in order of section and time."""
    extra = Acts.concat(stage.acts)
    extra = extra.take(np.argsort(extra.section, kind="stable"))
    by_section = np.argsort(comments.section, kind="stable")
    ends = np.cumsum(stage.sections.size * (1 + LIKES_OF_COMMENTS + SHARES))
    cuts = np.searchsorted(ends, np.arange(CHUNK, ends[-1] + CHUNK, CHUNK), side="right")
    edges = np.unique(np.r_[0, np.minimum(cuts + 1, stage.n_sections), stage.n_sections])
    for part, (low, high) in enumerate(zip(edges[:-1], edges[1:], strict=True)):
        left, right = np.searchsorted(extra.section, (low, high))
        mine = by_section[slice(*np.searchsorted(comments.section[by_section], (low, high)))]
        organic = _organic_acts(stage, stage.rng("acts", part), int(low), int(high), comments, mine)
        acts = Acts.concat([extra.take(slice(left, right)), organic])
        yield _merge(stage, acts)


def _organic_acts(
    stage: Stage,
    rng: np.random.Generator,
    low: int,
    high: int,
    comments: Comments,
    rows: NDArray[np.intp],
) -> Acts:
    """Organic likes, likes of comments and shares of the sections `[low, high)`."""
    s = stage.sections
    blocks = []
    for kind, rate in ((0, 1.0), (1, SHARES)):
        section = np.repeat(np.arange(low, high), organic_counts(rng, s.size[low:high] * rate))
        account = stage.visitors(rng, section)
        ts = stage.organic_times(rng, section, account)
        blocks.append(Acts.make(section, account, ts, kind=kind, scenario=s.scenario[section]))
    total = np.zeros(stage.n_sections, np.int64)
    total[low:high] = organic_counts(rng, s.size[low:high] * LIKES_OF_COMMENTS)
    section = comments.section[rows]
    liked = likes_of_comments(
        rng, stage.clock, stage.audience, stage.people, rows, section, comments.ts[rows],
        comments.pull[rows], total[section],
    )  # fmt: skip
    liked.scenario = s.scenario[liked.section]
    return Acts.concat([*blocks, liked])


def _merge(stage: Stage, acts: Acts) -> Acts:
    """One like of one target a person: delivered acts stay, doubles and late ones go; sorted."""
    acts = acts.take((acts.ts >= stage.start_ms) & (acts.ts < stage.end_ms))
    acts = acts.take(np.argsort(-acts.label, kind="stable"))
    target = np.where(acts.comment >= 0, stage.n_sections + acts.comment, acts.section).astype(
        np.int64
    )
    target += acts.kind.astype(np.int64) * (stage.n_sections + stage.n_comments)
    _, first = np.unique(target * stage.n_accounts + acts.account, return_index=True)
    acts = acts.take(first)
    return acts.take(np.lexsort((acts.account, acts.comment, acts.kind, acts.ts, acts.section)))
