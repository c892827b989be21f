"""A new model in a day: with a family of your own, without it, and beside every baseline.

Install the template first, so that its family is computed like the built-in ones:

    pip install docs/examples/zhenzan-plugin
    python docs/examples/new_model.py OUT

Writes to OUT a bundle for `zhenzan scan --model` with its card, and `comparison.csv`: one line a
method, all on the same accounts of the same fresh worlds. Takes some minutes;
`--worlds` and `--scale` make it quicker or the figures firmer.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import numpy as np
import pandas as pd
import typer
from zhenzan.detector.benchmark.methods import choose, run_method
from zhenzan.detector.options import ScanOptions
from zhenzan.detector.progress import LineProgress, Progress, Silent
from zhenzan.detector.scan import prefix
from zhenzan.detector.simulate import simulate
from zhenzan.detector.training.figures import unit_figures
from zhenzan.detector.training.gather import FAR_MS, gather_world, gather_worlds
from zhenzan.detector.training.worlds import random_preset, random_scale
from zhenzan.features.families import families
from zhenzan.models.bundle import Bundle
from zhenzan.models.card.write import write_card
from zhenzan.models.metrics import auc, group_weights, interval
from zhenzan.models.scorers.inputs import known_features
from zhenzan.models.scorers.trees import booster_from_text, raw_scores
from zhenzan.models.train import Rows, train_bundle

NEW = "punctual"  # the family that is tried
UNIT = "account"  # what all baselines rank
DRAWS = 200  # of the bootstrap
TRAINED_ON, JUDGED_ON = 9_000, 9_500  # seeds of the first worlds; no world is on both sides


def main(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="Folder for bundle and table.")],
    worlds: Annotated[int, typer.Option(help="To train on; half as many to judge by.")] = 12,
    scale: Annotated[int, typer.Option(help="About how many engagements a world has.")] = 20_000,
) -> None:
    """Trains a model with the new family and one without it, and compares all methods."""
    progress = LineProgress(sys.stderr)
    if NEW not in {family.name for family in families()}:
        raise typer.BadParameter(f"no family {NEW!r}: pip install docs/examples/zhenzan-plugin")
    progress.begin("worlds to train on", 1, 3)
    rows = gather_worlds(range(TRAINED_ON, TRAINED_ON + worlds), scale, progress, out / "rows")
    progress.begin("trees", 2, 3)
    known = known_features(families())
    told = {"worlds": {"first": TRAINED_ON, "count": worlds, "scale": scale}}
    whole = train_bundle(rows, known, "with-punctual", told=told, step=progress.update)
    less = {unit: without(part, NEW) for unit, part in rows.items()}
    base = train_bundle(less, known, "without-punctual", told=told, step=progress.update)
    whole.save(out / "bundle")
    write_card(whole, out / "bundle")
    progress.begin("methods on fresh worlds", 3, 3)
    seeds = range(JUDGED_ON, JUDGED_ON + max(2, worlds // 2))
    judged = [judge(seed, scale, {"new model": whole, "without it": base}) for seed in seeds]
    progress.update(len(judged), len(judged), "worlds judged")
    table = compare(pd.concat(judged, ignore_index=True))
    table.to_csv(out / "comparison.csv", index=False, lineterminator="\n")
    typer.echo(table.to_string(index=False, na_rep="–"))


def without(rows: Rows, family: str) -> Rows:
    """The same rows, the family's columns gone: what the family is worth is the difference."""
    kept = [name for name in rows.frame if not str(name).startswith(f"{family}__")]
    return Rows(rows.frame[kept], rows.facts)


def judge(
    seed: int, scale: int, bundles: dict[str, Bundle], progress: Progress | None = None
) -> pd.DataFrame:
    """One fresh world: truth of each account and its rank by each method, 0 to 1."""
    with TemporaryDirectory() as folder:
        world = Path(folder) / "world"
        simulate(
            world, scenario=random_preset(seed, scale), scale=random_scale(seed, scale), seed=seed
        )
        rows = gather_world(world, f"world-{seed}")[UNIT]
        found = {name: scores(bundle, rows) for name, bundle in bundles.items()}
        options = ScanOptions(now_ms=FAR_MS, ids="keep")
        with prefix([world], options, progress or Silent(), last="families") as work:
            for name in choose(None):
                by_id = run_method(name, work.engine, work.canonical()).found.accounts
                # Whom a method does not report shares its lowest score.
                found[name] = by_id.reindex(rows.frame.index).fillna(by_id.min()).to_numpy()
    facts = rows.facts.reset_index(names="id")[["id", "positive", "group", "slice"]]
    parts = [
        # Ranks inside the world: baselines have no scale that worlds share.
        facts.assign(method=name, score=pd.Series(values).rank(pct=True).to_numpy())
        for name, values in found.items()
    ]
    return pd.concat(parts, ignore_index=True)


def scores(bundle: Bundle, rows: Rows) -> np.ndarray:
    """Log-odds of a bundle's trees."""
    model = bundle.units[UNIT]
    frame = rows.frame.reindex(columns=list(model.columns))
    return raw_scores(booster_from_text(model.trees), frame.to_numpy(np.float64))


def compare(judged: pd.DataFrame) -> pd.DataFrame:
    """One line a method, best first, with 95 % intervals over whole worlds.

    `gain` is the AUC beyond the model without the family, with an interval of its own: both sides
    are judged on the same drawn worlds, so that what makes a world hard for all cancels out.
    """
    drawn = {method: draws(part) for method, part in judged.groupby("method", sort=False)}
    lines = []
    for method, part in judged.groupby("method", sort=False):
        figures = unit_figures(part.assign(probability=np.nan))
        line = {"method": method, "accounts": figures["n"], "workers": figures["n_positive"]}
        for name in ("auc", "average_precision", "recall_at_0.01"):
            value, low, high = figures[name] or (np.nan, np.nan, np.nan)
            line |= {name: value, f"{name}_low": low, f"{name}_high": high}
        gain = interval(drawn[method] - drawn["without it"])
        lines.append(line | {"gain": gain.value, "gain_low": gain.low, "gain_high": gain.high})
    return pd.DataFrame(lines).sort_values(["auc", "method"], ascending=[False, True])


def draws(part: pd.DataFrame) -> np.ndarray:
    """AUC of each draw of whole worlds, the same draws for every method; the data itself first."""
    worlds, codes = np.unique(part["group"], return_inverse=True)
    score, found = part["score"].to_numpy(), part["positive"].to_numpy(bool)
    made = []
    for weight in group_weights(len(worlds), DRAWS):
        at = np.repeat(np.arange(len(part)), weight[codes])
        made.append(auc(score[at], found[at]))
    return np.array(made)


if __name__ == "__main__":
    typer.run(main)
