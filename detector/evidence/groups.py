"""Statements about campaigns and about single accounts."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, Final

from scipy import stats
from zhenzan.detector.evidence import words
from zhenzan.features.family import Evidence, Text
from zhenzan.features.numbers import about
from zhenzan.models.campaigns.config import QUANTA

__all__ = ["account_statement", "campaign_statements", "shared_statement"]

# Chance that a number between the smallest and the largest order size, drawn evenly on a log
# scale, lies within 10 % above one given size.
_ONE_SIZE: Final = math.log(1.1) / math.log(1.1 * QUANTA[-1] / QUANTA[0])

# Fewer acts that follow a like than this are everyday life.
_FEWEST_STAGED: Final = 3

_SHAPES: Final[Mapping[str, Text]] = {
    "flash": Text("两小时内集中送达", "within two hours"),
    "steps": Text("按固定间隔分批", "in batches at regular intervals"),
    "linear": Text("匀速", "at an even pace"),
    "diurnal": Text("随作息起伏，历时数日", "over days, with a nightly pause"),
    "decay": Text("开头最快、随后放缓", "fast at first, then slowing down"),
    "mixed": Text("多种方式混合", "in several ways"),
}


def campaign_statements(row: Mapping[str, Any], refs: tuple[str, ...]) -> Iterator[Evidence]:
    """What one campaign rests on.

    Args:
        row: Its row of `campaigns` joined with its details; NULL as None.
        refs: Its heaviest sections.
    """
    yield _extent(row, refs)
    if row.get("pairs") and row.get("pairs_together"):
        yield _together(row, refs)
    if row.get("order_size") is not None and row.get("n_orders_fit"):
        yield _order(row, refs)
    if row.get("n_dropped"):
        yield _dropped(row, refs)
    if int(row.get("n_staged") or 0) >= _FEWEST_STAGED:
        yield _staged(row, refs)


def shared_statement(row: Mapping[str, Any]) -> Evidence:
    """How many accounts two campaigns have in common, said of the first.

    Args:
        row: `campaign_id, other_id, n_shared, expected, p_value`.
    """
    shared, expected = int(row["n_shared"]), float(row["expected"])
    return Evidence(
        reason="campaign.shared_accounts@1",
        subject=("campaign", str(row["campaign_id"])),
        statement=Text(
            f"与另一群组 {row['other_id']} 共有 {shared} 个账号；按两组规模，"
            f"偶然预计{about(expected).zh} 个。",
            f"{shared} accounts are also in {row['other_id']}; chance, given the size of both,"
            f" predicts {about(expected).en}.",
        ),
        refs=(str(row["other_id"]),),
        observed=float(shared),
        expected=round(expected, 4),
        unit="accounts",
        start_ms=None,
        end_ms=None,
        strength=words.bounded(-math.log10(max(float(row["p_value"]), 1e-9))),
        counter_evidence=(words.ACTIVE_PEOPLE,),
    )


def _dropped(row: Mapping[str, Any], refs: tuple[str, ...]) -> Evidence:
    dropped = int(row["n_dropped"])
    return Evidence(
        reason="campaign.dropped@1",
        subject=("campaign", str(row["campaign_id"])),
        statement=Text(
            f"其中 {dropped} 次互动后来被撤回。",
            f"{dropped} of these engagements were taken back later.",
        ),
        refs=refs,
        observed=float(dropped),
        expected=None,
        unit="acts",
        start_ms=None,
        end_ms=None,
        strength=0.0,
        counter_evidence=(words.PEOPLE_TAKE_BACK,),
    )


def _staged(row: Mapping[str, Any], refs: tuple[str, ...]) -> Evidence:
    soon, further = int(row["n_staged"]), int(row["n_further"])
    return Evidence(
        reason="campaign.staged@1",
        subject=("campaign", str(row["campaign_id"])),
        statement=Text(
            f"成员在同一处点赞后另有 {further} 次评论或转发，其中 {soon} 次在点赞后十五小时内。",
            f"Members who liked went on to comment or share {further} times in the same place,"
            f" {soon} of them within fifteen hours after the like.",
        ),
        refs=refs,
        observed=float(soon),
        expected=None,
        unit="acts",
        start_ms=None,
        end_ms=None,
        strength=0.0,
        counter_evidence=(words.READERS_COMMENT,),
    )


def _extent(row: Mapping[str, Any], refs: tuple[str, ...]) -> Evidence:
    creators = row.get("n_creators")
    zh_of = f"、{creators} 位作者" if creators else ""
    en_of = f" of {creators} creators" if creators else ""
    shape = _SHAPES.get(str(row["delivery"]))
    zh_how = f"，多为{shape.zh}" if shape else ""
    en_how = f", mostly {shape.en}" if shape else ""
    acts = float(row.get("mass") or row["n_engagements"])
    community = row["kind"] == "community"
    return Evidence(
        reason="campaign.extent@1",
        subject=("campaign", str(row["campaign_id"])),
        statement=Text(
            f"{row['n_accounts']} 个账号在 {row['n_sections']} 处{zh_of}共同留下"
            f"{about(acts).zh} 次疑似送达的互动{zh_how}。",
            f"{row['n_accounts']} accounts left {about(acts).en} likely delivered"
            f" engagements in {row['n_sections']} sections{en_of}{en_how}.",
        ),
        refs=refs,
        observed=round(acts, 4),
        expected=None,
        unit="acts",
        start_ms=row["first_ms"],
        end_ms=None if row["last_ms"] is None else int(row["last_ms"]) + 1,
        strength=words.bounded(6.0 * float(row["confidence"])),
        counter_evidence=(words.FANDOM,) if community else (words.NOT_THE_BUYER, words.REGULARS),
    )


def _together(row: Mapping[str, Any], refs: tuple[str, ...]) -> Evidence:
    pairs, together = int(row["pairs"]), int(row["pairs_together"])
    expected = float(row["expected_together"])
    strength = math.log10(together / max(expected, 1e-6)) if together > expected else 0.0
    return Evidence(
        reason="campaign.coordination@1",
        subject=("campaign", str(row["campaign_id"])),
        statement=Text(
            f"成员两两组成的 {pairs} 对中，有 {together} 对在两处或更多地方一同出现；"
            f"按各自活跃度，偶然预计{about(expected).zh} 对。",
            f"{together} of the {pairs} pairs of members appear together in two streams or more;"
            f" chance, given how active each is, predicts {about(expected).en}.",
        ),
        refs=refs,
        observed=float(together),
        expected=round(expected, 4),
        unit="pairs",
        start_ms=None,
        end_ms=None,
        strength=words.bounded(strength),
        counter_evidence=(words.REGULARS,),
    )


def _order(row: Mapping[str, Any], refs: tuple[str, ...]) -> Evidence:
    size, fits = int(row["order_size"]), int(row.get("n_orders_fit") or 0)
    orders = int(row.get("n_orders") or 0)
    # The best of all sizes is named, hence as many tests as there are sizes.
    chance = min(1.0, len(QUANTA) * float(stats.binom.sf(fits - 1, max(orders, 1), _ONE_SIZE)))
    return Evidence(
        reason="campaign.order_size@1",
        subject=("campaign", str(row["campaign_id"])),
        statement=Text(
            f"{orders} 次送达中有 {fits} 次的数目在 {size} 到 {size * 1.1:.0f} 之间，"
            f"与 {size} 个一单（含至多 10% 超量）相符。",
            f"{fits} of {orders} deliveries count {size} to {size * 1.1:.0f} engagements, as"
            f" orders of {size} with up to 10 % on top would.",
        ),
        refs=refs,
        observed=float(fits),
        expected=round(orders * _ONE_SIZE, 4),
        unit="deliveries",
        start_ms=None,
        end_ms=None,
        strength=words.bounded(-math.log10(max(chance, 1e-9))),
        counter_evidence=(words.ROUND_NUMBERS,),
    )


def account_statement(row: Mapping[str, Any], rate: float, refs: tuple[str, ...]) -> Evidence:
    """How many of one account's acts fall among the likely delivered ones.

    Args:
        row: Its row of the scored accounts.
        rate: Share of all acts of the scan that are attributed.
        refs: Sections of those acts.
    """
    n, delivered = int(row["n_engagements"]), float(row["n_attributed"])
    expected = rate * n
    community = "coengagement.one_audience@1" in row["reasons"]
    strength = -math.log10(max(float(stats.poisson.sf(math.ceil(delivered) - 1, expected)), 1e-9))
    return Evidence(
        reason="account.deliveries@1",
        subject=("account", str(row["account_id"])),
        statement=Text(
            f"该账号的 {n} 次互动中，{about(delivered).zh} 次出现在疑似送达之中；"
            f"按全部互动的平均水平预计{about(expected).zh} 次。",
            f"Of this account's {n} engagements, {about(delivered).en} fall among likely"
            f" delivered ones; the average engagement of this scan predicts"
            f" {about(expected).en}.",
        ),
        refs=refs,
        observed=round(delivered, 4),
        expected=round(expected, 4),
        unit="acts",
        start_ms=None,
        end_ms=None,
        strength=words.bounded(strength),
        counter_evidence=(words.CROWDS, words.FANDOM if community else words.REGULARS),
    )
