"""What the co-engagement features are called and mean."""

from __future__ import annotations

from math import inf
from typing import Final, Literal

from zhenzan.features.family import Entity, FeatureSpec, Text

__all__ = ["SPECS"]

_PARTNERS: Final = (
    "neighbours in time of the attribution model; chance by slots as in the configuration model of"
    " random graphs (Newman 2018) with a fitted empirical null (Efron 2004) and Bonferroni; on real"
    " stars 1 in 1,000 organic acts stand beside a partner"
)
_DIVERSITY: Final = (
    "Simpson's index without replacement (Simpson 1949); fans stay with one creator, pools serve"
    " many: hard negative H4 and peers.md, feature hints"
)

_BACKBONE: Final = (
    "pairs above a false-discovery rate of 5 % against accounts exchanged within days (Storey and"
    " Tibshirani 2003; degree-preserving null as in validated projections, Saracco and others 2017)"
)


def _of_both(
    name: str, unit: str, high: float, direction: Literal[-1, 0, 1], section: Text, account: Text,
    source: str,
) -> tuple[FeatureSpec, FeatureSpec]:  # fmt: skip
    """A figure of the backbone, for sections and for accounts."""
    return (
        FeatureSpec(name, Entity.SECTION, unit, 0, high, direction, section, source),
        FeatureSpec(name, Entity.ACCOUNT, unit, 0, high, direction, account, source),
    )


# Tight company in a fixed order is coordination, which fans and classes have most of: it describes.
_SHAPES: Final = (
    FeatureSpec(
        "stranger_share",
        Entity.SECTION,
        "share",
        0,
        1,
        1,
        Text(
            "此处的互动者中，与同一账号也在其他作者处一再相遇的比例（相对互动数）。",
            "Accounts here that meet the same account at other creators' too, more often than in an"
            " exchanged set, per act.",
        ),
        _BACKBONE + "; many unrelated creators are the best contrast to fans (peers.md)",
    ),
    FeatureSpec(
        "strangers",
        Entity.ACCOUNT,
        "count",
        0,
        inf,
        1,
        Text(
            "与该账号在至少两位作者处一再相遇、超出打乱后情形的账号数。",
            "Accounts that this one keeps meeting, at two creators or more, beyond an exchanged"
            " set.",
        ),
        _BACKBONE + "; many unrelated creators are the best contrast to fans (peers.md)",
    ),
    *_of_both(
        "one_creator_share",
        "share",
        1,
        -1,
        Text(
            "在此相遇的账号对，其全部相遇中有多少发生在各自最常去的一位作者处：粉丝接近 1。",
            "Of all meetings of the pairs that meet here, the share at each pair's most frequent"
            " creator: near 1 for fans.",
        ),
        Text(
            "该账号与一再相遇者的相遇中，有多少发生在最常去的一位作者处：粉丝接近 1。",
            "Of the account's repeated meetings, the share at each pair's most frequent creator:"
            " near 1 for fans.",
        ),
        "fans stay with one creator: hard negative H4; " + _BACKBONE,
    ),
    *_of_both(
        "clustering",
        "share",
        1,
        0,
        Text(
            "此处的账号一再相遇的人，彼此也一再相遇的平均比例。",
            "Mean share of the people whom accounts here keep meeting who keep meeting each other"
            " too.",
        ),
        Text(
            "该账号一再相遇的人，彼此也一再相遇的比例。",
            "Share of the people whom the account keeps meeting who keep meeting each other too.",
        ),
        "local clustering coefficient (Watts and Strogatz 1998), sampled; " + _BACKBONE,
    ),
    *_of_both(
        "core",
        "count",
        inf,
        0,
        Text(
            "此处每次互动平均的核数：互动者所在的群体里，人人都与至少这么多人一再相遇。",
            "Mean over the acts here of the size k of a group around the actor in which everybody"
            " keeps meeting k others.",
        ),
        Text(
            "该账号所在的群体里，人人都与至少这么多人一再相遇。",
            "The largest k for which the account is in a group where everybody keeps meeting k"
            " others.",
        ),
        "k-core (Seidman 1983; peeling of Batagelj and Zaversnik 2003); " + _BACKBONE,
    ),
    *_of_both(
        "order_agreement",
        "share",
        1,
        0,
        Text(
            "在此相遇的账号对，在别处相遇时先后次序与此处相同的比例：巧合约为一半。",
            "Share of the other meetings of the pairs here in which the same one came first: about"
            " a half by chance.",
        ),
        Text(
            "该账号与同一账号的任意两次相遇中，先后次序相同的比例：巧合约为一半。",
            "Share of any two meetings with the same account in which the same one came first:"
            " about a half by chance.",
        ),
        "a script works through its list of accounts in one order: Kendall's concordance (Kendall"
        " 1938) of pairs; people of fixed habits keep an order too",
    ),
)

SPECS: Final = (
    FeatureSpec(
        "partner_share",
        Entity.SECTION,
        "share",
        0,
        1,
        1,
        Text(
            "在此处与“老搭档”（一再在各处前后脚出现、超出巧合的账号）相邻出现的互动比例。",
            "Share of the acts here that stand beside a partner: an account that keeps arriving"
            " next to the same one, more often than chance allows.",
        ),
        _PARTNERS,
    ),
    FeatureSpec(
        "partnered_share",
        Entity.SECTION,
        "share",
        0,
        1,
        1,
        Text(
            "来自有“老搭档”的账号的互动比例，不论搭档此处是否相邻。",
            "Share of the acts here by accounts that have partners anywhere.",
        ),
        _PARTNERS,
    ),
    FeatureSpec(
        "creator_diversity",
        Entity.SECTION,
        "share",
        0,
        1,
        1,
        Text(
            "此处这些账号与搭档同行时所到内容的作者有多分散：0 为同一作者（粉丝），1 为各不相同。",
            "How varied the creators are whom these accounts visit beside their partners: 0 for a"
            " single creator (fans), 1 for all different.",
        ),
        _DIVERSITY,
    ),
    FeatureSpec(
        "partners",
        Entity.ACCOUNT,
        "count",
        0,
        inf,
        1,
        Text(
            "一再与该账号前后脚出现、超出巧合的账号数。",
            "Accounts that keep arriving next to this one, more often than chance allows.",
        ),
        _PARTNERS,
    ),
    FeatureSpec(
        "partner_share",
        Entity.ACCOUNT,
        "share",
        0,
        1,
        1,
        Text(
            "该账号的互动中与搭档相邻出现的比例。",
            "Share of the account's own acts that stand beside a partner.",
        ),
        _PARTNERS,
    ),
    FeatureSpec(
        "surprise",
        Entity.ACCOUNT,
        "bits",
        0,
        1000,
        1,
        Text(
            "该账号与同一批账号反复相遇的次数有多难用巧合解释（比特）。",
            "How hard the account's repeated meetings with the same accounts are to explain by"
            " chance (bits).",
        ),
        _PARTNERS,
    ),
    FeatureSpec(
        "creator_diversity",
        Entity.ACCOUNT,
        "share",
        0,
        1,
        1,
        Text(
            "该账号与搭档同行时所到内容的作者有多分散：0 为同一作者，1 为各不相同。",
            "How varied the creators are whom the account visits beside its partners: 0 for a"
            " single creator, 1 for all different.",
        ),
        _DIVERSITY,
    ),
    *_SHAPES,
)
