"""`zhenzan simulate`: a world with ground truth."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from zhenzan.detector.cli.common import LEAST_SCALE, JsonFlag, emit_json, say

__all__ = ["simulate"]


def simulate(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the world is written.")],
    scenario: Annotated[
        str, typer.Option("--scenario", metavar="NAME", help="What lives in the world.")
    ] = "default",
    scale: Annotated[
        int,
        typer.Option("--scale", metavar="N", min=LEAST_SCALE, help="About how many engagements."),
    ] = 100_000,
    seed: Annotated[
        int, typer.Option("--seed", metavar="N", min=0, help="The same seed gives the same bytes.")
    ] = 0,
    as_json: JsonFlag = False,
) -> None:
    """Write a made-up world with ground truth.

    The world is a set of canonical tables; DIR/truth says what really happened in it.
    """
    from zhenzan.detector.simulate import simulate as build
    from zhenzan.features.errors import UsageError

    if out.exists() and (not out.is_dir() or _foreign(out)):
        raise UsageError(
            f"--out {out} is not empty and not a simulated world; choose another place"
        )
    world = build(out, scenario=scenario, scale=scale, seed=seed)
    if as_json:
        emit_json({key: str(v) if isinstance(v, Path) else v for key, v in asdict(world).items()})
        return
    say(f"world in {world.path}, truth in {world.truth}")
    say(
        f"{world.n_engagements} engagements, {world.n_comments} comments, {world.n_accounts} "
        f"accounts, {world.n_sections} sections"
    )
    campaigns, orders = _delivering(world.truth)
    say(
        f"{world.n_delivered} engagements delivered by {_some(campaigns, 'campaign')} in "
        f"{_some(orders, 'order')}; {world.n_follow_on} followed on"
    )


def _delivering(truth: Path) -> tuple[int, int]:
    """Campaigns and orders that delivered an engagement; in small worlds many got none."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    names = ["campaign_id", "order_id"]
    delivered = pc.field("label") == "delivered"
    acts = pq.read_table(truth / "engagement.parquet", columns=names, filters=delivered)
    campaigns, orders = (pc.count_distinct(acts[name]).as_py() for name in names)
    return campaigns, orders


def _some(n: int, what: str) -> str:
    return f"{n} {what}{'' if n == 1 else 's'}"


def _foreign(out: Path) -> bool:
    """Whether the directory holds something else than an earlier world."""
    return any(out.iterdir()) and not (out / "truth" / "world.json").is_file()
