"""What of the one table people are shown: blocks of lines, the same for terminal and picture.

Everything else is in the CSV, hard negatives too of which nobody hits more than is tolerated. A
line is one figure of all methods; recalls and hits show both operating points, 0.1 % first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import pandas as pd
from zhenzan.detector.benchmark.methods import OURS, ablations
from zhenzan.models.attribution.config import EVIDENCE

__all__ = ["ABLATION", "Block", "Line", "ablation_block", "blocks", "ours_block"]

ABLATION: Final = ("account_recall_01pct", "account_average_precision", "act_recall_01pct",
                   "act_average_precision", "f1")  # fmt: skip
_TITLES: Final = {
    "account_recall": "accounts found",
    "account_hit": "organic accounts hit",
    "act_recall": "acts found",
    "act_hit": "organic acts hit",
}
_PLAIN: Final = {
    "account_auc": "AUC, accounts",
    "account_average_precision": "average precision, accounts",
    "act_auc": "AUC, acts",
    "act_average_precision": "average precision, acts",
    "f1": "F, fixed decision",
    "best_f1": "F, best threshold",
    "purchased_ratio": "estimated over true number",
    "purchased_error": "error of the number purchased",
    "interval_coverage": "90 % interval covers",
    "seconds": "seconds",
    "peak_bytes": "peak memory, MB",
}
_OURS: Final = {
    "purchased_error": "error of the number purchased, median",
    "purchased_ratio": "estimated over true number",
    "purchased_share": "attributed share where nothing was bought",
    "interval_coverage": "90 % interval covers",
    "follow_on_above_half": "follow-on acts above one half",
    "p_below_5pct": "streams with p below .05",
    "p_below_5pct_held_out": "… under what other creators taught",
    "bought_top_declared": "bought, in the top band",
    "bought_top_undeclared": "bought, in the top band, nothing declared",
    "section_top_declared": "innocent sections in the top band",
    "section_top_undeclared": "innocent sections in the top band, nothing declared",
    "account_top_declared": "innocent accounts in the top band",
    "account_top_undeclared": "innocent accounts in the top band, nothing declared",
    "campaign_campaigns": "campaigns",
    "campaign_pools": "pools that could be found",
    "campaign_precision": "campaigns that were delivered",
    "campaign_recall": "pools found",
    "campaign_purity": "acts of campaigns from their main pool",
    "campaign_completeness": "attributed acts of a pool in one campaign",
    "campaign_adjusted_mutual_information": "campaigns and pools, mutual information",
    "campaign_size_right": "order sizes right",
    "campaign_shape_right": "delivery shapes right",
}
_QUIET: Final = 0.02  # of a hard negative: what the project tolerates; less is in the CSV only
_FINDS: Final = ("account_recall", "act_recall", "f1")
_IN_CSV_ONLY: Final = "pool:"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a block.

    Attributes:
        metric, group: Of the table; the metric without its rate where there are two.
        label: For readers.
        n: How many accounts, acts or sections stand behind it; None where that is not counted.
        values: By column: one figure, or those at 0.1 % and 1 %.
    """

    metric: str
    group: str
    label: str
    n: int | None
    values: dict[str, tuple[float, ...]]


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that share their columns.

    Attributes:
        title: Data set, or what is shown of it.
        columns: Names of the methods.
        lines: In order.
    """

    title: str
    columns: tuple[str, ...]
    lines: tuple[Line, ...]


def blocks(table: pd.DataFrame) -> Iterator[Block]:
    """A block a data set: ours and the baselines."""
    left = {*ablations(), ""}
    for dataset, rows in table.groupby("dataset", sort=False):
        shown = rows[~rows["method"].isin(left)]
        columns = tuple(dict.fromkeys(shown["method"]))
        lines = [*_rated(rows, shown), *_plain(rows, shown, tuple(_PLAIN), _PLAIN)]
        if any(line.metric in _FINDS for line in lines):  # else nothing was there to be found
            yield Block(str(dataset), columns, tuple(lines))


def ours_block(table: pd.DataFrame) -> Block:
    """What only our model states: a column a data set."""
    mine = table[(table["method"] == OURS) & table["metric"].isin([*_OURS])]
    counts = table[table["method"] == ""]
    worlds = tuple(dict.fromkeys(mine["dataset"]))
    mine = mine.assign(method=mine["dataset"])
    if len(worlds) != 1:
        counts = counts[:0]  # what stands behind a figure differs from world to world
    lines = _plain(counts, mine, tuple(_OURS), _OURS)
    return Block("number purchased and bands, by our model", worlds, tuple(lines))


def ablation_block(table: pd.DataFrame) -> Block:
    """The joint model beside itself with less: a line a data set and metric.

    The last column is what the joint model has more than the best of its parts alone.
    """
    parts = [name for name in ablations() if name in set(table["method"])]
    lines = []
    chosen = table[table["metric"].isin(ABLATION) & table["method"].isin([OURS, *parts])]
    key = ["dataset", "metric", "group"]
    for (dataset, metric, group), rows in chosen.groupby(key, sort=False):
        if group != "all" and metric != "f1":
            continue
        values: dict[str, tuple[float, ...]] = {
            str(m): (float(v),) for m, v in zip(rows["method"], rows["value"], strict=True)
        }
        alone = [values[f"only-{p}"][0] for p in EVIDENCE if f"only-{p}" in values]
        if OURS not in values or not alone:
            continue
        values["lead"] = (values[OURS][0] - max(alone),)
        label = f"{dataset}: {_label(str(metric), str(group))}"
        lines.append(Line(str(metric), str(group), label, None, values))
    return Block("ablation", (OURS, *parts, "lead"), tuple(lines))


def _rated(rows: pd.DataFrame, shown: pd.DataFrame) -> Iterator[Line]:
    """Recalls and hits, both operating points in one line."""
    for stem in _TITLES:
        low = shown[shown["metric"] == f"{stem}_01pct"]
        high = shown[shown["metric"] == f"{stem}_1pct"]
        for group in sorted(dict.fromkeys(low["group"]), key=_order):
            if group.startswith(_IN_CSV_ONLY) or " orders:" in group:
                continue
            values: dict[str, tuple[float, ...]] = {}
            for method in dict.fromkeys(low["method"]):
                pair = [
                    part.loc[(part["group"] == group) & (part["method"] == method), "value"]
                    for part in (low, high)
                ]
                values[str(method)] = tuple(float(v) for part in pair for v in part)
            if stem.endswith("_hit") and max(max(v, default=0) for v in values.values()) <= _QUIET:
                continue
            yield Line(stem, group, _label(stem, group), _count(rows, stem, group), values)


def _order(group: str) -> int:
    """All first, then what the targets name, then the rest in the order of the table."""
    return 0 if group == "all" else 1 if group.startswith("target:") else 2


def _plain(
    rows: pd.DataFrame, shown: pd.DataFrame, metrics: Sequence[str], titles: dict[str, str]
) -> Iterator[Line]:
    for metric in metrics:
        found = shown[shown["metric"] == metric]
        scale = 2.0**-20 if metric == "peak_bytes" else 1.0
        for group in dict.fromkeys(found["group"]):
            here = found[found["group"] == group]
            values: dict[str, tuple[float, ...]] = {
                str(m): (float(v) * scale,)
                for m, v in zip(here["method"], here["value"], strict=True)
            }
            quiet = "_top_" in metric and max(v for (v,) in values.values()) <= _QUIET
            if quiet and group.startswith("scenario:"):
                continue
            label = titles[metric] + ("" if group == "all" else f": {_words(group)}")
            yield Line(metric, group, label, _count(rows, metric, group), values)


def _count(rows: pd.DataFrame, metric: str, group: str) -> int | None:
    level = metric.partition("_")[0]
    of = {"account": "n_accounts", "act": "n_acts"}.get(level, "n_sections")
    found = rows.loc[(rows["metric"] == of) & (rows["group"] == group), "value"]
    return int(found.iloc[0]) if len(found) else None


def _label(metric: str, group: str) -> str:
    """A metric and its group in words: `accounts found: flash`."""
    title = _PLAIN.get(metric) or _TITLES[metric.removesuffix("_01pct").removesuffix("_1pct")]
    return title if group == "all" else f"{title}: {_words(group)}"


def _words(group: str) -> str:
    kind, _, name = group.rpartition(":")
    if kind == "target":
        return f"{name}, pools of 500"
    if kind == "pool_size":
        return f"pools of {int(name):,}"
    return f"{name} orders a worker" if kind == "orders" else name
