"""What the co-engagement features are called and mean."""

from __future__ import annotations

from math import inf
from typing import Final

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
)
